package onboarding_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

const (
	createDevice = "POST /device-server"
	openSession  = "POST /session-server"
	adopted      = "Warning: Existing device adopted"
)

// A run that is killed after bunq made the device: the next one adopts it, with and without a cache
// folder, and on another machine.
func TestAccDeviceServer_adoptsAfterAKill(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct{ cache, moves bool }{
		"cache":           {cache: true},
		"no cache":        {},
		"another machine": {cache: true, moves: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := acctest.New(t)
			c := acctest.NewCLI(t, b)
			c.Env = []string{fmt.Sprintf("BUNQ_SESSION_CACHE=%t", tc.cache)}
			c.Write(t, deviceWith(named, list(next)))
			b.Sim.Fail(bunqsim.Fault{Route: createDevice, Kind: bunqsim.FaultHook, Stage: bunqsim.AfterCommit, Hook: func(bunqsim.Entry) { _ = c.KillProviders() }})
			if got := c.Apply(t); got.Code == 0 {
				t.Fatalf("the provider was not killed\n%s", got.Output)
			}
			if tc.moves {
				c.MoveToNewMachine(t)
			}
			c.MustApply(t).MustSay(t, 0, adopted, `"ci" already, registered from 127.0.0.1`)
			mustBeTheOnlyDevice(t, b, c)
			c.MustHaveNothingToDo(t)
		})
	}
}

// mustBeTheOnlyDevice checks that bunq has one device, that the state has it, and from where it was
// registered.
func mustBeTheOnlyDevice(t *testing.T, b *acctest.Bunq, c *acctest.CLI) {
	t.Helper()
	devices, state := b.Sim.Snapshot().Devices, c.State(t)
	if len(devices) != 1 || state.String(t, deviceAddress, "id") != fmt.Sprint(devices[0].ID) {
		t.Fatalf("%d devices; the state has %s", len(devices), state.String(t, deviceAddress, "id"))
	}
	if ip := state.String(t, deviceAddress, "registration_ip"); ip != devices[0].IP {
		t.Errorf("registration_ip is %q", ip)
	}
}

// A POST whose answer is lost: a session decides whether bunq did it. If it did, the device is
// adopted; if not, it is sent once more.
func TestAccDeviceServer_lostAnswer(t *testing.T) {
	t.Parallel()
	done := bunqsim.Fault{Route: createDevice, Kind: bunqsim.FaultDrop, Stage: bunqsim.AfterCommit}
	notDone := bunqsim.Fault{Route: createDevice, Kind: bunqsim.FaultStatus, Status: 500, Stage: bunqsim.BeforeCommit}
	never := notDone
	never.Every = true
	for _, answer := range answers {
		for _, tc := range []struct {
			name            string
			fault           bunqsim.Fault
			sessionOpens    bunqsim.Choice
			posts, sessions int
			adopts, fails   bool
		}{
			{name: "done", fault: done, posts: 1, sessions: 1, adopts: true},
			{name: "not done", fault: notDone, posts: 2, sessions: 2},
			{name: "not done, where a session opens without a device", fault: notDone, sessionOpens: bunqsim.Accepted, posts: 2, sessions: 1},
			{name: "never done", fault: never, posts: 2, sessions: 2, fails: true},
		} {
			t.Run(fmt.Sprintf("%s, %s", tc.name, answer), func(t *testing.T) {
				t.Parallel()
				b := acctest.New(t, secondDevice(answer), acctest.WithSim(func(c *bunqsim.Config) { c.Settings.SessionWithoutDevice = tc.sessionOpens }))
				c := acctest.NewCLI(t, b, acctest.Attached)
				p := b.Onboard(t, "elsewhere")
				b.Sim.ResetJournal()
				c.Write(t, acctest.Installation+keyElsewhere("main", fmt.Sprintf("{ api_key = %q }", p.APIKey), named))
				b.Sim.Fail(tc.fault)
				got := c.Apply(t)

				if posts, sessions := b.Count(createDevice), b.Count(openSession); posts != tc.posts || sessions != tc.sessions {
					t.Errorf("%d POSTs and %d sessions, want %d and %d", posts, sessions, tc.posts, tc.sessions)
				}
				if strings.Contains(got.Output, adopted) != tc.adopts {
					t.Errorf("adopted: %t\n%s", !tc.adopts, got.Output)
				}
				if tc.fails {
					got.MustSay(t, 1, "Error: bunq_device_server was not registered")
					b.Sim.ClearFaults()
					c.MustApply(t)
				} else {
					got.MustSay(t, 0)
				}
				c.MustHaveNothingToDo(t)
				mustHaveOneDeviceEach(t, b)
				if ip := c.State(t).String(t, deviceAddress, "registration_ip"); ip != "127.0.0.1" {
					t.Errorf("registration_ip is %q", ip)
				}
			})
		}
	}
}

