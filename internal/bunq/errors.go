package bunq

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Call is the call that an error is about. What is not known of it is empty.
type Call struct {
	Method string
	// Endpoint is the path with the ids taken out, for example "/user/{id}/oauth-client/{id}".
	Endpoint string
	// ResponseID is bunq's X-Bunq-Client-Response-Id, to be quoted to its support.
	ResponseID string
	// RequestID is the X-Bunq-Client-Request-Id of the last attempt.
	RequestID string
	// Attempts counts the requests tried, the last one included.
	Attempts int
}

// says returns the text of an error about the call, with what lets bunq's support find it.
func (c Call) says(format string, args ...any) string {
	var trace []string
	if c.ResponseID != "" {
		trace = append(trace, "response id "+c.ResponseID)
	}
	if c.RequestID != "" {
		trace = append(trace, "request id "+c.RequestID)
	}
	if c.Attempts > 1 {
		trace = append(trace, fmt.Sprintf("%d attempts", c.Attempts))
	}

	text := c.Method + " " + c.Endpoint + ": " + fmt.Sprintf(format, args...)
	if len(trace) > 0 {
		text += " (" + strings.Join(trace, ", ") + ")"
	}
	return text
}

func (c Call) isWrite() bool { return c.Method != http.MethodGet }

// APIError is an answer that was not a 200.
type APIError struct {
	Call
	// Environment is the one that the client is configured for: what an answer means can
	// depend on it.
	Environment Environment
	// Status is the HTTP status, a redirect's too: none is followed.
	Status int
	// Descriptions are bunq's own words, one for each thing it refused, without
	// anything that looks like a secret. Empty if the body was not bunq's envelope.
	Descriptions []string
	ContentType  string
	// Envelope is true when the body was bunq's {"Error":[…]}: then bunq itself
	// spoke, and not a proxy or a gateway on the way.
	Envelope bool
}

// Error returns call, status and bunq's words.
func (e *APIError) Error() string {
	said := ", and the body is not bunq's"
	switch {
	case len(e.Descriptions) > 0:
		said = ": " + strings.Join(e.Descriptions, " ")
	case e.Envelope:
		said = " without a description"
	case e.ContentType != "":
		said += " (content type " + e.ContentType + ")"
	}
	return e.says("HTTP status %d%s", e.Status, said)
}

// TransportError is a call that got no answer.
type TransportError struct {
	Call
	// Sent is false only if it is certain that bunq did not get the request.
	Sent bool
	// Err is the reason; context.Canceled or context.DeadlineExceeded of the caller's context included.
	Err error
}

// Error returns call, reason and whether bunq may have it.
func (e *TransportError) Error() string {
	state := "not sent"
	if e.Sent {
		state = "sent, no answer"
	}
	return e.says("%s: %v", state, e.Err)
}

// Unwrap returns the reason.
func (e *TransportError) Unwrap() error { return e.Err }

// SignatureError is a 200 that is rejected: bunq's signature is missing or does not
// match the body.
type SignatureError struct {
	Call
	Err error
}

// Error returns call and reason.
func (e *SignatureError) Error() string {
	return e.says("the answer was rejected: %v", e.Err)
}

// Unwrap returns the reason; signing.ErrInvalidSignature for a signature that does not match.
func (e *SignatureError) Unwrap() error { return e.Err }

// DecodeError is a verified 200 of an unexpected shape.
type DecodeError struct {
	Call
	Err error
}

// Error returns call and reason.
func (e *DecodeError) Error() string {
	return e.says("unexpected answer: %v", e.Err)
}

// Unwrap returns the reason.
func (e *DecodeError) Unwrap() error { return e.Err }

// WaitError is a call that ended because its operation had lasted as long as
// Config.MaxWait allows.
type WaitError struct {
	Call
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
	text := e.says("gave up waiting for %s after %s (at most %s)", e.Reason, e.Waited.Round(time.Millisecond), e.Max)
	if e.Last != nil {
		text += "; last: " + e.Last.Error()
	}
	return text
}

// Unwrap returns what the last attempt said.
func (e *WaitError) Unwrap() error { return e.Last }

// SessionError is a call that was never sent, because there was no session for it.
type SessionError struct {
	Call
	// Err is what the SessionSource said, for example the *APIError of POST /session-server.
	Err error
}

// Error returns call and reason.
func (e *SessionError) Error() string {
	return e.says("no session: %v", e.Err)
}

// Unwrap returns the reason.
func (e *SessionError) Unwrap() error { return e.Err }

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

// UnansweredError is a write whose answer did not come or was rejected, and that a
// follow-up read could not settle as done.
type UnansweredError struct {
	// Err says what happened to the answer.
	Err error
	// LookUp is the error of the follow-up read; nil if it shows that the write was
	// not done. It is kept apart from Err, as it is about another call.
	LookUp error
}

// Error returns both.
func (e *UnansweredError) Error() string {
	if e.LookUp == nil {
		return e.Err.Error() + "; a follow-up read shows that it was not done"
	}
	return e.Err.Error() + "; a follow-up read failed: " + e.LookUp.Error()
}

// Unwrap returns the error of the write, not that of the follow-up read.
func (e *UnansweredError) Unwrap() error { return e.Err }

// Confirm settles a write that ended with err: if its outcome is unknown, look reads
// whether it was done. It returns nil if it was.
//
// Errors: err itself if the outcome is known, else *UnansweredError.
func Confirm(err error, look func() (done bool, err error)) error {
	if !OutcomeUnknown(err) {
		return err
	}

	done, lookErr := look()
	if lookErr == nil && done {
		return nil
	}
	return &UnansweredError{Err: err, LookUp: lookErr}
}
