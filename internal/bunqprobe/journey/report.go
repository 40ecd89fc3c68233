package main

import (
	"fmt"
	"regexp"
	"strings"
	"time"
)

// report is the result of the journey.
type report struct {
	base    string
	started time.Time
	took    time.Duration
	stages  []*stage
}

// good reports whether every step was made, and did what it should.
func (r *report) good() bool {
	for _, s := range r.stages {
		if s.err != nil {
			return false
		}
	}
	return len(r.stages) == len(steps())
}

// secret is what looks like one: the CLI hides what the provider calls sensitive, and this is for
// all the rest.
var secret = regexp.MustCompile(`(?is)\b(?:sandbox_)?[0-9a-f]{56,}\b|-----BEGIN [A-Z ]+-----.*?-----END [A-Z ]+-----`)

func (r *report) markdown() string {
	var b strings.Builder
	p := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	p("# The provider at a bunq sandbox\n")
	p("Asked `%s` from %s UTC, for %s.\n", r.base, r.started.UTC().Format(time.DateTime), r.took.Round(time.Second))
	p("| step | result | calls | waited | retries | took |")
	p("| --- | --- | --- | --- | --- | --- |")
	for _, s := range r.stages {
		result := "good"
		if s.err != nil {
			result = "**failed**"
		}
		p("| %s: %s | %s | %d | %s | %d | %s |", s.name, s.what, result, s.total(), s.waited.Round(time.Millisecond), s.retries, s.took.Round(time.Millisecond))
	}
	for _, st := range steps()[len(r.stages):] {
		p("| %s: %s | not reached | | | | |", st.name, st.what)
	}

	for _, s := range r.stages {
		p("\n## %s\n", s.name)
		for _, line := range append(s.notes, s.list()...) {
			p("- %s", line)
		}
		if len(s.notes) == 0 && len(s.calls) == 0 {
			p("No calls.")
		}
		if s.err != nil {
			p("\nFailed: %v.\n\n~~~\n%s\n~~~", s.err, strings.TrimSpace(strings.ReplaceAll(s.output, "~~~", "~ ~ ~")))
		}
	}
	return secret.ReplaceAllString(b.String(), "(removed)")
}
