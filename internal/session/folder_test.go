package session

import (
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gofrs/flock"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

// A folder that cannot be ours is left alone, and sessions are opened without it.
func TestFolder_thatCannotBeUsedIsDoneWithout(t *testing.T) {
	for name, prepare := range map[string]func(t *testing.T, dir string){
		"a file": func(t *testing.T, dir string) {
			t.Helper()
			must(t, os.WriteFile(dir, []byte("theirs"), 0o600))
		},
		"below a file": func(t *testing.T, dir string) {
			t.Helper()
			must(t, os.WriteFile(filepath.Dir(dir), nil, 0o600))
		},
		"a link to nowhere": func(t *testing.T, dir string) {
			t.Helper()
			must(t, os.Symlink(filepath.Join(dir, "nowhere"), dir))
		},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "a link to nowhere" && runtime.GOOS == "windows" {
				t.Skip("the folder is made where the link leads")
			}
			dir := filepath.Join(t.TempDir(), "cache")
			if name == "below a file" {
				dir = filepath.Join(dir, "below")
			}
			prepare(t, dir)
			synctest.Test(t, func(t *testing.T) {
				bk := &bank{}
				for range 2 {
					b := process(bk, dir)
					mustSession(t, b.For(testContext()))
					mustSession(t, b.For(testContext()))
				}
				bk.wantOpenings(t, 2)
			})
		})
	}
}

func TestFolder_openToOthersIsClosed(t *testing.T) {
	for _, mode := range []os.FileMode{0o755, 0o750, 0o777, 0o701} {
		dir := t.TempDir()
		must(t, os.Chmod(dir, mode))
		path, _ := filled(t, dir)
		wantMode(t, dir, 0o700)
		wantMode(t, path, 0o600)
	}
}

func TestFolder_notWritableIsDoneWithout(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("everything is writable here")
	}
	dir := t.TempDir()
	must(t, os.Chmod(dir, 0o500))
	bk := &bank{}
	s := process(bk, dir).For(testContext())
	mustSession(t, s)
	mustSession(t, s)
	bk.wantOpenings(t, 1)
}

// Why nothing is kept is in the log, once in a run and for those who look for it.
func TestFolder_thatCannotBeUsedIsNamedInTheLog(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no folder and no such folder are the same error there")
	}
	file := filepath.Join(t.TempDir(), "file")
	must(t, os.WriteFile(file, nil, 0o600))
	j := &journal{}
	b := newBroker(&bank{}, Options{CacheDir: file, BaseURL: testURL, Logger: j, OpenInterval: time.Nanosecond})
	mustSession(t, b.For(testContext()))
	mustSession(t, b.For(anotherContext()))

	if n := strings.Count(j.all(), "cannot be used"); n != 1 {
		t.Errorf("%d lines about it: %s", n, j.all())
	}
	for _, part := range []string{"DEBUG the cache folder", file, "not a directory"} {
		if !strings.Contains(j.all(), part) {
			t.Errorf("no %q in %s", part, j.all())
		}
	}
}

// A folder that does its work is nothing to talk about, though its files are missing at first.
func TestFolder_thatWorksIsNotNamedInTheLog(t *testing.T) {
	j := &journal{}
	b := newBroker(&bank{}, Options{CacheDir: t.TempDir(), BaseURL: testURL, Logger: j})
	mustSession(t, b.For(testContext()))
	if strings.Contains(j.all(), "folder") {
		t.Error(j.all())
	}
}

// What no run has used for a month is removed when a session is stored: but nothing that is
// younger, locked or not written here.
func TestFolder_removesWhatIsOld(t *testing.T) {
	dir := t.TempDir()
	month, name := 30*24*time.Hour, strings.Repeat("0a", 20)
	for file, age := range map[string]time.Duration{
		name + ".session": month, name + ".opened": month, name + ".lock": month, name + ".session.123": month, // gone
		name + ".opening.lock": month, "notes.txt": month, name + "0.session": month - time.Hour, // stays: locked, theirs, young
	} {
		path := filepath.Join(dir, file)
		must(t, os.WriteFile(path, nil, 0o600))
		must(t, os.Chtimes(path, time.Now().Add(-age), time.Now().Add(-age)))
	}
	old := strings.Repeat("0b", 20)
	must(t, os.Mkdir(filepath.Join(dir, old+".session"), 0o700))
	must(t, os.Chtimes(filepath.Join(dir, old+".session"), time.Now().Add(-month), time.Now().Add(-month)))

	held := flock.New(filepath.Join(dir, name+".opening.lock"))
	if locked, err := held.TryLock(); !locked {
		t.Fatal(err)
	}
	t.Cleanup(func() { must(t, held.Close()) })

	j := &journal{}
	b := newBroker(&bank{}, Options{CacheDir: dir, BaseURL: testURL, Logger: j})
	s := b.For(testContext())
	mustSession(t, s)

	files, err := os.ReadDir(dir)
	must(t, err)
	var left []string
	for _, file := range files {
		left = append(left, file.Name())
	}
	want := []string{
		"notes.txt", name + ".opening.lock", name + "0.session", old + ".session",
		s.cache.vault.name + ".session", s.cache.vault.name + ".opening.lock", b.interval.file + ".opened", b.interval.file + ".lock",
	}
	slices.Sort(left)
	slices.Sort(want)
	if !slices.Equal(left, want) || strings.Contains(j.all(), "folder") {
		t.Errorf("left:\n%s\nwant:\n%s\n%s", strings.Join(left, "\n"), strings.Join(want, "\n"), j.all())
	}
}

// A lock is used as long as somebody takes it, however seldom a session is opened.
func TestFolder_aLockThatIsTakenIsNotOld(t *testing.T) {
	dir := t.TempDir()
	f := &folder{path: dir, log: bunq.NoLogger{}}
	path := filepath.Join(dir, strings.Repeat("0a", 20)+".lock")
	must(t, os.WriteFile(path, nil, 0o600))
	must(t, os.Chtimes(path, time.Unix(0, 0), time.Unix(0, 0)))
	hold(t, filepath.Base(path), dir)()
	f.tidy(t.Context())
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
}
