package bunqsim_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

const invalidGrant = `{"error":"invalid_grant","error_description":"The authorization code is invalid or expired."}`

func (a *app) tokenRefused(t *testing.T, q url.Values, status int, body string) {
	t.Helper()
	res := a.browser.do("POST", "/token?"+q.Encode(), "", nil)
	if res.status != status || string(res.raw) != body || res.header.Get("Content-Type") != "application/json" {
		t.Errorf("status %d, want %d\ngot  %s\nwant %s", res.status, status, res.raw, body)
	}
}

// The answer is the documented one: no envelope, the state handed back, nothing to be stored.
func TestTokenAnswer(t *testing.T) {
	a := newApp(t, bunqsim.Settings{})
	code := a.consent()
	if n := len(a.sim.Snapshot().Credentials); n != 1 {
		t.Errorf("%d keys before the exchange", n)
	}
	res := a.browser.do("POST", "/token?"+a.exchange(code).Encode(), "", nil)
	snap := a.sim.Snapshot()
	want := `{"access_token":"` + snap.Credentials[1].Key + `","token_type":"bearer","state":"s\/1&2"}`
	if res.status != 200 || string(res.raw) != want || !hex64.MatchString(snap.Credentials[1].Key) {
		t.Errorf("status %d\ngot  %s\nwant %s", res.status, res.raw, want)
	}
	if res.header.Get("Cache-Control") != "no-store" || res.header.Get("X-Bunq-Server-Signature") != "" {
		t.Errorf("headers %v", res.header)
	}

	code = a.browser.answer(without(a.ask(), "state"), "new-person", "allow").Query().Get("code")
	if res := a.browser.do("POST", "/token?"+a.exchange(code).Encode(), "", nil); !strings.HasSuffix(string(res.raw), `"state":null}`) {
		t.Errorf("without state: %s", res.raw)
	}
}

// A code is good once, for ten minutes, for its client and its redirect URI.
func TestCodesThatAreRefused(t *testing.T) {
	a := newApp(t, bunqsim.Settings{})
	const second = callback + "/2"
	a.addCallback(a.oauth, second)
	other := appOf(t, a.sim, a.clock, "Another App PISP")

	used := a.consent()
	token := a.token(used)
	a.tokenRefused(t, a.exchange(used), 401, invalidGrant)
	a.as(token) // its token lives on

	foreign := other.consent()
	a.tokenRefused(t, a.exchange(foreign), 401, invalidGrant)
	other.token(foreign) // the attempt did it no harm

	code := a.consent()
	a.tokenRefused(t, a.exchange(code, "redirect_uri", second), 401, invalidGrant)
	a.tokenRefused(t, a.exchange(strings.Repeat("0", 64)), 401, invalidGrant)
	a.tokenRefused(t, a.exchange(strings.ToUpper(code)), 401, invalidGrant)
	a.clock.Advance(10*time.Minute - time.Microsecond)
	a.token(code)

	code = a.consent()
	a.clock.Advance(10 * time.Minute)
	a.tokenRefused(t, a.exchange(code), 401, invalidGrant)

	code = a.consent()
	withdrawn := a.sim.Snapshot().Connections
	if err := a.sim.RevokeConnection(withdrawn[len(withdrawn)-1].ID); err != nil {
		t.Fatal(err)
	}
	a.tokenRefused(t, a.exchange(code), 401, invalidGrant)
}

