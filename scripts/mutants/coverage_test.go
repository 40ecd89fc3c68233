package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const switches = `package p

const limit = 3 * 60

func ran(a, b int) int {
	switch {
	case a > b:
		return a
	case a < b, a == limit:
		return b
	}
	return 0
}

func didNot(a int) int {
	switch {
	case a > 1:
		return 1
	}
	return 0
}

var names = []string{"a" + "b"}
`

func TestUncountedSpans(t *testing.T) {
	// As Go's coverage counts: up to the brace of the switch, and from each colon.
	covered := []span{{point{5, 24}, point{6, 9}}, {point{7, 13}, point{8, 11}}}

	got, err := uncountedSpans("p.go", switches, covered)
	if err != nil {
		t.Fatal(err)
	}

	want := []span{
		{point{3, 1}, point{3, 21}},
		{point{23, 1}, point{23, 32}},
		{point{7, 2}, point{7, 12}},
		{point{9, 2}, point{9, 24}},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(span{}, point{})); diff != "" {
		t.Errorf("the constant, the variable and the cases of the switch that ran are wanted, and no others (-want +got):\n%s", diff)
	}
}

func TestExtendProfile_keepsWhatWasCounted(t *testing.T) {
	t.Chdir(t.TempDir())
	if err := os.WriteFile("p.go", []byte(switches), 0o600); err != nil {
		t.Fatal(err)
	}
	profile := filepath.Join(t.TempDir(), "cover.out")
	counted := "mode: set\nexample.com/m/p.go:5.24,6.9 1 1\nexample.com/m/p.go:16.9,16.9 1 0\n"
	if err := os.WriteFile(profile, []byte(counted), 0o600); err != nil {
		t.Fatal(err)
	}

	if err := extendProfile(profile, "example.com/m"); err != nil {
		t.Fatal(err)
	}

	got, err := os.ReadFile(profile)
	if err != nil {
		t.Fatal(err)
	}
	added, ok := strings.CutPrefix(string(got), counted)
	if !ok {
		t.Fatalf("the profile was %q and is now %q", counted, got)
	}
	want := "example.com/m/p.go:3.1,3.21 1 1\nexample.com/m/p.go:23.1,23.32 1 1\n" +
		"example.com/m/p.go:7.2,7.12 1 1\nexample.com/m/p.go:9.2,9.24 1 1\n"
	if diff := cmp.Diff(want, added); diff != "" {
		t.Errorf("added to the profile (-want +got):\n%s", diff)
	}
}
