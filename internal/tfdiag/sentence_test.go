package tfdiag

import (
	"errors"
	"testing"
)

func TestSentence(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                  "",
		"no key":            "No key.",
		"a key is needed":   "A key is needed.",
		"zero bytes came":   "Zero bytes came.",
		"No key.":           "No key.",
		"write it!":         "Write it!",
		"éclair":            "éclair.",
		"is it a key?":      "Is it a key?",
		"\"x\" is no key":   "\"x\" is no key.",
		"bunq does not say": "bunq does not say.",
	} {
		if got := Sentence(errors.New(in)); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}
