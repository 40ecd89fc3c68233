package bunqsim_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

const textRedirect = "redirect_uri is not one of the client&#39;s callback URLs. They are compared byte by byte."

// A request that can't be right is shown to the person, and sends the browser nowhere.
func TestWrongAuthorisationRequests(t *testing.T) {
	a := newApp(t, bunqsim.Settings{})
	cancelled := appOf(t, a.sim, a.clock, "Another App PISP")
	if err := a.sim.CancelOAuthClient(cancelled.oauth); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		rule string
		q    url.Values
		text string
	}{
		{"no response_type", without(a.ask(), "response_type"), "response_type must be &#34;code&#34;."},
		{"implicit grant", a.ask("response_type", "token"), "response_type must be &#34;code&#34;."},
		{"no client_id", without(a.ask(), "client_id"), "There is no OAuth client with this client_id."},
		{"unknown client_id", a.ask("client_id", strings.Repeat("0", 64)), "There is no OAuth client with this client_id."},
		{"the client's number", a.ask("client_id", fmt.Sprint(a.oauth)), "There is no OAuth client with this client_id."},
		{"cancelled client", a.ask("client_id", cancelled.id), "This OAuth client is cancelled."},
		{"no redirect_uri", without(a.ask(), "redirect_uri"), textRedirect},
		{"foreign redirect_uri", a.ask("redirect_uri", "https://evil.example.com/"), textRedirect},
		{"a slash more", a.ask("redirect_uri", callback+"/"), textRedirect},
		{"capitals", a.ask("redirect_uri", strings.Replace(callback, "app", "APP", 1)), textRedirect},
		{"only the beginning", a.ask("redirect_uri", "https://app.example.com/"), textRedirect},
		{"http", a.ask("redirect_uri", strings.Replace(callback, "https", "http", 1)), textRedirect},
		{"a query more", a.ask("redirect_uri", callback+"?x=1"), textRedirect},
		{"two states", url.Values{"response_type": {"code"}, "client_id": {a.id}, "redirect_uri": {callback}, "state": {"1", "2"}}, "state is given more than once."},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			a.browser.t = t
			res := a.browser.open(tc.q)
			if res.status != 400 || res.header.Get("Location") != "" || !strings.Contains(string(res.raw), tc.text) {
				t.Errorf("status %d, location %q: %s", res.status, res.header.Get("Location"), res.raw)
			}
			if strings.Contains(string(res.raw), "<form") {
				t.Error("the page has a form")
			}
		})
	}
	if n := len(a.sim.Snapshot().Connections); n != 0 {
		t.Errorf("%d connections", n)
	}
}

func without(q url.Values, name string) url.Values {
	q.Del(name)
	return q
}

// What is left out or not known does no harm, and a redirect URI with a query keeps it.
func TestRedirects(t *testing.T) {
	a := newApp(t, bunqsim.Settings{})
	const queried = "https://app.example.com/cb?tenant=1&x=%2F"
	a.addCallback(a.oauth, queried)
	for _, tc := range []struct {
		rule     string
		q        url.Values
		decision string
		want     string // CODE stands for the code
	}{
		{"yes", a.ask(), "allow", callback + "?code=CODE&state=s%2F1%262"},
		{"no", a.ask(), "deny", callback + "?error=access_denied&state=s%2F1%262"},
		{"yes without state", without(a.ask(), "state"), "allow", callback + "?code=CODE"},
		{"no without state", without(a.ask(), "state"), "deny", callback + "?error=access_denied"},
		{"an empty state is one", a.ask("state", ""), "deny", callback + "?error=access_denied&state="},
		{"scope is ignored", a.ask("scope", "all"), "deny", callback + "?error=access_denied&state=s%2F1%262"},
		{"a query of its own", a.ask("redirect_uri", queried), "allow", queried + "&code=CODE&state=s%2F1%262"},
		{"state in the answer only once", a.ask("state", "x&error=none#f"), "deny", callback + "?error=access_denied&state=x%26error%3Dnone%23f"},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			a.browser.t = t
			before := len(a.sim.Snapshot().Connections)
			ticket := a.browser.ticket(a.browser.open(tc.q))
			res := a.browser.post("/auth", url.Values{"ticket": {ticket}, "user": {"new-company"}, "decision": {tc.decision}})
			snap, want := a.sim.Snapshot(), tc.want
			if tc.decision == "allow" {
				want = strings.Replace(want, "CODE", snap.Connections[len(snap.Connections)-1].Code, 1)
				before++
			}
			if got := res.header.Get("Location"); res.status != http.StatusSeeOther || got != want {
				t.Errorf("status %d\ngot  %s\nwant %s", res.status, got, want)
			}
			if len(snap.Connections) != before {
				t.Errorf("%d connections, want %d", len(snap.Connections), before)
			}
			if res.header.Get("Cache-Control") != "no-store" {
				t.Error("the redirect may be stored")
			}
		})
	}
}

