package session

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	// maxFile is more than any file of ours has; a larger one is not read.
	maxFile = 1 << 20

	// tempAge is when a temporary file must be the leftover of a process that died.
	tempAge = time.Hour
)

// folder is where the cache files are. A nil one has none and keeps none. No
// failure is an error: the callers go on without the file.
type folder struct {
	path string
}

// ready tells whether the folder is there and ours alone, and makes it so where
// that can be done: a missing one is made, one of ours that others may enter is
// closed to them. A link or someone else's folder is left alone and not used.
func (f *folder) ready() bool {
	if f == nil {
		return false
	}
	info, err := os.Lstat(f.path)
	if os.IsNotExist(err) {
		if err := os.MkdirAll(f.path, 0o700); err != nil {
			return false
		}
		info, err = os.Lstat(f.path)
	}
	if err != nil || !info.IsDir() || !owned(info) {
		return false
	}
	if private(info) {
		return true
	}
	return os.Chmod(f.path, 0o700) == nil //nolint:gosec // a folder: the owner must be able to enter it
}

// read gives the content of a file that is a plain file, ours, and closed to others.
func (f *folder) read(name string) ([]byte, bool) {
	if !f.ready() {
		return nil, false
	}
	path := filepath.Join(f.path, name)
	// First without opening, for opening a pipe or a device has effects.
	if info, err := os.Lstat(path); err != nil || !trusted(info) {
		return nil, false
	}
	file, err := os.OpenFile(path, os.O_RDONLY|noFollow, 0)
	if err != nil {
		return nil, false
	}
	defer file.Close() //nolint:errcheck // only read from
	// Again, for it may have been exchanged.
	if info, err := file.Stat(); err != nil || !trusted(info) {
		return nil, false
	}
	content, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err != nil || len(content) > maxFile {
		return nil, false
	}
	return content, true
}

// write replaces a file as a whole: a reader sees the old content or the new one,
// also after a crash.
func (f *folder) write(name string, content []byte) bool {
	if !f.ready() {
		return false
	}
	f.sweep(name)
	temp, err := os.CreateTemp(f.path, name+".*"+tempSuffix)
	if err != nil {
		return false
	}
	_, err = temp.Write(content)
	if err == nil {
		err = temp.Chmod(0o600) // made so, except for the umask
	}
	if err == nil {
		err = temp.Sync()
	}
	if closing := temp.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = replace(temp.Name(), filepath.Join(f.path, name))
	}
	if err != nil {
		_ = os.Remove(temp.Name()) // else sweep does it later
		return false
	}
	syncFolder(f.path)
	return true
}

// sweep removes the temporary files that processes left behind which died while
// they wrote this file.
func (f *folder) sweep(name string) {
	files, err := os.ReadDir(f.path)
	if err != nil {
		return
	}
	for _, file := range files {
		if !strings.HasPrefix(file.Name(), name+".") || !strings.HasSuffix(file.Name(), tempSuffix) {
			continue
		}
		if info, err := file.Info(); err == nil && time.Since(info.ModTime()) > tempAge {
			_ = os.Remove(filepath.Join(f.path, file.Name())) // next time, then
		}
	}
}

const tempSuffix = ".tmp"

// trusted tells whether a file can be one of ours.
func trusted(info os.FileInfo) bool {
	return info.Mode().IsRegular() && owned(info) && private(info)
}
