package tfdiag

import (
	"errors"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
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

// Whatever quotes bunq: no diagnostic has a character that turns a line around or forges one.
func TestPrintable(t *testing.T) {
	t.Parallel()
	var diags diag.Diagnostics
	diags.AddError("a\u202eb", "c\n\nd\u2028e")
	diags.AddAttributeWarning(path.Root("url"), "a", "\x1b[31mb")
	diags.AddError("a\u202eb", "only its summary")
	diags.AddWarning("as", "it\nis")
	Printable(diags)

	var want diag.Diagnostics
	want.AddError("a b", "c\n\nd e")
	want.AddAttributeWarning(path.Root("url"), "a", " [31mb")
	want.AddError("a b", "only its summary")
	want.AddWarning("as", "it\nis")
	if len(diags) != len(want) {
		t.Fatalf("got %v", diags)
	}
	for i := range want {
		if !diags[i].Equal(want[i]) {
			t.Errorf("got %v, want %v", diags[i], want[i])
		}
	}
}
