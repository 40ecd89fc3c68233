package bunqsim_test

import (
	"crypto/x509"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// other are the answers of each setting that are not its default; the defaults are what all other tests see. TestSettings
// fails when a field of Settings has no entry here.
var other = map[string]func(*testing.T){
	"FirstUse": func(t *testing.T) {
		sim, clock := sandbox(t, bunqsim.Settings{FirstUse: bunqsim.BySession})
		c := newClient(t, sim)
		c.install()
		c.register()
		c.addDevice()
		if st := sim.Snapshot().Credentials[0].Status; st != "PENDING_FIRST_USE" {
			t.Errorf("after device-server: %s", st)
		}
		c.login()
		if k := sim.Snapshot().Credentials[0]; k.Status != "ACTIVE" || k.PermittedDevice == nil || k.PermittedDevice.Description != "tf-runner" {
			t.Errorf("after session-server: %s", k.Status)
		}
		c.register()
		c.addDevice()
		clock.Advance(time.Hour)
		c.refused(c.sessionRequest(), 400, textCredentials) // registered, but never used
	},
	"ExpiredKeyStatus": func(t *testing.T) {
		sim, clock := sandbox(t, bunqsim.Settings{ExpiredKeyStatus: "OBSOLETE"})
		c := newClient(t, sim)
		c.install()
		c.register()
		clock.Advance(time.Hour)
		if st := sim.Snapshot().Credentials[0].Status; st != "OBSOLETE" {
			t.Errorf("status is %s", st)
		}
	},
	"RevokedKeyStatus": func(t *testing.T) {
		sim, _ := sandbox(t, bunqsim.Settings{RevokedKeyStatus: "CANCELLED"})
		c := newClient(t, sim)
		c.install()
		c.register()
		if err := sim.RevokeCredential(c.credential); err != nil {
			t.Fatal(err)
		}
		if st := sim.Snapshot().Credentials[0].Status; st != "CANCELLED" {
			t.Errorf("status is %s", st)
		}
	},
	"CredentialWithInstallationToken": func(t *testing.T) {
		sim, _ := sandbox(t, bunqsim.Settings{CredentialWithInstallationToken: bunqsim.Refused})
		c := newClient(t, sim).onboard()
		path := fmt.Sprintf("/payment-service-provider-credential/%d", c.credential)
		c.refused(request{method: "GET", path: path, token: c.installationToken}, 403, textAuthentication)
		c.ok(c.get(path))
	},
	"ExpiredCertificate": func(t *testing.T) {
		sim, _ := sandbox(t, bunqsim.Settings{ExpiredCertificate: bunqsim.Accepted})
		c := newClient(t, sim)
		c.install()
		c.cert = pseudo(t, "X PISP", func(x *x509.Certificate) { x.NotAfter = start.Add(-time.Second) })
		c.register()
	},
	"LeafInChain": func(t *testing.T) {
		sim := bunqsim.NewTest(t, bunqsim.Config{Environment: bunqsim.Production, Clock: bunqsim.NewFakeClock(start),
			Settings: bunqsim.Settings{LeafInChain: bunqsim.Accepted}})
		c := newClient(t, sim)
		c.install()
		a := newAuthority(t)
		c.cert = a.leaf(sealTemplate("PSDNL-DNB-1"))
		c.chain = c.cert + a.root
		c.register()
	},
	"InstallationKeyReuse": func(t *testing.T) {
		sim, _ := sandbox(t, bunqsim.Settings{InstallationKeyReuse: bunqsim.Refused})
		c := newClient(t, sim)
		c.install()
		c.refused(request{method: "POST", path: "/installation", body: map[string]string{"client_public_key": publicPEM(t, c.key)}}, 400,
			"The provided public key is already in use.")
		c.key = testKey(t, 2)
		c.install()
	},
	"ServerKey": func(t *testing.T) {
		sim, _ := sandbox(t, bunqsim.Settings{ServerKey: bunqsim.PerInstallation})
		a, b := newClient(t, sim).onboard(), newClient(t, sim).onboard() // each verifies all answers with its own key
		if a.serverKey.Equal(b.serverKey) {
			t.Error("both installations have the same server key")
		}
		a.mustVerify(a.refused(a.get("/user/1"), 404, `User for id "1" not found.`))
	},
	"SignInstallationReads": func(t *testing.T) {
		sim, _ := sandbox(t, bunqsim.Settings{SignInstallationReads: bunqsim.Accepted})
		c := newClient(t, sim).onboard()
		c.mustVerify(c.send(c.get("/installation")))
	},
	"OptionalSignature": func(t *testing.T) {
		sim, _ := sandbox(t, bunqsim.Settings{OptionalSignature: bunqsim.Ignored})
		c := newClient(t, sim).onboard()
		r := c.deviceRequest()
		r.header = map[string]string{"X-Bunq-Client-Signature": "nonsense"}
		c.ok(r)
		s := c.sessionRequest()
		s.header = r.header
		c.refused(s, 400, textSignature) // required ones are verified all the same
	},
	"UsedRequestID": func(t *testing.T) {
		sim, _ := sandbox(t, bunqsim.Settings{UsedRequestID: bunqsim.Refused})
		c := newClient(t, sim).onboard()
		r := c.get("/user")
		r.header = map[string]string{"X-Bunq-Client-Request-Id": "1"}
		c.ok(r)
		c.refused(r, 400, "The X-Bunq-Client-Request-Id has already been used.")
		r.header = map[string]string{"X-Bunq-Client-Request-Id": "2"}
		c.ok(r)
		c.ok(c.get("/user")) // it is optional
	},
	"SameDeviceAgain": func(t *testing.T) {
		sim, _ := sandbox(t, bunqsim.Settings{SameDeviceAgain: bunqsim.Existing})
		c := newClient(t, sim).onboard()
		id := c.device
		if c.addDevice(); c.device != id {
			t.Errorf("id %d, want %d", c.device, id)
		}
		setSettings(t, sim, bunqsim.Settings{SameDeviceAgain: bunqsim.Refused})
		c.refused(c.deviceRequest(), 400, "The device is already registered.")
		c.install()
		c.addDevice() // on another installation
	},
	"DeviceFromUnpermittedIP": func(t *testing.T) {
		sim, _ := sandbox(t, bunqsim.Settings{DeviceFromUnpermittedIP: bunqsim.Accepted})
		c := newClient(t, sim).onboard()
		c.ip = "198.51.100.99"
		c.addDevice()
		c.login()
	},
	"LoneWildcard": func(t *testing.T) {
		sim, _ := sandbox(t, bunqsim.Settings{LoneWildcard: bunqsim.Wildcard})
		c := newClient(t, sim)
		c.install()
		c.register()
		c.addDevice("*")
		c.ip = "198.51.100.99"
		c.login()
		if got := addressesOf(sim, c.credential); !slices.Equal(got, []string{"* ACTIVE"}) {
			t.Errorf("entries %q", got)
		}
		setSettings(t, sim, bunqsim.Settings{LoneWildcard: bunqsim.Refused})
		c.register()
		c.refused(c.deviceRequest("*"), 400, `Invalid value for field "permitted_ips".`)
		c.addDevice(c.ip, "*")
	},
	"WildcardAfterConcrete": func(t *testing.T) {
		sim, _ := sandbox(t, bunqsim.Settings{})
		c := newClient(t, sim).onboard()
		c.refused(c.deviceRequest(home, "*"), 400, `The IP address "*" is invalid.`)
		setSettings(t, sim, bunqsim.Settings{WildcardAfterConcrete: bunqsim.Ignored})
		c.addDevice(home, "*")
		if got := addressesOf(sim, c.credential); !slices.Equal(got, []string{home + " ACTIVE"}) {
			t.Errorf("entries %q", got)
		}
		setSettings(t, sim, bunqsim.Settings{WildcardAfterConcrete: bunqsim.Accepted})
		c.addDevice(home, "*")
		c.ip = "198.51.100.99"
		c.ok(c.get("/user"))
	},
	"WildcardInList": func(t *testing.T) {
		sim, _ := sandbox(t, bunqsim.Settings{})
		c := newClient(t, sim)
		c.install()
		c.register()
		c.addDevice(home, "*")
		c.login()
		list := c.in("GET", fmt.Sprintf("/credential-password-ip/%d/ip", c.credential), nil)
		if n := len(c.ok(list)); n != 2 {
			t.Errorf("%d entries by default", n)
		}
		setSettings(t, sim, bunqsim.Settings{WildcardInList: bunqsim.Refused})
		if n := len(c.ok(list)); n != 1 {
			t.Errorf("%d entries", n)
		}
		for _, p := range sim.Snapshot().PermittedIPs {
			if p.IP == "*" {
				c.refused(c.in("GET", fmt.Sprintf("/credential-password-ip/%d/ip/%d", c.credential, p.ID), nil), 404,
					fmt.Sprintf(`Permitted ip for id "%d" not found.`, p.ID))
			}
		}
	},
	"DeviceList": func(t *testing.T) {
		sim, _ := sandbox(t, bunqsim.Settings{})
		c := newClient(t, sim).onboard()
		old := c.device
		c.install()
		c.addDevice()
		c.login()
		if n := len(c.ok(c.get("/device-server"))); n != 2 {
			t.Errorf("%d devices by default", n)
		}
		setSettings(t, sim, bunqsim.Settings{DeviceList: bunqsim.OfInstallation})
		if n := len(c.ok(c.get("/device-server"))); n != 1 {
			t.Errorf("%d devices", n)
		}
		c.refused(c.get(fmt.Sprintf("/device-server/%d", old)), 404, fmt.Sprintf(`Device server for id "%d" not found.`, old))
	},
	"MaxDescription": func(t *testing.T) {
		sim, _ := sandbox(t, bunqsim.Settings{MaxDescription: 8})
		c := newClient(t, sim)
		c.install()
		c.register()
		c.refused(c.deviceRequest(), 400, `Invalid value for field "description".`) // tf-runner
	},
	"IPText": func(t *testing.T) {
		sim, _ := sandbox(t, bunqsim.Settings{IPText: bunqsim.AsSent})
		c := newClient(t, sim)
		c.install()
		c.register()
		c.addDevice(home, "2001:DB8::1")
		if got := addressesOf(sim, c.credential); !slices.Equal(got, []string{"2001:DB8::1 ACTIVE", home + " ACTIVE"}) {
			t.Errorf("entries %q", got)
		}
		c.ip = "2001:db8:0::1"
		c.login()
	},
	"PermittedIPDefaultStatus": func(t *testing.T) {
		sim, _ := sandbox(t, bunqsim.Settings{PermittedIPDefaultStatus: bunqsim.StatusInactive})
		c := newClient(t, sim).onboard()
		c.ok(c.in("POST", fmt.Sprintf("/credential-password-ip/%d/ip", c.credential), `{"ip":"198.51.100.1"}`))
		c.ok(c.in("POST", fmt.Sprintf("/credential-password-ip/%d/ip", c.credential), `{"ip":"198.51.100.2","status":"ACTIVE"}`))
		if got := addressesOf(sim, c.credential); !slices.Equal(got, []string{"198.51.100.1 INACTIVE", "198.51.100.2 ACTIVE", home + " ACTIVE"}) {
			t.Errorf("entries %q", got)
		}
	},
	"DuplicatePermittedIP": func(t *testing.T) {
		sim, _ := sandbox(t, bunqsim.Settings{DuplicatePermittedIP: bunqsim.Accepted})
		c := newClient(t, sim).onboard()
		c.ok(c.in("POST", fmt.Sprintf("/credential-password-ip/%d/ip", c.credential), `{"ip":"`+home+`","status":"INACTIVE"}`))
		if got := addressesOf(sim, c.credential); !slices.Equal(got, []string{home + " ACTIVE", home + " INACTIVE"}) {
			t.Errorf("entries %q", got)
		}
		c.ok(c.get("/user")) // one active entry is enough
	},
	"IPInPermittedIPUpdate": func(t *testing.T) {
		sim, _ := sandbox(t, bunqsim.Settings{IPInPermittedIPUpdate: bunqsim.Ignored})
		c := newClient(t, sim).onboard()
		id := sim.Snapshot().PermittedIPs[0].ID
		c.ok(c.in("PUT", fmt.Sprintf("/credential-password-ip/%d/ip/%d", c.credential, id), `{"ip":"198.51.100.1","status":"ACTIVE"}`))
		if got := addressesOf(sim, c.credential); !slices.Equal(got, []string{home + " ACTIVE"}) {
			t.Errorf("entries %q", got)
		}
		c.refused(c.in("PUT", fmt.Sprintf("/credential-password-ip/%d/ip/%d", c.credential, id), `{"id":1,"status":"ACTIVE"}`), 400, `Superfluous field "id".`)
	},
	"FirstSessionLifetime": func(t *testing.T) {
		sim, clock := sandbox(t, bunqsim.Settings{FirstSessionLifetime: time.Minute})
		c := newClient(t, sim).onboard()
		clock.Advance(time.Minute)
		c.refused(c.get("/user"), 401, textAuthorisation)
	},
	"SessionLifetime": func(t *testing.T) {
		sim, clock := sandbox(t, bunqsim.Settings{SessionLifetime: time.Minute})
		c := newClient(t, sim).onboard()
		c.login()
		clock.Advance(time.Minute)
		c.refused(c.get("/user"), 401, textAuthorisation)
	},
	"DeadSessionStatus": func(t *testing.T) {
		sim, clock := sandbox(t, bunqsim.Settings{DeadSessionStatus: 403})
		c := newClient(t, sim).onboard()
		clock.Advance(time.Hour)
		c.refused(c.get("/user"), 403, textAuthentication)
		c.login()
		c.ok(request{method: "DELETE", path: "/session/0", token: c.sessionToken})
		c.refused(c.get("/user"), 403, textAuthentication)
	},
	"UnknownTokenStatus": func(t *testing.T) {
		sim, _ := sandbox(t, bunqsim.Settings{UnknownTokenStatus: 401})
		c := newClient(t, sim).onboard()
		for _, token := range []string{"", "x", c.installationToken} {
			c.refused(request{method: "GET", path: "/user", token: token}, 401, textAuthorisation)
		}
	},
	"ParallelSessions": func(t *testing.T) {
		sim, clock := sandbox(t, bunqsim.Settings{ParallelSessions: bunqsim.Refused})
		c := newClient(t, sim).onboard()
		c.refused(c.sessionRequest(), 400, "Authentication token already has a user session.")
		clock.Advance(time.Hour)
		c.login()
	},
	"SecondOAuthClient": func(t *testing.T) {
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
	"CancelledOAuthClient": func(t *testing.T) {
		sim, _ := sandbox(t, bunqsim.Settings{CancelledOAuthClient: bunqsim.Gone})
		c := newClient(t, sim).onboard()
		id := c.addOAuthClient()
		c.ok(c.in("PUT", fmt.Sprintf("/oauth-client/%d", id), `{"status":"CANCELLED"}`))
		c.refused(c.in("GET", fmt.Sprintf("/oauth-client/%d", id), nil), 404, fmt.Sprintf(`Oauth client for id "%d" not found.`, id))
		if n := len(c.ok(c.in("GET", "/oauth-client", nil))); n != 0 {
			t.Errorf("%d clients listed", n)
		}
	},
	"CancelPending": func(t *testing.T) {
		sim, clock := sandbox(t, bunqsim.Settings{CancelPending: time.Hour, FirstSessionLifetime: 24 * time.Hour})
		c := newClient(t, sim).onboard()
		id := c.addOAuthClient()
		c.ok(c.in("PUT", fmt.Sprintf("/oauth-client/%d", id), `{"status":"CANCELLED"}`))
		if st := c.oauthClient(id).Status; st != "CANCELLED_PENDING" {
			t.Errorf("status is %s", st)
		}
		c.refused(c.in("POST", "/oauth-client", `{}`), 400, "User already has an active OAuth client.")
		clock.Advance(time.Hour)
		if st := c.oauthClient(id).Status; st != "CANCELLED" {
			t.Errorf("status is %s", st)
		}
		c.addOAuthClient()
	},
	"CancelTwice": func(t *testing.T) {
		sim, _ := sandbox(t, bunqsim.Settings{})
		c := newClient(t, sim).onboard()
		r := c.in("PUT", fmt.Sprintf("/oauth-client/%d", c.addOAuthClient()), `{"status":"CANCELLED"}`)
		c.ok(r)
		c.ok(r)
		setSettings(t, sim, bunqsim.Settings{CancelTwice: bunqsim.Refused})
		c.refused(r, 400, "OAuth client is cancelled.")
	},
	"OAuthClientFields": func(t *testing.T) {
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
	"HTTPCallback": func(t *testing.T) {
		sim, _ := sandbox(t, bunqsim.Settings{HTTPCallback: bunqsim.Accepted})
		c := newClient(t, sim).onboard()
		id := c.addOAuthClient()
		c.addCallback(id, "http://localhost:8000/cb")
		c.refused(c.in("POST", fmt.Sprintf("/oauth-client/%d/callback-url", id), `{"url":"ftp://example.com/"}`), 400, "The callback URL must use HTTPS.")
	},
	"DuplicateCallback": func(t *testing.T) {
		sim, _ := sandbox(t, bunqsim.Settings{DuplicateCallback: bunqsim.Accepted})
		c := newClient(t, sim).onboard()
		id := c.addOAuthClient()
		if a, b := c.addCallback(id, "https://example.com/"), c.addCallback(id, "https://example.com/"); a == b {
			t.Error("both have the same id")
		}
	},
	"MaxCallbackLength": func(t *testing.T) {
		sim, _ := sandbox(t, bunqsim.Settings{MaxCallbackLength: 20})
		c := newClient(t, sim).onboard()
		id := c.addOAuthClient()
		c.addCallback(id, "https://example.com/")
		c.refused(c.in("POST", fmt.Sprintf("/oauth-client/%d/callback-url", id), `{"url":"https://example.com/x"}`), 400, `Invalid value for field "url".`)
	},
	"MaxCallbacks": func(t *testing.T) {
		sim, _ := sandbox(t, bunqsim.Settings{MaxCallbacks: 1})
		c := newClient(t, sim).onboard()
		id := c.addOAuthClient()
		cb := c.addCallback(id, "https://example.com/")
		c.refused(c.in("POST", fmt.Sprintf("/oauth-client/%d/callback-url", id), `{"url":"https://example.com/x"}`), 400,
			"Maximum number of callback URLs reached.")
		c.ok(c.in("PUT", fmt.Sprintf("/oauth-client/%d/callback-url/%d", id, cb), `{"url":"https://example.com/x"}`))
	},
	"DeleteBody": func(t *testing.T) {
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
	"RateLimitStatus": func(t *testing.T) {
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
	"RefusedRequestsCount": func(t *testing.T) {
		clock := bunqsim.NewFakeClock(start)
		sim := bunqsim.NewTest(t, bunqsim.Config{Clock: clock, Limits: bunqsim.LimitsPublished,
			Settings: bunqsim.Settings{RefusedRequestsCount: bunqsim.Accepted}})
		c := newClient(t, sim).onboard()
		const text = "Too many requests. You can do a maximum of 1 calls per 30 second to this endpoint."
		clock.Advance(20 * time.Second)
		c.refused(c.sessionRequest(), 429, text)
		clock.Advance(20 * time.Second)
		c.refused(c.sessionRequest(), 429, text)
		clock.Advance(30 * time.Second)
		c.login()
	},
}

func setSettings(t *testing.T, sim *bunqsim.Sim, set bunqsim.Settings) {
	t.Helper()
	if err := sim.SetSettings(set); err != nil {
		t.Fatal(err)
	}
}

func TestSettings(t *testing.T) {
	typ := reflect.TypeFor[bunqsim.Settings]()
	for i := range typ.NumField() {
		name := typ.Field(i).Name
		f, ok := other[name]
		if !ok {
			t.Errorf("no test of setting %s", name)
			continue
		}
		t.Run(name, f)
	}
	if len(other) != typ.NumField() {
		t.Errorf("%d tests for %d settings", len(other), typ.NumField())
	}
}

func TestUnknownAnswersOfSettingsAreRefused(t *testing.T) {
	for _, tc := range []struct {
		set  bunqsim.Settings
		want string
	}{
		{bunqsim.Settings{FirstUse: "sometimes"}, "FirstUse"},
		{bunqsim.Settings{LoneWildcard: bunqsim.Accepted}, "LoneWildcard"},
		{bunqsim.Settings{DeadSessionStatus: 418}, "DeadSessionStatus"},
		{bunqsim.Settings{MaxCallbacks: -1}, "MaxCallbacks"},
		{bunqsim.Settings{SessionLifetime: -1}, "SessionLifetime"},
	} {
		if _, err := bunqsim.New(bunqsim.Config{Settings: tc.set}); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: error is %v", tc.want, err)
		}
		sim, _ := sandbox(t, bunqsim.Settings{})
		if err := sim.SetSettings(tc.set); err == nil {
			t.Errorf("%s: SetSettings takes it", tc.want)
		}
	}
	for _, c := range []bunqsim.Config{{Environment: "staging"}, {Limits: "some"}} {
		if _, err := bunqsim.New(c); err == nil {
			t.Errorf("%+v is accepted", c)
		}
	}
}

// Every choice of the list of settings must be a field of Settings: a setting left out of it would accept anything.
func TestEveryChoiceIsChecked(t *testing.T) {
	typ := reflect.TypeFor[bunqsim.Settings]()
	for i := range typ.NumField() {
		if typ.Field(i).Type != reflect.TypeFor[bunqsim.Choice]() {
			continue
		}
		var set bunqsim.Settings
		reflect.ValueOf(&set).Elem().Field(i).SetString("nonsense")
		if _, err := bunqsim.New(bunqsim.Config{Settings: set}); err == nil || !strings.Contains(err.Error(), typ.Field(i).Name) {
			t.Errorf("%s: error is %v", typ.Field(i).Name, err)
		}
	}
}
