package session

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

func linesIn(dir, baseURL, name string) *Lines {
	return newBroker(&bank{}, Options{CacheDir: dir, BaseURL: baseURL}).Lines(name)
}

func wantLines(t *testing.T, l *Lines, want ...string) {
	t.Helper()
	got := l.Load()
	if len(got) != len(want) {
		t.Fatalf("%d lines, want %d: %q", len(got), len(want), got)
	}
	for i, line := range got {
		if string(line) != want[i] {
			t.Errorf("line %d is %q, want %q", i, line, want[i])
		}
	}
}

func TestLines_areThereForTheNextProcess(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "cache")
	wantLines(t, linesIn(dir, "https://a/v1", "x"))
	linesIn(dir, "https://a/v1", "x").Append([]byte("one"))
	linesIn(dir, "https://a/v1/", "x").Append([]byte("two"))

	wantLines(t, linesIn(dir, "https://a/v1", "x"), "one", "two")
	wantLines(t, linesIn(dir, "https://a/v1", "y"))
	wantLines(t, linesIn(dir, "https://b/v1", "x"))
	files, err := os.ReadDir(dir)
	must(t, err)
	if len(files) != 1 {
		t.Fatalf("%d files", len(files))
	}
	wantMode(t, filepath.Join(dir, files[0].Name()), 0o600)
}

func TestLines_withoutAFolder(t *testing.T) {
	t.Parallel()
	l := linesIn("", "https://a/v1", "x")
	l.Append([]byte("one"))
	wantLines(t, l)
}

// A file that has grown large loses its older half, and never more: the newest
// line is always there.
func TestLines_doNotGrowForEver(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	l := linesIn(dir, "https://a/v1", "x")
	last := ""
	for i := range 3 * maxLines / 1000 {
		last = fmt.Sprintf("%0999d", i)
		l.Append([]byte(last))
		if i%100 == 0 {
			l.Load()
		}
	}
	got := l.Load()
	if size := len(bytes.Join(got, nil)); size > maxLines || size < maxLines/4 {
		t.Errorf("%d bytes are kept", size)
	}
	if string(got[len(got)-1]) != last || len(got[0]) != 999 {
		t.Errorf("the first line kept has %d characters, the last is %.20s", len(got[0]), got[len(got)-1])
	}
}
