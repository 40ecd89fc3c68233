package bunqsim_test

import (
	"strings"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// otherEndUser goes on with otherFilters, for consents and what they give.
var otherEndUser = map[string]func(settingTest){
	"CodeLifetime": func(t settingTest) {
		a := newApp(t, bunqsim.Settings{CodeLifetime: time.Minute})
		code := a.consent()
		a.clock.Advance(time.Minute - time.Microsecond)
		a.token(code)
		code = a.consent()
		a.clock.Advance(time.Minute)
		a.tokenRefused(t.T, a.exchange(code), 401, invalidGrant)
	},
	"UsedCode": func(t settingTest) {
		a := newApp(t, bunqsim.Settings{UsedCode: bunqsim.Revokes})
		code := a.consent()
		token := a.token(code)
		c := a.as(token)
		a.tokenRefused(t.T, a.exchange(code), 401, invalidGrant)
		c.refused(c.get("/user"), 401, textAuthorisation)
		a.refused(a.sessionOf(token), 400, textCredentials)
		a.tokenRefused(t.T, a.exchange(code), 401, invalidGrant)
	},
	"TokenErrors": func(t settingTest) {
		a := newApp(t, bunqsim.Settings{TokenErrors: bunqsim.AllInvalidGrant})
		code := a.consent()
		a.tokenRefused(t.T, a.exchange(code, "client_secret", "x"), 401, invalidGrant)
		a.tokenRefused(t.T, without(a.exchange(code), "code"), 401, invalidGrant)
		a.tokenRefused(t.T, a.exchange(code, "grant_type", "x"), 401, invalidGrant)
		a.token(code)
	},
	"AccessTokenWithoutDevice": func(t settingTest) {
		a := newApp(t, bunqsim.Settings{AccessTokenWithoutDevice: bunqsim.Refused})
		token := a.token(a.consent())
		a.refused(a.sessionOf(token), 400, textCredentials)
		a.install()
		a.apiKey = token
		a.addDevice()
		c := a.as(token)
		c.ok(c.get("/user"))
	},
	"ConsentNotifications": func(t settingTest) {
		a, to := hookedApp(t, bunqsim.Settings{ConsentNotifications: bunqsim.WithdrawnOnly})
		a.ok(a.in("POST", urlFilters, filterBody("OAUTH "+hook)))
		a.consent()
		if to.count() != 0 {
			t.Errorf("a yes is notified: %q", to.got)
		}
		if err := a.sim.RevokeConnection(a.sim.Snapshot().Connections[0].ID); err != nil {
			t.Fatal(err)
		}
		if to.count() != 1 || !strings.Contains(to.got[0], "OAUTH_CONNECTION_REVOKED") {
			t.Errorf("withdrawing: %q", to.got)
		}
	},
}
