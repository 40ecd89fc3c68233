package bunq_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

func errorsAs[E error](err error, target *E) bool { return errors.As(err, target) }

func html(status int) reply {
	return reply{status: status, body: "<html><h1>Nope</h1></html>", unsigned: true, header: http.Header{"Content-Type": {"text/html; charset=utf-8"}}}
}

// The texts are bunq's recorded ones. cancel is a write; it is made once and its
// error judged.
func TestAPIError(t *testing.T) {
	type judged struct{ notFound, refused, dead, other, maybe bool }
	for name, c := range map[string]struct {
		answer       reply
		descriptions []string
		envelope     bool
		want         judged
	}{
		"an object that is not there":                 {refusal(404, `Monetary account for id \"1\" not found.`), []string{`Monetary account for id "1" not found.`}, true, judged{notFound: true}},
		"a route that is not there":                   {refusal(404, "Route not found."), []string{"Route not found."}, true, judged{}},
		"a proxy's page that something is not there":  {html(404), nil, false, judged{maybe: true}},
		"a key or an address that is refused":         {refusal(400, "User credentials are incorrect. Incorrect API key or IP address."), []string{"User credentials are incorrect. Incorrect API key or IP address."}, true, judged{refused: true}},
		"every description, one for each field":       {refusal(400, `Superfluous field \"x\".`, `Superfluous field \"y\".`), []string{`Superfluous field "x".`, `Superfluous field "y".`}, true, judged{}},
		"a wrong signature":                           {refusal(400, "The request signature is invalid."), []string{"The request signature is invalid."}, true, judged{}},
		"a missing signature, with further fields":    {reply{status: 466, unsigned: true, body: `{"Error":[{"error_description":"For this operation a request signature is required.","error_additional_parameter":[{"url_together_post":"https:\/\/together.bunq.com\/d\/15399"}]}]}`}, []string{"For this operation a request signature is required."}, true, judged{}},
		"a dead session as 401":                       {refusal(401, "Insufficient authorisation."), []string{"Insufficient authorisation."}, true, judged{dead: true}},
		"a dead session as 401, in Dutch":             {refusal(401, "Onvoldoende autorisatie."), []string{"Onvoldoende autorisatie."}, true, judged{dead: true}},
		"a dead session as 403":                       {refusal(403, "Insufficient authentication."), []string{"Insufficient authentication."}, true, judged{dead: true}},
		"a 403 of another reason":                     {refusal(403, "You are not allowed to do this."), []string{"You are not allowed to do this."}, true, judged{}},
		"a 403 of a firewall":                         {html(403), nil, false, judged{maybe: true}},
		"the 401's text under another status":         {refusal(400, "Insufficient authorisation."), []string{"Insufficient authorisation."}, true, judged{}},
		"the credentials' text under another status":  {refusal(403, "User credentials are incorrect."), []string{"User credentials are incorrect."}, true, judged{}},
		"another session is in the way":               {refusal(400, "Authentication token already has a user session."), []string{"Authentication token already has a user session."}, true, judged{other: true}},
		"the other session's text in another status":  {refusal(403, "Authentication token already has a user session."), []string{"Authentication token already has a user session."}, true, judged{}},
		"a description for people only":               {reply{status: 400, unsigned: true, body: `{"Error":[{"error_description":"","error_description_translated":"Sorry."},{"error_description_translated":"No."}]}`}, []string{"Sorry.", "No."}, true, judged{}},
		"maintenance":                                 {html(491), nil, false, judged{maybe: true}},
		"a bad gateway":                               {html(502), nil, false, judged{maybe: true}},
		"a bug at bunq, in its envelope":              {refusal(500, "Something went wrong."), []string{"Something went wrong."}, true, judged{maybe: true}},
		"a 201, which bunq never gives":               {reply{status: 201, body: madeID}, nil, false, judged{maybe: true}},
		"a redirect, which is not followed":           {reply{status: 302, unsigned: true, header: http.Header{"Location": {"https://evil.test/v1"}}}, nil, false, judged{maybe: true}},
		"JSON that is not bunq's":                     {reply{status: 404, unsigned: true, body: `{"error":[{"error_description":"x"}],"message":"not found"}`}, nil, false, judged{maybe: true}},
		"JSON of another shape under bunq's name":     {reply{status: 404, unsigned: true, body: `{"Error":"x"}`}, nil, false, judged{maybe: true}},
		"the envelope with nothing in it":             {reply{status: 400, unsigned: true, body: `{"Error":[]}`}, nil, true, judged{}},
		"the envelope's name without an envelope":     {reply{status: 404, unsigned: true, body: `{"Error":null}`}, nil, false, judged{maybe: true}},
		"an entry whose description is not a string":  {reply{status: 400, unsigned: true, body: `{"Error":[{"error_description":7},{"error_description":"y"}]}`}, []string{"y"}, true, judged{}},
		"outside of the sandbox, 409 is no limit":     {refusal(409, "Conflict."), []string{"Conflict."}, true, judged{}},
		"a 200-like 399, which is no success":         {refusal(399, "x"), []string{"x"}, true, judged{}},
		"an entry that is a bare string is no object": {reply{status: 404, unsigned: true, body: `{"Error":["x"]}`}, nil, false, judged{maybe: true}},
	} {
		t.Run(name, func(t *testing.T) {
			u, b := signedIn(t, always(c.answer))
			err := u.CancelOAuthClient(t.Context(), 633)
			var e *bunq.APIError
			if !errorsAs(err, &e) {
				t.Fatalf("got %v", err)
			}
			last := b.requests()[b.count()-1]
			want := &bunq.APIError{
				Call: bunq.Call{Method: "PUT", Endpoint: "/user/{id}/oauth-client/{id}", ResponseID: "9f2f9d21-2c5d-4f0e-8d8d-2f8d0c1b7a10", RequestID: last.header.Get("X-Bunq-Client-Request-Id"), Attempts: 1}, Status: c.answer.status, Descriptions: c.descriptions,
				ContentType: "application/json", Envelope: c.envelope,
			}
			if c.answer.header.Get("Content-Type") != "" {
				want.ContentType = "text/html"
			}
			if !reflect.DeepEqual(e, want) {
				t.Errorf("got  %#v\nwant %#v", e, want)
			}
			got := judged{bunq.IsNotFound(err), bunq.IsCredentialsRefused(err), bunq.IsSessionDead(err), bunq.IsOtherSession(err), bunq.OutcomeUnknown(err)}
			if got != c.want {
				t.Errorf("judged %+v, want %+v", got, c.want)
			}
			for _, part := range append([]string{"PUT /user/{id}/oauth-client/{id}", fmt.Sprint(c.answer.status), e.ResponseID, e.RequestID}, c.descriptions...) {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("the message lacks %q: %v", part, err)
				}
			}
		})
	}
}

