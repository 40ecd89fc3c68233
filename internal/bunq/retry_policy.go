package bunq

import (
	"crypto/tls"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

// fault is how an attempt failed.
type fault int

const (
	// faultFinal is what no repetition fixes: an answer that was rejected (a second one
	// would prove nothing), a stranger in bunq's place, a request that cannot be made.
	faultFinal fault = iota
	// faultAnswered: an answer with another status than 200 came.
	faultAnswered
	// faultNotSent: it is certain that bunq did not get the request.
	faultNotSent
	// faultLost: the request may have reached bunq, no whole answer came.
	faultLost
)

// faultOf returns the class of an attempt's error, and the status where there was one.
func faultOf(err error) (fault, int) {
	var refused *APIError
	var transport *TransportError
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &refused):
		return faultAnswered, refused.Status
	case errors.Is(err, errUnsendable), errors.Is(err, errTooLarge), errors.As(err, &certificate):
		return faultFinal, 0
	case errors.As(err, &transport) && !transport.Sent:
		return faultNotSent, 0
	case errors.As(err, &transport):
		return faultLost, 0
	default:
		return faultFinal, 0
	}
}

// maxLostAnswers bounds repetitions where bunq takes what is sent and says nothing.
// What it does say, it may say as long as MaxWait lasts.
const maxLostAnswers = 8

// decide is the retry policy: whether an attempt may be repeated, and what the next
// one waits for. attempt counts from 1 and includes the failed one.
func decide(method string, f fault, status, attempt int, sandbox bool) (reason string, repeat bool) {
	// Of a write bunq may have done, only reading tells; it is never sent again.
	get := method == http.MethodGet
	switch f {
	case faultNotSent:
		return reasonConnection, true // as long as the network is worth it
	case faultLost:
		return reasonAnswer, get && attempt < maxLostAnswers
	case faultAnswered:
		if rateLimited(status, sandbox) {
			return "bunq's rate limit (HTTP status " + strconv.Itoa(status) + ")", true
		}
		return "bunq to recover from a server error or maintenance", get && passing(status)
	default:
		return "", false
	}
}

// rateLimited reports whether a status speaks of the rate limit. The sandbox
// formerly also said 409 (OBSERVED in jortt); elsewhere a 409 is something else.
func rateLimited(status int, sandbox bool) bool {
	return status == http.StatusTooManyRequests || sandbox && status == http.StatusConflict
}

// passing reports whether a read may outlive the status: bunq's own trouble, a
// gateway's, and maintenance (491 and 503).
func passing(status int) bool {
	switch status {
	case http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable,
		http.StatusGatewayTimeout, statusMaintenance:
		return true
	default:
		return false
	}
}

const (
	firstBackoff = 500 * time.Millisecond
	maxBackoff   = 30 * time.Second
)

// backoff is the pause before the attempt after the given one: doubled each time,
// with jitter between the half and the whole, so that those who failed together
// do not come back together. After a 429, the closed window of the rate limit
// comes on top.
func backoff(attempt int) time.Duration {
	d := maxBackoff
	if shift := attempt - 1; shift < 6 { // 0.5 s * 2^6 is past the maximum
		d = firstBackoff << shift
	}
	return d/2 + rand.N(d/2+1) //nolint:gosec // spreads load, guards nothing
}
