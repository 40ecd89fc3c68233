package acctest

import (
	"os"
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
