package bunqsim

import "net/http"

// tokenError is the token endpoint's own form of an error. One of them is documented.
type tokenError struct {
	status      int
	Code        string `json:"error"`
	Description string `json:"error_description"`
}

var invalidGrant = tokenError{http.StatusUnauthorized, "invalid_grant", "The authorization code is invalid or expired."}

// The errors of RFC 6749, 5.2, for what the documentation does not speak of. The texts are invented.
var (
	invalidClient    = tokenError{http.StatusUnauthorized, "invalid_client", "The client credentials are invalid."}
	unsupportedGrant = tokenError{http.StatusBadRequest, "unsupported_grant_type", "The grant type is not supported."}
	bodyNotExpected  = tokenError{http.StatusBadRequest, "invalid_request", "No body is expected."}
)

func parameterMissing(name string) tokenError {
	return tokenError{http.StatusBadRequest, "invalid_request", "The parameter " + name + " is missing or given more than once."}
}

// exchangeCode is the token endpoint: parameters in the address and nowhere else, a code for an
// access token, once.
func exchangeCode(c *call) (*answer, bool) {
	conn, e := c.grant()
	if e != nil {
		a := tokenAnswer(e.status, e)
		a.errors = []string{e.Code + ": " + e.Description}
		return a, false
	}

	cred := newCredential(c, conn.UserID, newToken())
	cred.Status = CredentialActive // long-lived from the start: it waits for no first use
	conn.CredentialID, conn.Updated = cred.ID, c.now
	granted := struct {
		AccessToken string  `json:"access_token"`
		TokenType   string  `json:"token_type"`
		State       *string `json:"state"`
	}{AccessToken: cred.Key, TokenType: "bearer"}
	if conn.HasState {
		granted.State = &conn.State
	}
	return tokenAnswer(http.StatusOK, granted), true
}

// grant returns the connection of a good code that has not been used.
func (c *call) grant() (*Connection, *tokenError) {
	fail := func(e tokenError) (*Connection, *tokenError) { return nil, &e }
	if len(c.raw) > 0 {
		return fail(bodyNotExpected)
	}
	for _, name := range []string{"grant_type", "code", "redirect_uri", "client_id", "client_secret"} {
		if len(c.query[name]) != 1 || c.query.Get(name) == "" {
			return fail(parameterMissing(name))
		}
	}
	if c.query.Get("grant_type") != "authorization_code" {
		return fail(unsupportedGrant)
	}
	o := first(c.st.OAuthClients, func(o *OAuthClient) bool {
		return o.ClientID == c.query.Get("client_id") && o.Secret == c.query.Get("client_secret")
	})
	if o == nil || o.Status != OAuthClientActive {
		return fail(invalidClient)
	}

	conn := first(c.st.Connections, func(conn *Connection) bool {
		return conn.OAuthClientID == o.ID && conn.Code == c.query.Get("code") && conn.RedirectURI == c.query.Get("redirect_uri")
	})
	if conn == nil || conn.Status != ConnectionActive || conn.CredentialID != 0 || !c.now.Before(conn.CodeExpires) {
		return fail(invalidGrant) // unknown, ended, used, or too late
	}
	return conn, nil
}

func tokenAnswer(status int, body any) *answer {
	a := &answer{status: status, header: http.Header{}, body: mustWire(body)}
	a.header.Set("Content-Type", "application/json")
	a.noStore()
	return a
}
