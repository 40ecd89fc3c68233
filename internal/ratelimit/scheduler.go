package ratelimit

import (
	"context"
	"sync"
	"time"
)

// Scheduler holds one window and one queue for each key. It is safe for
// concurrent use; one serves all requests that leave from the same address.
type Scheduler struct {
	table Table

	mu      sync.Mutex
	windows map[Key]*window
}

// New returns a Scheduler for the limits of t; a nil t knows no limit.
func New(t Table) *Scheduler {
	if t == nil {
		t = func(Key) (Limit, bool) { return Limit{}, false }
	}
	return &Scheduler{table: t, windows: map[Key]*window{}}
}

// Acquire waits until a request of k may be sent, first come first served
// among the callers with the same key; other keys neither wait for it nor hold
// it up. The caller sends one request and calls Done when its answer has come.
//
// The error is that of ctx. A caller who leaves this way has used no part of
// the limit, and those behind move up at once.
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

// Close tells that the server refused a request of k for its rate: nothing of
// k goes for one window length from now, and from then on the window takes one
// request less than before, down to one. A key that the table does not know
// gets a window of 3 s.
//
// Requests that were in flight together are often refused together. They teach
// the same lesson, so a Close of a key that is closed already prolongs the
// pause but takes nothing more away.
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

// Slot is the permission to send one request.
type Slot struct {
	window *window
	waited time.Duration
	once   sync.Once
}

// Done tells that the answer has come, or that the attempt is over without
// one. The slot goes on to occupy the window for one window length from here.
// Further calls change nothing; a slot that is neither done nor released occupies
// it for ever.
func (sl *Slot) Done() {
	sl.once.Do(func() { sl.window.done(time.Now()) })
}

// Release gives the slot back unused: it is certain that the server never got the
// request, so it has not counted one. After Done it changes nothing.
func (sl *Slot) Release() {
	sl.once.Do(func() { sl.window.release(time.Now()) })
}

// Waited is how long Acquire held the request back; zero when it could go at once.
func (sl *Slot) Waited() time.Duration {
	return sl.waited
}
