//go:build unix

package session

import (
	"os"
	"syscall"
)

// noFollow makes opening fail on a link, and not wait on a pipe.
const noFollow = syscall.O_NOFOLLOW | syscall.O_NONBLOCK

// lockFlags opens a lock file; for writing too, as some systems lock only then.
const lockFlags = os.O_CREATE | os.O_RDWR | noFollow

func owned(info os.FileInfo) bool {
	s, ok := info.Sys().(*syscall.Stat_t)
	return ok && int64(s.Uid) == int64(os.Geteuid())
}

func private(info os.FileInfo) bool {
	return info.Mode().Perm()&0o077 == 0
}

func replace(from, to string) error {
	return os.Rename(from, to)
}

// syncFolder makes the new name survive a crash. File systems that cannot do it
// say so, and then there is nothing to be done.
func syncFolder(path string) {
	d, err := os.Open(path)
	if err != nil {
		return
	}
	_ = d.Sync()
	_ = d.Close()
}
