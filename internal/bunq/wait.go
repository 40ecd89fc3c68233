package bunq

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"time"
)

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
	reasonSession = "a session (bunq opens one every 30 seconds for an address)"
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
	s := StatsFrom(ctx)
	return &WaitError{
		Method: method, Endpoint: endpoint, Reason: s.longest(), Waited: time.Since(s.begun), Max: c.config.MaxWait,
		Last: last, Sent: sent,
	}
}

// wait is one wait of an operation, or of shared work.
type wait struct {
	stats  *Stats
	reason string
	begun  time.Time
	shared *Stats // of the work that is waited for, with more detail than reason
}

// waiting begins a wait for reason, which done ends.
func (s *Stats) waiting(reason string) *wait {
	w := &wait{stats: s, reason: reason, begun: time.Now()}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current = append(s.current, w)
	return w
}

// doneAs ends a wait whose reason is only known now.
func (w *wait) doneAs(reason string) {
	w.stats.mu.Lock()
	w.reason = reason
	w.stats.mu.Unlock()
	w.done()
}

// done ends the wait and returns how long it took.
func (w *wait) done() time.Duration {
	s := w.stats
	s.mu.Lock()
	own := *w
	s.mu.Unlock()

	// Without the lock, as it takes that of the shared work; and before the wait is gone, as
	// others may ask for the reasons at this very moment.
	took := own.reasons()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current = slices.DeleteFunc(s.current, func(other *wait) bool { return other == w })
	for reason, d := range took {
		s.took[reason] += d
	}
	return time.Since(w.begun)
}

// reasons returns what the wait was for until now: what the shared work names, and
// reason for the rest of the time.
func (w *wait) reasons() map[string]time.Duration {
	took := map[string]time.Duration{}
	rest := time.Since(w.begun)
	if w.shared != nil {
		took = w.shared.reasons()
		// What began before this wait counts at most as long as the wait, longest first.
		for _, reason := range byLength(took) {
			took[reason] = min(took[reason], rest)
			rest -= took[reason]
		}
	}
	took[w.reason] += rest
	return took
}

// join notes that s now waits for the shared work of another Stats, so that an error
// can name what that work waited for.
func (s *Stats) join(shared *Stats) {
	if s == nil || s == shared {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if n := len(s.current); n > 0 {
		s.current[n-1].shared = shared
	}
}

// reasons returns what s has waited for, and waits for now.
func (s *Stats) reasons() map[string]time.Duration {
	s.mu.Lock()
	took := maps.Clone(s.took)
	current := make([]wait, len(s.current))
	for i, w := range s.current {
		current[i] = *w
	}
	s.mu.Unlock()

	for _, w := range current {
		for reason, d := range w.reasons() {
			took[reason] += d
		}
	}
	return took
}

// Waits returns how long the operation has waited, by reason: for a session, for bunq
// to answer, for a rate limit. The rest of its time is not included.
func (s *Stats) Waits() map[string]time.Duration {
	if s == nil {
		return nil
	}
	return s.reasons()
}

// longest returns the reason that took most of the time, so that an error names that
// one and not the last one.
func (s *Stats) longest() string {
	took := s.reasons()
	rest := time.Since(s.begun)
	for _, d := range took {
		rest -= d
	}
	took[reasonOthers] = rest
	return byLength(took)[0]
}

// byLength returns the reasons, the longest first.
func byLength(took map[string]time.Duration) []string {
	return slices.SortedFunc(maps.Keys(took), func(a, b string) int {
		return cmp.Or(cmp.Compare(took[b], took[a]), cmp.Compare(a, b))
	})
}

// failed notes the error of an attempt of shared work, for waiters who leave before
// the work is over.
func (s *Stats) failed(last error, sent bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last, s.sent = last, sent
}

func (s *Stats) lastAttempt() (sent bool, last error) {
	if s == nil {
		return false, nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sent, s.last
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