// The page names who asks and for what, and shows nothing of an application's as markup.
func TestAuthorisationPage(t *testing.T) {
	sim, clock := sandbox(t, bunqsim.Settings{})
	a := appOf(t, sim, clock, `<b>"Tom" & Co</b> AISP`)
	a.ok(request{method: "POST", path: "/sandbox-user-person"})
	person := sim.Snapshot().Users[1]

	res := a.browser.open(a.ask("state", `"><script>alert(1)</script>`))
	page := string(res.raw)
	for _, want := range []string{
		`<html lang="en">`, `<h1>&lt;b&gt;&#34;Tom&#34; &amp; Co&lt;/b&gt; AISP asks for access to your bunq account</h1>`,
		"<li>see your accounts, their balances and payments</li>", "app.example.com", "<legend>Who are you?</legend>",
		fmt.Sprintf(`<label for="user-%d">%s`, person.ID, person.DisplayName), `<label for="user-new-person">A new person</label>`,
		`value="allow">Yes, allow access</button>`, `value="deny" class="plain">No</button>`, `href="/connections"`, "width=device-width",
	} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %s", want)
		}
	}
	for _, never := range []string{"<script", "alert(1)", "prepare payments", "http://", "https://"} {
		if strings.Contains(page, never) {
			t.Errorf("the page has %s", never)
		}
	}
	for name, want := range map[string]string{
		"Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store", "X-Frame-Options": "DENY",
		"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin",
	} {
		if got := res.header.Get(name); got != want {
			t.Errorf("%s is %q", name, got)
		}
	}
	policy := res.header.Get("Content-Security-Policy")
	if !strings.HasPrefix(policy, "default-src 'none'; style-src 'sha256-") || !strings.Contains(policy, "frame-ancestors 'none'") {
		t.Errorf("policy %s", policy)
	}
	if res.header.Get("X-Bunq-Server-Signature") != "" {
		t.Error("a page is signed")
	}
	if before := len(sim.Snapshot().Users); before != 2 {
		t.Errorf("looking made %d users", before-2)
	}
}

// Only the page's own form counts, once, for a while, and for what was shown.
func TestAnswersThatDoNotCount(t *testing.T) {
	a := newApp(t, bunqsim.Settings{})
	fresh := func() string { return a.browser.ticket(a.browser.open(a.ask())) }
	form := func(ticket, user, decision string) url.Values {
		return url.Values{"ticket": {ticket}, "user": {user}, "decision": {decision}}
	}
	old := fresh()
	a.clock.Advance(15*minute - time.Microsecond)
	denied := fresh()
	a.browser.post("/auth", form(denied, "new-person", "deny"))
	a.clock.Advance(time.Microsecond) // and no page is asked for: that would clear away the old one
	if res := a.browser.post("/auth", form(old, "new-person", "allow")); res.status != 400 {
		t.Errorf("too old: %d", res.status)
	}
	const stale = "This page has been answered already, or is too old. Go back to the application and start again."
	for _, tc := range []struct {
		rule   string
		form   url.Values
		header map[string]string
		status int
		text   string
	}{
		{"no ticket", form("", "new-person", "allow"), nil, 400, stale},
		{"an invented ticket", form(strings.Repeat("0", 64), "new-person", "allow"), nil, 400, stale},
		{"used", form(denied, "new-person", "allow"), nil, 400, stale},
		{"from another site", form(fresh(), "new-person", "allow"), map[string]string{"Sec-Fetch-Site": "cross-site"}, 403, "This form was sent from another site."},
		{"from another site, by an old browser", form(fresh(), "new-person", "allow"), map[string]string{"Origin": "https://evil.example.com"}, 403, "This form was sent from another site."},
		{"nobody", form(fresh(), "", "allow"), nil, 400, "Choose who you are."},
		{"somebody who isn't", form(fresh(), "1", "allow"), nil, 400, "Choose who you are."},
		{"the company itself", form(fresh(), fmt.Sprint(a.user), "allow"), nil, 400, "Choose who you are."},
		{"neither yes nor no", form(fresh(), "new-person", ""), nil, 400, "Choose one of the two answers."},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			a.browser.t = t
			res := a.browser.do("POST", "/auth", tc.form.Encode(), tc.header)
			if res.status != tc.status || res.header.Get("Location") != "" || !strings.Contains(string(res.raw), tc.text) {
				t.Errorf("status %d, location %q: %s", res.status, res.header.Get("Location"), res.raw)
			}
		})
	}
	if s := a.sim.Snapshot(); len(s.Connections) != 0 || len(s.Users) != 1 {
		t.Errorf("%d connections, %d users", len(s.Connections), len(s.Users))
	}

	// Meanwhile the URL was taken away, or the client.
	id := a.oauthClient(a.oauth).CallbackURL[0].ID
	ticket := fresh()
	if err := a.sim.EditCallbackURL(id, callback+"2"); err != nil {
		t.Fatal(err)
	}
	if res := a.browser.post("/auth", form(ticket, "new-person", "allow")); res.status != 400 || !strings.Contains(string(res.raw), textRedirect) {
		t.Errorf("status %d: %s", res.status, res.raw)
	}
	if err := a.sim.EditCallbackURL(id, callback); err != nil {
		t.Fatal(err)
	}
	ticket = fresh()
	a.ok(a.in("PUT", fmt.Sprintf("/oauth-client/%d", a.oauth), `{"status":"CANCELLED"}`))
	if res := a.browser.post("/auth", form(ticket, "new-person", "deny")); res.status != 400 || res.header.Get("Location") != "" {
		t.Errorf("cancelled: status %d, location %q", res.status, res.header.Get("Location"))
	}
	for _, method := range []string{"PUT", "DELETE"} {
		if res := a.browser.do(method, "/auth", "", nil); res.status != 405 {
			t.Errorf("%s: %d", method, res.status)
		}
	}
}

