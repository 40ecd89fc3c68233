package session

import (
	"context"
	"errors"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

// RefusedError means that bunq refused the API key or the caller's address, for which it
// has one text. A second request would get the same answer, so every later call with the
// same context gets this error without one, until [Source.ForgetRefusal].
type RefusedError struct {
	// Err is bunq's answer, a *bunq.APIError.
	Err error
}

// Error returns what bunq said.
func (e *RefusedError) Error() string {
	return "bunq refuses to open a session with this API key from this address: " + e.Err.Error()
}

// Unwrap returns bunq's answer.
func (e *RefusedError) Unwrap() error { return e.Err }

// fresh is the age up to which bunq is taken to have never accepted a session that it
// refuses: the session did not expire, and bunq would refuse another one as well.
const fresh = time.Minute

// Refused notes that bunq refused a session, with err, although Replace has just returned
// it. If this process has just opened it, no other one is opened in this run: each would
// cost thirty seconds, and the answer is known.
func (s *Source) Refused(ctx context.Context, dead *bunq.Session, err error) {
	s.mu.Lock()
	if s.current != nil && s.current.session.Token == dead.Token && time.Since(s.current.opened) < fresh {
		s.refused = err
	}
	s.mu.Unlock()

	s.markDead(dead.Token)
	s.cache.drop(ctx, s.isDead)
}

// remembered returns the error of an opening that later callers of the run get, or nil if
// another attempt may succeed. Besides a refused key, that is an answer that cannot be
// verified or parsed: the next one, with the same keys, cannot either.
func remembered(err error) error {
	var refused *RefusedError
	var signature *bunq.SignatureError
	var decode *bunq.DecodeError

	switch {
	case errors.As(err, &refused):
		return refused
	case bunq.IsCredentialsRefused(err):
		return &RefusedError{Err: err}
	case errors.As(err, &signature), errors.As(err, &decode), bunq.IsSessionDead(err):
		return err
	}
	return nil
}

// isLost reports whether bunq may have opened a session and its answer did not come.
func isLost(err error) bool {
	var api *bunq.APIError
	if errors.As(err, &api) {
		return bunq.IsServerError(err)
	}
	var transport *bunq.TransportError
	return errors.As(err, &transport) && transport.Sent
}
