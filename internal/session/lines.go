package session

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
)

const (
	linesSuffix = ".lines"

	// maxLines is the size in bytes above which the next read drops the older half of
	// the lines.
	maxLines = 1 << 19
)

// Lines is a file of lines in the cache folder, for what one process notes for the next.
// It is not encrypted, so no line may be secret. If there is no folder, or the file
// cannot be used, nothing is kept; that is no error.
type Lines struct {
	folder *folder
	name   string
}

// Lines returns the lines with that name, for the address of the API. It touches no file.
func (b *Broker) Lines(name string) *Lines {
	sum := sha256.Sum256([]byte(b.baseURL + "\x00" + name))
	return &Lines{folder: b.folder, name: hex.EncodeToString(sum[:nameSize]) + linesSuffix}
}

// Load returns the lines, oldest first. It drops the older half of a file that has become
// large.
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

// Append adds one line, which survives the end of the process, but perhaps not a crash of
// the machine.
func (l *Lines) Append(line []byte) {
	l.folder.append(l.name, append(bytes.Clone(line), '\n'))
}
