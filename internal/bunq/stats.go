package bunq

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"
)

// Stats counts what one operation of the caller (a Create, a Read, …) does: the
// requests sent, the retries, and the waits, with their reasons. All methods are safe
// for concurrent use.
//
// Work that several operations wait for has a Stats of its own. Its requests count for the
// operation that began it. Each operation counts its own wait for it, under what took most
// of the work's time.
type Stats struct {
	operation *Stats // the one whose requests are counted; itself, unless this is of shared work
	begun     time.Time
	rest      string // the reason for the time that no wait accounts for

	mu      sync.Mutex
	calls   map[string]int
	retries int
	waits   []*wait
	last    error // error of the last attempt of shared work
	sent    bool  // an attempt of shared work may have reached bunq
}

type wait struct {
	reason       string
	begun, ended time.Time // ended is zero while it is under way
}

func (w *wait) took() time.Duration { return cmp.Or(w.ended, time.Now()).Sub(w.begun) }

type statsKey struct{}

// WithStats begins an operation: calls with the returned context, or with one made
// from it, are counted in StatsFrom(ctx), and Config.MaxWait bounds all of them
// together, from now on. A read that is shared with other callers counts for the one
// who began it.
func WithStats(ctx context.Context) context.Context {
	return context.WithValue(ctx, statsKey{}, newStats(reasonOthers))
}

// forWork returns the context for work that several operations wait for. It keeps the
// values of ctx, but neither its cancellation nor the deadline of the operation. The
// caller cancels it when the last waiter has left.
func forWork(ctx context.Context, reason string) context.Context {
	s := newStats(reason)
	s.operation = StatsFrom(ctx).operation
	return context.WithValue(context.WithoutCancel(ctx), statsKey{}, s)
}

func newStats(rest string) *Stats {
	s := &Stats{begun: time.Now(), rest: rest, calls: map[string]int{}}
	s.operation = s
	return s
}

// StatsFrom returns the Stats of ctx, or new ones that nobody sees if it has none.
func StatsFrom(ctx context.Context) *Stats {
	if s, ok := ctx.Value(statsKey{}).(*Stats); ok {
		return s
	}
	return newStats(reasonOthers)
}

// Fields returns the fields of the log line at the end of an operation: "calls" by
// method and endpoint (map[string]int), "waits" and "retries" (int), "waited"
// (the sum, as a Go duration). The time between a request and its answer is no wait.
func (s *Stats) Fields() map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	var n int
	var waited time.Duration
	for _, w := range s.waits {
		if took := w.took(); w.reason != reasonAnswer && took >= shortWait {
			n++
			waited += took
		}
	}
	return map[string]any{
		"calls": maps.Clone(s.calls), "waits": n, "waited": waited.Round(time.Millisecond).String(), "retries": s.retries,
	}
}

func (s *Stats) request(method, endpoint string) {
	s.operation.mu.Lock()
	defer s.operation.mu.Unlock()
	s.operation.calls[method+" "+endpoint]++
}

func (s *Stats) retry() {
	s.operation.mu.Lock()
	defer s.operation.mu.Unlock()
	s.operation.retries++
}

// waiting begins a wait. The returned function ends it, under the reason that it turned out
// to have, and returns how long it took.
func (s *Stats) waiting(reason string) (end func(was string) time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	w := &wait{reason: reason, begun: time.Now()}
	s.waits = append(s.waits, w)

	return func(was string) time.Duration {
		s.mu.Lock()
		defer s.mu.Unlock()
		w.reason, w.ended = was, time.Now()
		return w.took()
	}
}

// Waits returns how long the operation has waited, by reason: for a session, for bunq
// to answer, for a rate limit. The rest of its time is not included.
func (s *Stats) Waits() map[string]time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	took := map[string]time.Duration{}
	for _, w := range s.waits {
		took[w.reason] += w.took()
	}
	return took
}

// longest returns the reason that took most of the time until now, so that an error names
// that one and not the last one.
func (s *Stats) longest() string {
	took := s.Waits()
	rest := time.Since(s.begun)
	for _, d := range took {
		rest -= d
	}
	took[s.rest] += rest

	longest := s.rest
	for _, reason := range slices.Sorted(maps.Keys(took)) {
		if took[reason] > took[longest] {
			longest = reason
		}
	}
	return longest
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
	// ReasonSession is for bunq's limit of POST /session-server, whichever process of this machine used it.
	ReasonSession = "a session (bunq opens one every 30 seconds for an address, whichever configuration asks)"
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
	if ctx.Value(statsKey{}) == nil {
		ctx = WithStats(ctx)
	}
	s := StatsFrom(ctx)
	if s.operation != s {
		return ctx, func() {}
	}
	return context.WithDeadlineCause(ctx, s.begun.Add(c.config.MaxWait), errMaxWait)
}

// ended returns the error of a call whose context is over: it took too long, or the
// caller left. last is the error of its last attempt, sent whether one of them may
// have reached bunq.
func (c *Client) ended(ctx context.Context, call Call, last error, sent bool) error {
	if !errors.Is(context.Cause(ctx), errMaxWait) {
		return &TransportError{Call: call, Sent: sent, Err: ctx.Err()}
	}
	return c.gaveUp(ctx, call, last, sent)
}

// gaveUp returns the error of a call that has waited for as long as it may.
func (c *Client) gaveUp(ctx context.Context, call Call, last error, sent bool) *WaitError {
	s := StatsFrom(ctx)
	return &WaitError{
		Call: call, Reason: s.longest(), Waited: time.Since(s.begun), Max: c.config.MaxWait,
		Last: last, Sent: sent,
	}
}

// tellWait logs a long wait that is over.
func (c *Client) tellWait(ctx context.Context, call Call, reason string, d time.Duration) {
	if d > longWait {
		c.config.Logger.Info(ctx, "Waited for bunq", map[string]any{
			"method": call.Method, "endpoint": call.Endpoint, "waited_for": reason, "waited": d.Round(time.Millisecond).String(),
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
