package bunqsim_test

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// settingTest is the test of one setting.
type settingTest struct{ *testing.T }

// other are the answers of each setting that are not its default; the defaults are what all other
// tests see. TestSettings fails when a field of Settings has no entry in one of the maps.
var other = map[string]func(settingTest){
	"FirstUse": func(t settingTest) {
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
		c.install()
		c.register()
		c.addDevice()
		clock.Advance(time.Hour)
		c.refused(c.sessionRequest(), 400, textCredentials) // registered, but never used
	},
	"InstallationKeyReuse": func(t settingTest) {
		sim, _ := sandbox(t, bunqsim.Settings{InstallationKeyReuse: bunqsim.Refused})
		c := newClient(t, sim)
		c.install()
		c.refused(request{method: "POST", path: "/installation", body: map[string]string{"client_public_key": publicPEM(t, c.key)}}, 400,
			"The provided public key is already in use.")
		c.key = testKey(t, 2)
		c.install()
	},
	"ServerKey": func(t settingTest) {
		for choice, same := range map[bunqsim.Choice]bool{bunqsim.PerInstallation: false, bunqsim.PerProcess: true} {
			sim, _ := sandbox(t, bunqsim.Settings{ServerKey: choice})
			a, b := newClient(t, sim).onboard(), newClient(t, sim).onboard() // each verifies all answers with its own key
			if a.serverKey.Equal(b.serverKey) != same {
				t.Errorf("%s: both installations have the same server key: %t", choice, !same)
			}
			a.mustVerify(a.refused(a.get("/user/1"), 404, `User for id "1" not found.`))
		}
	},
	"SignInstallationReads": func(t settingTest) {
		sim, _ := sandbox(t, bunqsim.Settings{SignInstallationReads: bunqsim.Refused})
		c := newClient(t, sim).onboard()
		for _, path := range []string{"/installation", fmt.Sprintf("/installation/%d", c.installation), "/installation/1"} {
			if sig := c.send(c.get(path)).header.Get("X-Bunq-Server-Signature"); sig != "" {
				t.Errorf("%s is signed", path)
			}
		}
	},
	"UsedRequestID": func(t settingTest) {
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
	"SecondDeviceOfInstallation": func(t settingTest) {
		sim, _ := sandbox(t, bunqsim.Settings{SecondDeviceOfInstallation: bunqsim.Accepted})
		c := newClient(t, sim).onboard()
		first := c.device
		c.addDevice() // the same key
		second := c.device
		c.register()
		c.addDevice() // another one
		c.login()
		if ids := []int64{first, second, c.device}; ids[0] == ids[1] || ids[1] == ids[2] {
			t.Errorf("devices have the ids %d", ids)
		}
		if n := len(c.ok(c.get("/device-server"))); n != 3 {
			t.Errorf("%d devices listed", n)
		}
	},
	"SessionWithoutDevice": func(t settingTest) {
		sim, _ := sandbox(t, bunqsim.Settings{})
		c := newClient(t, sim).onboard()
		c.install()
		c.refused(c.sessionRequest(), 400, textCredentials) // by default

		setSettings(t, sim, bunqsim.Settings{SessionWithoutDevice: bunqsim.Accepted})
		c.login()
		c.ok(c.get("/user"))
		away := c.sessionRequest()
		away.ip = "198.51.100.99"
		c.refused(away, 400, textCredentials)

		known := c.apiKey
		c.register()
		c.refused(c.sessionRequest(), 400, textCredentials) // a key that is in use nowhere
		c.addDevice()
		c.login()
		c.apiKey = known
		c.refused(c.sessionRequest(), 400, textCredentials) // the installation has a device, of another key
	},
	"PendingKeyElsewhere": func(t settingTest) {
		sim, _ := sandbox(t, bunqsim.Settings{PendingKeyElsewhere: bunqsim.Refused})
		c := newClient(t, sim)
		c.install()
		c.register()
		own := *c
		c.install()
		c.refused(c.deviceRequest(), 400, textCredentials)
		own.addDevice()
		own.login()
		c.addDevice() // now it is in use
		c.login()

		c.install()
		c.apiKey = pick[struct {
			Key string `json:"api_key"`
		}](t, c.ok(request{method: "POST", path: "/sandbox-user-person"}), "ApiKey").Key
		c.addDevice() // made with no installation
	},
	"LoneWildcard": func(t settingTest) {
		sim, _ := sandbox(t, bunqsim.Settings{LoneWildcard: bunqsim.CallerOnly})
		c := newClient(t, sim)
		c.install()
		c.register()
		c.addDevice("*")
		if got := addressesOf(sim, c.credential); !slices.Equal(got, []string{home + " ACTIVE"}) {
			t.Errorf("entries %q", got)
		}
		c.login()
		c.ip = "198.51.100.99"
		c.refused(c.sessionRequest(), 400, textCredentials)
	},
	"WildcardAfterConcrete": func(t settingTest) {
		sim, _ := sandbox(t, bunqsim.Settings{})
		c := newClient(t, sim).onboard()
		c.install()
		c.refused(c.deviceRequest(home, "*"), 400, `The IP address "*" is invalid.`)
		setSettings(t, sim, bunqsim.Settings{WildcardAfterConcrete: bunqsim.Ignored})
		c.addDevice(home, "*")
		if got := addressesOf(sim, c.credential); !slices.Equal(got, []string{home + " ACTIVE"}) {
			t.Errorf("entries %q", got)
		}
		setSettings(t, sim, bunqsim.Settings{WildcardAfterConcrete: bunqsim.Accepted})
		c.install()
		c.addDevice(home, "*")
		c.ip = "198.51.100.99"
		c.login()
	},
	"DeviceListWithInstallationToken": func(t settingTest) {
		sim, _ := sandbox(t, bunqsim.Settings{})
		c := newClient(t, sim).onboard()
		newClient(t, sim).onboard() // another device of the same user
		list := request{method: "GET", path: "/device-server", token: c.installationToken}
		c.refused(list, 403, textAuthentication)
		setSettings(t, sim, bunqsim.Settings{DeviceListWithInstallationToken: bunqsim.Accepted})
		if got := c.ok(list); len(got) != 1 || pick[idBody](t, got, "DeviceServer").ID != c.device {
			t.Errorf("listed are %s", got)
		}
		if n := len(c.ok(c.get("/device-server"))); n != 2 {
			t.Errorf("%d devices with a session", n)
		}
		c.refused(request{method: "GET", path: fmt.Sprintf("/device-server/%d", c.device), token: c.installationToken}, 403, textAuthentication)
	},
	"BrakeAfterWrongKeys": func(t settingTest) {
		sim, clock := sandbox(t, bunqsim.Settings{BrakeAfterWrongKeys: 3})
		c, other := newClient(t, sim), newClient(t, sim)
		c.install()
		c.register()
		wrong := c.deviceRequest()
		wrong.body = map[string]string{"description": "x", "secret": strings.Repeat("0", 64)}
		for range 3 {
			c.refused(wrong, 400, textCredentials)
		}
		const text = "The operation could not be completed. Please try again."
		c.refused(wrong, 400, text)
		c.refused(c.deviceRequest(), 400, text) // the right key, too
		other.onboard()                         // elsewhere nothing happens
		clock.Advance(minute - 1)
		c.refused(c.deviceRequest(), 400, text)
		clock.Advance(1000)
		c.refused(wrong, 400, textCredentials) // counted from the start again
		c.addDevice()
	},
	"DeviceList": func(t settingTest) {
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
	"IPv6": func(t settingTest) {
		sim, _ := sandbox(t, bunqsim.Settings{IPv6: bunqsim.Accepted})
		c := newClient(t, sim)
		c.install()
		c.register()
		c.addDevice(home, "2001:DB8:0::1")
		if got := addressesOf(sim, c.credential); !slices.Equal(got, []string{"2001:db8::1 ACTIVE", home + " ACTIVE"}) {
			t.Errorf("entries %q", got)
		}
		c.ip = "2001:db8::1"
		c.login()
		c.ok(c.in("POST", fmt.Sprintf("/credential-password-ip/%d/ip", c.credential), `{"ip":"2001:db8::2"}`))
	},
	"IPText": func(t settingTest) {
		sim, _ := sandbox(t, bunqsim.Settings{IPv6: bunqsim.Accepted, IPText: bunqsim.AsSent})
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
	"OldKeys": func(t settingTest) {
		sim, _ := sandbox(t, bunqsim.Settings{OldKeys: bunqsim.Refused})
		c := newClient(t, sim).onboard()
		old, session := c.sessionRequest(), c.get("/user")
		c.register()
		c.refused(session, 401, textAuthorisation)
		c.refused(old, 400, textCredentials)
		c.install()
		c.addDevice()
		c.login()
	},
}

func setSettings(t testing.TB, sim *bunqsim.Sim, set bunqsim.Settings) {
	t.Helper()
	if err := sim.SetSettings(set); err != nil {
		t.Fatal(err)
	}
}

func TestSettings(t *testing.T) {
	tests := map[string]func(settingTest){}
	for _, some := range []map[string]func(settingTest){other, otherLater, otherFilters} {
		maps.Copy(tests, some)
	}

	typ := reflect.TypeFor[bunqsim.Settings]()
	for i := range typ.NumField() {
		name := typ.Field(i).Name
		f, ok := tests[name]
		if !ok {
			t.Errorf("no test of setting %s", name)
			continue
		}
		t.Run(name, func(t *testing.T) { f(settingTest{t}) })
	}
	if len(tests) != typ.NumField() {
		t.Errorf("%d tests for %d settings", len(tests), typ.NumField())
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

// Every choice of the list of settings must be a field of Settings: a setting left out of it would
// accept anything.
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
