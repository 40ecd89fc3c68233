package bunq

import (
	"context"
	"fmt"

	"github.com/google/uuid"
)

// giveRequestID names the attempt. bunq documents that an id must not be used
// twice, by a retry neither.
func giveRequestID(next handler) handler {
	return func(ctx context.Context, x *exchange) (*answer, error) {
		u, err := uuid.NewRandom()
		if err != nil {
			return nil, &TransportError{Method: x.method, Endpoint: x.endpoint, Err: fmt.Errorf("make a request id: %w", err)}
		}
		x.requestID = u.String()
		return next(ctx, x)
	}
}
