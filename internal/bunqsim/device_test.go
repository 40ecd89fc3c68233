package bunqsim_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// addressesOf lists the permitted addresses of the client's key, as "ip status", by address.
func addressesOf(sim *bunqsim.Sim, credential int64) []string {
	var out []string
	for _, p := range sim.Snapshot().PermittedIPs {
		if p.CredentialID == credential {
			out = append(out, p.IP+" "+p.Status)
		}
	}
	slices.Sort(out)
	return out
}

func TestPermittedIPsOfADevice(t *testing.T) {
	const away = "198.51.100.99"
	for _, tc := range []struct {
		rule     string
		ips      []string
		entries  []string
		fromHome bool // can open a session from the caller's own address
		fromAway bool
	}{
		{"none: the caller's", nil, []string{home + " ACTIVE"}, true, false},
		{"empty: the caller's", []string{}, []string{home + " ACTIVE"}, true, false},
		{"one list", []string{home, away}, []string{away + " ACTIVE", home + " ACTIVE"}, true, true},
		{"without the caller's: locked out", []string{"198.51.100.1"}, []string{"198.51.100.1 ACTIVE"}, false, false},
		{"caller and wildcard: no check", []string{home, "*"}, []string{"* ACTIVE", home + " ACTIVE"}, true, true},
		{"lone wildcard: no check", []string{"*"}, []string{"* ACTIVE"}, true, true},
		{"another and wildcard: the caller's for it", []string{"198.51.100.1", "*"}, []string{"198.51.100.1 ACTIVE", home + " ACTIVE"}, true, false},
		{"twice the same", []string{home, home}, []string{home + " ACTIVE"}, true, false},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			sim, _ := sandbox(t, bunqsim.Settings{})
			c := newClient(t, sim)
			c.install()
			c.register()
			c.addDevice(tc.ips...)
			if got := addressesOf(sim, c.credential); !slices.Equal(got, tc.entries) {
				t.Errorf("entries %q, want %q", got, tc.entries)
			}
			for ip, ok := range map[string]bool{home: tc.fromHome, away: tc.fromAway} {
				r := c.sessionRequest()
				r.ip = ip
				if ok {
					c.ok(r)
				} else {
					c.refused(r, 400, textCredentials)
				}
			}
		})
	}
}

// One device for each installation, whatever the key and the description: another key needs another
// installation, and a key may move to one.
func TestOneDeviceForEachInstallation(t *testing.T) {
	sim, _ := sandbox(t, bunqsim.Settings{})
	c := newClient(t, sim).onboard()
	first := *c
	c.refused(c.deviceRequest(), 400, textDevice) // the same key again

	c.register()
	other := c.deviceRequest()
	other.body.(map[string]any)["description"] = "another"
	c.refused(other, 400, textDevice) // another key of the same user
	unknown := c.deviceRequest()
	unknown.body.(map[string]any)["secret"] = strings.Repeat("0", 64)
	c.refused(unknown, 400, textDevice)
	if err := sim.SetDeviceStatus(c.device, bunqsim.DeviceObsolete); err != nil {
		t.Fatal(err)
	}
	c.refused(other, 400, textDevice) // whatever became of the first
	if s := sim.Snapshot(); len(s.Devices) != 1 || s.Credentials[1].Status != "PENDING_FIRST_USE" {
		t.Errorf("%d devices, the second key is %s", len(s.Devices), s.Credentials[1].Status)
	}

	c.install()
	c.addDevice() // the pending key, on an installation it was not made with
	c.login()
	first.install()
	first.addDevice() // the key in use
	first.login()
}

func TestDeviceServerRefusals(t *testing.T) {
	sim, _ := sandbox(t, bunqsim.Settings{})
	c := newClient(t, sim)
	c.install()
	c.register()
	body := func(description, secret string, ips ...string) map[string]any {
		b := map[string]any{"description": description, "secret": secret}
		if ips != nil {
			b["permitted_ips"] = ips
		}
		return b
	}
	for _, tc := range []struct {
		rule string
		body map[string]any
		text string
	}{
		{"empty description", body("", c.apiKey), `Invalid value for field "description".`},
		{"256 characters", body(strings.Repeat("é", 256), c.apiKey), `Invalid value for field "description".`},
		{"unknown key", body("x", strings.Repeat("0", 64)), textCredentials},
		{"no address", body("x", c.apiKey, home, "localhost"), `Invalid value for field "permitted_ips".`},
		{"a network", body("x", c.apiKey, home, "198.51.100.0/24"), `Invalid value for field "permitted_ips".`},
		{"an address with a zone", body("x", c.apiKey, home, "fe80::1%eth0"), `Invalid value for field "permitted_ips".`},
		{"an empty address", body("x", c.apiKey, ""), `Invalid value for field "permitted_ips".`},
		{"IPv6", body("x", c.apiKey, home, "2001:db8::1"), `Invalid value for field "permitted_ips".`},
		{"IPv4 written as IPv6", body("x", c.apiKey, "::ffff:203.0.113.7"), `Invalid value for field "permitted_ips".`},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			c.refused(request{method: "POST", path: "/device-server", token: c.installationToken, body: tc.body}, 400, tc.text)
			if s := sim.Snapshot(); len(s.Devices) != 0 || len(s.PermittedIPs) != 0 || s.Credentials[0].Status != "PENDING_FIRST_USE" {
				t.Error("a refused registration left something behind")
			}
		})
	}
	c.ok(request{method: "POST", path: "/device-server", token: c.installationToken, body: body(strings.Repeat("é", 255), c.apiKey)})
}

