package session

import (
	"context"
	"errors"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// pollInterval is how often a lock that another process holds is tried. No call waits for
// a file lock and can be cancelled.
const pollInterval = 20 * time.Millisecond

// acquire takes the one place in gate. The error is that of ctx.
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

// lock takes a lock against other processes and against others in this one. If there can
// be no lock (no folder, a file system without locks), it returns without one. The error
// is that of ctx; a free lock is taken even if ctx has ended.
func (f *folder) lock(ctx context.Context, name string, l log, what string) (unlock func(), err error) {
	if !f.ready() {
		return func() {}, nil
	}

	path := filepath.Join(f.path, name)
	if err := isOurs(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		f.failed(err)
		return func() {}, nil
	}
	file := flock.New(path, flock.SetPermissions(0o600))
	start := time.Now()
	told := false
	for {
		held, err := file.TryLock()
		if err != nil {
			f.failed(err)
			return func() {}, nil
		}
		if held {
			return func() { _ = file.Unlock() }, nil // closing the file unlocks it in any case
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
