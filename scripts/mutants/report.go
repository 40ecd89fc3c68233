package main

import (
	"errors"
	"fmt"
	"path"
	"strings"
)

// What the tests of a package have to reach, in per cent.
const (
	leastKilled    = 97.0 // of those killed or alive
	mostNotCovered = 5.0  // of all; less than this
)

// A report is what the tests of one package made of its mutants.
type report struct {
	dir                         string
	killed, notViable, harmless int
	lived, notCovered, timedOut []mutant
	outdated                    []string // entries of the list of harmless mutants that name none
}

// newReport sorts the mutants of the package in dir. Those that an entry names count as harmless
// and as nothing else.
func newReport(mutants []mutant, entries []harmless, dir string) *report {
	r := &report{dir: path.Clean(dir)}
	used := make([]bool, len(entries))
	isHarmless := func(m mutant) bool {
		for i, h := range entries {
			if h.matches(m) {
				used[i] = true
				return true
			}
		}
		return false
	}

	for _, m := range mutants {
		switch {
		case m.status == "KILLED":
			r.killed++ // also where an entry names it: the entry is wrong then, and told so below
		case m.status == "NOT VIABLE":
			r.notViable++
		case isHarmless(m):
			r.harmless++
		case m.status == "LIVED":
			r.lived = append(r.lived, m)
		case m.status == "NOT COVERED":
			r.notCovered = append(r.notCovered, m)
		case m.status == "TIMED OUT":
			r.timedOut = append(r.timedOut, m)
		}
	}

	for i, h := range entries {
		if !used[i] && strings.HasPrefix(h.file, r.dir+"/") {
			r.outdated = append(r.outdated, h.String())
		}
	}
	return r
}

// killedShare returns killed ÷ (killed + lived), in per cent.
func (r *report) killedShare() float64 { return percent(r.killed, r.killed+len(r.lived)) }

// notCoveredShare returns the share of mutants that no test of the package runs, in per cent.
func (r *report) notCoveredShare() float64 {
	return 100 - percent(r.killed+len(r.lived)+len(r.timedOut), r.total())
}

func (r *report) total() int {
	return r.killed + len(r.lived) + len(r.timedOut) + len(r.notCovered)
}

// percent returns 100 for none of none: where there is nothing to test, nothing is missing.
func percent(part, of int) float64 {
	if of == 0 {
		return 100
	}
	return 100 * float64(part) / float64(of)
}

// text returns the survivors by file and line, and the figures.
func (r *report) text() string {
	var out strings.Builder
	list := func(heading string, mutants []mutant) {
		if len(mutants) == 0 {
			return
		}
		fmt.Fprintln(&out, heading)
		for _, m := range mutants {
			fmt.Fprintf(&out, "  %s:%d:%d %s[%d]\n      %s\n", m.file, m.line, m.column, m.kind, m.nth, m.source)
		}
	}
	list("Lived: no test fails with", r.lived)
	list("Not covered: no test of the package runs", r.notCovered)
	list("Timed out: an endless loop, or the machine was busy; TIMEOUT=30 gives more time", r.timedOut)

	fmt.Fprintf(&out, "%s: %d killed, %d lived, %d not covered, %d timed out, %d harmless, %d do not compile\n",
		r.dir, r.killed, len(r.lived), len(r.notCovered), len(r.timedOut), r.harmless, r.notViable)
	fmt.Fprintf(&out, "%s: killed ÷ (killed + lived) = %.1f %%; not covered %.1f %%\n",
		r.dir, r.killedShare(), r.notCoveredShare())
	return out.String()
}

// verdict returns what is not as it should be.
func (r *report) verdict() error {
	var failed []error
	if r.killedShare() < leastKilled {
		failed = append(failed, fmt.Errorf("%s: the tests kill less than %.0f %% of the mutants", r.dir, leastKilled))
	}
	if r.notCoveredShare() >= mostNotCovered {
		failed = append(failed, fmt.Errorf("%s: the tests do not cover %.0f %% or more of the mutants", r.dir, mostNotCovered))
	}
	for _, entry := range r.outdated {
		failed = append(failed, fmt.Errorf("harmless.txt names a mutant that is not there, or is killed: %s", entry))
	}
	return errors.Join(failed...)
}