// A lockout can't be repaired from outside: the key is refused from an address it does not permit,
// also when it is registered again on another installation.
func TestLockout(t *testing.T) {
	sim, _ := sandbox(t, bunqsim.Settings{})
	c := newClient(t, sim).onboard()
	sim.SetCallerIP("198.51.100.99")
	c.refused(c.get("/user"), 400, textCredentials)
	c.refused(c.sessionRequest(), 400, textCredentials)
	inside := *c
	c.install()
	c.refused(c.deviceRequest("198.51.100.99"), 400, textCredentials)
	sim.SetCallerIP("")
	inside.ok(inside.get("/user"))
}

func TestDevicesAreRead(t *testing.T) {
	sim, _ := sandbox(t, bunqsim.Settings{})
	c := newClient(t, sim).onboard()
	res := c.send(c.get(fmt.Sprintf("/device-server/%d", c.device)))
	want := fmt.Sprintf(`{"Response":[{"DeviceServer":{"id":%d,"created":"2026-03-04 05:06:07.123456","updated":"2026-03-04 05:06:07.123456",`+
		`"description":"tf-runner","ip":%q,"status":"ACTIVE"}}]}`, c.device, home)
	if string(res.raw) != want {
		t.Errorf("got  %s\nwant %s", res.raw, want)
	}
	first := c.device
	c.install()
	c.addDevice() // the same key elsewhere: another device
	if c.device == first {
		t.Error("the second registration has the id of the first")
	}
	c.login()
	if n := len(c.ok(c.get("/device-server"))); n != 2 {
		t.Errorf("%d devices listed", n)
	}
	other := newClient(t, sim)
	other.cert = pseudo(t, "Somebody else PISP")
	other.chain = other.cert
	other.onboard()
	other.refused(other.get(fmt.Sprintf("/device-server/%d", first)), 404, fmt.Sprintf(`Device server for id "%d" not found.`, first))
}

// Where an installation can have several devices of a key, one that is ACTIVE is enough.
func TestBlockedDeviceOpensNoSessions(t *testing.T) {
	sim, _ := sandbox(t, bunqsim.Settings{SecondDeviceOfInstallation: bunqsim.Accepted})
	c := newClient(t, sim).onboard()
	for _, status := range []string{bunqsim.DeviceBlocked, bunqsim.DeviceNeedsConfirmation, bunqsim.DeviceObsolete} {
		if err := sim.SetDeviceStatus(c.device, status); err != nil {
			t.Fatal(err)
		}
		c.refused(c.sessionRequest(), 400, textCredentials)
		c.refused(c.get("/user"), 400, textCredentials)
	}
	c.addDevice()
	c.login()
}

func TestPermittedIPEntries(t *testing.T) {
	sim, clock := sandbox(t, bunqsim.Settings{})
	c := newClient(t, sim).onboard()
	base := fmt.Sprintf("/credential-password-ip/%d/ip", c.credential)
	post := func(body any) request { return c.in("POST", base, body) }
	for _, tc := range []struct {
		rule, body, text string
	}{
		{"wildcard", `{"ip":"*"}`, `The IP address "*" is invalid.`},
		{"no address", `{"ip":"home"}`, `The IP address "home" is invalid.`},
		{"a network", `{"ip":"198.51.100.0/24"}`, `The IP address "198.51.100.0/24" is invalid.`},
		{"IPv6", `{"ip":"2001:db8::1"}`, `The IP address "2001:db8::1" is invalid.`},
		{"there already", `{"ip":"` + home + `"}`, "The IP address already exists."},
		{"unknown status", `{"ip":"198.51.100.1","status":"BLOCKED"}`, `Invalid value for field "status".`},
		{"no ip", `{"status":"ACTIVE"}`, `Missing required field "ip".`},
	} {
		t.Run(tc.rule, func(t *testing.T) { c.refused(post(tc.body), 400, tc.text) })
	}
	id := pick[idBody](t, c.ok(post(map[string]string{"ip": "198.51.100.1"})), "Id").ID
	one := fmt.Sprintf("%s/%d", base, id)
	res := c.send(c.in("GET", one, nil))
	want := fmt.Sprintf(`{"Response":[{"PermittedIp":{"id":%d,"created":"2026-03-04 05:06:07.123456","updated":"2026-03-04 05:06:07.123456",`+
		`"ip":"198.51.100.1","status":"ACTIVE"}}]}`, id)
	if string(res.raw) != want {
		t.Errorf("got  %s\nwant %s", res.raw, want)
	}
	away := c.get("/user")
	away.ip = "198.51.100.1"
	c.ok(away)
	clock.Advance(minute)
	c.refused(c.in("PUT", one, `{"status":"INACTIVE","ip":"198.51.100.1"}`), 400, `Superfluous field "ip".`)
	c.refused(c.in("PUT", one, `{"status":"GONE"}`), 400, `Invalid value for field "status".`)
	c.refused(c.in("PUT", one, `{}`), 400, `Missing required field "status".`)
	c.ok(c.in("PUT", one, `{"status":"INACTIVE"}`))
	c.refused(away, 400, textCredentials)
	got := pick[struct{ Status, Updated string }](t, c.ok(c.in("GET", one, nil)), "PermittedIp")
	if got.Status != "INACTIVE" || got.Updated != "2026-03-04 05:07:07.123456" {
		t.Errorf("got %+v", got)
	}
	if n := len(c.ok(c.in("GET", base, nil))); n != 2 {
		t.Errorf("%d addresses listed", n)
	}
	c.refused(c.in("GET", base+"/1", nil), 404, `Permitted ip for id "1" not found.`)
	c.refused(c.in("GET", "/credential-password-ip/1/ip", nil), 404, `Credential password ip for id "1" not found.`)
	c.refused(c.in("DELETE", one, nil), 405, "Method not allowed.")
}

