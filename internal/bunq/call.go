package bunq

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// call describes a call before its token is known.
type call struct {
	method string
	route  route
	query  string
	// payload is marshalled as the body; nil for none.
	payload    any
	secrets    []Secret
	unsigned   bool // POST /installation
	ignoreBody bool
}

// marshal returns the exact bytes to sign and send. Without HTML escaping, so that
// a URL's & is sent as it is.
func (c call) marshal() ([]byte, error) {
	if c.payload == nil {
		return nil, nil
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(c.payload); err != nil {
		return nil, fmt.Errorf("%w: %w", errUnsendable, err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// run sends a call with a token, on behalf of an installation.
func (c *Client) run(ctx context.Context, what call, inst Installation, token Secret, user int64) (*answer, *exchange, error) {
	x := &exchange{
		environment: c.config.Environment,
		method:      what.method, endpoint: what.route.endpoint(), path: what.route.resolve(user), query: what.query,
		token: token, serverKey: inst.ServerPublicKey, unverified: what.unsigned, ignoreBody: what.ignoreBody,
		secrets: append([]Secret{token, inst.Token}, what.secrets...),
	}
	body, err := what.marshal()
	if err != nil {
		return nil, x, &TransportError{Method: x.method, Endpoint: x.endpoint, Err: err}
	}
	x.body = body

	if body != nil && !what.unsigned {
		if inst.PrivateKey == nil {
			return nil, x, &TransportError{Method: x.method, Endpoint: x.endpoint, Err: fmt.Errorf("%w: the installation has no private key", errUnsendable)}
		}
		x.key = inst.PrivateKey
	}

	a, err := c.send(ctx, x)
	return a, x, err
}

// onboard makes a write that needs no session.
func (c *Client) onboard(ctx context.Context, what call, inst Installation) (*answer, *exchange, error) {
	what.method = http.MethodPost
	// A key and a device are also listed in the credentials of a user, and a first
	// session may change the status of a key. Which call does is UNKNOWN.
	defer c.reads.invalidate(routeCredentials())
	defer c.reads.invalidate(what.route)

	ctx, cancel := c.bound(ctx)
	defer cancel()
	return c.run(ctx, what, inst, inst.Token, 0)
}
