package bunq

import (
	"errors"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// This file is the only place that reads bunq's texts. bunq has no error codes: what
// the status does not say, only the description does.

// Statuses of bunq's own (DOCUMENTED, https://doc.bunq.com/basics/errors).
const (
	statusUserError   = 490 // "same meaning as 400"
	statusMaintenance = 491
)

const (
	textRouteNotFound      = "Route not found."
	textCredentialsRefused = "User credentials are incorrect."
	textSessionDead401     = "Insufficient authorisation."
	textSessionDead401Nl   = "Onvoldoende autorisatie."
	textSessionDead403     = "Insufficient authentication."
	textTryAgain           = "The operation could not be completed. Please try again."
	textSessionInTheWay    = "Authentication token already has a user session."
)

func (e *APIError) begins(prefix string) bool {
	for _, d := range e.Descriptions {
		if strings.HasPrefix(d, prefix) {
			return true
		}
	}
	return false
}

// IsNotFound reports whether bunq itself said that the object of the call is not
// there: a 404 in bunq's envelope. "Route not found." does not count: it is about the
// address that was called. Neither does a proxy's 404 page.
func IsNotFound(err error) bool {
	e, ok := asOwn[*APIError](err)
	return ok && e.Envelope && e.Status == http.StatusNotFound && !e.begins(textRouteNotFound)
}

// IsCredentialsRefused reports whether bunq refused the API key or the caller's
// address: one text for both (OBSERVED on POST /session-server and POST
// /device-server). It is final until one of them is changed.
func IsCredentialsRefused(err error) bool {
	var e *APIError
	return errors.As(err, &e) && e.Envelope && e.Status == http.StatusBadRequest && e.begins(textCredentialsRefused)
}

// IsContextRefused reports whether bunq opens no session for an API context: it refused the key or
// the caller's address (400), or the token of the installation (401 or 403 at POST /session-server).
func IsContextRefused(err error) bool {
	if IsCredentialsRefused(err) {
		return true
	}
	var e *APIError
	return errors.As(err, &e) && IsSessionDead(e) && e.Method == http.MethodPost && e.Endpoint == "/session-server"
}

// IsTemporarilyRefused reports whether bunq asked to try again later, which says nothing of
// the request. OBSERVED on POST /device-server after repeated wrong keys; that it passes is
// inferred from the text.
func IsTemporarilyRefused(err error) bool {
	e, ok := asOwn[*APIError](err)
	return ok && e.Envelope && e.Status < http.StatusInternalServerError && e.begins(textTryAgain)
}

var windowText = regexp.MustCompile(`\bper (?:(\d{1,7}) )?(second|minute|hour|day)s?\b`)

// Window returns the time in which bunq counts calls, as the text of a 429 names it ("a
// maximum of 3 calls per 3 second", OBSERVED); 0 if it names none. How it names a day is
// UNKNOWN.
func (e *APIError) Window() time.Duration {
	if e.Status != http.StatusTooManyRequests {
		return 0
	}
	for _, d := range e.Descriptions {
		found := windowText.FindStringSubmatch(d)
		if found == nil {
			continue
		}
		n, err := strconv.Atoi(found[1])
		if err != nil {
			n = 1 // "per day"
		}
		unit := map[string]time.Duration{"second": time.Second, "minute": time.Minute, "hour": time.Hour, "day": 24 * time.Hour}[found[2]]
		if window := time.Duration(n) * unit; window/unit == time.Duration(n) {
			return window
		}
	}
	return 0
}

// IsOtherSession reports whether bunq refused a session because the key has another
// one. OBSERVED around 2018; later recordings show several at once.
func IsOtherSession(err error) bool {
	e, ok := asOwn[*APIError](err)
	return ok && e.Envelope && e.Status == http.StatusBadRequest && e.begins(textSessionInTheWay)
}

// IsSessionDead reports whether bunq did not accept the session of the call: deleted,
// expired or unknown. Both of its answers are OBSERVED for the same cause.
func IsSessionDead(err error) bool {
	e, ok := asOwn[*APIError](err)
	if !ok || !e.Envelope {
		return false
	}
	switch e.Status {
	case http.StatusUnauthorized:
		return e.begins(textSessionDead401) || e.begins(textSessionDead401Nl)
	case http.StatusForbidden:
		return e.begins(textSessionDead403)
	default:
		return false
	}
}

// isBodyRefused reports whether bunq itself refused what a call sent, and did nothing.
// The texts that say why are unknown. A refused key or address does not count: no
// other body helps there.
func isBodyRefused(err error) bool {
	e, ok := asOwn[*APIError](err)
	return ok && e.Envelope && (e.Status == http.StatusBadRequest || e.Status == statusUserError) && !e.begins(textCredentialsRefused) && !e.begins(textTryAgain)
}

// OutcomeUnknown reports whether err is about a write that bunq may or may not have
// done: it was sent, and no valid answer came. What bunq has must be read before such
// a write is sent again.
func OutcomeUnknown(err error) bool {
	e, ok := asOwn[outcome](err)
	return ok && e.outcomeUnknown()
}

// outcome is an error that knows whether its call is a write that bunq may have done.
type outcome interface {
	error
	outcomeUnknown() bool
}

func (e *WaitError) outcomeUnknown() bool       { return e.isWrite() && e.Sent }
func (e *TransportError) outcomeUnknown() bool  { return e.isWrite() && e.Sent }
func (e *SignatureError) outcomeUnknown() bool  { return e.isWrite() }
func (e *DecodeError) outcomeUnknown() bool     { return e.isWrite() }
func (e *UnansweredError) outcomeUnknown() bool { return e.LookUp != nil }

// An answer other than 200: bunq's own refusals (4xx in its envelope) leave nothing open, and
// neither does a rate limit, whoever sets it. A server error does, and so does every answer
// that is not bunq's: a gateway may have passed the request on before it gave up.
func (e *APIError) outcomeUnknown() bool {
	return e.isWrite() && e.Status != http.StatusTooManyRequests && (isServerError(e.Status) || !e.Envelope)
}

// NeverSent reports whether it is certain that bunq did not get the request that
// err is about. A request that was never sent does not count towards a limit.
func NeverSent(err error) bool {
	e, ok := asOwn[*TransportError](err)
	return ok && !e.Sent
}

// isServerError reports whether a status is an error of bunq's own, of a gateway in front of
// it, or maintenance.
func isServerError(status int) bool {
	return status >= http.StatusInternalServerError || status == statusMaintenance
}
