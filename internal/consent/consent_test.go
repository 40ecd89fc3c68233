package consent_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// state is what the application sends along; nothing of it may get lost on the way.
const state = "8f14e45f/ü &=+%20"

// situation is a company that was onboarded by an apply from nothing, and what that apply gave it.
type situation struct {
	bunq    *acctest.Bunq
	cli     *acctest.CLI
	app     *application
	browser *browser

	authorizeURL, foreignURL, clientID, clientSecret string
	context                                          apiContext
	userID                                           int64
}

// onboarded applies everything an application needs, from nothing.
func onboarded(t *testing.T) *situation {
	t.Helper()
	app := newApplication(t)
	b := acctest.New(t, acctest.WithSim(func(c *bunqsim.Config) {
		c.Webhooks = app.server.Client()
	}))
	s := &situation{bunq: b, cli: acctest.NewCLI(t, b, acctest.Attached), app: app, browser: newBrowser(t, app)}
	s.cli.Write(t, acctest.Client+fmt.Sprintf(`
locals {
  page  = %q
  app   = %q
  state = %q
}

resource "bunq_oauth_callback_url" "app" {
  api_context     = bunq_device_server.main.api_context
  oauth_client_id = bunq_oauth_client.main.id
  url             = "${local.app}%s"
}

resource "bunq_notification_filters" "main" {
  api_context = bunq_device_server.main.api_context
  filters     = [{ category = "OAUTH", notification_target = "${local.app}%s" }]
}

output "authorize_url" {
  value = provider::bunq::oauth_authorize_url(local.page, bunq_oauth_client.main.client_id, bunq_oauth_callback_url.app.url, local.state)
}

output "foreign_url" {
  value = provider::bunq::oauth_authorize_url(local.page, bunq_oauth_client.main.client_id, "${bunq_oauth_callback_url.app.url}/", local.state)
}

output "client" {
  value     = { id = bunq_oauth_client.main.client_id, secret = bunq_oauth_client.main.client_secret, user = bunq_oauth_client.main.user_id }
  sensitive = true
}

output "api_context" {
  value     = bunq_device_server.main.api_context
  sensitive = true
}
`, b.Server().AuthorizeURL(), app.server.URL, state, callbackPath, webhookPath))
	s.cli.MustApply(t)
	s.cli.MustHaveNothingToDo(t)

	var client struct{ ID, Secret, User string }
	for name, into := range map[string]any{"authorize_url": &s.authorizeURL, "foreign_url": &s.foreignURL, "client": &client, "api_context": &s.context} {
		out := s.cli.Run(t, "output", "-json", "-no-color", name)
		if out.Code != 0 {
			t.Fatalf("output %s: exit code %d", name, out.Code)
		}
		if err := json.Unmarshal([]byte(out.Output), into); err != nil {
			t.Fatalf("output %s: %v", name, err)
		}
	}
	s.clientID, s.clientSecret = client.ID, client.Secret
	var err error
	if s.userID, err = strconv.ParseInt(client.User, 10, 64); err != nil {
		t.Fatal(err)
	}
	return s
}

// decide opens the page that the output names, as a new person, and presses a button.
func (s *situation) decide(t *testing.T, word string) {
	t.Helper()
	p := s.browser.open(t, s.authorizeURL)
	if p.status != http.StatusOK || len(p.forms) != 1 {
		t.Fatalf("the authorisation page has status %d and %d forms: %s", p.status, len(p.forms), p.text)
	}
	s.browser.press(t, p, p.forms[0], word, "user", "new-person")
}

// consented returns the code of a yes.
func (s *situation) consented(t *testing.T) string {
	t.Helper()
	s.decide(t, "Yes")
	got := s.app.arrived(t)
	code := got.Get("code")
	if code == "" || got.Get("state") != state || len(got) != 2 {
		t.Fatalf("after a yes the application got %v", got)
	}
	if n := next(t, s.app.notices, "the consent was not told to the webhook"); n.Category != "OAUTH" || n.Object.User.ID == 0 {
		t.Errorf("the consent was told as %+v", n)
	}
	return code
}

// connection is the newest consent at bunq.
func (s *situation) connection(t *testing.T) bunqsim.Connection {
	t.Helper()
	all := s.bunq.Sim.Snapshot().Connections
	if len(all) == 0 {
		t.Fatal("bunq has no consent")
	}
	return all[len(all)-1]
}

