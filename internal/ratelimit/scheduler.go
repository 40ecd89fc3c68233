package ratelimit

import (
	"context"
	"sync"
	"time"
)

// Scheduler has one window and one queue for each key. It is safe for concurrent use; one serves
// all requests from the same address.
type Scheduler struct {
	table Table

	mu      sync.Mutex
	windows map[Key]*window
}

// New returns a Scheduler for the limits of t; a nil t has no limits.
func New(t Table) *Scheduler {
	if t == nil {
		t = func(Key) (Limit, bool) { return Limit{}, false }
	}
	return &Scheduler{table: t, windows: map[Key]*window{}}
}

// Acquire waits until a request with key k may be sent, first come, first served among the callers
// with the same key. Other keys do not matter. The caller sends one request, and calls Done when
// the answer has come.
//
// The error is that of ctx. A caller that gives up has used no part of the limit, and those behind
// it move up at once.
func (s *Scheduler) Acquire(ctx context.Context, k Key) (*Slot, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	w := s.window(k)
	now := time.Now()
	p := w.enter(now)
	select {
	case <-p.ready:
		return &Slot{window: w, waited: p.granted.Sub(now)}, nil
	case <-ctx.Done():
		w.leave(p)
		return nil, ctx.Err()
	}
}

// Close notes that the server refused a request with key k because of its rate. No request with k
// is sent for one window length, and after that the window has one slot less than before, but at
// least one. A key that is not in the table gets a window of 3 s.
//
// Requests that were in flight together are often refused together, for the same reason. So closing
// a key that is already closed extends the pause but removes no further slot.
func (s *Scheduler) Close(k Key) {
	s.window(k).close(time.Now())
}

func (s *Scheduler) window(k Key) *window {
	s.mu.Lock()
	defer s.mu.Unlock()
	w, ok := s.windows[k]
	if !ok {
		w = newWindow(s.table(k))
		s.windows[k] = w
	}
	return w
}

// Slot is permission to send one request.
type Slot struct {
	window *window
	waited time.Duration
	once   sync.Once
}

// Done notes that the answer has come, or that the attempt ended without one. The slot occupies the
// window for one more window length. Further calls do nothing. A slot without Done or Release
// occupies the window for ever.
func (sl *Slot) Done() {
	sl.once.Do(func() { sl.window.done(time.Now()) })
}

// Release returns the slot unused: it is certain that the server never received the request, and so
// did not count it. After Done it does nothing.
func (sl *Slot) Release() {
	sl.once.Do(func() { sl.window.release(time.Now()) })
}

// Waited returns how long Acquire held the request back; zero if it could go at once.
func (sl *Slot) Waited() time.Duration {
	return sl.waited
}