// A lost answer where bunq cannot be asked either: the error says so, and the next apply adopts.
func TestAccDeviceServer_lostAnswerAndNoSession(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	c := acctest.NewCLI(t, b, acctest.Attached)
	c.Write(t, deviceWith(named))
	b.Sim.Fail(bunqsim.Fault{Route: createDevice, Kind: bunqsim.FaultDrop, Stage: bunqsim.AfterCommit})
	b.Sim.Fail(bunqsim.Fault{Route: openSession, Every: true, Kind: bunqsim.FaultStatus, Status: 405})
	c.Apply(t).MustSay(t, 1, "Error: bunq_device_server was not registered", "bunq may have registered the device; this could not be checked", "apply again")
	b.Sim.ClearFaults()
	c.MustApply(t).MustSay(t, 0, adopted)
	c.MustHaveNothingToDo(t)
	mustBeTheOnlyDevice(t, b, c)
}

// What a state no longer knows, or knows twice, is adopted where bunq has one device for each
// installation; where it accepts a second one, that is made.
func TestAccDeviceServer_adopts(t *testing.T) {
	t.Parallel()
	run := func(args ...string) func(*testing.T, *acctest.CLI) {
		return func(t *testing.T, c *acctest.CLI) {
			t.Helper()
			if got := c.Run(t, args...); got.Code != 0 {
				t.Fatal(got.Output)
			}
		}
	}
	renamed := strings.Replace(deviceWith(named), `"bunq_device_server" "main"`, `"bunq_device_server" "renamed"`, 1)
	another := strings.Replace(second(), "bunq_installation.second", "bunq_installation.main", 1)
	for _, tc := range []struct {
		name    string
		disturb func(*testing.T, *acctest.CLI)
		address string
		config  string
	}{
		{"taint", run("taint", deviceAddress), deviceAddress, deviceWith(named)},
		{"renamed without moved", nil, "bunq_device_server.renamed", renamed},
		{"forgotten", run("state", "rm", deviceAddress), deviceAddress, deviceWith(named)},
		{"a second block", nil, "bunq_device_server.second", deviceWith(named) + strings.Replace(another, `"second"`+"\n}", `"ci"`+"\n}", 1)},
	} {
		for _, answer := range answers {
			for _, lines := range []string{"", createBefore} {
				t.Run(fmt.Sprintf("%s, %s, %s", tc.name, answer, lines), func(t *testing.T) {
					t.Parallel()
					b := acctest.New(t, secondDevice(answer))
					c := acctest.NewCLI(t, b, acctest.Attached)
					c.Write(t, deviceWith(named, lines))
					c.MustApply(t)
					id := c.State(t).String(t, deviceAddress, "id")
					if tc.disturb != nil {
						tc.disturb(t, c)
					}

					c.Write(t, strings.Replace(tc.config, named, named+"\n  "+lines, 1))
					got := c.MustApply(t)
					c.MustHaveNothingToDo(t)
					now := c.State(t).String(t, tc.address, "id")
					if answer == bunqsim.Accepted {
						if now == id || strings.Contains(got.Output, adopted) {
							t.Errorf("adopted\n%s", got.Output)
						}
						return
					}
					got.MustSay(t, 0, adopted)
					if now != id || len(b.Sim.Snapshot().Devices) != 1 {
						t.Errorf("device %s, want %s; bunq has %d", now, id, len(b.Sim.Snapshot().Devices))
					}
				})
			}
		}
	}
}

// An installation that is unknown as a whole: the device is planned as a replacement, and adopted
// if it turns out to be the same one; else another one is registered.
func TestAccDeviceServer_installationUnknownAsAWhole(t *testing.T) {
	t.Parallel()
	for _, lines := range []string{"", createBefore} {
		t.Run(lines, func(t *testing.T) {
			t.Parallel()
			b := acctest.New(t)
			c := acctest.NewCLI(t, b, acctest.Attached)
			config := func(which, description string) string {
				return "resource \"terraform_data\" \"which\" {\n  input = \"" + which + "\"\n}\n" + strings.Replace(deviceWith(set("description", description), lines),
					"resource \"bunq_device_server\" \"main\" {\n  installation = bunq_installation.main",
					"resource \"bunq_installation\" \"other\" {}\nresource \"bunq_device_server\" \"main\" {\n"+
						"  installation = terraform_data.which.output == \"other\" ? bunq_installation.other : bunq_installation.main", 1)
			}
			c.Write(t, config("main", `"ci"`))
			c.MustApply(t)
			c.MustHaveNothingToDo(t)
			id := c.State(t).String(t, deviceAddress, "id")

			c.Write(t, config("still main", `"ci"`))
			c.Plan(t).MustSay(t, 2, "must be replaced")
			c.MustApply(t).MustSay(t, 0, adopted)
			c.MustHaveNothingToDo(t)
			if now := c.State(t).String(t, deviceAddress, "id"); now != id {
				t.Errorf("device %s, want %s", now, id)
			}

			c.Write(t, config("other", `"ci 2"`))
			c.MustApply(t)
			c.MustHaveNothingToDo(t)
			mustHaveOneDeviceEach(t, b)
			if now := c.State(t).String(t, deviceAddress, "id"); now == id {
				t.Error("the device is still the same")
			}
		})
	}
}

