package bunq

import (
	"context"
	"maps"
	"sync"
	"time"
)

// Stats is the account of one operation of the caller (a Create, a Read, …): since
// when it runs, what it waited for, and what it cost: the requests sent, the waits
// and the retries. All methods are safe for concurrent use and for a nil *Stats.
//
// Work that several operations wait for has a Stats of its own for
// what it waits for; what it costs is counted for the operation that began it.
type Stats struct {
	shared bool
	parent *Stats // the operation that began the shared work; nil where it counts nothing
	begun  time.Time

	mu      sync.Mutex
	calls   map[string]int
	retries int
	waits   int
	waited  time.Duration
	took    map[string]time.Duration // by reason
	current []*wait                  // what is being waited for
	last    error                    // what the last attempt of shared work said
	sent    bool                     // and whether one may have reached bunq
}

type statsKey struct{}

// WithStats begins an operation: calls made with the context that it returns, or
// with one made from it, are counted in StatsFrom(ctx), and Config.MaxWait bounds
// all of them together, from now on. A read that is shared with other callers
// counts for the one who began it.
func WithStats(ctx context.Context) context.Context {
	return context.WithValue(ctx, statsKey{}, newStats())
}

// shared returns the context for work that several operations wait for. It keeps
// the values of ctx, but neither its end nor that of the operation: the work ends
// when the last of those who wait for it has left, which is for the caller to see to.
func shared(ctx context.Context) context.Context {
	s := newStats()
	s.shared, s.parent = true, StatsFrom(ctx)
	return context.WithValue(context.WithoutCancel(ctx), statsKey{}, s)
}

func newStats() *Stats {
	return &Stats{begun: time.Now(), calls: map[string]int{}, took: map[string]time.Duration{}}
}

// StatsFrom returns the account that ctx carries; nil, which may be used, where it carries none.
func StatsFrom(ctx context.Context) *Stats {
	s, _ := ctx.Value(statsKey{}).(*Stats)
	return s
}

// operation is who pays for what s does.
func (s *Stats) operation() *Stats {
	for s != nil && s.parent != nil {
		s = s.parent
	}
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

// Waited counts a wait that is over. A SessionSource calls it for what it waited
// before it opened a session on behalf of this operation.
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
