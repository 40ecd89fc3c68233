package session

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// pollInterval is how often a lock held by another process is tried. There is no
// call that waits for a file lock and can be cancelled.
const pollInterval = 20 * time.Millisecond

// acquire takes the only place in gate. The error is that of ctx.
func acquire(ctx context.Context, gate chan struct{}, l log, what string) error {
	select {
	case gate <- struct{}{}:
		return nil
	default:
	}
	long := time.NewTimer(longWait)
	defer long.Stop()
	for {
		select {
		case gate <- struct{}{}:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		case <-long.C:
			l.waiting(ctx, what, "waited", longWait)
		}
	}
}

// lock takes a lock that holds against other processes and against others in
// this one. Where it cannot be had at all (no folder, a file system without
// locks), it does without. The error is that of ctx; a lock that is free is taken
// even when ctx has ended.
func (f *folder) lock(ctx context.Context, name string, l log, what string) (unlock func(), err error) {
	if !f.ready() {
		return func() {}, nil
	}
	path := filepath.Join(f.path, name)
	clearLockPath(path)
	file := flock.New(path, flock.SetFlag(lockFlags), flock.SetPermissions(0o600))
	start := time.Now()
	told := false
	for {
		held, err := file.TryLock()
		if err != nil {
			return func() {}, nil //nolint:nilerr // by contract: do without
		}
		if held {
			return func() { _ = file.Unlock() }, nil // closing the file frees it in any case
		}
		if waited := time.Since(start); waited >= longWait && !told {
			told = true
			l.waiting(ctx, what, "waited", waited)
		}
		t := time.NewTimer(pollInterval)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			return nil, ctx.Err()
		}
	}
}

// clearLockPath removes what stands in the place of a lock file and is none: a
// link would lead elsewhere, a pipe would never open, and a file of someone else
// cannot be opened.
func clearLockPath(path string) {
	info, err := os.Lstat(path)
	if err == nil && (!info.Mode().IsRegular() || !owned(info)) {
		_ = os.Remove(path) // if it stays, opening it fails
	}
}
