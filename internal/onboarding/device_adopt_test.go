package onboarding_test

import (
	"fmt"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

const createDevice = "POST /device-server"

// deviceOfAnotherKey is a device like the one of deviceWith, with another key of the same user.
const deviceOfAnotherKey = `
resource "bunq_psd2_credential" "other" {
  installation       = bunq_installation.main
  certificate_pem    = bunq_sandbox_certificate.main.certificate_pem
  private_key_pem_wo = bunq_sandbox_certificate.main.private_key_pem
}

resource "bunq_device_server" "other" {
  installation = bunq_installation.main
  credential   = bunq_psd2_credential.other
  description  = "ci"
}
`

// A run that is killed after bunq made the device: the next one adopts it, with a note of this
// machine or, where none can be kept or the killed run was another machine's, as the newest of its
// name.
func TestAccDeviceServer_adoptsWhatWasBegun(t *testing.T) {
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
			b.Sim.ResetJournal()
			c.MustApply(t).MustSay(t, 0, "Warning: Existing device adopted", "registered by an interrupted run")
			if devices := b.Sim.Snapshot().Devices; len(devices) != 1 || c.State(t).String(t, deviceAddress, "id") != fmt.Sprint(devices[0].ID) {
				t.Errorf("%d devices", len(devices))
			}
			if ip := c.State(t).String(t, deviceAddress, "registration_ip"); ip != "127.0.0.1" {
				t.Errorf("registration_ip is %q", ip)
			}
			c.MustHaveNothingToDo(t)
		})
	}
}

// A machine that knows nothing adopts no device that the state has: not for a second resource, nor
// for a replacement that another machine planned.
func TestAccDeviceServer_newMachineAdoptsNothingOfTheState(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	c := acctest.NewCLI(t, b)
	before := "lifecycle { create_before_destroy = true }"
	c.Write(t, deviceWith(named, before))
	c.MustApply(t)
	first := c.State(t).String(t, deviceAddress, "id")

	c.Plan(t, "-replace="+deviceAddress, "-out=saved").MustSay(t, 2)
	c.MoveToNewMachine(t)
	c.MustApply(t, "saved")
	if second := c.State(t).String(t, deviceAddress, "id"); second == first {
		t.Error("the device was replaced by itself")
	}

	c.MoveToNewMachine(t)
	c.Write(t, deviceWith(named, before)+`
resource "bunq_device_server" "second" {
  installation = bunq_installation.main
  credential   = bunq_psd2_credential.main
  description  = "ci"
}
`)
	c.MustApply(t)
	if state := c.State(t); state.String(t, deviceAddress, "id") == state.String(t, "bunq_device_server.second", "id") {
		t.Error("two resources are one device")
	}
	c.MustHaveNothingToDo(t)
}

// What this machine did not begin is not adopted: not what another resource of the state is, nor a
// device of the same name that another key has.
func TestAccDeviceServer_adoptsNothingElse(t *testing.T) {
	t.Parallel()
	second := `
resource "bunq_device_server" "second" {
  installation = bunq_installation.main
  credential   = bunq_psd2_credential.main
  description  = "ci"
}
`
	for _, cache := range []string{"true", "false"} {
		t.Run("cache "+cache, func(t *testing.T) {
			t.Parallel()
			b := acctest.New(t)
			c := acctest.NewCLI(t, b)
			c.Env = []string{"BUNQ_SESSION_CACHE=" + cache}
			c.Write(t, deviceWith(named))
			c.MustApply(t)
			if cache == "true" {
				c.Write(t, deviceWith(named)+second)
				c.MustApply(t)
			}
			c.Write(t, deviceWith(named)+deviceOfAnotherKey)
			c.MustApply(t)
			// A device with an older key does not adopt the one of the newer key, nor the other way
			// round.
			c.MustApply(t, "-replace="+deviceAddress)
			c.MustApply(t, "-replace=bunq_device_server.other")
			state := c.State(t)
			if state.String(t, deviceAddress, "id") == state.String(t, "bunq_device_server.other", "id") {
				t.Error("two resources are one device")
			}
			if cache == "true" && len(b.Sim.Snapshot().Devices) != 5 {
				t.Errorf("%d devices, want one for each that was made", len(b.Sim.Snapshot().Devices))
			}
			c.MustHaveNothingToDo(t)
		})
	}
}

