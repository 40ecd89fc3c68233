package session

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func wantNote(t *testing.T, s *Source, name, want string) {
	t.Helper()
	if got, ok := s.Noted(t.Context(), name); !ok || got != want {
		t.Errorf("noted under %s: %q, %v; want %q", name, got, ok, want)
	}
}

func wantNoNote(t *testing.T, s *Source, name string) {
	t.Helper()
	if got, ok := s.Noted(t.Context(), name); ok {
		t.Errorf("noted under %s: %q", name, got)
	}
}

func TestNotes_surviveTheProcess(t *testing.T) {
	dir, bk := t.TempDir(), &bank{}
	s := process(bk, dir).For(testContext())
	wantNoNote(t, s, "create")
	s.Note(t.Context(), "create", "one")
	s.Note(t.Context(), "create", "two")
	s.Note(t.Context(), "empty", "")
	for _, s := range []*Source{s, process(bk, dir).For(testContext())} {
		wantNote(t, s, "create", "two")
		wantNote(t, s, "empty", "")
		wantNoNote(t, s, "other")
	}
	wantNoNote(t, process(bk, dir).For(anotherContext()), "create")

	process(bk, dir).For(testContext()).ClearNote(t.Context(), "create")
	for _, s := range []*Source{s, process(bk, dir).For(testContext())} {
		wantNoNote(t, s, "create")
		wantNote(t, s, "empty", "")
	}
	bk.wantOpenings(t, 0)
}

func TestNotes_persistOnlyInAFolder(t *testing.T) {
	dir, bk := t.TempDir(), &bank{}
	if !process(bk, dir).For(testContext()).Persists() {
		t.Error("notes in a folder of ours outlive the process")
	}
	if process(bk, "").For(testContext()).Persists() {
		t.Error("without a folder notes end with the process")
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if process(bk, file).For(testContext()).Persists() {
		t.Error("what is no folder keeps no notes")
	}
}

func TestNotes_surviveSessions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, bk := t.TempDir(), &bank{}
		s := process(bk, dir).For(testContext())
		s.Note(t.Context(), "create", "before the session")
		session := mustSession(t, s)
		wantNote(t, process(bk, dir).For(testContext()), "create", "before the session")
		s.Note(t.Context(), "create", "in the session")
		if got, ok := live(t, process(bk, dir).For(testContext())); !ok || *got != *session {
			t.Error("a note removed the session")
		}
		mustReplace(t, s, session)
		wantNote(t, process(bk, dir).For(testContext()), "create", "in the session")
		time.Sleep(1000 * time.Hour)
		wantNote(t, process(bk, dir).For(testContext()), "create", "in the session")
	})
}

func TestNotes_withoutACacheLiveInTheProcess(t *testing.T) {
	blocked := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(blocked, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, dir := range map[string]string{"none asked for": "", "the folder is a file": blocked} {
		t.Run(name, func(t *testing.T) {
			b := process(&bank{}, dir)
			s := b.For(testContext())
			s.Note(t.Context(), "create", "x")
			wantNote(t, b.For(testContext()), "create", "x")
			s.ClearNote(t.Context(), "create")
			wantNoNote(t, s, "create")
		})
	}
}

func TestNotes_waitNeitherForAnOpeningNorWithAnEndedContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, bk := t.TempDir(), &bank{latency: time.Hour}
		b := process(bk, dir)
		s := b.For(testContext())
		var wg sync.WaitGroup
		wg.Go(func() { mustSession(t, s) })
		synctest.Wait()
		start := time.Now()
		s.Note(t.Context(), "a", "during an opening")
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		s.Note(ended, "b", "after the end")
		later := process(bk, dir).For(testContext())
		wantNote(t, later, "a", "during an opening")
		wantNote(t, later, "b", "after the end")

		release := hold(t, s.cache.vault.name+".lock", dir)
		s.Note(ended, "c", "the file is locked")
		wantNote(t, s, "c", "the file is locked")
		if got := time.Since(start); got != 0 {
			t.Errorf("waited %v", got)
		}
		s.Note(t.Context(), "d", "the file stays locked")
		if got := time.Since(start); got > fileWait+pollInterval {
			t.Errorf("waited %v", got)
		}
		release()
		wantNoNote(t, later, "c")
		s.ClearNote(t.Context(), "a") // takes along what waits
		wantNote(t, later, "c", "the file is locked")
		wantNote(t, later, "d", "the file stays locked")
		wantNoNote(t, later, "a")
		wg.Wait()
	})
}

func TestNotes_parallelWritersLoseNothing(t *testing.T) {
	dir, bk := t.TempDir(), &bank{}
	var wg sync.WaitGroup
	for p := range 4 {
		b := process(bk, dir)
		for n := range 8 {
			wg.Go(func() { b.For(testContext()).Note(t.Context(), fmt.Sprintf("%d-%d", p, n), "x") })
		}
	}
	wg.Wait()
	s := process(bk, dir).For(testContext())
	for p := range 4 {
		for n := range 8 {
			wantNote(t, s, fmt.Sprintf("%d-%d", p, n), "x")
		}
	}
}

// As on a file system that knows no locks.
func TestNotes_parallelWritersOfOneProcessNeedNoFileLock(t *testing.T) {
	dir, bk := t.TempDir(), &bank{}
	s := process(bk, dir).For(testContext())
	must(t, os.MkdirAll(filepath.Join(dir, s.cache.vault.name+".lock", "full"), 0o700))
	var wg sync.WaitGroup
	for n := range 20 {
		wg.Go(func() { s.Note(t.Context(), fmt.Sprint(n), "x") })
	}
	wg.Wait()
	later := process(bk, dir).For(testContext())
	for n := range 20 {
		wantNote(t, later, fmt.Sprint(n), "x")
	}
}
