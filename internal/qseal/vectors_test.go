package qseal

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// today is a moment at which the vectors are valid, apart from those that are made not to be.
var today = time.Date(2027, time.June, 1, 12, 0, 0, 0, time.UTC)

// vector reads files of testdata, one after the other.
func vector(tb testing.TB, names ...string) string {
	tb.Helper()
	var all strings.Builder
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			tb.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}

func certificate(tb testing.TB, name string) *Certificate {
	tb.Helper()
	c, err := Parse(vector(tb, name))
	if err != nil {
		tb.Fatalf("%s: %v", name, err)
	}
	return c
}

func chainOf(tb testing.TB, names ...string) Chain {
	tb.Helper()
	if len(names) == 0 {
		return nil
	}
	ch, err := ParseChain(vector(tb, names...))
	if err != nil {
		tb.Fatalf("%v: %v", names, err)
	}
	return ch
}

// secretParts are pieces of the QSEAL key's base64, and the passphrase: nothing that an error may show.
func secretParts(tb testing.TB) []string {
	tb.Helper()
	parts := []string{"correct horse"}
	for _, name := range []string{"qseal.key", "qseal-pkcs1.key"} {
		for line := range strings.Lines(vector(tb, name)) {
			if line = strings.TrimSpace(line); len(line) == 64 {
				parts = append(parts, line[:24])
			}
		}
	}
	return parts
}

func mustNotShow(t *testing.T, err error, secrets []string) {
	t.Helper()
	if err == nil {
		return
	}
	for _, s := range secrets {
		if strings.Contains(err.Error(), s) {
			t.Errorf("the error shows a secret: %v", err)
		}
	}
}