// Where bunq registers a key once only, a new name cannot be had with it: the error says which
// device has the key, and going back to its name works.
func TestAccDeviceServer_keyRegisteredOnce(t *testing.T) {
	t.Parallel()
	for _, answer := range []bunqsim.Choice{bunqsim.Refused} {
		for _, cache := range []string{"true", "false"} {
			once := func(t *testing.T, lines ...string) (*acctest.Bunq, *acctest.CLI, string) {
				t.Parallel()
				b := acctest.New(t, acctest.WithSim(func(c *bunqsim.Config) { c.Settings.SecondDeviceOfInstallation = answer }))
				c := acctest.NewCLI(t, b)
				c.Env = []string{"BUNQ_SESSION_CACHE=" + cache}
				c.Write(t, deviceWith(append([]string{named}, lines...)...))
				c.MustApply(t)
				c.MustHaveNothingToDo(t)
				return b, c, c.State(t).String(t, deviceAddress, "id")
			}
			same := func(t *testing.T, b *acctest.Bunq, c *acctest.CLI, id string) {
				t.Helper()
				if now := c.State(t).String(t, deviceAddress, "id"); now != id || len(b.Sim.Snapshot().Devices) != 1 {
					t.Errorf("device %s, want %s; %d at bunq", now, id, len(b.Sim.Snapshot().Devices))
				}
				c.MustHaveNothingToDo(t)
			}
			name := fmt.Sprintf("%s, cache %s, ", answer, cache)
			before := "lifecycle { create_before_destroy = true }"

			t.Run(name+"another name and back", func(t *testing.T) {
				b, c, id := once(t)
				c.Write(t, deviceWith(set("description", `"ci 2"`)))
				c.Apply(t).MustSay(t, 1, "Error: The API key has a device already", "device "+id+` "ci"`,
					`set description = "ci" and apply; device `+id+" is then adopted")
				c.Apply(t).MustSay(t, 1, `set description = "ci" and apply`)
				c.Write(t, deviceWith(named))
				c.MustApply(t).MustSay(t, 0, "Existing device adopted")
				same(t, b, c, id)
			})
			t.Run(name+"replaced", func(t *testing.T) {
				b, c, id := once(t)
				c.MustApply(t, "-replace="+deviceAddress).MustSay(t, 0, "Existing device adopted", "bunq registers this key only once")
				same(t, b, c, id)
			})
			t.Run(name+"another name, created before", func(t *testing.T) {
				b, c, id := once(t, before)
				c.Write(t, deviceWith(set("description", `"ci 2"`), before))
				c.Apply(t).MustSay(t, 1, "Error: The API key has a device already", "no second device was made")
				c.Write(t, deviceWith(named, before))
				c.MustApply(t)
				same(t, b, c, id)
			})
			if cache == "false" {
				continue
			}
			t.Run(name+"replaced, created before", func(t *testing.T) {
				b, c, id := once(t, before)
				for range 2 {
					c.Apply(t, "-replace="+deviceAddress).MustSay(t, 1, "Error: The API key has a device already",
						"another resource of this state, or the one being replaced, is device "+id)
				}
				c.MustApply(t)
				same(t, b, c, id)
			})
			t.Run(name+"forgotten", func(t *testing.T) {
				b, c, id := once(t)
				if got := c.Run(t, "state", "rm", deviceAddress); got.Code != 0 {
					t.Fatal(got.Output)
				}
				c.Apply(t).MustSay(t, 1, "If it is no longer in any state (terraform state rm), apply again")
				c.MustApply(t).MustSay(t, 0, "Existing device adopted")
				same(t, b, c, id)
			})
		}
	}
}

// On a machine that knows nothing, and with two devices that may be the key's: none is adopted, and
// the error names the command that goes on.
func TestAccDeviceServer_keyRegisteredOnceAsOneOfTwo(t *testing.T) {
	t.Parallel()
	b := acctest.New(t, acctest.WithSim(func(c *bunqsim.Config) { c.Settings.SecondDeviceOfInstallation = bunqsim.Refused }))
	c := acctest.NewCLI(t, b)
	c.Write(t, deviceWith(named)+deviceOfAnotherKey)
	c.MustApply(t)
	for _, address := range []string{deviceAddress, "bunq_device_server.other"} {
		if got := c.Run(t, "state", "rm", address); got.Code != 0 {
			t.Fatal(got.Output)
		}
	}

	c.MoveToNewMachine(t)
	c.Write(t, deviceWith(named)+deviceOfAnotherKey)
	c.Apply(t, "-target="+deviceAddress).MustSay(t, 1, "Error: bunq_device_server was not registered",
		"bunq may register a key only once", "terraform apply -replace=bunq_psd2_credential.NAME")
	if devices := b.Sim.Snapshot().Devices; len(devices) != 2 {
		t.Errorf("%d devices", len(devices))
	}
	c.MustApply(t, "-replace=bunq_psd2_credential.main", "-replace=bunq_psd2_credential.other")
	c.MustHaveNothingToDo(t)
}
