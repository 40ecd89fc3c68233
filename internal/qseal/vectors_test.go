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
func vector(t testing.TB, names ...string) string {
	t.Helper()
	var all strings.Builder
	for _, name := range names {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		all.Write(text)
	}
	return all.String()
}

func certificate(t testing.TB, name string) *Certificate {
	t.Helper()
	c, err := Parse(vector(t, name))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return c
}

func chainOf(t testing.TB, names ...string) *Chain {
	t.Helper()
	if len(names) == 0 {
		return nil
	}
	ch, err := ParseChain(vector(t, names...))
	if err != nil {
		t.Fatalf("%v: %v", names, err)
	}
	return ch
}

// secretParts are pieces of the QSEAL key's base64, and the passphrase: nothing that an error may show.
func secretParts(t testing.TB) []string {
	t.Helper()
	parts := []string{"correct horse"}
	for _, name := range []string{"qseal.key", "qseal-pkcs1.key"} {
		for line := range strings.Lines(vector(t, name)) {
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
