package bunq

import (
	"context"
	"crypto/tls"
	"errors"
)

// retry repeats what decide says may be repeated, within the time the call may wait.
func retry(next handler, log Logger, sandbox bool) handler {
	return func(ctx context.Context, x *exchange) (*answer, error) {
		var last error
		var sent bool
		for attempt := 1; ; attempt++ {
			try := *x
			try.attempt = attempt
			a, err := next(ctx, &try)
			if err == nil {
				return a, nil
			}
			var over *WaitError
			if errors.As(err, &over) {
				over.Last, over.Sent = last, sent
				return nil, over
			}
			f, status := faultOf(ctx, err)
			v := decide(x.method, f, status, attempt, sandbox)
			if !v.repeat {
				return nil, err
			}
			last = err
			// Of a write only what bunq did not take is repeated, so this is about reads.
			sent = sent || f != faultNotSent && !(f == faultAnswered && rateLimited(status, sandbox))
			d := backoff(attempt)
			if !x.wait.fits(d) {
				return nil, &WaitError{Method: x.method, Endpoint: x.endpoint, Reason: x.wait.longest(v.reason), Waited: x.wait.spent, Max: x.wait.max, Last: last, Sent: sent}
			}
			x.wait.waited(ctx, log, x.method, x.endpoint, v.reason, pause(ctx, d))
			if ctx.Err() != nil {
				return nil, &TransportError{Method: x.method, Endpoint: x.endpoint, RequestID: try.requestID, Sent: sent, Attempts: attempt, Err: ctx.Err()}
			}
			StatsFrom(ctx).retry()
			log.Debug(ctx, "Repeating a request to bunq", map[string]any{
				"method": x.method, "endpoint": x.endpoint, "attempt": attempt + 1, "reason": v.reason,
			})
		}
	}
}

// faultOf reads the class of an attempt's error, and the status where there was one.
func faultOf(ctx context.Context, err error) (fault, int) {
	var refused *APIError
	var transport *TransportError
	var unbelieved *SignatureError
	var certificate *tls.CertificateVerificationError
	switch {
	case ctx.Err() != nil, errors.Is(err, errUnsendable):
		return faultEnded, 0
	case errors.As(err, &refused):
		return faultAnswered, refused.Status
	case errors.As(err, &unbelieved), errors.Is(err, errTooLarge):
		return faultUnbelieved, 0
	case errors.As(err, &certificate):
		return faultUntrusted, 0
	case errors.As(err, &transport) && !transport.Sent:
		return faultNotSent, 0
	case errors.As(err, &transport):
		return faultLost, 0
	default:
		return faultEnded, 0
	}
}
