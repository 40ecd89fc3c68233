package bunqsim_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// A consent that is withdrawn takes token and sessions with it, and nobody else's.
func TestWithdrawnConsent(t *testing.T) {
	a := newApp(t, bunqsim.Settings{})
	first, second := a.token(a.consent()), a.token(a.consent())
	one, two := a.as(first), a.as(second)
	conns := a.sim.Snapshot().Connections
	if err := a.sim.RevokeConnection(conns[0].ID); err != nil {
		t.Fatal(err)
	}
	one.refused(one.get("/user"), 401, textAuthorisation)
	a.refused(a.sessionOf(first), 400, textCredentials)
	two.ok(two.get("/user"))
	a.ok(a.get("/user"))
	if c := a.sim.Snapshot().Connections; c[0].Status != bunqsim.ConnectionRevoked || c[1].Status != bunqsim.ConnectionActive {
		t.Errorf("statuses %s and %s", c[0].Status, c[1].Status)
	}
	for name, err := range map[string]error{"ended": a.sim.RevokeConnection(conns[0].ID), "unknown": a.sim.RevokeConnection(1)} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// The person sees what was allowed, and withdraws it there.
func TestConnectionsPage(t *testing.T) {
	a := newApp(t, bunqsim.Settings{})
	if page := string(a.browser.do("GET", "/connections", "", nil).raw); !strings.Contains(page, "Nobody has.") {
		t.Errorf("empty page: %s", page)
	}
	token := a.token(a.consent())
	conn := a.sim.Snapshot().Connections[0]
	res := a.browser.do("GET", "/connections", "", nil)
	for _, want := range []string{"<strong>Test App AISP PISP</strong> has access to the account of <strong>Sandbox ",
		fmt.Sprintf(`name="connection" value="%d"`, conn.ID), "since 4 March 2026, 05:06 UTC"} {
		if !strings.Contains(string(res.raw), want) {
			t.Errorf("the page lacks %s: %s", want, res.raw)
		}
	}
	if strings.Contains(string(res.raw), token) || strings.Contains(string(res.raw), conn.Code) {
		t.Error("the page shows a token or a code")
	}

	form := url.Values{"ticket": {a.browser.ticket(res)}, "connection": {fmt.Sprint(conn.ID)}}
	cross := a.browser.do("POST", "/connections", form.Encode(), map[string]string{"Sec-Fetch-Site": "cross-site"})
	forged := a.browser.post("/connections", url.Values{"connection": {fmt.Sprint(conn.ID)}})
	if cross.status != 403 || forged.status != 400 || a.sim.Snapshot().Connections[0].Status != bunqsim.ConnectionActive {
		t.Errorf("another site's form: %d, without a ticket: %d", cross.status, forged.status)
	}
	if res := a.browser.post("/connections", form); res.status != 200 || !strings.Contains(string(res.raw), "Access withdrawn.") ||
		!strings.Contains(string(res.raw), "Nobody has.") {
		t.Errorf("status %d: %s", res.status, res.raw)
	}
	a.refused(a.sessionOf(token), 400, textCredentials)
	a.consent()
	form.Set("ticket", a.browser.ticket(a.browser.do("GET", "/connections", "", nil)))
	if res := a.browser.post("/connections", form); res.status != 400 || !strings.Contains(string(res.raw), "This access has ended already.") {
		t.Errorf("twice: %d %s", res.status, res.raw)
	}
}

// A client that is cancelled, or gone, takes its users' tokens with it; while the cancellation is
// pending they live.
func TestCancelledClientEndsItsTokens(t *testing.T) {
	for rule, cancel := range map[string]func(*app) error{
		"by its user": func(a *app) error {
			a.ok(a.in("PUT", fmt.Sprintf("/oauth-client/%d", a.oauth), `{"status":"CANCELLED"}`))
			return nil
		},
		"by bunq": func(a *app) error { return a.sim.CancelOAuthClient(a.oauth) },
		"deleted": func(a *app) error { return a.sim.DeleteOAuthClient(a.oauth) },
	} {
		t.Run(rule, func(t *testing.T) {
			a := newApp(t, bunqsim.Settings{})
			token := a.token(a.consent())
			c := a.as(token)
			other := appOf(t, a.sim, a.clock, "Another App PISP")
			theirs := other.as(other.token(other.consent()))
			if err := cancel(a); err != nil {
				t.Fatal(err)
			}
			c.refused(c.get("/user"), 401, textAuthorisation)
			a.refused(a.sessionOf(token), 400, textCredentials)
			a.ok(a.get("/user"))
			theirs.ok(theirs.get("/user"))
			if got := a.sim.Snapshot().Connections[0].Status; got != bunqsim.ConnectionCancelled {
				t.Errorf("status %s", got)
			}
		})
	}

	a := newApp(t, bunqsim.Settings{CancelPending: minute})
	c := a.as(a.token(a.consent()))
	if err := a.sim.CancelOAuthClient(a.oauth); err != nil {
		t.Fatal(err)
	}
	c.ok(c.get("/user"))
	a.clock.Advance(minute)
	c.refused(c.get("/user"), 401, textAuthorisation)
}

// What the end user did outlives the process, except for pages that were open.
func TestStateFileKeepsTheEndUsersSide(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state.json")
	clock := bunqsim.NewFakeClock(start)
	a := appOf(t, bunqsim.NewTest(t, bunqsim.Config{Clock: clock, StateFile: file}), clock, "Test App AISP PISP")
	a.ok(a.in("POST", urlFilters, filterBody("OAUTH "+hook)))
	token := a.token(a.consent())
	code := a.consent()
	ticket := a.browser.ticket(a.browser.open(a.ask()))

	again := bunqsim.NewTest(t, bunqsim.Config{Clock: clock, StateFile: file})
	if x, y := a.sim.Snapshot(), again.Snapshot(); !reflect.DeepEqual(x, y) {
		t.Error("state differs after the restart")
	}
	a.sim = again
	a.http.Transport, a.browser.http.Transport = again.RoundTripper(), again.RoundTripper()
	a.as(token)
	a.token(code)
	if res := a.browser.post("/auth", url.Values{"ticket": {ticket}, "decision": {"deny"}}); res.status != 400 {
		t.Errorf("an open page: %d", res.status)
	}
	text, err := json.Marshal(again.Snapshot())
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), token) || strings.Contains(string(text), code) {
		t.Error("the snapshot's JSON has a token or a code")
	}
	if err := again.Wipe(); err != nil {
		t.Fatal(err)
	}
	if s := again.Snapshot(); len(s.Connections)+len(s.Deliveries)+len(s.NotificationFilters) != 0 {
		t.Error("the wipe left something")
	}
}