// That an installation has its device is one text under one status; no other refusal is taken for it.
func TestIsDeviceTaken(t *testing.T) {
	const text = "A device already exists for the current installation."
	for name, c := range map[string]struct {
		answer reply
		want   bool
	}{
		"as four clients saw it":     {refusal(400, text), true},
		"under another status":       {refusal(403, text), false},
		"another refusal":            {refusal(400, "The request signature is invalid."), false},
		"a refused key":              {refusal(400, "User credentials are incorrect. Incorrect API key or IP address."), false},
		"a page that says the same":  {html(400), false},
		"a server error in its name": {refusal(500, text), false},
	} {
		t.Run(name, func(t *testing.T) {
			u, _ := signedIn(t, always(c.answer))
			if got := bunq.IsDeviceTaken(u.CancelOAuthClient(t.Context(), 633)); got != c.want {
				t.Errorf("got %t", got)
			}
		})
	}
}

// A read leaves nothing undone, whatever comes of it.
func TestOutcomeUnknown_isAboutWrites(t *testing.T) {
	u, _ := signedIn(t, always(html(404)))
	_, err := u.OAuthClient(t.Context(), 1)
	if err == nil || bunq.OutcomeUnknown(err) {
		t.Errorf("got %v", err)
	}
}

// What was said while a session was opened is not about the call.
func TestSessionError_isAnothersStory(t *testing.T) {
	for name, inner := range map[string]error{
		"a 404":              &bunq.APIError{Call: bunq.Call{Method: "POST", Endpoint: "/session-server"}, Status: 404, Envelope: true, Descriptions: []string{"gone"}},
		"a dead session":     &bunq.APIError{Call: bunq.Call{Method: "POST", Endpoint: "/session-server"}, Status: 401, Envelope: true, Descriptions: []string{"Insufficient authorisation."}},
		"a server error":     &bunq.APIError{Call: bunq.Call{Method: "POST", Endpoint: "/session-server"}, Status: 500},
		"a lost answer":      &bunq.TransportError{Call: bunq.Call{Method: "POST", Endpoint: "/session-server"}, Sent: true, Err: errors.New("reset")},
		"a wrong signature":  &bunq.SignatureError{Call: bunq.Call{Method: "POST", Endpoint: "/session-server"}, Err: signing.ErrInvalidSignature},
		"a strange answer":   &bunq.DecodeError{Call: bunq.Call{Method: "POST", Endpoint: "/session-server"}, Err: errors.New("x")},
		"a wait that is out": &bunq.WaitError{Call: bunq.Call{Method: "POST", Endpoint: "/session-server"}, Sent: true},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk()
			d.err = inner
			c, b := open(t, always(ok(madeID)))
			_, err := c.WithSession(apiContext(), d).CreateOAuthClient(t.Context())
			var e *bunq.SessionError
			if !errorsAs(err, &e) || !errors.Is(err, inner) || e.Endpoint != "/user/{id}/oauth-client" {
				t.Fatalf("got %v", err)
			}
			if bunq.IsNotFound(err) || bunq.IsSessionDead(err) || bunq.OutcomeUnknown(err) || b.count() != 0 {
				t.Errorf("it was taken for the call's own: %v", err)
			}
		})
	}
	refused := &bunq.SessionError{Err: &bunq.APIError{Status: 400, Envelope: true, Descriptions: []string{"User credentials are incorrect. Incorrect API key or IP address."}}}
	if !bunq.IsCredentialsRefused(refused) {
		t.Error("a refused key is one wherever it is noticed")
	}
}

