package ratelimit

import (
	"context"
	"math"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"
)

// unknownWindow is the pause after a refusal for a key that is not in the table: the shortest
// published window.
const unknownWindow = 3 * time.Second

// Scheduler has one window for each key. It is safe for concurrent use; one serves all requests from
// the same address.
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
	w := s.window(k)
	if err := w.places.Acquire(ctx, 1); err != nil {
		return nil, err
	}

	for d := w.closedFor(); d > 0; d = w.closedFor() {
		t := time.NewTimer(d)
		select {
		case <-t.C:
		case <-ctx.Done():
			t.Stop()
			w.giveBack()
			return nil, ctx.Err()
		}
	}
	return &Slot{window: w}, nil
}

// Close notes that the server refused a request with key k because of its rate. No request with k
// is sent for one window length, and after that the window has one slot less than before, but at
// least one.
//
// Requests that were in flight together are often refused together, for the same reason. So closing
// a key that is already closed extends the pause but removes no further slot.
func (s *Scheduler) Close(k Key) { s.window(k).close() }

func (s *Scheduler) window(k Key) *window {
	s.mu.Lock()
	defer s.mu.Unlock()
	w, ok := s.windows[k]
	if !ok {
		limit, known := s.table(k)
		if !known {
			limit = Limit{Max: math.MaxInt, Window: unknownWindow}
		}
		limit.Max = max(limit.Max, 1)
		w = &window{limit: limit, places: semaphore.NewWeighted(int64(limit.Max))}
		s.windows[k] = w
	}
	return w
}

// window is the state of one key: a place for each request that counts at the moment.
type window struct {
	places *semaphore.Weighted

	mu          sync.Mutex
	limit       Limit
	owed        int // places that are not given back, as the limit is narrower now
	closedUntil time.Time
}

func (w *window) closedFor() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Until(w.closedUntil)
}

func (w *window) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	if !now.Before(w.closedUntil) && w.limit.Max > 1 {
		w.limit.Max--
		if !w.places.TryAcquire(1) {
			w.owed++
		}
	}
	w.closedUntil = now.Add(w.limit.Window)
}

func (w *window) giveBack() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.owed > 0 {
		w.owed--
		return
	}
	w.places.Release(1)
}

// Slot is permission to send one request.
type Slot struct {
	window *window
	once   sync.Once
}

// Done notes that the answer has come, or that the attempt ended without one. The slot occupies the
// window for one more window length. Further calls do nothing. A slot without Done or Release
// occupies the window for ever.
func (sl *Slot) Done() {
	sl.once.Do(func() { time.AfterFunc(sl.window.limit.Window, sl.window.giveBack) })
}

// Release returns the slot unused: it is certain that the server never received the request, and so
// did not count it. After Done it does nothing.
func (sl *Slot) Release() { sl.once.Do(sl.window.giveBack) }
