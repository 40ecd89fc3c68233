package bunqsim_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

const callback = "https://app.example.com/bunq/callback"

// browser is a person's: it follows no redirect, so that a test can look at it, and sends what
// browsers send.
type browser struct {
	t    testing.TB
	http *http.Client
	base string
}

func newBrowser(t testing.TB, sim *bunqsim.Sim) *browser {
	return &browser{t: t, base: "https://bunq.test", http: &http.Client{
		Transport:     sim.RoundTripper(),
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

func (b *browser) do(method, path, body string, header map[string]string) *result {
	b.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, b.base+path, strings.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	if method == http.MethodPost && body != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for k, v := range header {
		req.Header.Set(k, v)
	}
	resp, err := b.http.Do(req)
	if err != nil {
		b.t.Fatal(err)
	}
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	_ = resp.Body.Close()
	return &result{resp.StatusCode, resp.Header, raw}
}

func (b *browser) open(q url.Values) *result {
	b.t.Helper()
	return b.do("GET", "/auth?"+q.Encode(), "", nil)
}

// post sends a page's form.
func (b *browser) post(path string, form url.Values) *result {
	b.t.Helper()
	return b.do("POST", path, form.Encode(), map[string]string{"Origin": "https://bunq.test", "Sec-Fetch-Site": "same-origin"})
}

var ticketField = regexp.MustCompile(`name="ticket" value="([0-9a-f]{64})"`)

func (b *browser) ticket(page *result) string {
	b.t.Helper()
	m := ticketField.FindSubmatch(page.raw)
	if page.status != 200 || m == nil {
		b.t.Fatalf("status %d, no form: %s", page.status, page.raw)
	}
	return string(m[1])
}

// answer opens the page and answers it as user, and returns where the browser is sent.
func (b *browser) answer(q url.Values, user, decision string) *url.URL {
	b.t.Helper()
	form := url.Values{"ticket": {b.ticket(b.open(q))}, "user": {user}, "decision": {decision}}
	res := b.post("/auth", form)
	to, err := url.Parse(res.header.Get("Location"))
	if err != nil || res.status != http.StatusSeeOther {
		b.t.Fatalf("status %d, location %q: %s", res.status, res.header.Get("Location"), res.raw)
	}
	return to
}

// app is an onboarded company with a client and a callback URL, and a person who may consent.
type app struct {
	*client
	sim     *bunqsim.Sim
	clock   *bunqsim.FakeClock
	browser *browser
	oauth   int64
	id      string // client_id
	secret  string
}

func newApp(t testing.TB, set bunqsim.Settings) *app {
	t.Helper()
	clock := bunqsim.NewFakeClock(start)
	sim := bunqsim.NewTest(t, bunqsim.Config{Clock: clock, Settings: set})
	return appOf(t, sim, clock, "Test App AISP PISP")
}

// appOf onboards the company of a common name at a simulator.
func appOf(t testing.TB, sim *bunqsim.Sim, clock *bunqsim.FakeClock, name string) *app {
	t.Helper()
	a := &app{client: newClient(t, sim), sim: sim, clock: clock, browser: newBrowser(t, sim)}
	a.cert = pseudo(t, name)
	a.chain = a.cert
	a.onboard()
	a.oauth = a.addOAuthClient()
	a.addCallback(a.oauth, callback)
	body := a.oauthClient(a.oauth)
	a.id, a.secret = body.ClientID, body.Secret
	return a
}

// ask is the query of the authorisation page; pairs replace or add parameters.
func (a *app) ask(pairs ...string) url.Values {
	q := url.Values{"response_type": {"code"}, "client_id": {a.id}, "redirect_uri": {callback}, "state": {"s/1&2"}}
	for i := 0; i < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return q
}

func (a *app) consent() (code string) {
	a.t.Helper()
	return a.browser.answer(a.ask(), "new-person", "allow").Query().Get("code")
}

// exchange is the query of the token endpoint; pairs replace or add parameters.
func (a *app) exchange(code string, pairs ...string) url.Values {
	q := url.Values{"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {callback},
		"client_id": {a.id}, "client_secret": {a.secret}}
	for i := 0; i < len(pairs); i += 2 {
		q.Set(pairs[i], pairs[i+1])
	}
	return q
}

type tokenBody struct {
	AccessToken string  `json:"access_token"`
	TokenType   string  `json:"token_type"`
	State       *string `json:"state"`
}

func (a *app) token(code string) string {
	a.t.Helper()
	res := a.browser.do("POST", "/token?"+a.exchange(code).Encode(), "", nil)
	var body tokenBody
	if err := json.Unmarshal(res.raw, &body); err != nil || res.status != 200 || !hex64.MatchString(body.AccessToken) {
		a.t.Fatalf("status %d: %s", res.status, res.raw)
	}
	return body.AccessToken
}

// sessionOf returns the request that opens a session with an access token on the company's own
// installation.
func (a *app) sessionOf(token string) request {
	r := a.sessionRequest()
	r.body = map[string]string{"secret": token}
	return r
}

// as opens a session with an access token, and returns a client that uses it.
func (a *app) as(token string) *client {
	a.t.Helper()
	els := a.ok(a.sessionOf(token))
	c := *a.client
	c.sessionToken = pick[struct{ Token string }](a.t, els, "Token").Token
	c.user = pick[idBody](a.t, els, "UserApiKey").ID
	return &c
}

type apiKeyBody struct {
	ID        int64
	Requested struct {
		Provider struct {
			ID   int64
			Name string `json:"display_name"`
		} `json:"UserPaymentServiceProvider"`
	} `json:"requested_by_user"`
	Granted map[string]struct {
		ID   int64
		Name string `json:"display_name"`
	} `json:"granted_by_user"`
}

// wantShortUsers checks that both users of a UserApiKey are labels, and not all that bunq knows of them.
func wantShortUsers(t *testing.T, body map[string]json.RawMessage) {
	t.Helper()
	short := []string{"avatar", "display_name", "id", "public_nick_name", "public_uuid"}
	for _, side := range []string{"requested_by_user", "granted_by_user"} {
		var users map[string]map[string]any
		if err := json.Unmarshal(body[side], &users); err != nil || len(users) != 1 {
			t.Errorf("%s is %s", side, body[side])
		}
		for kind, user := range users {
			if got := slices.Sorted(maps.Keys(user)); !slices.Equal(got, short) {
				t.Errorf("%s: a %s with %q", side, kind, got)
			}
		}
	}
}

// The whole way: page, code, token, session, and the user that the company acts as.
func TestFromConsentToTheUser(t *testing.T) {
	a := newApp(t, bunqsim.Settings{})
	for kind, path := range map[string]string{"UserPerson": "/sandbox-user-person", "UserCompany": "/sandbox-user-company"} {
		a.ok(request{method: "POST", path: path, body: `{}`})
		users := a.sim.Snapshot().Users
		person := users[len(users)-1]

		to := a.browser.answer(a.ask(), fmt.Sprint(person.ID), "allow")
		if got := to.Scheme + "://" + to.Host + to.Path; got != callback || to.Query().Get("state") != "s/1&2" || len(to.Query()) != 2 {
			t.Errorf("redirected to %s", to)
		}
		code := to.Query().Get("code")
		if !hex64.MatchString(code) {
			t.Errorf("code %q", code)
		}

		token := a.token(code)
		c := a.as(token)
		els := c.ok(c.get("/user"))
		body := pick[apiKeyBody](t, els, "UserApiKey")
		if len(els) != 1 || body.ID != c.user || c.user == a.user || c.user == person.ID {
			t.Errorf("%d users, id %d, session's %d", len(els), body.ID, c.user)
		}
		if p := body.Requested.Provider; p.ID != a.user || p.Name == "" {
			t.Errorf("requested by %+v", p)
		}
		if g := body.Granted[kind]; g.ID != person.ID || g.Name != person.DisplayName || len(body.Granted) != 1 {
			t.Errorf("granted by %+v", body.Granted)
		}
		wantShortUsers(t, pick[map[string]json.RawMessage](t, els, "UserApiKey"))
		if got := pick[apiKeyBody](t, c.ok(c.get(fmt.Sprintf("/user/%d", c.user))), "UserApiKey").ID; got != c.user {
			t.Errorf("GET /user/{id} has id %d", got)
		}
		c.refused(c.get(fmt.Sprintf("/user/%d", person.ID)), 404, fmt.Sprintf(`User for id "%d" not found.`, person.ID))

		// What belongs to the company or the person himself is not part of a consent.
		for _, path := range []string{"/oauth-client", "/credential-password-ip", urlFilters} {
			c.refused(c.in("GET", path, nil), 403, textAuthentication)
		}
		c.refused(c.in("POST", "/oauth-client", `{}`), 403, textAuthentication)
		c.ok(request{method: "DELETE", path: "/session/0", token: c.sessionToken})
		c.refused(c.get("/user"), 401, textAuthorisation)
		a.as(token) // it is long-lived
		a.ok(a.get("/user"))
	}
}

// An access token is a normal key: on another installation it opens sessions once it is registered
// there.
func TestAccessTokenOnAnotherInstallation(t *testing.T) {
	a := newApp(t, bunqsim.Settings{})
	token := a.token(a.consent())
	a.install()
	a.refused(a.sessionOf(token), 400, textCredentials)
	a.apiKey = token
	a.addDevice()
	a.as(token)

	// Another company's installation is none of the company's own.
	other := appOf(t, a.sim, a.clock, "Another App PISP")
	other.refused(other.sessionOf(token), 400, textCredentials)

	// On the company's own it is bound to the company's addresses.
	b := newApp(t, bunqsim.Settings{})
	token = b.token(b.consent())
	elsewhere := b.sessionOf(token)
	elsewhere.ip = "198.51.100.99"
	b.refused(elsewhere, 400, textCredentials)
	unsigned := b.sessionOf(token)
	unsigned.sign = false
	if res := b.send(unsigned); res.status != 466 {
		t.Errorf("unsigned: %d", res.status)
	}
	b.refused(b.sessionOf(strings.Repeat("0", 64)), 400, textCredentials)
}

// The key of a sandbox user works as every key does, and runs out unused as every key does.
func TestKeysOfSandboxUsers(t *testing.T) {
	for kind, path := range map[string]string{"UserPerson": "/sandbox-user-person", "UserCompany": "/sandbox-user-company"} {
		sim, clock := sandbox(t, bunqsim.Settings{})
		c := newClient(t, sim)
		c.install()
		made := func() string {
			return pick[struct {
				Key string `json:"api_key"`
			}](t, c.ok(request{method: "POST", path: path}), "ApiKey").Key
		}
		c.apiKey = made()
		c.addDevice()
		els := c.ok(c.sessionRequest())
		c.user = pick[idBody](t, els, kind).ID
		c.sessionToken = pick[struct{ Token string }](t, els, "Token").Token
		if got := pick[idBody](t, c.ok(c.get("/user")), kind).ID; got != c.user {
			t.Errorf("GET /user has id %d, the session %d", got, c.user)
		}

		c.apiKey = made()
		clock.Advance(60 * minute)
		c.install()
		c.refused(c.deviceRequest(), 400, textCredentials)
	}
}
