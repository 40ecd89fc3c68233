package bunqsim_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

type clientBody struct {
	ID          int64
	Status      string
	ClientID    string `json:"client_id"`
	Secret      string
	CallbackURL []struct {
		ID  int64
		URL string
	} `json:"callback_url"`
}

var hex64 = regexp.MustCompile(`^[0-9a-f]{64}$`)

func (c *client) oauthClient(id int64) clientBody {
	c.t.Helper()
	return pick[clientBody](c.t, c.ok(c.in("GET", fmt.Sprintf("/oauth-client/%d", id), nil)), "OauthClient")
}

func TestOAuthClientIsMadeWithAnyEmptyBody(t *testing.T) {
	for _, body := range []string{`{}`, `[]`, `{"status":"ACTIVE"}`} {
		t.Run(body, func(t *testing.T) {
			sim, _ := sandbox(t, bunqsim.Settings{})
			c := newClient(t, sim).onboard()
			id := pick[idBody](t, c.ok(c.in("POST", "/oauth-client", body)), "Id").ID
			snap := sim.Snapshot().OAuthClients[0]
			if !hex64.MatchString(snap.ClientID) || !hex64.MatchString(snap.Secret) || snap.ClientID == snap.Secret {
				t.Errorf("client_id %q, secret %q", snap.ClientID, snap.Secret)
			}
			want := fmt.Sprintf(`{"Response":[{"OauthClient":{"id":%d,"status":"ACTIVE","display_name":null,"client_id":%q,"secret":%q,"callback_url":[]}}]}`,
				id, snap.ClientID, snap.Secret)
			if got := string(c.send(c.in("GET", fmt.Sprintf("/oauth-client/%d", id), nil)).raw); got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

func TestOAuthClientRules(t *testing.T) {
	sim, _ := sandbox(t, bunqsim.Settings{})
	c := newClient(t, sim).onboard()
	c.refused(c.in("POST", "/oauth-client", `{"status":"CANCELLED"}`), 400, `Invalid value for field "status".`)
	c.refused(c.in("POST", "/oauth-client", `{"display_name":"x","redirect_url":"y"}`), 400,
		`Superfluous field "display_name".`, `Superfluous field "redirect_url".`)
	id := c.addOAuthClient()
	path := fmt.Sprintf("/oauth-client/%d", id)
	cb := c.addCallback(id, "https://example.com/cb")
	c.refused(c.in("POST", "/oauth-client", `{}`), 400, "You can only have one active OAuth Client registered.")
	c.ok(c.in("PUT", path, `{"status":"ACTIVE"}`))
	if got := pick[idBody](t, c.ok(c.in("PUT", path, `{"status":"CANCELLED"}`)), "Id").ID; got != id {
		t.Errorf("PUT answers id %d", got)
	}
	dead := c.oauthClient(id)
	if dead.Status != "CANCELLED" || !hex64.MatchString(dead.Secret) || len(dead.CallbackURL) != 1 {
		t.Errorf("cancelled client reads %s with %d callback URLs", dead.Status, len(dead.CallbackURL))
	}
	const cancelled = "OAuth client is cancelled."
	c.refused(c.in("PUT", path, `{"status":"ACTIVE"}`), 400, cancelled)
	c.refused(c.in("POST", path+"/callback-url", `{"url":"https://example.com/2"}`), 400, cancelled)
	one := fmt.Sprintf("%s/callback-url/%d", path, cb)
	c.refused(c.in("PUT", one, `{"url":"https://example.com/2"}`), 400, cancelled)
	c.refused(c.in("DELETE", one, nil), 400, cancelled)
	c.ok(c.in("GET", one, nil))
	second := c.addOAuthClient()
	if n := len(c.ok(c.in("GET", "/oauth-client", nil))); n != 2 {
		t.Errorf("%d clients listed", n)
	}
	if got := sim.Snapshot().ActiveOAuthClients(c.user); len(got) != 1 || got[0] != second {
		t.Errorf("active clients %d", got)
	}
	c.refused(c.in("GET", "/oauth-client/1", nil), 404, `Oauth client for id "1" not found.`)
	c.refused(c.in("GET", fmt.Sprintf("/oauth-client/%d/callback-url/%d", second, cb), nil), 404,
		fmt.Sprintf(`Oauth callback url for id "%d" not found.`, cb))
}

func TestOAuthClientOfAnotherUser(t *testing.T) {
	sim, _ := sandbox(t, bunqsim.Settings{})
	other := newClient(t, sim)
	other.cert = pseudo(t, "Somebody else PISP")
	other.chain = other.cert
	other.onboard()
	theirs := other.addOAuthClient()
	c := newClient(t, sim).onboard()
	c.addOAuthClient() // one each
	c.refused(c.in("GET", fmt.Sprintf("/oauth-client/%d", theirs), nil), 404, fmt.Sprintf(`Oauth client for id "%d" not found.`, theirs))
	foreign := other.in("GET", fmt.Sprintf("/oauth-client/%d", theirs), nil)
	foreign.token = c.sessionToken
	c.refused(foreign, 404, fmt.Sprintf(`User for id "%d" not found.`, other.user))
}

func TestCallbackURLRules(t *testing.T) {
	sim, _ := sandbox(t, bunqsim.Settings{})
	c := newClient(t, sim).onboard()
	id := c.addOAuthClient()
	const first, second = "https://example.com/cb", "https://example.com/cb2"
	c.addCallback(id, first)
	cb2 := c.addCallback(id, second)
	path := fmt.Sprintf("/oauth-client/%d/callback-url", id)
	longest := "https://example.com/" + strings.Repeat("x", 255-20)
	for _, tc := range []struct {
		rule, url, text string
	}{
		{"http", "http://example.com/cb", "The callback URL must use HTTPS."},
		{"http to the same machine", "http://localhost:8000/cb", "The callback URL must use HTTPS."},
		{"another scheme", "myapp://cb", "The callback URL must use HTTPS."},
		{"twice", first, "The Callback URL has already been registered for this Client."},
		{"relative", "/cb", `Invalid value for field "url".`},
		{"no host", "https:///cb", `Invalid value for field "url".`},
		{"with a fragment", "https://example.com/cb#x", `Invalid value for field "url".`},
		{"empty", "", `Invalid value for field "url".`},
		{"256 characters", longest + "x", `Invalid value for field "url".`},
		{"not normalised: a slash makes another", first + "/", ""},
		{"not normalised: capitals make another", "https://EXAMPLE.com/cb", ""},
		{"with port and query", "https://localhost:8000/callback?x=1", ""},
		{"255 characters", longest, ""},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			r := c.in("POST", path, map[string]string{"url": tc.url})
			if tc.text == "" {
				c.ok(r)
				return
			}
			c.refused(r, 400, tc.text)
			c.refused(c.in("PUT", fmt.Sprintf("%s/%d", path, cb2), map[string]string{"url": tc.url}), 400, tc.text)
		})
	}
	c.ok(c.in("PUT", fmt.Sprintf("%s/%d", path, cb2), map[string]string{"url": second})) // its own
}

func TestCallbackURLLife(t *testing.T) {
	sim, clock := sandbox(t, bunqsim.Settings{})
	c := newClient(t, sim).onboard()
	id := c.addOAuthClient()
	cb := c.addCallback(id, "https://example.com/a")
	path := fmt.Sprintf("/oauth-client/%d/callback-url/%d", id, cb)
	clock.Advance(minute)
	if got := pick[idBody](t, c.ok(c.in("PUT", path, map[string]string{"url": "https://example.com/b"})), "Id").ID; got != cb {
		t.Errorf("PUT answers id %d", got)
	}
	want := fmt.Sprintf(`{"id":%d,"created":"2026-03-04 05:06:07.123456","updated":"2026-03-04 05:07:07.123456","url":"https:\/\/example.com\/b"}`, cb)
	if got := string(c.send(c.in("GET", path, nil)).raw); got != `{"Response":[{"OauthCallbackUrl":`+want+`}]}` {
		t.Errorf("got %s", got)
	}
	if got := string(c.send(c.in("GET", fmt.Sprintf("/oauth-client/%d", id), nil)).raw); !strings.Contains(got, `"callback_url":[`+want+`]`) {
		t.Errorf("in the client it is no bare object: %s", got)
	}
	res := c.send(c.in("DELETE", path, nil))
	if string(res.raw) != `{"Response":[]}` {
		t.Errorf("DELETE answers %s", res.raw)
	}
	missing := fmt.Sprintf(`Oauth callback url for id "%d" not found.`, cb)
	c.refused(c.in("DELETE", path, nil), 404, missing)
	c.refused(c.in("GET", path, nil), 404, missing)
	if got := c.oauthClient(id).CallbackURL; len(got) != 0 {
		t.Errorf("the client still has %v", got)
	}
}
