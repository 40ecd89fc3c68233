package bunq

import (
	"context"
	"time"
)

// Session is what POST /session-server returns.
type Session struct {
	ID    int64
	Token Secret
	// Created is bunq's time, UTC; Timeout counts from it.
	Created time.Time
	// Timeout is the user's session_timeout; 0 if bunq named none. A session may end
	// earlier: the first one after an hour, which no field says (DOCUMENTED,
	// https://beta.doc.bunq.com/psd2/connect-as-a-psd2-service-provider).
	Timeout time.Duration
	User    User
}

// User is the bunq user that a session belongs to.
type User struct {
	ID int64
	// Kind is bunq's type key: "UserPaymentServiceProvider" for a PSD2 key,
	// "UserApiKey" for an OAuth access token, "UserPerson" or "UserCompany".
	Kind                string
	DisplayName, Status string
}

// SessionSource provides sessions for one API context; package session implements it.
type SessionSource interface {
	// Session returns a live session, and opens one if there is none. Concurrent callers
	// share one opening.
	Session(ctx context.Context) (*Session, error)
	// Replace returns another session for one that bunq refused. It is opened once for
	// all callers that had the same one.
	Replace(ctx context.Context, dead *Session) (*Session, error)
	// Refused notes that bunq also refused the session of Replace, with err. If it was
	// new, bunq would refuse another one as well.
	Refused(ctx context.Context, dead *Session, err error)
}
