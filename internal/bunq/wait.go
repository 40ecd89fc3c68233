package bunq

import (
	"context"
	"time"
)

// longWait is from when on a wait is told at INFO: a user who sees nothing
// happen shall find out why.
const longWait = 2 * time.Second

// shortWait is what taking a session from memory or from its cache may last: no
// wait worth counting.
const shortWait = 20 * time.Millisecond

// budget is what one call of the client may still wait, and what it waited for.
type budget struct {
	max, spent time.Duration

	reasons map[string]time.Duration
}

func (b *budget) left() time.Duration { return b.max - b.spent }

// fits tells whether a wait of d is still allowed.
func (b *budget) fits(d time.Duration) bool { return d <= b.left() }

// waited books a wait that is over, counts it, and tells of it where it was long.
func (b *budget) waited(ctx context.Context, log Logger, method, endpoint, reason string, d time.Duration) {
	b.spend(reason, d)
	tellWait(ctx, log, method, endpoint, reason, d)
}

func (b *budget) spend(reason string, d time.Duration) {
	if b.reasons == nil {
		b.reasons = map[string]time.Duration{}
	}

	b.spent += d
	b.reasons[reason] += d
}

// longest returns the reason that took most of the time, so that an error names
// what was really waited for. next is the reason of the wait that no longer fits;
// it is the answer where nothing was waited for yet.
func (b *budget) longest(next string) string {
	most, took := next, b.reasons[next]
	for reason, d := range b.reasons {
		if d > took {
			most, took = reason, d
		}
	}
	return most
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

// pause sleeps for d, or until ctx is done; it gives the time that really passed.
func pause(ctx context.Context, d time.Duration) time.Duration {
	start := time.Now()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
	return time.Since(start)
}
