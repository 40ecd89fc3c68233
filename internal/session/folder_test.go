package session

import (
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
)

// A folder that cannot be ours is left alone, and sessions are opened without it.
func TestFolder_thatCannotBeUsedIsDoneWithout(t *testing.T) {
	for name, prepare := range map[string]func(t *testing.T, dir string) (untouched string){
		"a file": func(t *testing.T, dir string) string {
			t.Helper()
			must(t, os.WriteFile(dir, []byte("theirs"), 0o600))
			return ""
		},
		"below a file": func(t *testing.T, dir string) string {
			t.Helper()
			must(t, os.WriteFile(filepath.Dir(dir), nil, 0o600))
			return ""
		},
		"a link to a folder": func(t *testing.T, dir string) string {
			t.Helper()
			target := t.TempDir()
			must(t, os.Symlink(target, dir))
			return target
		},
		"a link to nowhere": func(t *testing.T, dir string) string {
			t.Helper()
			must(t, os.Symlink(filepath.Join(dir, "nowhere"), dir))
			return ""
		},
	} {
		t.Run(name, func(t *testing.T) {
			if !modesMatter && (name == "a link to a folder" || name == "a link to nowhere") {
				t.Skip("links need a privilege here")
			}
			dir := filepath.Join(t.TempDir(), "cache")
			if name == "below a file" {
				dir = filepath.Join(dir, "below")
			}
			untouched := prepare(t, dir)
			synctest.Test(t, func(t *testing.T) {
				bk := &bank{}
				for range 2 {
					b := process(bk, dir)
					mustSession(t, b.For(testContext()))
					mustSession(t, b.For(testContext()))
				}
				bk.wantOpenings(t, 2)
			})
			if untouched == "" {
				return
			}
			files, err := os.ReadDir(untouched)
			must(t, err)
			if len(files) > 0 {
				t.Errorf("something was written there: %v", files)
			}
		})
	}
}

func TestFolder_openToOthersIsClosed(t *testing.T) {
	if !modesMatter {
		t.Skip("this system has no modes")
	}
	for _, mode := range []os.FileMode{0o755, 0o750, 0o777, 0o701} {
		dir := t.TempDir()
		must(t, os.Chmod(dir, mode))
		path, _ := filled(t, dir)
		wantMode(t, dir, 0o700)
		wantMode(t, path, 0o600)
	}
}

func TestFolder_notWritableIsDoneWithout(t *testing.T) {
	if !modesMatter || os.Geteuid() == 0 {
		t.Skip("everything is writable here")
	}
	dir := t.TempDir()
	must(t, os.Chmod(dir, 0o500))
	bk := &bank{}
	s := process(bk, dir).For(testContext())
	mustSession(t, s)
	mustSession(t, s)
	s.Note(t.Context(), "a", "b")
	wantNote(t, s, "a", "b")
	bk.wantOpenings(t, 1)
}

// What another has put in the place of a lock is not followed, opened or waited for.
func TestFolder_lockFilesThatAreNoneAreReplacedOrDoneWithout(t *testing.T) {
	if !modesMatter {
		t.Skip("links need a privilege here")
	}
	for name, place := range map[string]func(t *testing.T, lock, elsewhere string){
		"a link": func(t *testing.T, lock, elsewhere string) {
			t.Helper()
			must(t, os.Symlink(elsewhere, lock))
		},
		"a pipe": func(t *testing.T, lock, _ string) {
			t.Helper()
			mustPipe(t, lock)
		},
		"an empty folder": func(t *testing.T, lock, _ string) {
			t.Helper()
			must(t, os.Mkdir(lock, 0o700))
		},
		"a full folder": func(t *testing.T, lock, _ string) {
			t.Helper()
			must(t, os.MkdirAll(filepath.Join(lock, "full"), 0o700))
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir, elsewhere := t.TempDir(), filepath.Join(t.TempDir(), "elsewhere")
			bk := &bank{}
			b := process(bk, dir)
			s := b.For(testContext())
			var locks []string
			for _, file := range []string{b.address.file, s.cache.vault.name, s.cache.vault.name + ".opening"} {
				locks = append(locks, filepath.Join(dir, file+".lock"))
				place(t, locks[len(locks)-1], elsewhere)
			}
			session := mustSession(t, s)
			if got := mustSession(t, process(bk, dir).For(testContext())); *got != *session {
				t.Errorf("the session was not kept")
			}
			if _, err := os.Lstat(elsewhere); err == nil {
				t.Error("a link was followed")
			}
			for _, lock := range locks {
				if info, err := os.Lstat(lock); name != "a full folder" && (err != nil || !info.Mode().IsRegular()) {
					t.Errorf("%s is no lock file: %v, %v", filepath.Base(lock), info.Mode(), err)
				}
			}
		})
	}
}

// The same for the files that are read.
func TestFolder_pipesAreNotOpened(t *testing.T) {
	if !modesMatter {
		t.Skip("no pipes in folders here")
	}
	dir, bk := t.TempDir(), &bank{}
	b := process(bk, dir)
	mustPipe(t, filepath.Join(dir, b.address.file+openedSuffix))
	mustPipe(t, filepath.Join(dir, b.For(testContext()).cache.vault.name+sessionSuffix))
	mustSession(t, b.For(testContext()))
	mustSession(t, process(bk, dir).For(testContext()))
	bk.wantOpenings(t, 1)
}
