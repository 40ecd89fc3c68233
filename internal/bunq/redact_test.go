package bunq

import (
	"strings"
	"testing"
)

func TestRedact_shortensWhatIsTooLong(t *testing.T) {
	t.Parallel()
	fits := strings.Repeat("é", maxDescription)
	if got := redact(fits, nil); got != fits {
		t.Errorf("%d characters became %q", maxDescription, got)
	}
	if got := redact(fits+"é", nil); got != fits+"…" {
		t.Errorf("one more became %q", got)
	}
}

func TestCleanContentType(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                             "",
		"Text/HTML; charset=utf-8":     "text/html",
		"text/html; charset":           "text/html", // not by the rules
		"application/json":             "application/json",
		"; " + strings.Repeat("a", 64): "",
	} {
		if got := cleanContentType(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// What is shown has no character that nobody sees or that changes what others see.
func TestPrintable(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"Zoë's “café”, 5 €":             "Zoë's “café”, 5 €",
		"漢字 عربي":                       "漢字 عربي",
		"a\x1b[31mb\r\nc\td":            "a [31mb  c d",
		"a\u202eb\u2066c\u200fd":        "a b c d",
		"a\u2028b\u2029c\u0085d":        "a b c d",
		"a\u200bb\ufeffc\u00add\u00a0e": "a b c d e",
		"a\xffb":                        "a b",
		"a\U000e0041b":                  "a b", // tags
		"":                              "",
	} {
		if got := Printable(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	if got := redact("\u202eevil\u2028", nil); got != "evil" {
		t.Errorf("redact: %q", got)
	}
}
