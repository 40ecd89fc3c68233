package bunq

import (
	"context"
	"errors"
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
	noted   time.Duration            // all that took has
	now     wait                     // the one that is under way
	last    error                    // error of the last attempt of shared work
	sent    bool                     // an attempt of shared work may have reached bunq
}

type wait struct {
	reason string
	begun  time.Time
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

// waiting begins a wait. The returned function ends it: it counts the wait under the reason
// that it turned out to have, without what was counted within it, and returns how long it
// took.
func (s *Stats) waiting(reason string) (end func(was string) time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	outer, noted, begun := s.now, s.noted, time.Now()
	s.now = wait{reason, begun}

	return func(was string) time.Duration {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.now = outer
		took := time.Since(begun)
		s.note(was, took-(s.noted-noted))
		return took
	}
}

// waitedFor counts a wait for shared work under what took most of that work's time, if the
// work knows it.
func (s *Stats) waitedFor(shared *Stats, d time.Duration) {
	reason := shared.longest()
	if s == nil || reason == reasonOthers {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.note(reason, d)
}

// note counts a wait. The caller holds the lock.
func (s *Stats) note(reason string, d time.Duration) {
	d = max(d, 0)
	s.took[reason] += d
	s.noted += d
}

// Waits returns how long the operation has waited, by reason: for a session, for bunq
// to answer, for a rate limit. The rest of its time is not included.
func (s *Stats) Waits() map[string]time.Duration {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.took)
}

// longest returns the reason that took most of the time until now, so that an error names
// that one and not the last one.
func (s *Stats) longest() string {
	took := s.Waits()
	s.mu.Lock()
	rest := time.Since(s.begun) - s.noted
	if s.now.reason != "" {
		d := min(time.Since(s.now.begun), rest)
		took[s.now.reason] += d
		rest -= d
	}
	s.mu.Unlock()

	reason := reasonOthers
	for r, d := range took {
		if d > rest || d == rest && r < reason {
			reason, rest = r, d
		}
	}
	return reason
}

// failed notes the error of an attempt of shared work, for waiters who leave before
// the work is over.
func (s *Stats) failed(last error, sent bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last, s.sent = last, sent
}

func (s *Stats) lastAttempt() (sent bool, last error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sent, s.last
}

// longWait is the threshold for logging a wait at INFO, so that a user who sees
// nothing happen can find out why.
const longWait = 2 * time.Second

// shortWait is what it may take to get a session from memory or from its cache; it
// does not count as a wait.
const shortWait = 20 * time.Millisecond

// What a call waits for besides the rate limits, which are named with their endpoint.
const (
	reasonAnswer     = "bunq to answer"
	reasonConnection = "a connection to bunq"
	// That is, for bunq's limit of POST /session-server, whichever process of this machine used it.
	reasonSession = "a session (bunq opens one every 30 seconds for an address, whichever configuration asks)"
	// What the resources of a run wait for among themselves, outside of this package.
	reasonOthers = "other operations of this run"
)

// errMaxWait is the cause with which the context of an operation ends after
// Config.MaxWait.
var errMaxWait = errors.New("max_wait was over")

// bound returns ctx with the deadline of the operation that it belongs to: MaxWait
// after WithStats. A call that belongs to none is an operation by itself. Shared work
// has no deadline.
func (c *Client) bound(ctx context.Context) (context.Context, context.CancelFunc) {
	if StatsFrom(ctx) == nil {
		ctx = WithStats(ctx)
	}
	s := StatsFrom(ctx)
	if s.shared {
		return ctx, func() {}
	}
	return context.WithDeadlineCause(ctx, s.begun.Add(c.config.MaxWait), errMaxWait)
}

// ended returns the error of a call whose context is over: it took too long, or the
// caller left. last is the error of its last attempt, sent whether one of them may
// have reached bunq.
func (c *Client) ended(ctx context.Context, method, endpoint string, last error, sent bool) error {
	if !errors.Is(context.Cause(ctx), errMaxWait) {
		return &TransportError{Method: method, Endpoint: endpoint, Sent: sent, Err: ctx.Err()}
	}
	return c.gaveUp(ctx, method, endpoint, last, sent)
}

// gaveUp returns the error of a call that has waited for as long as it may.
func (c *Client) gaveUp(ctx context.Context, method, endpoint string, last error, sent bool) *WaitError {
	s := StatsFrom(ctx)
	return &WaitError{
		Method: method, Endpoint: endpoint, Reason: s.longest(), Waited: time.Since(s.begun), Max: c.config.MaxWait,
		Last: last, Sent: sent,
	}
}

func tellWait(ctx context.Context, log Logger, method, endpoint, reason string, d time.Duration) {
	if d < shortWait {
		return
	}
	StatsFrom(ctx).Waited(d)
	if d > longWait {
		log.Info(ctx, "Waited for bunq", map[string]any{
			"method": method, "endpoint": endpoint, "waited_for": reason, "waited": d.Round(time.Millisecond).String(),
		})
	}
}

// pause sleeps for d, or until ctx is done.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
