package bunq

import (
	"context"
	"errors"
	"net/http"

	"github.com/openpsd2/terraform-provider-bunq/internal/ratelimit"
)

// takeSlot keeps bunq's limits: an attempt waits until it may go, and holds its
// place until the answer has come.
func takeSlot(next handler, limits *ratelimit.Scheduler, log Logger, sandbox bool) handler {
	return func(ctx context.Context, x *exchange) (*answer, error) {
		key := ratelimit.Key{Method: x.method, Endpoint: x.endpoint}
		reason := "the rate limit of " + x.method + " " + x.endpoint

		w := StatsFrom(ctx).waiting(reason)
		slot, err := limits.Acquire(ctx, key)
		tellWait(ctx, log, x.method, x.endpoint, reason, w.done())
		if err != nil {
			return nil, &TransportError{Method: x.method, Endpoint: x.endpoint, RequestID: x.requestID, Err: err}
		}

		w = StatsFrom(ctx).waiting(reasonAnswer)
		a, err := next(ctx, x)
		if NeverSent(err) {
			w.doneAs(reasonConnection)
			slot.Release()
		} else {
			w.done()
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
