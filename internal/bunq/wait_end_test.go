package bunq

import (
	"runtime"
	"strings"
	"testing"
)

// A wait that ends is at every moment either under way or counted. Those who leave the same work at
// the same deadline read it just then, and would name another reason.
func TestWait_isNeverMissingAtItsEnd(t *testing.T) { //nolint:paralleltest // it looks at all goroutines
	operation, work := newStats(), newStats()
	w := operation.waiting(reasonAnswer)
	operation.join(work)

	work.mu.Lock() // done reads what the work waited for, so it stops there
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		w.done()
	}()
	for !waitsForLock(t.Name() + ".func1") {
		runtime.Gosched()
	}
	operation.mu.Lock()
	if len(operation.current) == 0 && len(operation.took) == 0 {
		t.Error("the wait is neither under way nor counted")
	}
	operation.mu.Unlock()
	work.mu.Unlock()

	<-ended
	if len(operation.current) != 0 || operation.took[reasonAnswer] == 0 {
		t.Errorf("after its end %d waits are under way, and counted are %v", len(operation.current), operation.took)
	}
}

// waitsForLock reports whether the goroutine that runs function waits for a mutex.
func waitsForLock(function string) bool {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	for goroutine := range strings.SplitSeq(string(stacks), "\n\n") {
		if strings.Contains(goroutine, "."+function+"(") {
			return strings.Contains(goroutine, "[sync.Mutex.Lock")
		}
	}
	return false
}