// All that an application needs is there after one apply: from the address in its outputs a person
// says yes, and the application acts as that person; until the consent ends, by the person or with
// the client.
func TestAccConsent(t *testing.T) {
	t.Parallel()
	s := onboarded(t)

	t.Run("yes", func(t *testing.T) {
		p := s.browser.open(t, s.authorizeURL)
		for _, want := range []string{"Acceptance", "asks for access to your bunq account", strings.TrimPrefix(s.app.server.URL, "https://")} {
			if !strings.Contains(p.text, want) {
				t.Errorf("the page does not say %q: %s", want, p.text)
			}
		}
		token := s.token(t, s.consented(t))
		status, session, opened := s.session(t, token)
		if status != http.StatusOK || session == "" {
			t.Fatalf("the access token opens no session: status %d", status)
		}
		status, as := s.user(t, session)
		granted, conn := as.Granted["UserPerson"], s.connection(t)
		if status != http.StatusOK || as.ID == 0 || as.ID != opened.ID || as.ID != conn.UserID || granted.ID != conn.GrantedBy || granted.Name == "" {
			t.Errorf("GET /user has status %d and %+v; the consent is %d by %d", status, as, conn.UserID, conn.GrantedBy)
		}
		if got := as.Requested["UserPaymentServiceProvider"]; got.ID != s.userID {
			t.Errorf("GET /user names %+v as who asked, the state user %d", as.Requested, s.userID)
		}
	})

	t.Run("in a real browser", s.inARealBrowser)

	t.Run("no", func(t *testing.T) {
		before := len(s.bunq.Sim.Snapshot().Connections)
		s.decide(t, "No")
		got := s.app.arrived(t)
		if got.Get("error") != "access_denied" || got.Get("state") != state || got.Has("code") {
			t.Errorf("after a no the application got %v", got)
		}
		if now := len(s.bunq.Sim.Snapshot().Connections); now != before {
			t.Errorf("a no made %d consents", now-before)
		}
	})

	t.Run("foreign redirect URI", func(t *testing.T) {
		p := s.browser.open(t, s.foreignURL)
		if p.status != http.StatusBadRequest || len(p.forms) > 0 || !strings.Contains(p.text, "not one of the client's callback URLs") {
			t.Errorf("status %d, %d forms: %s", p.status, len(p.forms), p.text)
		}
		s.app.nobody(t)
	})

	t.Run("code used twice", func(t *testing.T) {
		code := s.consented(t)
		s.token(t, code)
		if status, answer := s.trade(t, code); status == http.StatusOK || answer["error"] != "invalid_grant" || answer["access_token"] != nil {
			t.Errorf("the second use has status %d, error %v and the fields %v", status, answer["error"], names(answer))
		}
	})

	t.Run("consent withdrawn", func(t *testing.T) {
		token := s.token(t, s.consented(t))
		_, session, as := s.session(t, token)
		conn := s.connection(t)
		p := s.browser.open(t, s.bunq.Server().ConnectionsURL())
		i := slices.IndexFunc(p.forms, func(f *form) bool { return strings.Contains(f.text, strconv.FormatInt(conn.GrantedBy, 10)) })
		if i < 0 {
			t.Fatalf("the consent of user %d is not on the page: %s", conn.GrantedBy, p.text)
		}
		s.browser.press(t, p, p.forms[i], "Withdraw")

		n := next(t, s.app.notices, "the end of the consent was not told to the webhook")
		if n.Category != "OAUTH" || n.Object.User.ID != as.ID || n.Object.User.Granted["UserPerson"].ID != conn.GrantedBy {
			t.Errorf("the webhook was told %+v; what ended is %d of user %d", n, as.ID, conn.GrantedBy)
		}
		s.ended(t, token, session)
	})

	t.Run("client cancelled", func(t *testing.T) {
		token, unused := s.token(t, s.consented(t)), s.consented(t)
		_, session, _ := s.session(t, token)
		if status, _ := s.user(t, session); status != http.StatusOK {
			t.Fatalf("before: status %d", status)
		}
		open := s.browser.open(t, s.authorizeURL)

		s.cli.Destroy(t).MustSay(t, 0)
		s.ended(t, token, session)
		if status, answer := s.trade(t, unused); status == http.StatusOK || answer["access_token"] != nil {
			t.Errorf("a code of before is traded: status %d, fields %v", status, names(answer))
		}
		answered := s.browser.press(t, open, open.forms[0], "Yes", "user", "new-person")
		for _, p := range []*page{answered, s.browser.open(t, s.authorizeURL)} {
			if p.status != http.StatusBadRequest || len(p.forms) > 0 || strings.Contains(p.text, "asks for access") {
				t.Errorf("the page of a client that is gone has status %d: %s", p.status, p.text)
			}
		}
		s.app.nobody(t)
	})
}

// ended fails the test unless neither the access token nor its session is good any more.
func (s *situation) ended(t *testing.T, token, session string) {
	t.Helper()
	if status, _ := s.user(t, session); status != http.StatusUnauthorized && status != http.StatusForbidden {
		t.Errorf("the session of a consent that has ended: GET /user has status %d", status)
	}
	if status, again, _ := s.session(t, token); status == http.StatusOK || again != "" {
		t.Errorf("the access token of a consent that has ended opens a session: status %d", status)
	}
}