// The installation has a device under another name, which no state knows: the error lists it and
// names both ways.
func TestAccDeviceServer_takenUnderAnotherName(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	c := acctest.NewCLI(t, b, acctest.Attached)
	c.Write(t, deviceWith(named))
	c.MustApply(t)
	id := c.State(t).String(t, deviceAddress, "id")
	c.Run(t, "state", "rm", deviceAddress).MustSay(t, 0)

	c.Write(t, deviceWith(set("description", `"ci 2"`)))
	got := c.Apply(t)
	got.MustSay(t, 1, "Error: The installation has another device", "A device already exists for the current installation.",
		"nothing was stored, and no device was made. bunq lists: - device "+id+` "ci", registered from 127.0.0.1, ACTIVE`,
		"to adopt device "+id+`, set description = "ci", then terraform apply`)

	c.Write(t, deviceWith(named))
	c.MustApply(t).MustSay(t, 0, adopted)
	mustBeTheOnlyDevice(t, b, c)
	c.Run(t, "state", "rm", deviceAddress).MustSay(t, 0)

	c.Write(t, deviceWith(set("description", `"ci 2"`)))
	follow(t, c, commands(got.Output)[0], "main").MustSay(t, 0)
	c.MustHaveNothingToDo(t)
	mustHaveOneDeviceEach(t, b)
}

// The installation has a device of another key: no session opens, the error says so, and its way
// goes on.
func TestAccDeviceServer_takenByAnotherKey(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	c := acctest.NewCLI(t, b, acctest.Attached)
	var first, other *acctest.Party
	first, other = b.Onboard(t, "elsewhere"), b.Onboard(t, "other")
	config := func(p *acctest.Party) string {
		return acctest.Installation + keyElsewhere("main", fmt.Sprintf("{ api_key = %q }", p.APIKey), named)
	}
	c.Write(t, config(first))
	c.MustApply(t)
	c.Run(t, "state", "rm", deviceAddress).MustSay(t, 0)

	c.Write(t, config(other))
	got := c.Apply(t)
	got.MustSay(t, 1, "Error: The installation has another device", "No session was opened with this key", "User credentials are incorrect")
	follow(t, c, commands(got.Output)[0], "main").MustSay(t, 0)
	c.MustHaveNothingToDo(t)
}

// A plan that another machine applies adopts nothing but what was planned.
func TestAccDeviceServer_savedPlanOnAnotherMachine(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	c := acctest.NewCLI(t, b, acctest.Attached)
	c.Write(t, deviceWith(named, createBefore))
	c.MustApply(t)
	c.Plan(t, "-replace="+installationAddress, "-out=saved").MustSay(t, 2)
	c.MoveToNewMachine(t)
	if got := c.MustApply(t, "saved"); strings.Contains(got.Output, adopted) {
		t.Errorf("adopted\n%s", got.Output)
	}
	c.MustHaveNothingToDo(t)
	mustHaveOneDeviceEach(t, b)
}

// What follows the registration may fail for the moment, or for good: the device is kept with a
// warning, and the next apply does the rest.
func TestAccDeviceServer_laterStepsFail(t *testing.T) {
	t.Parallel()
	const credentials = `{"Error":[{"error_description":"User credentials are incorrect. Incorrect API key or IP address.","error_description_translated":"x"}]}`
	for name, fault := range map[string]bunqsim.Fault{
		"the session is refused":        {Route: openSession, Every: true, Kind: bunqsim.FaultStatus, Status: 400, Body: credentials},
		"the session is not answered":   {Route: openSession, Every: true, Kind: bunqsim.FaultStatus, Status: 405},
		"the device is not shown":       {Route: readDevice, Every: true, Kind: bunqsim.FaultStatus, Status: 405},
		"the addresses are not listed":  {Route: listAddresses, Every: true, Kind: bunqsim.FaultStatus, Status: 405},
		"an address is not added":       {Route: addAddress, Every: true, Kind: bunqsim.FaultStatus, Status: 405},
		"an address's answer gets lost": {Route: addAddress, Kind: bunqsim.FaultDrop, Stage: bunqsim.AfterCommit},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := acctest.New(t)
			c := acctest.NewCLI(t, b, acctest.Attached)
			c.Write(t, deviceWith(named, list(next)))
			b.Sim.Fail(fault)
			got := c.MustApply(t)
			if fault.Kind == bunqsim.FaultStatus {
				got.MustSay(t, 0, "Warning: bunq_device_server: registered, but not as configured yet")
			} else if strings.Contains(got.Output, "not as configured") {
				t.Errorf("%s", got.Output)
			}
			id := c.State(t).String(t, deviceAddress, "id")

			b.Sim.ClearFaults()
			b.Sim.ResetJournal()
			c.MustApply(t)
			c.MustHaveNothingToDo(t)
			mustBeTheOnlyDevice(t, b, c)
			if n := b.Count(createDevice); n != 0 || c.State(t).String(t, deviceAddress, "id") != id {
				t.Errorf("%d registrations", n)
			}
			if got := addresses(b)[next]; got != "ACTIVE" {
				t.Errorf("%s is %q", next, got)
			}
		})
	}
}
