package bunq

import (
	"context"
	"errors"
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
