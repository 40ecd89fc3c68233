//go:build !unix

package session

import (
	"os"
	"time"
)

const noFollow = 0

const lockFlags = os.O_CREATE | os.O_RDWR

// The cache folder lies in the user's profile, whose access list keeps others
// out and is inherited; modes and owners as on Unix do not exist.

func owned(os.FileInfo) bool { return true }

func private(os.FileInfo) bool { return true }

// replace tries again for a moment: Windows refuses to replace a file that
// someone is reading.
func replace(from, to string) error {
	var err error
	for range 20 {
		if err = os.Rename(from, to); err == nil {
			return nil
		}
		time.Sleep(10 * time.Millisecond)
	}
	return err
}

// syncFolder: a folder cannot be flushed here.
func syncFolder(string) {}
