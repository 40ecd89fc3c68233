//go:build !unix

package session

import "testing"

const modesMatter = false

func mustPipe(t *testing.T, _ string) {
	t.Helper()
	t.Fatal("no pipes here")
}
