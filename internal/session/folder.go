package session

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

// folder is the folder of the cache files. A nil one has no files. No failure is an
// error: the callers go on without the file.
//
// The folder has mode 0700, and secrets in it are encrypted and authenticated. So files
// are not protected any further: one that is damaged or lost costs an opening.
type folder struct {
	path string
	log  bunq.Logger
	told sync.Once // why a file could not be used
}

const (
	// maxFile is in bytes, and far above what is written here.
	maxFile = 1 << 20
	// pollInterval is how often a lock that another process holds is tried.
	pollInterval = 20 * time.Millisecond
	// unused is the age from which a file is removed.
	unused = 30 * 24 * time.Hour

	lockSuffix = ".lock"
)

// ready makes the folder if it is missing, sets its mode, and reports whether it can be
// used.
func (f *folder) ready(ctx context.Context) bool {
	if f == nil {
		return false
	}
	if err := os.MkdirAll(f.path, 0o700); err != nil {
		return f.failed(ctx, err)
	}

	info, err := os.Stat(f.path)
	if err != nil {
		return f.failed(ctx, err)
	}
	if info.Mode().Perm()&0o077 == 0 {
		return true
	}
	if err := os.Chmod(f.path, 0o700); err != nil { //nolint:gosec // a folder: the owner must be able to enter it
		return f.failed(ctx, err)
	}
	return true
}

// read returns the content of a file, and false if there is none.
func (f *folder) read(ctx context.Context, name string) ([]byte, bool) {
	if !f.ready(ctx) {
		return nil, false
	}
	path := filepath.Join(f.path, name)
	if err := isOurs(path); err != nil {
		return nil, f.failed(ctx, err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, f.failed(ctx, err)
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
func (f *folder) write(ctx context.Context, name string, content []byte) {
	if !f.ready(ctx) {
		return
	}
	temp, err := os.CreateTemp(f.path, name+".*") // with mode 0600
	if err != nil {
		f.failed(ctx, err)
		return
	}

	_, err = temp.Write(content)
	err = errors.Join(err, temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), filepath.Join(f.path, name))
	}
	if err != nil {
		_ = os.Remove(temp.Name()) // if it stays, tidy removes it some day
		f.failed(ctx, err)
	}
}

func (f *folder) remove(ctx context.Context, name string) {
	if err := os.Remove(filepath.Join(f.path, name)); err != nil {
		f.failed(ctx, err)
	}
}

// lock takes a lock against other processes and against others in this one. If there can
// be no lock (no folder, a file system without locks), it returns without one. The error
// is that of ctx.
func (f *folder) lock(ctx context.Context, name string) (unlock func(), err error) {
	if !f.ready(ctx) {
		return func() {}, ctx.Err()
	}
	path := filepath.Join(f.path, name)
	if err := isOurs(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		f.failed(ctx, err)
		return func() {}, ctx.Err()
	}

	file := flock.New(path, flock.SetPermissions(0o600))
	unlock = func() { _ = file.Unlock() } // closing the file unlocks it in any case
	if _, err := file.TryLockContext(ctx, pollInterval); err != nil && ctx.Err() == nil {
		f.failed(ctx, err)
	}
	if ctx.Err() != nil {
		unlock()
		return nil, ctx.Err()
	}
	now := time.Now()
	_ = os.Chtimes(path, now, now) // one that is in use is not old, see tidy
	return unlock, nil
}

// ourName is that of every file that is written here, unfinished ones included.
var ourName = regexp.MustCompile(`^[0-9a-f]{40}\.`)

// tidy removes what no run has used for a month: the files of contexts that are gone. What
// another process has locked stays. One that takes a lock just while its file is removed
// may open a session beside another process, which a limit then delays.
func (f *folder) tidy(ctx context.Context) {
	files, err := os.ReadDir(f.path)
	if err != nil {
		f.failed(ctx, err)
	}
	for _, file := range files {
		info, err := file.Info()
		if err != nil || !info.Mode().IsRegular() || !ourName.MatchString(file.Name()) || time.Since(info.ModTime()) < unused {
			continue
		}

		lock := flock.New(filepath.Join(f.path, file.Name()))
		locked, err := lock.TryLock()
		_ = lock.Close() // unlocks it in any case
		if err == nil && locked {
			f.remove(ctx, file.Name())
		}
	}
}

// failed logs the first error of the run, and returns false. A missing file is no error.
func (f *folder) failed(ctx context.Context, err error) bool {
	if !errors.Is(err, fs.ErrNotExist) {
		f.told.Do(func() {
			f.log.Debug(ctx, "the cache folder cannot be used as it is; sessions may not outlive this run", map[string]any{
				"folder": f.path, "reason": err.Error(),
			})
		})
	}
	return false
}