// A wrong answer can be put right on the page that comes back.
func TestTheFormComesBack(t *testing.T) {
	a := newApp(t, bunqsim.Settings{})
	first := a.browser.ticket(a.browser.open(a.ask()))
	res := a.browser.post("/auth", url.Values{"ticket": {first}, "decision": {"allow"}})
	m := ticketField.FindSubmatch(res.raw)
	if m == nil {
		t.Fatalf("no form: %s", res.raw)
	}
	res = a.browser.post("/auth", url.Values{"ticket": {string(m[1])}, "user": {"new-person"}, "decision": {"allow"}})
	if !strings.HasPrefix(res.header.Get("Location"), callback+"?code=") {
		t.Errorf("status %d, location %q", res.status, res.header.Get("Location"))
	}
}

// The page says what the roles of the certificate allow, those of the last one; in production the
// roles are in its qcStatements.
func TestPermissionsOfThePage(t *testing.T) {
	texts := map[string]string{
		"AISP": "<li>see your accounts, their balances and payments</li>", "PISP": "<li>prepare payments from your accounts, ",
		"CBPII": "<li>ask whether an amount is available on an account</li>",
	}
	shows := func(t *testing.T, a *app, roles ...string) {
		t.Helper()
		page := string(a.browser.open(a.ask()).raw)
		for role, text := range texts {
			if strings.Contains(page, text) != slices.Contains(roles, role) {
				t.Errorf("roles %q, %s: %s", roles, role, page)
			}
		}
	}

	clock := bunqsim.NewFakeClock(start)
	sim := bunqsim.NewTest(t, bunqsim.Config{Environment: bunqsim.Production, Clock: clock})
	a := &app{client: newClient(t, sim), sim: sim, clock: clock, browser: newBrowser(t, sim)}
	ca := newAuthority(t)
	a.cert, a.chain = ca.leaf(sealTemplate("PSDNL-DNB-1", statementPISPandCBPII, statementSeal)), ca.root
	a.onboard()
	a.oauth = a.addOAuthClient()
	a.addCallback(a.oauth, callback)
	body := a.oauthClient(a.oauth)
	a.id, a.secret = body.ClientID, body.Secret
	shows(t, a, "PISP", "CBPII")
	a.as(a.token(a.consent())) // people are made up in production, too; only the API's way to make them is missing

	a.cert = ca.leaf(sealTemplate("PSDNL-DNB-1"))
	a.register()
	shows(t, a, "AISP")

	// A sandbox user may have a client as well. Nothing is known of what it may do.
	box, clock := sandbox(t, bunqsim.Settings{})
	b := &app{client: newClient(t, box), sim: box, clock: clock, browser: newBrowser(t, box)}
	b.install()
	b.apiKey = pick[struct {
		Key string `json:"api_key"`
	}](t, b.ok(request{method: "POST", path: "/sandbox-user-company"}), "ApiKey").Key
	b.addDevice()
	els := b.ok(b.sessionRequest())
	b.sessionToken, b.user = pick[struct{ Token string }](t, els, "Token").Token, pick[idBody](t, els, "UserCompany").ID
	b.oauth = b.addOAuthClient()
	b.addCallback(b.oauth, callback)
	b.id = b.oauthClient(b.oauth).ClientID
	shows(t, b)
	b.browser.answer(b.ask(), fmt.Sprint(b.user), "allow") // to itself
	if page := string(b.browser.do("GET", "/connections", "", nil).raw); !strings.Contains(page, "Sandbox") {
		t.Errorf("connections: %s", page)
	}
}

// The style sheet is the one that the policy lets the browser apply.
func TestPolicyAllowsTheStyle(t *testing.T) {
	sim, _ := sandbox(t, bunqsim.Settings{})
	res := newBrowser(t, sim).do("GET", "/connections", "", nil)
	_, rest, _ := strings.Cut(string(res.raw), "<style>")
	style, _, ok := strings.Cut(rest, "</style>")
	sum := sha256.Sum256([]byte(style))
	if hash := base64.StdEncoding.EncodeToString(sum[:]); !ok || !strings.Contains(res.header.Get("Content-Security-Policy"), "style-src 'sha256-"+hash+"';") {
		t.Errorf("hash %s, policy %s", hash, res.header.Get("Content-Security-Policy"))
	}
}
