//go:build unix

package session

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

const modesMatter = true

func mustPipe(t *testing.T, path string) {
	t.Helper()
	must(t, syscall.Mkfifo(path, 0o600))
}

func TestFolder_ofSomeoneElseIsLeftAlone(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a folder away")
	}
	for _, mode := range []os.FileMode{0o700, 0o777} {
		dir := filepath.Join(t.TempDir(), "cache")
		must(t, os.Mkdir(dir, mode))
		must(t, os.Chmod(dir, mode))
		must(t, os.Chown(dir, 12345, 12345))
		s := process(&bank{}, dir).For(testContext())
		mustSession(t, s)
		files, err := os.ReadDir(dir)
		must(t, err)
		if len(files) > 0 {
			t.Errorf("something was written there: %v", files)
		}
		wantMode(t, dir, mode)
	}
}

func TestCache_fileOfSomeoneElseIsReplaced(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a file away")
	}
	dir := t.TempDir()
	path, _ := filled(t, dir)
	must(t, os.Chown(path, 12345, 12345))
	s := process(&bank{}, dir).For(testContext())
	if _, ok := s.Live(t.Context()); ok {
		t.Error("it was used")
	}
	s.Note(t.Context(), "a", "b") // replaces it
	wantNote(t, process(&bank{}, dir).For(testContext()), "a", "b")
	wantNoNote(t, s, "note-name")
}

func TestFolder_lockFileOfSomeoneElseIsReplaced(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a file away")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "lock")
	must(t, os.WriteFile(path, nil, 0o600))
	must(t, os.Chown(path, 12345, 12345))
	hold(t, "lock", dir)()
	info, err := os.Lstat(path)
	must(t, err)
	if !owned(info) {
		t.Error("it is still theirs")
	}
}
