package bunq

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"time"
)

// UserDetails is what GET /user/{id} returns, in addition to User. Times are UTC.
type UserDetails struct {
	User
	Created, Updated time.Time
	// DistinguishedName is the subject that a PSD2 user was registered with, in
	// OpenSSL's one-line form ("/CN=My App PISP AISP/C=NL", OBSERVED); "" for other
	// kinds of users.
	DistinguishedName string
}

// aliasDistinguishedName is the type of the alias that holds the same subject.
const aliasDistinguishedName = "CERTIFICATE_DISTINGUISHED_NAME"

type wireUser struct {
	User
	Created           timestamp `json:"created"`
	Updated           timestamp `json:"updated"`
	DistinguishedName string    `json:"certificate_distinguished_name"`
	Alias             []struct {
		Type  string `json:"type"`
		Value string `json:"value"`
	} `json:"alias"`
	SessionTimeout *int64  `json:"session_timeout"`
	RequestedBy    element `json:"requested_by_user"`
}

// userOf finds the user, whose type key is its kind: all of bunq's kinds begin
// with "User".
func userOf(elements []element) (wireUser, error) {
	for _, e := range elements {
		for kind := range e {
			if !strings.HasPrefix(kind, "User") || isNull(e[kind]) {
				continue
			}
			w, err := one[wireUser]([]element{e}, kind)
			if err == nil {
				err = checkID(kind, w.ID)
			}
			w.Kind = kind
			return w, err
		}
	}
	return wireUser{}, errors.New("it has no user")
}

// timeout is in seconds on the wire. A UserApiKey (the session of an OAuth token)
// has none of its own; that of the requesting user counts (as in bunq's SDKs).
func (w wireUser) timeout() time.Duration {
	if w.SessionTimeout != nil {
		return time.Duration(*w.SessionTimeout) * time.Second
	}
	for _, raw := range w.RequestedBy {
		var inner wireUser
		if json.Unmarshal(raw, &inner) == nil && inner.SessionTimeout != nil {
			return time.Duration(*inner.SessionTimeout) * time.Second
		}
	}
	return 0
}

// subject returns the distinguished name, from the field or from the alias.
func (w wireUser) subject() string {
	if w.DistinguishedName != "" {
		return w.DistinguishedName
	}
	for _, a := range w.Alias {
		if a.Type == aliasDistinguishedName {
			return a.Value
		}
	}
	return ""
}

// UserDetails reads the user of the session.
func (u *UserClient) UserDetails(ctx context.Context) (*UserDetails, error) {
	me, err := u.User(ctx)
	if err != nil {
		return nil, err
	}
	return readShared(ctx, u, routeUser(), false, func(elements []element) (*UserDetails, error) {
		w, err := userOf(elements)
		if err != nil {
			return nil, err
		}
		return &UserDetails{
			User: w.User, Created: w.Created.Time, Updated: w.Updated.Time, DistinguishedName: w.subject(),
		}, sameID(w.Kind, w.ID, me.ID)
	}, shallow)
}

// CheckedSession returns a session that bunq has just accepted: it sends a GET with it,
// which is not shared, and replaces a session that is dead. It is for callers who pass
// the token on and do not see bunq's later answers.
func (u *UserClient) CheckedSession(ctx context.Context) (*Session, error) {
	ctx, cancel := u.client.bound(ctx)
	defer cancel()

	check := request{method: http.MethodGet, route: routeUser()}
	if _, _, err := u.do(ctx, new(bool), check); err != nil {
		return nil, err
	}
	return u.obtain(ctx, check, u.source.Session)
}

// BaseURL returns the address of the API that the client calls, without a final slash.
func (c *Client) BaseURL() string { return c.config.BaseURL.String() }
