package bunq

import (
	"context"
	"maps"
	"sync"
	"time"
)

// Stats counts what one operation of the caller (a Create, a Read, …) does: the
// requests sent, the retries, and the waits, with their reasons. All methods are safe
// for concurrent use and for a nil *Stats.
//
// Work that several operations wait for has a Stats of its own for its waits; its
// requests count for the operation that began it.
type Stats struct {
	shared bool
	parent *Stats // the operation that began the shared work; nil if none counts it
	begun  time.Time

	mu      sync.Mutex
	calls   map[string]int
	retries int
	waits   int
	waited  time.Duration
	took    map[string]time.Duration // by reason
	current []*wait                  // what is being waited for
	last    error                    // error of the last attempt of shared work
	sent    bool                     // an attempt of shared work may have reached bunq
}

type statsKey struct{}

// WithStats begins an operation: calls with the returned context, or with one made
// from it, are counted in StatsFrom(ctx), and Config.MaxWait bounds all of them
// together, from now on. A read that is shared with other callers counts for the one
// who began it.
func WithStats(ctx context.Context) context.Context {
	return context.WithValue(ctx, statsKey{}, newStats())
}

// shared returns the context for work that several operations wait for. It keeps the
// values of ctx, but neither its cancellation nor the deadline of the operation. The
// caller cancels it when the last waiter has left.
func shared(ctx context.Context) context.Context {
	s := newStats()
	s.shared, s.parent = true, StatsFrom(ctx)
	return context.WithValue(context.WithoutCancel(ctx), statsKey{}, s)
}

func newStats() *Stats {
	return &Stats{begun: time.Now(), calls: map[string]int{}, took: map[string]time.Duration{}}
}

// StatsFrom returns the Stats of ctx; nil, which may be used, if it has none.
func StatsFrom(ctx context.Context) *Stats {
	s, _ := ctx.Value(statsKey{}).(*Stats)
	return s
}

// operation returns the Stats of the operation that s counts for.
func (s *Stats) operation() *Stats {
	for s != nil && s.parent != nil {
		s = s.parent
	}
	return s
}

// Fields returns the fields of the log line at the end of an operation: "calls" by
// method and endpoint (map[string]int), "waits" and "retries" (int), "waited"
// (the sum, as a Go duration).
func (s *Stats) Fields() map[string]any {
	if s == nil {
		return map[string]any{"calls": map[string]int{}, "waits": 0, "waited": "0s", "retries": 0}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return map[string]any{
		"calls":   maps.Clone(s.calls),
		"waits":   s.waits,
		"waited":  s.waited.Round(time.Millisecond).String(),
		"retries": s.retries,
	}
}

func (s *Stats) request(method, endpoint string) {
	if s = s.operation(); s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[method+" "+endpoint]++
}

func (s *Stats) retry() {
	if s = s.operation(); s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.retries++
}

// Waited counts a wait that is over. A SessionSource calls it for its own wait before
// it opens a session for this operation.
func (s *Stats) Waited(d time.Duration) {
	if s = s.operation(); s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waits++
	s.waited += d
}

func (s *Stats) waitedSoFar() time.Duration {
	if s = s.operation(); s == nil {
		return 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.waited
}
