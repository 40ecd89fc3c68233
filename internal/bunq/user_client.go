package bunq

import (
	"context"
	"net/http"
	"time"
)

// UserClient makes the calls that need a session: those under /user, and the
// reads of what was registered. Reads are shared (see Client); a session that
// bunq calls dead is replaced once in a call, which is then made again.
type UserClient struct {
	client *Client
	// A pointer, since fmt does not hide the secrets of an unexported field.
	apiContext  *APIContext
	fingerprint string // of apiContext
	source      SessionSource
}

// WithSession returns the calls that go with sessions of s, which must belong to ac.
func (c *Client) WithSession(ac APIContext, s SessionSource) *UserClient {
	return &UserClient{client: c, apiContext: &ac, fingerprint: ac.Fingerprint(), source: s}
}

// do makes one call with a session. replaced belongs to all pages of a read: it is set
// when a session turned out to be dead, and another one is not replaced again.
func (u *UserClient) do(ctx context.Context, replaced *bool, what request) (*answer, *exchange, error) {
	session, err := u.obtain(ctx, what, u.source.Session)
	if err != nil {
		return nil, nil, err
	}
	a, x, err := u.runWith(ctx, what, session)
	if !IsSessionDead(err) || *replaced {
		return a, x, err
	}

	// bunq checks the token first. So nothing was done, not even for a write, and the
	// call may be sent again.
	*replaced = true
	session, err = u.obtain(ctx, what, func(ctx context.Context) (*Session, error) {
		return u.source.Replace(ctx, session)
	})
	if err != nil {
		return nil, nil, err
	}

	a, x, err = u.runWith(ctx, what, session)
	if IsSessionDead(err) {
		u.source.Refused(ctx, session, err)
	}
	return a, x, err
}

func (u *UserClient) runWith(ctx context.Context, what request, s *Session) (*answer, *exchange, error) {
	what.secrets = append([]Secret{u.apiContext.APIKey}, what.secrets...)
	return u.client.run(ctx, what, u.apiContext.Installation, s.Token, s.User.ID)
}

// obtain gets a session from the source.
func (u *UserClient) obtain(ctx context.Context, what request, get func(context.Context) (*Session, error)) (*Session, error) {
	call := Call{Method: what.method, Endpoint: what.route.endpoint()}
	begun := time.Now()
	session, err := get(ctx)
	u.client.tellWait(ctx, call, ReasonSession, time.Since(begun))

	switch {
	case err == nil:
		return session, nil
	case ctx.Err() != nil:
		return nil, u.client.ended(ctx, call, nil, false)
	default:
		return nil, &SessionError{Call: call, Err: err}
	}
}

// write makes a POST, PUT or DELETE.
func (u *UserClient) write(ctx context.Context, what request) (*answer, *exchange, error) {
	defer u.client.reads.invalidate(what.route)

	ctx, cancel := u.client.bound(ctx)
	defer cancel()
	return u.do(ctx, new(bool), what)
}

// create makes a POST that answers with an id.
func (u *UserClient) create(ctx context.Context, at route, payload any) (int64, error) {
	a, x, err := u.write(ctx, request{method: http.MethodPost, route: at, payload: payload})
	return decoded(x, a, err, createdID)
}

// change makes a PUT or DELETE of one object. What bunq answers to a DELETE is UNKNOWN, so
// an answer of any form is accepted. But bunq does not sign which request it answers, and if
// the answer names an object, it must be this one.
func (u *UserClient) change(ctx context.Context, method string, at route, payload any) error {
	a, x, err := u.write(ctx, request{method: method, route: at, payload: payload, ignoreBody: true})
	if err != nil {
		return err
	}
	if err := namesAnother(a.body, at.id()); err != nil {
		return x.decodeError(a, err)
	}
	return nil
}

// readShared makes a GET, of all pages if paged, and decodes the result, once for all
// callers: each of a thousand callback URLs reads the client that has them all. Each
// caller gets a copy of its own from clone.
func readShared[T any](ctx context.Context, u *UserClient, at route, paged bool,
	decode func([]element) (T, error), clone func(T) T,
) (T, error) {
	var none T
	fetch := func(ctx context.Context) (any, error) {
		a, x, err := u.fetch(ctx, at, paged)
		return decoded(x, a, err, func(elements []element) (any, error) { return decode(elements) })
	}

	ctx, cancel := u.client.bound(ctx)
	defer cancel()
	if ctx.Err() != nil {
		return none, u.client.ended(ctx, Call{Method: http.MethodGet, Endpoint: at.endpoint()}, nil, false)
	}
	read := u.client.reads.get(ctx, readKey{u.fingerprint, at}, fetch)
	value, err := read.Wait(ctx)
	if err != nil {
		if ctx.Err() != nil {
			sent, last := read.stats.lastAttempt()
			err = u.client.ended(ctx, Call{Method: http.MethodGet, Endpoint: at.endpoint()}, last, sent)
		}
		return none, err
	}
	return clone(value.(T)), nil //nolint:forcetypeassert // a route has one type, that of the only function that reads it
}

// readObject reads one object, whose ID is the last one of the route.
func readObject[W, T any](ctx context.Context, u *UserClient, at route, typ string, to func(W) (T, error), clone func(*T) *T) (*T, error) {
	return readShared(ctx, u, at, false, func(elements []element) (*T, error) {
		w, err := one[wireID](elements, typ)
		if err != nil {
			return nil, err
		}
		if err := sameID(typ, w.ID, at.id()); err != nil {
			return nil, err
		}
		return object(elements, typ, to)
	}, clone)
}

// shallow returns a copy of what p points at.
func shallow[T any](p *T) *T {
	v := *p
	return &v
}

// User returns the user of the session. It makes no call of its own.
func (u *UserClient) User(ctx context.Context) (User, error) {
	ctx, cancel := u.client.bound(ctx)
	defer cancel()
	session, err := u.obtain(ctx, request{method: http.MethodGet, route: routeUser()}, u.source.Session)
	if err != nil {
		return User{}, err
	}
	return session.User, nil
}

// InstallationID returns the id of the session's installation. bunq lists that one
// only, never its token (DOCUMENTED in its OpenAPI export).
func (u *UserClient) InstallationID(ctx context.Context) (int64, error) {
	return readShared(ctx, u, routeInstallation(), false, createdID, func(id int64) int64 { return id })
}

// Session is what POST /session-server returns. Its tags are those of the session cache.
type Session struct {
	ID    int64  `json:"id"`
	Token Secret `json:"-"`
	// Created is bunq's time, UTC; Timeout counts from it.
	Created time.Time `json:"created"`
	// Timeout is the user's session_timeout; 0 if bunq named none. A session may end
	// earlier: the first one after an hour, which no field says (DOCUMENTED,
	// https://beta.doc.bunq.com/psd2/connect-as-a-psd2-service-provider).
	Timeout time.Duration `json:"timeout_ns"`
	User    User          `json:"user"`
}

// User is the bunq user that a session belongs to.
type User struct {
	ID int64 `json:"id"`
	// Kind is bunq's type key: "UserPaymentServiceProvider" for a PSD2 key,
	// "UserApiKey" for an OAuth access token, "UserPerson" or "UserCompany".
	Kind        string `json:"kind"`
	DisplayName string `json:"display_name"`
	Status      string `json:"status"`
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
