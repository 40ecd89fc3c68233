package scripts_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// summaryAt says which argument of a function is the first line of an error or warning.
var summaryAt = map[string]int{
	"AddError": 0, "AddWarning": 0, "AddAttributeError": 1, "AddAttributeWarning": 1,
	"NewErrorDiagnostic": 0, "NewWarningDiagnostic": 0, "NewAttributeErrorDiagnostic": 1, "NewAttributeWarningDiagnostic": 1,
	"fault":        1, // of settings of the provider
	"problem":      0, // of certificates
	"chainProblem": 0,
	"refuseAlone":  2, // of devices
	"unchanged":    0, // of a failure, behind the name of the resource
}

// summaries returns the first line of every error and warning that the provider has, with the
// place where it is. What is only known at run time stands as "…".
func summaries(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "internal", "*", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	for _, path := range files {
		if strings.HasSuffix(path, "_test.go") || !saysSomething(path) {
			continue
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		note := func(e ast.Expr) {
			// Without any letter of its own it is handed on from somewhere else.
			if text := spoken(e); strings.Trim(text, "… ") != "" {
				if strings.HasPrefix(text, "was not ") || strings.HasPrefix(text, "cannot ") {
					text = "… " + text // the name of the resource
				}
				found[text] = set.Position(e.Pos()).String()
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				if i, ok := summaryAt[typeName(n.Fun)]; ok && len(n.Args) > i {
					note(n.Args[i])
				}
			case *ast.CompositeLit:
				if name := typeName(n.Type); name != "Failure" && name != "Problem" {
					return true
				}
				for i, e := range n.Elts {
					member, named := e.(*ast.KeyValueExpr)
					switch {
					case !named && i == 0:
						note(e)
					case named && typeName(member.Key) == "Summary":
						note(member.Value)
					}
				}
			}
			return true
		})
	}
	return found
}

// saysSomething reports whether the file belongs to a package whose words reach users.
func saysSomething(path string) bool {
	switch filepath.Base(filepath.Dir(path)) {
	case "acctest", "bunqsim", "hostile", "lifecycle", "pacing":
		return false
	}
	return true
}

// typeName is the name of a type or function, without its package.
func typeName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	}
	return ""
}

// spoken is the text of an expression, with … for what is only known at run time.
func spoken(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if text, err := strconv.Unquote(e.Value); err == nil {
			return text
		}
	case *ast.BinaryExpr:
		return spoken(e.X) + spoken(e.Y)
	}
	return "…"
}

// The guide on troubleshooting has every error and warning that the provider can show, and no
// other.
func TestMessages_eachIsInTheGuide(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join("..", "templates", "guides", "troubleshooting.md"))
	if err != nil {
		t.Fatal(err)
	}
	explained := map[string]bool{}
	table := regexp.MustCompile(`(?m)^\| Error(?: or warning)? \| Do \|\n\| --- \| --- \|\n(?:\|.*\n)+`)
	row := regexp.MustCompile("(?m)^\\| (`[^|]*`) \\| ")
	for _, rows := range table.FindAllString(string(raw), -1) {
		for _, m := range row.FindAllStringSubmatch(rows, -1) {
			for _, text := range strings.Split(strings.Trim(m[1], "`"), "`, `") {
				explained[text] = true
			}
		}
	}

	all := summaries(t)
	if len(all) < 50 {
		t.Fatalf("only %d messages were found: the test does not see the code any more", len(all))
	}
	// What is only known at run time may stand for anything.
	said := func(pattern, text string) bool {
		quoted := strings.ReplaceAll(regexp.QuoteMeta(pattern), "…", ".+")
		return regexp.MustCompile("^" + quoted + "$").MatchString(text)
	}
	inGuide := func(pattern string) bool {
		for text := range explained {
			if said(pattern, text) {
				return true
			}
		}
		return false
	}
	inCode := func(text string) bool {
		for pattern := range all {
			if said(pattern, text) {
				return true
			}
		}
		return false
	}
	for text, place := range all {
		if !inGuide(text) {
			t.Errorf("%s: %q is not in templates/guides/troubleshooting.md", place, text)
		}
	}
	for text := range explained {
		if !inCode(text) {
			t.Errorf("templates/guides/troubleshooting.md has %q, which the provider never says", text)
		}
	}
}
