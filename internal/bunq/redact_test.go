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
