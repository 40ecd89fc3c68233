package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
)

// A mutant is one change that gremlins made to a source file, and what the tests said to it.
type mutant struct {
	file   string // below the module's root
	line   int
	column int
	kind   string // as gremlins calls it: CONDITIONALS_BOUNDARY and the like
	status string // KILLED, LIVED, NOT COVERED, TIMED OUT, NOT VIABLE
	source string // the line, without white space around it
	nth    int    // from 1: which one of its kind on this line
}

// readMutants returns the mutants that gremlins wrote to the file at name, in the order of the
// source. dir is the directory that gremlins looked at, below the working directory, where the
// source is read from.
func readMutants(name, dir string) ([]mutant, error) {
	text, err := os.ReadFile(name) //nolint:gosec // the caller names it
	if err != nil {
		return nil, err
	}
	var report struct {
		Files []struct {
			Name      string `json:"file_name"`
			Mutations []struct {
				Type   string `json:"type"`
				Status string `json:"status"`
				Line   int    `json:"line"`
				Column int    `json:"column"`
			} `json:"mutations"`
		} `json:"files"`
	}
	if err := json.Unmarshal(text, &report); err != nil {
		return nil, fmt.Errorf("%s is not a report of gremlins: %w", name, err)
	}

	var mutants []mutant
	for _, f := range report.Files {
		file := path.Join(dir, f.Name)
		source, err := os.ReadFile(file) //nolint:gosec // a file of the module, from the report
		if err != nil {
			return nil, err
		}
		lines := strings.Split(string(source), "\n")
		for _, m := range f.Mutations {
			if m.Line < 1 || m.Line > len(lines) {
				return nil, fmt.Errorf("%s has no line %d; it changed since gremlins read it", file, m.Line)
			}
			mutants = append(mutants, mutant{
				file: file, line: m.Line, column: m.Column, kind: m.Type, status: m.Status,
				source: strings.TrimSpace(lines[m.Line-1]),
			})
		}
	}
	slices.SortFunc(mutants, func(a, b mutant) int {
		return cmp.Or(cmp.Compare(a.file, b.file), a.line-b.line, cmp.Compare(a.kind, b.kind), a.column-b.column)
	})
	number(mutants)
	return mutants, nil
}

// number sets nth. The mutants are sorted by file, line, kind and column.
func number(mutants []mutant) {
	for i := range mutants {
		m := &mutants[i]
		m.nth = 1
		if i == 0 {
			continue
		}
		if p := mutants[i-1]; p.file == m.file && p.line == m.line && p.kind == m.kind {
			m.nth = p.nth + 1
		}
	}
}
