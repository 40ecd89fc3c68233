package bunq

import (
	"testing"
	"time"
)

// A wait that ends is at every moment either under way or counted. Those who leave the same work at
// the same deadline read it just then, and would name another reason.
func TestWait_isNeverMissingAtItsEnd(t *testing.T) {
	t.Parallel()
	operation, work := newStats(), newStats()
	w := operation.waiting(reasonAnswer)
	operation.join(work)

	work.mu.Lock() // done reads what the work waited for, so it stops there
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		w.done()
	}()
	for range 50 {
		time.Sleep(time.Millisecond)
		operation.mu.Lock()
		missing := len(operation.current) == 0 && len(operation.took) == 0
		operation.mu.Unlock()
		if missing {
			t.Error("the wait is neither under way nor counted")
			break
		}
	}
	work.mu.Unlock()

	<-ended
	if len(operation.current) != 0 || operation.took[reasonAnswer] == 0 {
		t.Errorf("after its end %d waits are under way, and counted are %v", len(operation.current), operation.took)
	}
}
