package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"slices"
	"strings"
)

// A point is a place in a source file.
type point struct{ line, column int }

func (p point) compare(q point) int { return cmp.Or(p.line-q.line, p.column-q.column) }

// A span is a part of a source file, as a coverage profile names it.
type span struct{ from, to point }

// extendProfile adds to the coverage profile at name what runs without being counted. It is run in
// the root of module, whose path the profile puts before those of the files.
func extendProfile(name, module string) error {
	covered, err := readProfile(name)
	if err != nil {
		return err
	}
	var added strings.Builder
	for _, file := range slices.Sorted(maps.Keys(covered)) {
		uncounted, err := uncountedSpans(strings.TrimPrefix(file, module+"/"), nil, covered[file])
		if err != nil {
			return err
		}
		for _, s := range uncounted {
			fmt.Fprintf(&added, "%s:%d.%d,%d.%d 1 1\n", file, s.from.line, s.from.column, s.to.line, s.to.column)
		}
	}

	profile, err := os.OpenFile(name, os.O_APPEND|os.O_WRONLY, 0) //nolint:gosec // the caller names it
	if err != nil {
		return err
	}
	_, err = profile.WriteString(added.String())
	return errors.Join(err, profile.Close())
}

// readProfile returns the files of a coverage profile, with the spans in them that ran.
func readProfile(name string) (map[string][]span, error) {
	profile, err := os.Open(name) //nolint:gosec // the caller names it
	if err != nil {
		return nil, err
	}
	defer func() { _ = profile.Close() }() // it was only read

	covered := map[string][]span{}
	scanner := bufio.NewScanner(profile)
	scanner.Scan() // mode: set
	for scanner.Scan() {
		var s span
		var statements, count int
		file, rest, _ := strings.Cut(scanner.Text(), ":")
		if _, err := fmt.Sscanf(rest, "%d.%d,%d.%d %d %d",
			&s.from.line, &s.from.column, &s.to.line, &s.to.column, &statements, &count); err != nil {
			return nil, fmt.Errorf("%s: %q is no line of a coverage profile: %w", name, scanner.Text(), err)
		}
		covered[file] = append(covered[file], span{}) // so that a file of which nothing ran is there, too
		if count > 0 {
			covered[file] = append(covered[file], s)
		}
	}
	return covered, scanner.Err()
}

// uncountedSpans returns what runs in a source file without being counted: what stands between a
// case and its colon in a switch that ran, and declarations of the package. source is the file's
// text, or nil for the one on disk.
func uncountedSpans(file string, source any, covered []span) ([]span, error) {
	set := token.NewFileSet()
	tree, err := parser.ParseFile(set, file, source, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	at := func(p token.Pos) point {
		position := set.Position(p)
		return point{position.Line, position.Column}
	}
	ran := func(p point) bool {
		return slices.ContainsFunc(covered, func(s span) bool { return s.from.compare(p) <= 0 && p.compare(s.to) < 0 })
	}

	var spans []span
	for _, declaration := range tree.Decls {
		if d, ok := declaration.(*ast.GenDecl); ok && (d.Tok == token.CONST || d.Tok == token.VAR) {
			spans = append(spans, span{at(d.Pos()), at(d.End())})
		}
	}
	ast.Inspect(tree, func(node ast.Node) bool {
		// A type switch and a select have no conditions to mutate.
		s, ok := node.(*ast.SwitchStmt)
		if !ok || !ran(at(s.Pos())) {
			return true
		}
		for _, clause := range s.Body.List {
			if c, ok := clause.(*ast.CaseClause); ok {
				spans = append(spans, span{at(c.Case), at(c.Colon)})
			}
		}
		return true
	})
	return spans, nil
}
