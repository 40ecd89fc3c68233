package bunq

import (
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

// fault is how an attempt failed.
type fault int

const (
	// faultAnswered: an answer with another status than 200 came.
	faultAnswered fault = iota
	// faultNotSent: it is certain that bunq did not get the request.
	faultNotSent
	// faultLost: the request may have reached bunq, no whole answer came.
	faultLost
	// faultUntrusted: the other side could not prove to be bunq (TLS).
	faultUntrusted
	// faultUnbelieved: a 200 without bunq's signature, or too long to read.
	faultUnbelieved
	// faultEnded: the caller's context is over, there is no time left to wait, or
	// the request cannot be made at all.
	faultEnded
)

// maxLostAnswers bounds repetitions where bunq takes what is sent and says nothing.
// What it does say, it may say as long as MaxWait lasts.
const maxLostAnswers = 8

// verdict is whether to repeat, and why or why not.
type verdict struct {
	repeat bool
	reason string
}

// decide is the retry policy. attempt counts from 1 and includes the failed one.
func decide(method string, f fault, status, attempt int, sandbox bool) verdict {
	get := method == http.MethodGet
	switch f {
	case faultNotSent:
		return verdict{true, reasonConnection} // as long as the network is worth it
	case faultLost:
		switch {
		case !get:
			return verdict{false, "bunq may have done it: only reading tells"}
		case attempt >= maxLostAnswers:
			return verdict{false, "no answer after many attempts"}
		}
		return verdict{true, reasonAnswer}
	case faultAnswered:
		switch {
		case rateLimited(status, sandbox):
			return verdict{true, "bunq's rate limit (HTTP status " + strconv.Itoa(status) + ")"}
		case !passing(status):
			return verdict{false, "bunq's answer is final"}
		case !get:
			return verdict{false, "bunq may have done it: only reading tells"}
		}
		return verdict{true, "bunq to recover from a server error or maintenance"}
	case faultUntrusted:
		return verdict{false, "the other side is not trusted, and will not be"}
	case faultUnbelieved:
		return verdict{false, "the answer is not believed, and a second would prove nothing"}
	default:
		return verdict{false, "there is nothing to repeat"}
	}
}

// passing tells the statuses that a read outlives: bunq's own trouble, a
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