func TestWildcardAndInactiveAddress(t *testing.T) {
	sim, _ := sandbox(t, bunqsim.Settings{})
	c := newClient(t, sim)
	c.install()
	c.register()
	c.addDevice(home, "*")
	c.login()
	away := c.get("/user")
	away.ip = "198.51.100.1"
	c.ok(away)
	if err := sim.SetPermittedIP(c.credential, "198.51.100.1", bunqsim.PermittedIPInactive); err != nil {
		t.Fatal(err)
	}
	c.refused(away, 400, textCredentials)
	for _, p := range sim.Snapshot().PermittedIPs {
		if p.IP == "*" {
			c.refused(c.in("PUT", fmt.Sprintf("/credential-password-ip/%d/ip/%d", c.credential, p.ID), `{"status":"INACTIVE"}`), 400,
				`The IP address "*" is invalid.`)
		}
	}
	c.install()
	c.addDevice(home, "*") // it may be said again of a key that has it
}

// /device shows the same objects as /device-server, under another path.
func TestDevice_readsAsDeviceServer(t *testing.T) {
	sim, _ := sandbox(t, bunqsim.Settings{})
	c := newClient(t, sim).onboard()
	c.install()
	c.addDevice()
	c.login()

	list, same := c.send(c.get("/device-server")), c.send(c.get("/device"))
	if want := strings.ReplaceAll(string(list.raw), `\/device-server`, `\/device`); same.status != 200 || string(same.raw) != want {
		t.Errorf("list: %d %s, want %s", same.status, same.raw, want)
	}
	c.mustVerify(same)

	one, same := c.send(c.get(fmt.Sprintf("/device-server/%d", c.device))), c.send(c.get(fmt.Sprintf("/device/%d", c.device)))
	if same.status != 200 || !bytes.Equal(same.raw, one.raw) {
		t.Errorf("one: %d %s, want %s", same.status, same.raw, one.raw)
	}

	other := newClient(t, sim)
	other.cert = pseudo(t, "Somebody else PISP")
	other.chain = other.cert
	other.onboard()
	other.refused(other.get(fmt.Sprintf("/device/%d", c.device)), 404, fmt.Sprintf(`Device server for id "%d" not found.`, c.device))
	c.refused(request{method: "POST", path: "/device", token: c.installationToken, body: `{}`}, 405, "Method not allowed.")
}

// PHP clients send null for every argument that was left out.
func TestNullForAnOptionalFieldIsAbsent(t *testing.T) {
	sim, _ := sandbox(t, bunqsim.Settings{IPInPermittedIPUpdate: bunqsim.Ignored})
	c := newClient(t, sim)
	c.install()
	c.register()
	c.ok(request{method: "POST", path: "/device-server", token: c.installationToken,
		body: fmt.Sprintf(`{"description":"x","secret":%q,"permitted_ips":null}`, c.apiKey)})
	c.login()
	c.ok(c.in("POST", fmt.Sprintf("/credential-password-ip/%d/ip", c.credential), `{"ip":"198.51.100.1","status":null}`))
	if got := addressesOf(sim, c.credential); !slices.Equal(got, []string{"198.51.100.1 ACTIVE", home + " ACTIVE"}) {
		t.Errorf("entries %q", got)
	}

	entry := fmt.Sprintf("/credential-password-ip/%d/ip/%d", c.credential, sim.Snapshot().PermittedIPs[1].ID)
	c.ok(c.in("PUT", entry, `{"ip":null,"status":"INACTIVE"}`))
	setSettings(t, sim, bunqsim.Settings{IPInPermittedIPUpdate: bunqsim.Required})
	c.refused(c.in("PUT", entry, `{"ip":null,"status":"INACTIVE"}`), 400, `Missing required field "ip".`)

	c.ok(c.in("POST", "/oauth-client", `{"status":null}`)) // a recording of bunq's PHP SDK has this body
	if n := len(sim.Snapshot().ActiveOAuthClients(c.user)); n != 1 {
		t.Errorf("%d active clients", n)
	}
}
