package bunq

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/ratelimit"
)

// takeSlot keeps bunq's limits: an attempt waits until it may go, and holds its
// place until the answer has come.
func takeSlot(next handler, limits *ratelimit.Scheduler, log Logger, sandbox bool) handler {
	return func(ctx context.Context, x *exchange) (*answer, error) {
		key := ratelimit.Key{Method: x.method, Endpoint: x.endpoint}
		reason := "the rate limit of " + x.method + " " + x.endpoint
		start := time.Now()
		within, cancel := context.WithTimeout(ctx, x.wait.left())
		slot, err := limits.Acquire(within, key)
		cancel()
		if err != nil {
			x.wait.waited(ctx, log, x.method, x.endpoint, reason, time.Since(start))
			if ctx.Err() != nil {
				return nil, &TransportError{Method: x.method, Endpoint: x.endpoint, RequestID: x.requestID, Err: ctx.Err()}
			}
			return nil, &WaitError{Method: x.method, Endpoint: x.endpoint, Reason: x.wait.longest(reason), Waited: x.wait.spent, Max: x.wait.max}
		}
		x.wait.waited(ctx, log, x.method, x.endpoint, reason, slot.Waited())
		a, err := next(ctx, x)
		if NeverSent(err) {
			slot.Release()
		} else {
			slot.Done()
		}

		var refused *APIError
		if errors.As(err, &refused) && rateLimited(refused.Status, sandbox) {
			limits.Close(key)
		}
		return a, err
	}
}

// rateLimited tells whether a status speaks of the rate limit. The sandbox
// formerly also said 409 (OBSERVED in jortt); elsewhere a 409 is something else.
func rateLimited(status int, sandbox bool) bool {
	return status == http.StatusTooManyRequests || sandbox && status == http.StatusConflict
}
