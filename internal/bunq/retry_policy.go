package bunq

import (
	"crypto/tls"
	"errors"
	"math/rand/v2"
	"net/http"
	"strconv"
	"sync"
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
//
// What bunq may have done is sent again while there were fewer than the given attempts: never
// for a write, as only a read can tell.
func decide(attempts int, f fault, status, attempt int, sandbox bool) (reason string, repeat bool) {
	switch f {
	case faultNotSent:
		return reasonConnection, true // network decides for how long
	case faultLost:
		return reasonAnswer, attempt < min(attempts, maxLostAnswers)
	case faultAnswered:
		if rateLimited(status, sandbox) {
			return "bunq's rate limit (HTTP status " + strconv.Itoa(status) + ")", true
		}
		return "bunq to recover from a server error or maintenance", attempt < attempts && passing(status)
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

const (
	// connectPatience is how long a run tries to get a connection. Together with an
	// answer that was lost before, and with the last attempt, it is less than a minute.
	connectPatience = 20 * time.Second
	// maxConnectPause keeps several attempts within the patience.
	maxConnectPause = 5 * time.Second
	// probeInterval is how often the network is tried again after that.
	probeInterval = 10 * time.Second
)

// network is what all attempts of a run know about the connection to bunq: if some
// of them found that there is none, the others need not find out one by one.
type network struct {
	mu     sync.Mutex
	since  time.Time // begin of the first attempt that got no connection; zero while there are some
	gaveUp bool      // an attempt is made only every probeInterval
	tried  time.Time // begin of the last attempt, or its end where it failed
	cause  error
}

// down begins an attempt. If the run has given up and it is too early to try again,
// it returns the reason why there is no connection.
func (n *network) down() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := time.Now()
	if n.gaveUp && now.Sub(n.tried) < probeInterval {
		return n.cause
	}
	n.tried = now
	return nil
}

// connected notes that an attempt reached bunq, whatever the answer.
func (n *network) connected() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.since, n.gaveUp = time.Time{}, false
}

// failed notes that an attempt which began then got no connection.
func (n *network) failed(begun time.Time, cause error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.since.IsZero() {
		n.since = begun
	}
	n.tried, n.cause = time.Now(), cause
	n.gaveUp = n.gaveUp || time.Since(n.since) >= connectPatience
}

// patient reports whether there is time for another attempt after a pause of d, and
// gives up for all calls of the run if there is not.
func (n *network) patient(d time.Duration) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.since.IsZero() && time.Since(n.since)+d >= connectPatience {
		n.gaveUp = true
	}
	return !n.gaveUp
}
