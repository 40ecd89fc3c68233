package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseHarmless(t *testing.T) {
	got, err := parseHarmless(strings.NewReader(`# a comment

a/b.go: CONDITIONALS_BOUNDARY[2] in: if x < 1 || y < 2 {
  y is never 2,
  as z says
a/c.go: ARITHMETIC_BASE in: size: a + b,
	a hint of the size only
`))
	if err != nil {
		t.Fatal(err)
	}

	want := []harmless{
		{"a/b.go", "CONDITIONALS_BOUNDARY", 2, "if x < 1 || y < 2 {", "y is never 2, as z says"},
		{"a/c.go", "ARITHMETIC_BASE", 0, "size: a + b,", "a hint of the size only"},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(harmless{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestParseHarmless_refuses(t *testing.T) {
	for name, text := range map[string]string{
		"an entry without a reason":             "a.go: ARITHMETIC_BASE in: x + y\n",
		"an entry whose reason is a comment":    "a.go: ARITHMETIC_BASE in: x + y\n# because\n",
		"a reason without an entry":             "  because\n",
		"what is neither an entry nor a reason": "a.go: somewhere\n",
	} {
		t.Run(name, func(t *testing.T) {
			if got, err := parseHarmless(strings.NewReader(text)); err == nil {
				t.Errorf("%q was taken for %v", text, got)
			}
		})
	}
}

// The report of gremlins on the file below, with mutants of each status.
const (
	source = "package p\n\nfunc f(a, b int) bool { return a < b && b < 3 }\n"
	found  = `{"files":[{"file_name":"p.go","mutations":[
		{"type":"CONDITIONALS_BOUNDARY","status":"LIVED","line":3,"column":43},
		{"type":"CONDITIONALS_BOUNDARY","status":"KILLED","line":3,"column":34},
		{"type":"CONDITIONALS_NEGATION","status":"KILLED","line":3,"column":34},
		{"type":"INCREMENT_DECREMENT","status":"NOT VIABLE","line":1,"column":1},
		{"type":"ARITHMETIC_BASE","status":"NOT COVERED","line":1,"column":2},
		{"type":"INVERT_NEGATIVES","status":"TIMED OUT","line":1,"column":3}]}]}`
	line = "func f(a, b int) bool { return a < b && b < 3 }"
)

func TestPrintReport(t *testing.T) {
	figures := func(list string) string {
		t.Helper()
		out, _ := reportOn(t, found, list)
		return out[strings.Index(out, "p: "):]
	}

	for name, tc := range map[string]struct{ list, want string }{
		"each status is counted by itself": {
			"", "p: 2 killed, 1 lived, 1 not covered, 1 timed out, 0 harmless, 1 do not compile\n" +
				"p: killed ÷ (killed + lived) = 66.7 %; not covered 20.0 %\n",
		},
		"what is harmless is left out of the figures": {
			"p/p.go: CONDITIONALS_BOUNDARY[2] in: " + line + "\n  why\np/p.go: ARITHMETIC_BASE in: package p\n  why\n",
			"p: 2 killed, 0 lived, 0 not covered, 1 timed out, 2 harmless, 1 do not compile\n" +
				"p: killed ÷ (killed + lived) = 100.0 %; not covered 0.0 %\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, figures(tc.list)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestPrintReport_namesSurvivorsByFileAndLine(t *testing.T) {
	out, _ := reportOn(t, found, "")
	for _, want := range []string{
		"Lived: no test fails with\n  p/p.go:3:43 CONDITIONALS_BOUNDARY[2]\n      " + line + "\n",
		"runs\n  p/p.go:1:2 ARITHMETIC_BASE[1]\n      package p\n",
		"  p/p.go:1:3 INVERT_NEGATIVES[1]\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
	if strings.Contains(out, "3:34") {
		t.Errorf("a killed mutant is listed:\n%s", out)
	}
}

func TestPrintReport_fails(t *testing.T) {
	const alive = "p/p.go: CONDITIONALS_BOUNDARY[2] in: " + line + "\n  why\n"
	const untested = "p/p.go: ARITHMETIC_BASE in: package p\n  why\n"

	for name, tc := range map[string]struct{ list, want string }{
		"where too little is killed":         {untested, "kill less than 97 %"},
		"where too little is covered":        {alive, "do not cover 5 %"},
		"where an entry names a killed one":  {alive + untested + "p/p.go: CONDITIONALS_NEGATION in: " + line + "\n  why\n", "is killed: p/p.go: CONDITIONALS_NEGATION"},
		"where an entry names none":          {alive + untested + "p/q.go: ARITHMETIC_BASE[1] in: x\n  why\n", "not there, or is killed: p/q.go: ARITHMETIC_BASE[1] in: x"},
		"not for an entry of another folder": {alive + untested + "pp/p.go: ARITHMETIC_BASE in: x\n  why\n", ""},
		"not where all is well":              {alive + untested, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := reportOn(t, found, tc.list)
			switch {
			case tc.want == "" && err != nil:
				t.Errorf("failed: %v", err)
			case tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)):
				t.Errorf("said %v, want %q", err, tc.want)
			}
		})
	}
}

// reportOn runs "mutants report" on a package p with the source above.
func reportOn(t *testing.T, gremlins, list string) (string, error) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, text := range map[string]string{"p/p.go": source, "found.json": gremlins, "harmless.txt": list} {
		if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}

	var out bytes.Buffer
	err := run([]string{"report", "-gremlins", "found.json", "-harmless", "harmless.txt", "p"}, &out)
	return out.String(), err
}
