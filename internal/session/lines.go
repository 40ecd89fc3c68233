package session

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
)

const (
	linesSuffix = ".lines"

	// maxLines is the size in bytes from which on the older half of the lines goes
	// when they are next read.
	maxLines = 1 << 19
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
