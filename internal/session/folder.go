package session

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"
)

// folder is the folder of the cache files. A nil one has no files. No failure is an
// error: the callers go on without the file.
//
// The folder has mode 0700, and secrets in it are encrypted and authenticated. So files
// are not protected any further: one that is damaged or lost costs an opening.
type folder struct {
	path string

	mu       sync.Mutex
	problem  error // the first one
	reported bool
}

const (
	// maxFile is in bytes, and far above what is written here.
	maxFile = 1 << 20
	// pollInterval is how often a lock that another process holds is tried.
	pollInterval = 20 * time.Millisecond
)

// ready makes the folder if it is missing, sets its mode, and reports whether it can be
// used.
func (f *folder) ready() bool {
	if f == nil {
		return false
	}
	if err := os.MkdirAll(f.path, 0o700); err != nil {
		return f.failed(err)
	}

	info, err := os.Stat(f.path)
	if err != nil {
		return f.failed(err)
	}
	if info.Mode().Perm()&0o077 == 0 {
		return true
	}
	if err := os.Chmod(f.path, 0o700); err != nil { //nolint:gosec // a folder: the owner must be able to enter it
		return f.failed(err)
	}
	return true
}

// read returns the content of a file, and false if there is none.
func (f *folder) read(name string) ([]byte, bool) {
	if !f.ready() {
		return nil, false
	}
	path := filepath.Join(f.path, name)
	if err := isOurs(path); err != nil {
		return nil, f.failed(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, f.failed(err)
	}
	return content, true
}

// isOurs returns an error if the path is anything but a file of a size that is written here.
// Nothing else is opened: a named pipe would wait for somebody at its other end.
func isOurs(path string) error {
	info, err := os.Stat(path)
	if err == nil && (!info.Mode().IsRegular() || info.Size() > maxFile) {
		err = &fs.PathError{Op: "open", Path: path, Err: errors.New("no file of the cache")}
	}
	return err
}

// write replaces a file atomically: a reader sees the old content or the new one.
func (f *folder) write(name string, content []byte) {
	if !f.ready() {
		return
	}
	temp, err := os.CreateTemp(f.path, name+".*") // with mode 0600
	if err != nil {
		f.failed(err)
		return
	}

	_, err = temp.Write(content)
	err = errors.Join(err, temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), filepath.Join(f.path, name))
	}
	if err != nil {
		_ = os.Remove(temp.Name()) // if it stays, it does no harm
		f.failed(err)
	}
}

func (f *folder) remove(name string) {
	if err := os.Remove(filepath.Join(f.path, name)); err != nil {
		f.failed(err)
	}
}

// lock takes a lock against other processes and against others in this one. If there can
// be no lock (no folder, a file system without locks), it returns without one. The error
// is that of ctx.
func (f *folder) lock(ctx context.Context, name string) (unlock func(), err error) {
	if !f.ready() {
		return func() {}, ctx.Err()
	}
	path := filepath.Join(f.path, name)
	if err := isOurs(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		f.failed(err)
		return func() {}, ctx.Err()
	}

	file := flock.New(path, flock.SetPermissions(0o600))
	unlock = func() { _ = file.Unlock() } // closing the file unlocks it in any case
	if _, err := file.TryLockContext(ctx, pollInterval); err != nil && ctx.Err() == nil {
		f.failed(err)
	}
	if ctx.Err() != nil {
		unlock()
		return nil, ctx.Err()
	}
	return unlock, nil
}

// failed keeps the error for report, and returns false. A missing file is no error.
func (f *folder) failed(err error) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.problem == nil && !errors.Is(err, fs.ErrNotExist) {
		f.problem = err
	}
	return false
}

// report logs once in a run why the folder or a file in it could not be used.
func (f *folder) report(ctx context.Context, l log) {
	if f == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.problem != nil && !f.reported {
		f.reported = true
		l.debug(ctx, "the cache folder cannot be used as it is; sessions may not outlive this run", map[string]any{
			"folder": f.path, "reason": f.problem.Error(),
		})
	}
}
