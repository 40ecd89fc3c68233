package bunqsim

import (
	"context"
	"sync"
	"time"
)

// Clock is where the simulator takes the time from: creation dates, the end of keys and sessions,
// rate limits, slow answers.
type Clock interface {
	Now() time.Time
	// Sleep returns nil after d, or ctx's error as soon as ctx is done.
	Sleep(ctx context.Context, d time.Duration) error
}

// systemClock follows package time, and so the fake time of a testing/synctest bubble when it is
// used inside one.
type systemClock struct{}

func (systemClock) Now() time.Time { return time.Now() }

func (systemClock) Sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// ShiftedClock goes as the system's, and can be advanced.
type ShiftedClock struct {
	mu      sync.Mutex
	ahead   time.Duration
	shifted chan struct{} // closed when the clock is advanced
}

// NewShiftedClock returns a clock that shows the system's time.
func NewShiftedClock() *ShiftedClock { return &ShiftedClock{shifted: make(chan struct{})} }

// Now returns the time shown.
func (c *ShiftedClock) Now() time.Time {
	now, _ := c.look()
	return now
}

func (c *ShiftedClock) look() (time.Time, <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead), c.shifted
}

// Advance moves the clock forward by d, and wakes the sleepers whose time has come.
func (c *ShiftedClock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead += d
	close(c.shifted)
	c.shifted = make(chan struct{})
}

// Sleep waits until the clock shows d more than now, or ctx is done.
func (c *ShiftedClock) Sleep(ctx context.Context, d time.Duration) error {
	now, shifted := c.look()
	until := now.Add(d)
	for until.After(now) {
		t := time.NewTimer(until.Sub(now))
		select {
		case <-t.C:
		case <-shifted:
		case <-ctx.Done():
		}
		t.Stop()
		if err := ctx.Err(); err != nil {
			return err
		}
		now, shifted = c.look()
	}
	return ctx.Err()
}

// FakeClock stands still until it is told to advance. It is safe for concurrent use.
type FakeClock struct {
	mu      sync.Mutex
	now     time.Time
	waiting map[*sleeper]struct{}
}

type sleeper struct {
	until time.Time
	done  chan struct{}
}

// NewFakeClock returns a clock that shows start.
func NewFakeClock(start time.Time) *FakeClock {
	return &FakeClock{now: start, waiting: map[*sleeper]struct{}{}}
}

// Now returns the time shown.
func (c *FakeClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock forward by d and wakes the sleepers whose time has come.
func (c *FakeClock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	for w := range c.waiting {
		if !w.until.After(c.now) {
			close(w.done)
			delete(c.waiting, w)
		}
	}
}

// Sleepers returns how many calls of Sleep wait for the clock, so that a test can advance it when a
// slow answer has begun.
func (c *FakeClock) Sleepers() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.waiting)
}

// Sleep waits until Advance has moved the clock by d, or ctx is done.
func (c *FakeClock) Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	w := &sleeper{done: make(chan struct{})}
	c.mu.Lock()
	w.until = c.now.Add(d)
	c.waiting[w] = struct{}{}
	c.mu.Unlock()
	select {
	case <-w.done:
		return nil
	case <-ctx.Done():
		c.mu.Lock()
		delete(c.waiting, w)
		c.mu.Unlock()
		return ctx.Err()
	}
}