// Parameters are in the address, all of them once, and nothing is in the body.
func TestTokenRequestsThatAreRefused(t *testing.T) {
	a := newApp(t, bunqsim.Settings{})
	code := a.consent()
	for _, name := range []string{"grant_type", "code", "redirect_uri", "client_id", "client_secret"} {
		want := fmt.Sprintf(`{"error":"invalid_request","error_description":"The parameter %s is missing or given more than once."}`, name)
		a.tokenRefused(t, without(a.exchange(code), name), 400, want)
		twice := a.exchange(code)
		twice.Add(name, twice.Get(name))
		a.tokenRefused(t, twice, 400, want)
	}
	a.tokenRefused(t, a.exchange(code, "grant_type", "refresh_token"), 400,
		`{"error":"unsupported_grant_type","error_description":"The grant type is not supported."}`)
	const client = `{"error":"invalid_client","error_description":"The client credentials are invalid."}`
	a.tokenRefused(t, a.exchange(code, "client_id", a.secret), 401, client)
	a.tokenRefused(t, a.exchange(code, "client_secret", a.id), 401, client)
	a.tokenRefused(t, a.exchange(code, "client_id", fmt.Sprint(a.oauth)), 401, client)

	res := a.browser.do("POST", "/token", a.exchange(code).Encode(), nil)
	if res.status != 400 || string(res.raw) != `{"error":"invalid_request","error_description":"No body is expected."}` {
		t.Errorf("a form body: %d %s", res.status, res.raw)
	}
	if res := a.browser.do("GET", "/token?"+a.exchange(code).Encode(), "", nil); res.status != 405 {
		t.Errorf("GET: %d", res.status)
	}
	a.token(code) // none of all this used it up

	code = a.consent()
	if err := a.sim.CancelOAuthClient(a.oauth); err != nil {
		t.Fatal(err)
	}
	a.tokenRefused(t, a.exchange(code), 401, client)
}

// Neither codes nor tokens, nor the client's secret, are in the journal.
func TestJournalOfTheEndUsersWay(t *testing.T) {
	a := newApp(t, bunqsim.Settings{})
	a.sim.ResetJournal()
	code := a.consent()
	token := a.token(code)
	a.tokenRefused(t, a.exchange(code), 401, invalidGrant)
	a.browser.open(a.ask("response_type", "token"))
	a.browser.do("GET", "/connections", "", nil)

	var lines []string
	for _, e := range a.sim.Journal() {
		lines = append(lines, fmt.Sprintf("%s %d %v %q %s", e.Call(), e.Status, e.Committed, e.Errors, e.Query))
	}
	want := []string{
		`GET /auth 200 false [] `, `POST /auth 303 true [] `, `POST /token 200 true [] `,
		`POST /token 401 false ["invalid_grant: The authorization code is invalid or expired."] `,
		`GET /auth 400 false ["response_type must be \"code\"."] `, `GET /connections 200 false [] `,
	}
	if got := strings.Join(lines, "\n"); got != strings.Join(want, "\n") {
		t.Errorf("journal has\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
	text := fmt.Sprintf("%+v", a.sim.Journal())
	for name, secret := range map[string]string{"code": code, "token": token, "client secret": a.secret, "state": "s/1"} {
		if strings.Contains(text, secret) {
			t.Errorf("%s is in the journal", name)
		}
	}
}

// Faults meet the pages and the token endpoint as they do the API; what is lost after commit is done.
func TestFaultsOfTheTokenEndpoint(t *testing.T) {
	a := newApp(t, bunqsim.Settings{})
	code := a.consent()
	a.sim.Fail(bunqsim.Fault{Route: "POST /token", Kind: bunqsim.FaultStatus, Status: 500})
	if res := a.browser.do("POST", "/token?"+a.exchange(code).Encode(), "", nil); res.status != 500 || !strings.Contains(string(res.raw), "<html>") {
		t.Errorf("status %d: %s", res.status, res.raw)
	}
	lost := a.sim.Fail(bunqsim.Fault{Route: "POST /token", Kind: bunqsim.FaultTruncate, Stage: bunqsim.AfterCommit})
	req := a.exchange(code)
	func() {
		resp, err := a.browser.http.Post(a.browser.base+"/token?"+req.Encode(), "", nil)
		if err == nil {
			_ = resp.Body.Close()
		}
	}()
	if lost.Fired() != 1 || a.sim.Snapshot().Connections[0].CredentialID == 0 {
		t.Error("the exchange did not take place")
	}
	a.tokenRefused(t, req, 401, invalidGrant)
}
