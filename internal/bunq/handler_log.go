package bunq

import (
	"context"
	"errors"
	"time"
)

// logExchange counts the request and tells of it, by an allow list: tokens travel
// in headers and keys in bodies, so neither is ever near a log.
func logExchange(next handler, log Logger) handler {
	return func(ctx context.Context, x *exchange) (*answer, error) {
		StatsFrom(ctx).call(x.method, x.endpoint)
		log.Debug(ctx, "Request to bunq", map[string]any{
			"method": x.method, "endpoint": x.endpoint, "request_id": x.requestID,
			"attempt": x.attempt, "signed": x.signature != "", "body_bytes": len(x.body),
		})
		start := time.Now()
		a, err := next(ctx, x)
		fields := map[string]any{
			"method": x.method, "endpoint": x.endpoint, "request_id": x.requestID,
			"attempt": x.attempt, "took": time.Since(start).Round(time.Millisecond).String(),
		}
		var refused *APIError
		var unbelieved *SignatureError
		switch {
		case err == nil:
			fields["outcome"], fields["status"] = "ok", a.status
			fields["response_id"], fields["body_bytes"] = a.responseID, len(a.body)
		case errors.As(err, &refused):
			fields["outcome"], fields["status"] = "refused", refused.Status
			fields["response_id"], fields["content_type"] = refused.ResponseID, refused.ContentType
		case errors.As(err, &unbelieved):
			fields["outcome"], fields["response_id"] = "signature does not fit", unbelieved.ResponseID
		default:
			fields["outcome"] = "no answer"
		}
		log.Debug(ctx, "Answer from bunq", fields)
		return a, err
	}
}