func TestVerification(t *testing.T) {
	other := newKey()
	signed := func(key func() string) http.Header { return http.Header{"X-Bunq-Server-Signature": {key()}} }
	foreign := func() string { s, _ := signing.Sign(other, []byte(madeID)); return s }
	reencoded := func() string {
		s, _ := signing.Sign(serverKey(), []byte(strings.ReplaceAll(oauthClientBody, `\/`, "/")))
		return s
	}
	for name, c := range map[string]struct {
		answer reply
		says   string
	}{
		"no signature":              {reply{status: 200, body: madeID, unsigned: true}, "no X-Bunq-Server-Signature"},
		"another key's":             {reply{status: 200, body: madeID, header: signed(foreign)}, "invalid signature"},
		"one over re-encoded bytes": {reply{status: 200, body: oauthClientBody, header: signed(reencoded)}, "invalid signature"},
		"no base64":                 {reply{status: 200, body: madeID, header: http.Header{"X-Bunq-Server-Signature": {"%"}}}, "base64"},
	} {
		t.Run(name, func(t *testing.T) {
			u, b := signedIn(t, always(c.answer))
			_, err := u.CreateOAuthClient(t.Context())
			var e *bunq.SignatureError
			if !errorsAs(err, &e) || !strings.Contains(err.Error(), c.says) || !bunq.OutcomeUnknown(err) {
				t.Fatalf("got %v", err)
			}
			if e.ResponseID == "" || e.RequestID == "" || e.Method != http.MethodPost || e.Endpoint != "/user/{id}/oauth-client" {
				t.Errorf("got %#v", e)
			}
			if err := u.DeleteCallbackURL(t.Context(), 1, 2); !errorsAs(err, &e) {
				t.Errorf("a DELETE, whose body is not read, was believed: %v", err)
			}
			if _, err := u.OAuthClient(t.Context(), 633); !errorsAs(err, &e) {
				t.Errorf("a GET was believed: %v", err)
			}
			if b.count() != 3 {
				t.Errorf("%d requests came, want 3: nothing is repeated", b.count())
			}
		})
	}
}

