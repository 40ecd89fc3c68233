package ratelimit

import (
	"math"
	"slices"
	"sync"
	"time"
)

const (
	// unlimited is the Max of a key that is not in the table. Its requests are counted anyway, so
	// that Close knows those in flight.
	unlimited = math.MaxInt

	// unknownWindow and unknownMax are the limit of such a key after its first Close: the shortest
	// published window, and the smallest published number for one.
	unknownWindow = 3 * time.Second
	unknownMax    = 2
)

// window is the state of one key.
type window struct {
	mu          sync.Mutex
	limit       Limit
	inFlight    int
	leaving     []time.Time // when each answered request stops counting; ascending, as the window length never changes
	closedUntil time.Time
	queue       []*place // in order of arrival
	timer       *time.Timer
}

// place is one caller's place in the queue.
type place struct {
	ready   chan struct{} // closed when granted
	granted time.Time     // set before ready is closed; zero until then
}

func newWindow(l Limit, known bool) *window {
	if !known {
		l = Limit{Max: unlimited, Window: unknownWindow}
	}
	l.Max = max(l.Max, 1)
	return &window{limit: l}
}

// enter puts the caller at the end of the queue, and grants what can be granted. If nobody waits
// and a slot is free, that is the caller itself.
func (w *window) enter(now time.Time) *place {
	w.mu.Lock()
	defer w.mu.Unlock()
	p := &place{ready: make(chan struct{})}
	w.queue = append(w.queue, p)
	w.advance(now)
	return p
}

// leave removes a cancelled caller. Its slot may have been granted at the same moment; as nothing
// was sent, the slot is returned unused.
func (w *window) leave(p *place) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if p.granted.IsZero() {
		i := slices.Index(w.queue, p)
		w.queue = slices.Delete(w.queue, i, i+1)
	} else {
		w.inFlight--
	}
	w.advance(time.Now())
}

func (w *window) done(now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.inFlight--
	w.leaving = append(w.leaving, now.Add(w.limit.Window))
	w.advance(now)
}

func (w *window) release(now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.inFlight--
	w.advance(now)
}

func (w *window) close(now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !now.Before(w.closedUntil) {
		if w.limit.Max == unlimited {
			w.limit.Max = unknownMax
		} else {
			w.limit.Max = max(w.limit.Max-1, 1)
		}
	}
	w.closedUntil = now.Add(w.limit.Window)
	w.advance(now)
}

// advance grants slots to the front of the queue, and sets the timer for the next one. The caller
// holds the lock.
func (w *window) advance(now time.Time) {
	gone := 0
	for gone < len(w.leaving) && !now.Before(w.leaving[gone]) {
		gone++
	}
	w.leaving = w.leaving[gone:]

	for len(w.queue) > 0 && !now.Before(w.closedUntil) && w.inFlight+len(w.leaving) < w.limit.Max {
		p := w.queue[0]
		w.queue[0], w.queue = nil, w.queue[1:]
		p.granted = now
		w.inFlight++
		close(p.ready)
	}
	w.arm(now)
}

// arm sets the timer to the time at which the front of the queue may go. It sets none if that
// depends on an answer that has not come yet: done calls advance then.
func (w *window) arm(now time.Time) {
	if w.timer != nil {
		w.timer.Stop()
	}
	if len(w.queue) == 0 {
		return
	}
	at := w.closedUntil
	if surplus := w.inFlight + len(w.leaving) - w.limit.Max; surplus >= 0 {
		if surplus >= len(w.leaving) {
			return
		}
		if free := w.leaving[surplus]; free.After(at) {
			at = free
		}
	}
	if w.timer == nil {
		w.timer = time.AfterFunc(at.Sub(now), w.tick)
		return
	}
	w.timer.Reset(at.Sub(now))
}

func (w *window) tick() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.advance(time.Now())
}
