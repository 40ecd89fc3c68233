package bunq

import (
	"context"
	"maps"
	"sync"
	"time"
)

// Stats counts what one operation of the caller (a Create, a Read, …) cost: the
// requests sent, the waits and the retries. All methods are safe for concurrent
// use and for a nil *Stats.
type Stats struct {
	mu      sync.Mutex
	calls   map[string]int
	retries int
	waits   int
	waited  time.Duration
}

type statsKey struct{}

// WithStats gives a context that collects: calls made with it, or with a context
// made from it, are counted in StatsFrom(ctx). A read that is shared with other
// callers counts for the one who began it.
func WithStats(ctx context.Context) context.Context {
	return context.WithValue(ctx, statsKey{}, &Stats{calls: map[string]int{}})
}

// StatsFrom gives what ctx collects; nil, which may be used, where it collects nothing.
func StatsFrom(ctx context.Context) *Stats {
	s, _ := ctx.Value(statsKey{}).(*Stats)
	return s
}

// Fields are the fields of the log line at the end of an operation: "calls" by
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

func (s *Stats) call(method, endpoint string) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[method+" "+endpoint]++
}

func (s *Stats) retry() {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.retries++
}

// Waited counts a wait that is over. A SessionSource calls it for what it waited
// before it opened a session on behalf of this operation, and tells the user.
func (s *Stats) Waited(d time.Duration) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waits++
	s.waited += d
}

func (s *Stats) waitedSoFar() time.Duration {
	if s == nil {
		return 0
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.waited
}
