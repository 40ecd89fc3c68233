package bunqsim_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// otherLater goes on with other, for what comes after the registration of a device.
var otherLater = map[string]func(settingTest){
	"IPInPermittedIPUpdate": func(t settingTest) {
		sim, _ := sandbox(t, bunqsim.Settings{IPInPermittedIPUpdate: bunqsim.Ignored})
		c := newClient(t, sim).onboard()
		id := sim.Snapshot().PermittedIPs[0].ID
		c.ok(c.in("PUT", fmt.Sprintf("/credential-password-ip/%d/ip/%d", c.credential, id), `{"ip":"198.51.100.1","status":"ACTIVE"}`))
		if got := addressesOf(sim, c.credential); !slices.Equal(got, []string{home + " ACTIVE"}) {
			t.Errorf("entries %q", got)
		}
		c.refused(c.in("PUT", fmt.Sprintf("/credential-password-ip/%d/ip/%d", c.credential, id), `{"id":1,"status":"ACTIVE"}`), 400, `Superfluous field "id".`)
		setSettings(t, sim, bunqsim.Settings{IPInPermittedIPUpdate: bunqsim.Required})
		c.refused(c.in("PUT", fmt.Sprintf("/credential-password-ip/%d/ip/%d", c.credential, id), `{"status":"INACTIVE"}`), 400, `Missing required field "ip".`)
		c.ok(c.in("PUT", fmt.Sprintf("/credential-password-ip/%d/ip/%d", c.credential, id), `{"ip":"`+home+`","status":"ACTIVE"}`))
	},
	"FirstSessionLifetime": func(t settingTest) {
		sim, clock := sandbox(t, bunqsim.Settings{FirstSessionLifetime: time.Minute})
		c := newClient(t, sim).onboard()
		clock.Advance(time.Minute)
		c.refused(c.get("/user"), 401, textAuthorisation)
	},
	"SessionLifetime": func(t settingTest) {
		sim, clock := sandbox(t, bunqsim.Settings{SessionLifetime: time.Minute})
		c := newClient(t, sim).onboard()
		c.login()
		clock.Advance(time.Minute)
		c.refused(c.get("/user"), 401, textAuthorisation)
	},
	"DeadSessionStatus": func(t settingTest) {
		sim, clock := sandbox(t, bunqsim.Settings{DeadSessionStatus: 403})
		c := newClient(t, sim).onboard()
		clock.Advance(time.Hour)
		c.refused(c.get("/user"), 403, textAuthentication)
		c.login()
		c.ok(request{method: "DELETE", path: "/session/0", token: c.sessionToken})
		c.refused(c.get("/user"), 403, textAuthentication)
	},
	"ParallelSessions": func(t settingTest) {
		sim, clock := sandbox(t, bunqsim.Settings{ParallelSessions: bunqsim.Refused})
		c := newClient(t, sim).onboard()
		c.refused(c.sessionRequest(), 400, "Authentication token already has a user session.")
		clock.Advance(time.Hour)
		c.login()
	},
	"SecondOAuthClient": func(t settingTest) {
		sim, _ := sandbox(t, bunqsim.Settings{SecondOAuthClient: bunqsim.Existing})
		c := newClient(t, sim).onboard()
		id := c.addOAuthClient()
		if got := c.addOAuthClient(); got != id {
			t.Errorf("id %d, want the existing %d", got, id)
		}
		setSettings(t, sim, bunqsim.Settings{SecondOAuthClient: bunqsim.Accepted})
		if got := c.addOAuthClient(); got == id {
			t.Error("no second client was made")
		}
		if n := len(sim.Snapshot().ActiveOAuthClients(c.user)); n != 2 {
			t.Errorf("%d active clients", n)
		}
	},
	"CancelledOAuthClient": func(t settingTest) {
		sim, _ := sandbox(t, bunqsim.Settings{CancelledOAuthClient: bunqsim.Gone})
		c := newClient(t, sim).onboard()
		id := c.addOAuthClient()
		c.ok(c.in("PUT", fmt.Sprintf("/oauth-client/%d", id), `{"status":"CANCELLED"}`))
		c.refused(c.in("GET", fmt.Sprintf("/oauth-client/%d", id), nil), 404, fmt.Sprintf(`Oauth client for id "%d" not found.`, id))
		if n := len(c.ok(c.in("GET", "/oauth-client", nil))); n != 0 {
			t.Errorf("%d clients listed", n)
		}
	},
	"CancelPending": func(t settingTest) {
		sim, clock := sandbox(t, bunqsim.Settings{CancelPending: time.Hour, FirstSessionLifetime: 24 * time.Hour})
		c := newClient(t, sim).onboard()
		id := c.addOAuthClient()
		c.ok(c.in("PUT", fmt.Sprintf("/oauth-client/%d", id), `{"status":"CANCELLED"}`))
		if st := c.oauthClient(id).Status; st != "CANCELLED_PENDING" {
			t.Errorf("status is %s", st)
		}
		c.refused(c.in("POST", "/oauth-client", `{}`), 400, "You can only have one active OAuth Client registered.")
		clock.Advance(time.Hour)
		if st := c.oauthClient(id).Status; st != "CANCELLED" {
			t.Errorf("status is %s", st)
		}
		c.addOAuthClient()
	},
	"OAuthClientFields": func(t settingTest) {
		sim, _ := sandbox(t, bunqsim.Settings{OAuthClientFields: bunqsim.Bare})
		c := newClient(t, sim).onboard()
		r := c.in("GET", fmt.Sprintf("/oauth-client/%d", c.addOAuthClient()), nil)
		if got := string(c.send(r).raw); strings.Contains(got, "display_name") || strings.Contains(got, "created") {
			t.Errorf("bare: %s", got)
		}
		setSettings(t, sim, bunqsim.Settings{OAuthClientFields: bunqsim.WithTimestamps})
		if got := string(c.send(r).raw); !strings.Contains(got, `"created":"2026-03-04 05:06:07.123456","updated":"2026-03-04 05:06:07.123456"`) ||
			!strings.Contains(got, `"display_name":null`) {
			t.Errorf("with timestamps: %s", got)
		}
	},
	"HTTPCallback": func(t settingTest) {
		sim, _ := sandbox(t, bunqsim.Settings{HTTPCallback: bunqsim.Accepted})
		c := newClient(t, sim).onboard()
		id := c.addOAuthClient()
		c.addCallback(id, "http://localhost:8000/cb")
		c.refused(c.in("POST", fmt.Sprintf("/oauth-client/%d/callback-url", id), `{"url":"ftp://example.com/"}`), 400, "The callback URL must use HTTPS.")
	},
	"DuplicateCallback": func(t settingTest) {
		sim, _ := sandbox(t, bunqsim.Settings{DuplicateCallback: bunqsim.Accepted})
		c := newClient(t, sim).onboard()
		id := c.addOAuthClient()
		if a, b := c.addCallback(id, "https://example.com/"), c.addCallback(id, "https://example.com/"); a == b {
			t.Error("both have the same id")
		}
	},
	"MaxCallbackLength": func(t settingTest) {
		sim, _ := sandbox(t, bunqsim.Settings{MaxCallbackLength: 20})
		c := newClient(t, sim).onboard()
		id := c.addOAuthClient()
		c.addCallback(id, "https://example.com/")
		c.refused(c.in("POST", fmt.Sprintf("/oauth-client/%d/callback-url", id), `{"url":"https://example.com/x"}`), 400, `Invalid value for field "url".`)
	},
	"MaxCallbacks": func(t settingTest) {
		sim, _ := sandbox(t, bunqsim.Settings{MaxCallbacks: 1})
		c := newClient(t, sim).onboard()
		id := c.addOAuthClient()
		cb := c.addCallback(id, "https://example.com/")
		c.refused(c.in("POST", fmt.Sprintf("/oauth-client/%d/callback-url", id), `{"url":"https://example.com/x"}`), 400,
			"Maximum number of callback URLs reached.")
		c.ok(c.in("PUT", fmt.Sprintf("/oauth-client/%d/callback-url/%d", id, cb), `{"url":"https://example.com/x"}`))
	},
	"DeleteBody": func(t settingTest) {
		for choice, body := range map[bunqsim.Choice]string{bunqsim.EmptyObject: "{}", bunqsim.NoBody: ""} {
			sim, _ := sandbox(t, bunqsim.Settings{DeleteBody: choice})
			c := newClient(t, sim).onboard()
			res := c.send(request{method: "DELETE", path: "/session/0", token: c.sessionToken})
			c.mustVerify(res)
			if res.status != 200 || string(res.raw) != body {
				t.Errorf("%s: %d %q", choice, res.status, res.raw)
			}
		}
	},
	"RateLimitStatus": func(t settingTest) {
		sim := bunqsim.NewTest(t, bunqsim.Config{Clock: bunqsim.NewFakeClock(start), Limits: bunqsim.LimitsPublished,
			Settings: bunqsim.Settings{RateLimitStatus: 409}})
		c := newClient(t, sim).onboard()
		res := c.refused(c.sessionRequest(), 409, "Too many requests. You can do a maximum of 1 calls per 30 second to this endpoint.")
		if res.header.Get("X-Bunq-Server-Signature") != "" {
			t.Error("409 is signed")
		}
		if _, err := bunqsim.New(bunqsim.Config{Environment: bunqsim.Production, Settings: bunqsim.Settings{RateLimitStatus: 409}}); err == nil {
			t.Error("production takes it, too")
		}
	},
	"SessionExtension": func(t settingTest) {
		sim, clock := sandbox(t, bunqsim.Settings{SessionExtension: bunqsim.LastMinutes})
		c := newClient(t, sim).onboard()
		expires := func() time.Duration { return sim.Snapshot().Sessions[0].Expires.Sub(clock.Now()) }
		clock.Advance(30*time.Minute - time.Microsecond)
		c.ok(c.get("/user"))
		if got := expires(); got != 30*time.Minute+time.Microsecond {
			t.Errorf("extended too early, to %v", got)
		}
		clock.Advance(time.Microsecond)
		c.refused(c.in("POST", "/oauth-client", `{"status":"CANCELLED"}`), 400, `Invalid value for field "status".`)
		if got := expires(); got != 30*time.Minute {
			t.Errorf("extended by a request that failed, to %v", got)
		}
		c.ok(c.get("/user"))
		if got := expires(); got != 90*time.Hour {
			t.Errorf("extended to %v", got)
		}

		setSettings(t, sim, bunqsim.Settings{SessionExtension: bunqsim.LastSeconds})
		clock.Advance(90*time.Hour - 31*time.Second)
		c.ok(c.get("/user"))
		if got := expires(); got != 31*time.Second {
			t.Errorf("extended too early, to %v", got)
		}
		clock.Advance(time.Second)
		c.ok(c.get("/user"))
		if got := expires(); got != 5*time.Minute {
			t.Errorf("extended to %v", got)
		}
		c.ok(request{method: "DELETE", path: "/session/0", token: c.sessionToken})
		c.refused(c.get("/user"), 401, textAuthorisation)
	},
}
