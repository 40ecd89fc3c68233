package bunq

import (
	"errors"
	"fmt"
	"strings"
	"time"
)

// Method and Endpoint in these errors name the call: Endpoint is its path with
// the ids taken out, for example "/user/{id}/oauth-client/{id}".

// APIError is an answer that was not a 200.
type APIError struct {
	Method, Endpoint string
	// Environment is the one that the client is configured for: what an answer means can
	// depend on it.
	Environment Environment
	// Status is the HTTP status, a redirect's too: none is followed.
	Status int
	// Descriptions are bunq's own words, one for each thing it refused, without
	// anything that looks like a secret. Empty if the body was not bunq's envelope.
	Descriptions []string
	// ResponseID is bunq's X-Bunq-Client-Response-Id, to be quoted to its support.
	ResponseID string
	// RequestID is the X-Bunq-Client-Request-Id of the last attempt.
	RequestID   string
	ContentType string
	// Envelope is true when the body was bunq's {"Error":[…]}: then bunq itself
	// spoke, and not a proxy or a gateway on the way.
	Envelope bool
	// Attempts counts the requests sent, this one included.
	Attempts int
}

// Error returns call, status and bunq's words.
func (e *APIError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s: HTTP status %d", e.Method, e.Endpoint, e.Status)
	switch {
	case len(e.Descriptions) > 0:
		b.WriteString(": " + strings.Join(e.Descriptions, " "))
	case e.Envelope:
		b.WriteString(" without a description")
	default:
		b.WriteString(", and the body is not bunq's")
		if e.ContentType != "" {
			b.WriteString(" (content type " + e.ContentType + ")")
		}
	}
	b.WriteString(trace(e.ResponseID, e.RequestID, e.Attempts))
	return b.String()
}

// TransportError is a call that got no answer.
type TransportError struct {
	Method, Endpoint, RequestID string
	// Sent is false only if it is certain that bunq did not get the request.
	Sent bool
	// Attempts counts the requests tried, this one included.
	Attempts int
	// Err is the reason; context.Canceled or context.DeadlineExceeded of the caller's context included.
	Err error
}

// Error returns call, reason and whether bunq may have it.
func (e *TransportError) Error() string {
	state := "not sent"
	if e.Sent {
		state = "sent, no answer"
	}
	return fmt.Sprintf("%s %s: %s: %v%s", e.Method, e.Endpoint, state, e.Err, trace("", e.RequestID, e.Attempts))
}

// Unwrap returns the reason.
func (e *TransportError) Unwrap() error { return e.Err }

// SignatureError is a 200 that is rejected: bunq's signature is missing or does not
// match the body.
type SignatureError struct {
	Method, Endpoint, ResponseID, RequestID string
	Err                                     error
}

// Error returns call and reason.
func (e *SignatureError) Error() string {
	return fmt.Sprintf("%s %s: the answer was rejected: %v%s", e.Method, e.Endpoint, e.Err, trace(e.ResponseID, e.RequestID, 0))
}

// Unwrap returns the reason; signing.ErrInvalidSignature for a signature that does not match.
func (e *SignatureError) Unwrap() error { return e.Err }

// DecodeError is a verified 200 of an unexpected shape.
type DecodeError struct {
	Method, Endpoint, ResponseID, RequestID string
	Err                                     error
}

// Error returns call and reason.
func (e *DecodeError) Error() string {
	return fmt.Sprintf("%s %s: unexpected answer: %v%s", e.Method, e.Endpoint, e.Err, trace(e.ResponseID, e.RequestID, 0))
}

// Unwrap returns the reason.
func (e *DecodeError) Unwrap() error { return e.Err }

// WaitError is a call that ended because its operation had lasted as long as
// Config.MaxWait allows.
type WaitError struct {
	Method, Endpoint string
	// Reason is what took most of the operation's time.
	Reason string
	// Waited is how long the operation took, Max what was allowed.
	Waited, Max time.Duration
	// Last is what the last attempt of this call said; nil where none was made.
	Last error
	// Sent is true if an attempt of this call may have reached bunq, and no valid
	// answer came.
	Sent bool
}

// Error returns call, reason, times and the last attempt.
func (e *WaitError) Error() string {
	text := fmt.Sprintf("%s %s: gave up waiting for %s after %s (at most %s)", e.Method, e.Endpoint, e.Reason,
		e.Waited.Round(time.Millisecond), e.Max)
	if e.Last != nil {
		text += "; last: " + e.Last.Error()
	}
	return text
}

// Unwrap returns what the last attempt said.
func (e *WaitError) Unwrap() error { return e.Last }

// SessionError is a call that was never sent, because there was no session for it.
type SessionError struct {
	Method, Endpoint string
	// Err is what the SessionSource said, for example the *APIError of POST /session-server.
	Err error
}

// Error returns call and reason.
func (e *SessionError) Error() string {
	return fmt.Sprintf("%s %s: no session: %v", e.Method, e.Endpoint, e.Err)
}

// Unwrap returns the reason.
func (e *SessionError) Unwrap() error { return e.Err }

// trace is the part of an error message that lets bunq's support find the call.
func trace(responseID, requestID string, attempts int) string {
	var parts []string
	if responseID != "" {
		parts = append(parts, "response id "+responseID)
	}
	if requestID != "" {
		parts = append(parts, "request id "+requestID)
	}
	if attempts > 1 {
		parts = append(parts, fmt.Sprintf("%d attempts", attempts))
	}
	if len(parts) == 0 {
		return ""
	}
	return " (" + strings.Join(parts, ", ") + ")"
}

// asOwn finds an E in err that is about the call itself. What happened while a
// session was opened for it is about another call: its 404 is not an object that is
// gone, its 500 is not a write whose outcome is unknown.
func asOwn[E error](err error) (E, bool) {
	var session *SessionError
	var found E
	if errors.As(err, &session) {
		return found, false
	}
	ok := errors.As(err, &found)
	return found, ok
}