func TestVerification_ofCallsWithTheInstallation(t *testing.T) {
	c, _ := open(t, always(reply{status: 200, body: madeID, unsigned: true}))
	var e *bunq.SignatureError
	if _, err := c.CreateDeviceServer(t.Context(), installation(), bunq.DeviceServerRequest{}); !errorsAs(err, &e) {
		t.Errorf("device-server: %v", err)
	}
	if _, err := c.CreateCredential(t.Context(), installation(), bunq.CredentialRequest{}); !errorsAs(err, &e) {
		t.Errorf("credential: %v", err)
	}
	if _, err := c.OpenSession(t.Context(), apiContext()); !errorsAs(err, &e) {
		t.Errorf("session: %v", err)
	}
}

// A server key that is missing must not switch the verification off.
func TestVerification_withoutAServerKey(t *testing.T) {
	c, _ := open(t, always(ok(madeID)))
	ac := apiContext()
	ac.Installation.ServerPublicKey = nil
	var e *bunq.SignatureError
	if _, err := c.WithSession(ac, newDesk()).CreateOAuthClient(t.Context()); !errorsAs(err, &e) {
		t.Errorf("got %v", err)
	}
}

func TestSigning_withoutAKeyIsNotSent(t *testing.T) {
	c, b := open(t, always(ok(madeID)))
	ac := apiContext()
	ac.Installation.PrivateKey = nil
	_, err := c.OpenSession(t.Context(), ac)
	var e *bunq.TransportError
	if !errorsAs(err, &e) || e.Sent || b.count() != 0 || !strings.Contains(err.Error(), "private key") {
		t.Errorf("got %v after %d requests", err, b.count())
	}
}

func TestToken_withALineBreakIsNotSent(t *testing.T) {
	c, b := open(t, always(ok(madeID)))
	inst := installation()
	inst.Token = bunq.Secret(installationToken + "\n")
	_, err := c.CreateDeviceServer(t.Context(), inst, bunq.DeviceServerRequest{})
	var e *bunq.TransportError
	if !errorsAs(err, &e) || e.Sent || b.count() != 0 || !strings.Contains(err.Error(), "line break") || strings.Contains(err.Error(), installationToken) {
		t.Errorf("got %v after %d requests", err, b.count())
	}
}

func TestErrors_ofACallerWhoIsGoneBefore(t *testing.T) {
	u, b := signedIn(t, always(ok(oauthClientBody)))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, getErr := u.OAuthClient(ctx, 633)
	_, postErr := u.CreateOAuthClient(ctx)
	for _, err := range []error{getErr, postErr} {
		var e *bunq.TransportError
		if !errorsAs(err, &e) || e.Sent || !errors.Is(err, context.Canceled) || bunq.OutcomeUnknown(err) {
			t.Errorf("got %v", err)
		}
	}
	if b.count() != 0 {
		t.Errorf("%d requests were sent", b.count())
	}
}

// bunq asks to try again, which says nothing of the request; in a gateway's words or with a
// server error it is something else.
func TestIsTemporarilyRefused(t *testing.T) {
	const text = "The operation could not be completed. Please try again."
	for name, c := range map[string]struct {
		answer reply
		want   bool
	}{
		"bunq's text":         {refusal(400, text), true},
		"with another status": {refusal(403, text), true},
		"a server error":      {refusal(500, text), false},
		"another text":        {refusal(400, "The operation is unknown."), false},
		"not in the envelope": {reply{status: 400, unsigned: true, body: text}, false},
	} {
		client, b := open(t, always(c.answer))
		_, err := client.CreateDeviceServer(t.Context(), installation(), bunq.DeviceServerRequest{})
		if got := bunq.IsTemporarilyRefused(err); got != c.want || b.count() != 1 {
			t.Errorf("%s: %v after %d requests (%v)", name, got, b.count(), err)
		}
	}
}
