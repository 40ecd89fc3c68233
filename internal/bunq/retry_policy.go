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
	// faultFinal: no repetition helps. An answer was rejected (a second one would prove
	// nothing), another server answers in bunq's place, or the request cannot be made.
	faultFinal fault = iota
	// faultAnswered: an answer came with a status other than 200.
	faultAnswered
	// faultNotSent: it is certain that bunq did not get the request.
	faultNotSent
	// faultLost: the request may have reached bunq, no whole answer came.
	faultLost
)

// faultOf returns the class of an attempt's error, and the status if there was one.
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

// maxLostAnswers limits the attempts of a request to which bunq never answers. One that
// it answers with an error is repeated until MaxWait is over.
const maxLostAnswers = 8

// decide is the retry policy: whether an attempt may be repeated, and what the next
// one waits for. attempt counts from 1 and includes the failed one.
func decide(method string, f fault, status, attempt int, sandbox bool) (reason string, repeat bool) {
	// A write that bunq may have done is never sent again; only a read can tell.
	get := method == http.MethodGet
	switch f {
	case faultNotSent:
		return reasonConnection, true // network decides for how long
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

// rateLimited reports whether a status means that the rate limit was hit. The sandbox
// also used 409 (OBSERVED in jortt); in production a 409 is something else.
func rateLimited(status int, sandbox bool) bool {
	return status == http.StatusTooManyRequests || sandbox && status == http.StatusConflict
}

// passing reports whether a read may succeed later: after an error of bunq or of a
// gateway, or after maintenance (491 and 503).
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
	// maxStrangers is how many equal answers that are not bunq's end a request: what stands in
	// bunq's place does not go away by itself. The pause before the last one is long enough for
	// a gateway that restarts.
	maxStrangers  = 3
	strangerPause = 10 * time.Second

	// tellAfter is how long a request is repeated before a line in the log says for what.
	tellAfter = 10 * time.Second
)

// countStrangers returns how many answers that are not bunq's and look the same came in a
// row, where err is the latest and last the one before it. bunq's own pages, of its
// maintenance, have a response id or a status that nobody else uses; a limit is waited out,
// whoever sets it.
func countStrangers(before int, err, last error) int {
	var now, then *APIError
	if !errors.As(err, &now) || now.Envelope || now.ResponseID != "" || now.Status == statusMaintenance ||
		now.Status == http.StatusTooManyRequests {
		return 0
	}
	if before > 0 && errors.As(last, &then) && (then.Status != now.Status || then.ContentType != now.ContentType) {
		return 1
	}
	return before + 1
}

const (
	firstBackoff = 500 * time.Millisecond
	maxBackoff   = 30 * time.Second
)

// backoff returns the pause after the given attempt: doubled each time, with jitter
// between half and all of it, so that calls that failed together are not repeated
// together. After a 429, the closed window of the rate limit is added to it.
func backoff(attempt int) time.Duration {
	d := maxBackoff
	if shift := attempt - 1; shift < 6 { // 0.5 s * 2^6 is past the maximum
		d = firstBackoff << shift
	}
	return d/2 + rand.N(d/2+1) //nolint:gosec // spreads load, guards nothing
}
