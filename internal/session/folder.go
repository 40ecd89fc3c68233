package session

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// folder is where the cache files are. A nil one has none and keeps none. No
// failure is an error: the callers go on without the file.
//
// It is the user's own, with mode 0700, and what is secret in it is encrypted and
// authenticated. So the files are not guarded any further: one that is damaged or
// lost costs an opening.
type folder struct {
	path string

	mu       sync.Mutex
	problem  error // the first one
	reported bool
}

// ready makes the folder where it is missing, and closes it to others. It reports
// whether it can be used.
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

// read returns the content of a file; false where there is none.
func (f *folder) read(name string) ([]byte, bool) {
	if !f.ready() {
		return nil, false
	}
	content, err := os.ReadFile(filepath.Join(f.path, name))
	if err != nil {
		return nil, f.failed(err)
	}
	return content, true
}

// write replaces a file as a whole: a reader sees the old content or the new one. It
// reports whether that worked.
func (f *folder) write(name string, content []byte) bool {
	if !f.ready() {
		return false
	}
	temp, err := os.CreateTemp(f.path, name+".*") // with mode 0600
	if err != nil {
		return f.failed(err)
	}

	_, err = temp.Write(content)
	err = errors.Join(err, temp.Close())
	if err == nil {
		err = os.Rename(temp.Name(), filepath.Join(f.path, name))
	}
	if err != nil {
		_ = os.Remove(temp.Name()) // if it stays, it is in nobody's way
		return f.failed(err)
	}
	return true
}

// append adds content to a file in one write, which others that append to it do not
// interrupt.
func (f *folder) append(name string, content []byte) {
	if !f.ready() {
		return
	}
	file, err := os.OpenFile(filepath.Join(f.path, name), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		f.failed(err)
		return
	}
	_, err = file.Write(content)
	if err = errors.Join(err, file.Close()); err != nil {
		f.failed(err)
	}
}

// failed keeps what went wrong for report, and returns false. That a file is missing
// is in order.
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
		l.debug(ctx, "the cache folder cannot be used as it is; sessions and notes may not outlive this run", map[string]any{
			"folder": f.path, "reason": f.problem.Error(),
		})
	}
}
