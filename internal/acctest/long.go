package acctest

import (
	"os"
	"runtime"
	"testing"
)

// EnvLong is set by "make test-all".
const EnvLong = "TEST_ALL"

// LongTest skips what "make test" has no time for.
func LongTest(t *testing.T) {
	t.Helper()
	if os.Getenv(EnvLong) == "" {
		t.Skip("runs in make test-all")
	}
}

// MissingTool skips a test for want of a program, and says how to get it. In CI on Linux, where
// scripts/test-tools.sh installs all of them, the test fails.
func MissingTool(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("CI") != "" && runtime.GOOS == "linux" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}
