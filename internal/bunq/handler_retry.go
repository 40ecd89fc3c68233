package bunq

import (
	"context"
	"crypto/tls"
	"errors"
	"time"
)

// retry repeats what decide says may be repeated, as long as ctx lasts.
func (c *Client) retry(next handler, sandbox bool) handler {
	log := c.config.Logger
	return func(ctx context.Context, x *exchange) (*answer, error) {
		stats := StatsFrom(ctx)
		var last error
		var sent bool
		for attempt := 1; ; attempt++ {
			try := *x
			try.attempt = attempt
			if cause := c.network.try(); cause != nil {
				return nil, &TransportError{Method: x.method, Endpoint: x.endpoint, Sent: sent, Attempts: attempt - 1, Err: cause}
			}
			begun := time.Now()
			a, err := next(ctx, &try)
			if err == nil {
				c.network.connected()
				return a, nil
			}

			f, status := faultOf(ctx, err)
			c.learn(f, err, begun)
			if ctx.Err() != nil && !errors.Is(context.Cause(ctx), errMaxWait) {
				return nil, err
			}
			if ctx.Err() != nil {
				// What an earlier attempt said tells more than that this one was cut off.
				if last == nil && wasTried(err) {
					last = err
				}
				return nil, c.ended(ctx, x.method, x.endpoint, last, sent || !NeverSent(err))
			}
			v := decide(x.method, f, status, attempt, sandbox)
			if !v.repeat {
				return nil, err
			}

			last = err
			// Of a write only what bunq did not take is repeated, so this is about reads.
			sent = sent || f != faultNotSent && !(f == faultAnswered && rateLimited(status, sandbox))
			stats.failed(last, sent)
			d := backoff(attempt)
			if f == faultNotSent {
				d = min(d, maxConnectPause)
				if !c.network.patient(d) {
					return nil, err
				}
			}
			w := stats.waiting(v.reason)
			pause(ctx, d)
			tellWait(ctx, log, x.method, x.endpoint, v.reason, w.done())
			if ctx.Err() != nil {
				return nil, c.ended(ctx, x.method, x.endpoint, last, sent)
			}
			stats.retry()
			log.Debug(ctx, "Repeating a request to bunq", map[string]any{
				"method": x.method, "endpoint": x.endpoint, "attempt": attempt + 1, "reason": v.reason,
			})
		}
	}
}

// learn tells the network how an attempt ended. One that was cut off before it had a
// connection counts as well, if it was not the caller who left; a stranger's
// certificate says nothing.
func (c *Client) learn(f fault, err error, begun time.Time) {
	var e *TransportError
	switch {
	case f == faultNotSent, f == faultEnded && NeverSent(err) && wasTried(err) && errors.Is(err, errMaxWait):
		if errors.As(err, &e) {
			c.network.failed(begun, e.Err)
		}
	case f == faultAnswered, f == faultLost, f == faultUnbelieved:
		c.network.connected()
	}
}

// wasTried reports whether an attempt came about, and did not end before its turn.
func wasTried(err error) bool {
	var e *TransportError
	return !errors.As(err, &e) || e.Attempts > 0
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
