//go:build unix

package session

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// In place of the file of a session there is something that cannot be read, or that nobody
// writes to: a session is opened, at once.
func TestFolder_doesNotWaitForAPipe(t *testing.T) {
	for name, put := range map[string]func(path string) error{
		"a pipe":   func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"a folder": func(path string) error { return os.Mkdir(path, 0o700) },
		"a device": func(path string) error { return os.Symlink("/dev/zero", path) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path, _ := filled(t, dir)
			locks, err := filepath.Glob(filepath.Join(dir, "*.lock"))
			must(t, err)
			for _, p := range append(locks, path) {
				must(t, os.Remove(p))
				must(t, put(p))
			}

			done := make(chan struct{})
			bk := &bank{}
			go func() {
				defer close(done)
				mustSession(t, newBroker(bk, Options{CacheDir: dir, OpenInterval: time.Nanosecond}).For(testContext()))
			}()
			select {
			case <-done:
				bk.wantOpenings(t, 1)
			case <-time.After(5 * time.Second):
				t.Fatal("it waits for a writer")
			}
		})
	}
}
