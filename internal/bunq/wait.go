package bunq

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"slices"
	"time"
)

// longWait is the threshold for logging a wait at INFO: a user who sees nothing
// happen shall find out why.
const longWait = 2 * time.Second

// shortWait is what taking a session from memory or from its cache may last: no
// wait worth counting.
const shortWait = 20 * time.Millisecond

// What a call waits for besides the rate limits, which are named with their endpoint.
const (
	reasonAnswer     = "bunq to answer"
	reasonConnection = "a connection to bunq"
	// In the end for bunq's limit of POST /session-server, whoever of this machine is in front.
	reasonSession = "a session (bunq opens one every 30 seconds for an address)"
	// What the resources of a run wait for among themselves, outside of this package.
	reasonOthers = "other operations of this run"
)

// errMaxWait is the cause with which the context of an operation ends that has
// lasted as long as Config.MaxWait allows.
var errMaxWait = errors.New("max_wait was over")

// bound returns ctx with the end of the operation that it belongs to: MaxWait after
// WithStats. A call that belongs to none is an operation by itself. Shared work
// has no end of its own.
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

// ended returns the error of a call whose context is over: that it took too long,
// or that the caller left. last is what its last attempt said, sent whether one of
// them may have reached bunq.
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
	shared *Stats // of the work that is waited for; it knows more than reason
}

// waiting begins a wait for reason, which done ends.
func (s *Stats) waiting(reason string) *wait {
	w := &wait{stats: s, reason: reason, begun: time.Now()}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.current = append(s.current, w)
	return w
}

// doneAs ends a wait of which its end showed what it was for.
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
	s.current = slices.DeleteFunc(s.current, func(other *wait) bool { return other == w })
	s.mu.Unlock()

	// Outside of the lock, as it takes that of the shared work. Nobody but its
	// owner knows the wait now.
	took := w.reasons()
	s.mu.Lock()
	defer s.mu.Unlock()
	for reason, d := range took {
		s.took[reason] += d
	}
	return time.Since(w.begun)
}

// reasons is what the wait was for until now: what the shared work names, and
// reason for the rest of the time.
func (w *wait) reasons() map[string]time.Duration {
	took := map[string]time.Duration{}
	rest := time.Since(w.begun)
	if w.shared != nil {
		took = w.shared.reasons()
		// What began before this wait counts no longer than the wait; longest first.
		for _, reason := range byLength(took) {
			took[reason] = min(took[reason], rest)
			rest -= took[reason]
		}
	}
	took[w.reason] += rest
	return took
}

// join says that what s is waiting for now is the shared work of another Stats, so
// that an error can name what took the time in there.
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

// reasons is what s has waited for, and waits for now.
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

// Waits returns how long the operation has waited for what: for a session, for bunq
// to answer, for a rate limit. What it did besides is not in it.
func (s *Stats) Waits() map[string]time.Duration {
	if s == nil {
		return nil
	}
	return s.reasons()
}

// longest returns the reason that took most of the time, so that an error names
// what was really waited for, and not what happened to come last.
func (s *Stats) longest() string {
	took := s.reasons()
	rest := time.Since(s.begun)
	for _, d := range took {
		rest -= d
	}
	took[reasonOthers] = rest
	return byLength(took)[0]
}

// byLength returns the reasons, what took longest first.
func byLength(took map[string]time.Duration) []string {
	return slices.SortedFunc(maps.Keys(took), func(a, b string) int {
		return cmp.Or(cmp.Compare(took[b], took[a]), cmp.Compare(a, b))
	})
}

// failed notes how an attempt of shared work ended, for those who leave before the
// work is over.
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
