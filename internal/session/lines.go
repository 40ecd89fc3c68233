package session

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
)

const (
	linesSuffix = ".lines"

	// maxLines is the size in bytes from which on the older half of the lines goes
	// when they are next read. A file of ours stays below maxFile with it.
	maxLines = maxFile / 2
)

// Lines is a file of lines in the cache folder, for what one process leaves for
// the next that is no secret: it is not encrypted. Where there is no folder, or
// the file cannot be used, nothing is kept, and that is no error.
type Lines struct {
	folder *folder
	name   string
}

// Lines returns the lines called name; those of another address of the API are
// others. It touches no file.
func (b *Broker) Lines(name string) *Lines {
	sum := sha256.Sum256([]byte(b.baseURL + "\x00" + name))
	return &Lines{folder: b.folder, name: hex.EncodeToString(sum[:nameSize]) + linesSuffix}
}

// Load returns what is kept, oldest first. Of a file that has grown large it
// drops the older half.
func (l *Lines) Load() [][]byte {
	content, ok := l.folder.read(l.name)
	if !ok {
		// Perhaps it is too large, and would stay so for ever.
		if l.folder.ready() {
			_ = os.Remove(filepath.Join(l.folder.path, l.name))
		}
		return nil
	}
	if len(content) > maxLines {
		content = content[len(content)-maxLines/2:]
		_, content, _ = bytes.Cut(content, []byte("\n"))
		l.folder.write(l.name, content)
	}
	return bytes.Split(bytes.TrimSuffix(content, []byte("\n")), []byte("\n"))
}

// Append adds one line. It survives the end of the process at once, though
// perhaps not that of the machine.
func (l *Lines) Append(line []byte) {
	l.folder.append(l.name, append(bytes.Clone(line), '\n'))
}

// append adds content to a file of ours in one write, which others that append
// to it do not interrupt. What stands in its place and is none is replaced.
func (f *folder) append(name string, content []byte) {
	if !f.ready() {
		return
	}
	path := filepath.Join(f.path, name)
	if info, err := os.Lstat(path); err == nil && !trusted(info) {
		_ = os.Remove(path) // if that fails, so does opening it
	}
	file, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY|noFollow, 0o600)
	if err != nil {
		return
	}
	defer file.Close() //nolint:errcheck // what is not kept is done without

	if info, err := file.Stat(); err == nil && trusted(info) {
		_, _ = file.Write(content)
	}
}
