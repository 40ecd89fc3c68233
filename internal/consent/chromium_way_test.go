package consent_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// inARealBrowser is the way of a person with mouse and screen: yes, no, an address that is not
// registered, and the consent withdrawn.
func (s *situation) inARealBrowser(t *testing.T) {
	c := newChromium(t, s.app)
	var text, address string
	look := func() {
		t.Helper()
		c.see(t, "document.body.innerText", &text)
		c.see(t, "location.href", &address)
	}

	c.open(t, s.authorizeURL)
	look()
	for _, want := range []string{"Acceptance", "asks for access to your bunq account", "Yes, allow access"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page does not say %q: %s", want, text)
		}
	}
	for _, colours := range []string{"light", "dark"} {
		c.fits(t, "authorisation", 360, colours)
		c.fits(t, "authorisation", 1024, colours)
	}
	c.click(t, "label", "A new company")
	c.click(t, "button", "Yes")
	c.loaded(t)
	look()
	got := s.app.arrived(t)
	if !strings.HasPrefix(address, s.app.server.URL+callbackPath+"?") || !strings.Contains(text, "Thank you") || got.Get("state") != state {
		t.Errorf("after a yes the browser is at %s, and the application got %v", address, got)
	}
	next(t, s.app.notices, "the webhook was not told about the consent")
	token, conn := s.token(t, got.Get("code")), s.connection(t)
	status, session, _ := s.session(t, token)
	if _, as := s.user(t, session); status != http.StatusOK || as.Granted["UserCompany"].ID != conn.GrantedBy {
		t.Errorf("the session has status %d, and is that of %+v", status, as)
	}

	c.open(t, s.authorizeURL)
	c.click(t, "button", "No")
	c.loaded(t)
	if got := s.app.arrived(t); got.Get("error") != "access_denied" || got.Get("state") != state {
		t.Errorf("after a no the application got %v", got)
	}

	c.open(t, s.foreignURL)
	look()
	c.fits(t, "problem", 360, "light")
	if address != s.foreignURL || !strings.Contains(text, "not one of the client's callback URLs") {
		t.Errorf("with a foreign redirect URI the browser is at %s: %s", address, text)
	}
	s.app.nobody(t)

	c.open(t, s.bunq.Server().ConnectionsURL())
	c.fits(t, "connections", 360, "light")
	c.click(t, fmt.Sprintf("#withdraw-%d", conn.ID), "Withdraw")
	c.loaded(t)
	look()
	if n := next(t, s.app.notices, "the webhook was not told about the end of the consent"); n.Object.User.ID != conn.UserID {
		t.Errorf("the webhook was told %+v, what ended is %d", n, conn.UserID)
	}
	if !strings.Contains(text, "Access withdrawn.") {
		t.Errorf("the page does not say that the access is withdrawn: %s", text)
	}
	s.ended(t, token, session)
}
