package onboarding_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
)

// keyElsewhere is a device with a key that was made elsewhere.
func keyElsewhere(name, key string, lines ...string) string {
	return fmt.Sprintf("resource \"bunq_device_server\" %q {\n  installation = bunq_installation.main\n  credential = %s\n  %s\n}\n",
		name, key, strings.Join(lines, "\n  "))
}

// Where bunq refuses the key, a plan that goes on with it is an error that says what to check; a
// refresh keeps the state, and a plan that replaces the key or destroys the device goes on.
func TestAccDeviceServer_refusedKey(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	c := acctest.NewCLI(t, b)
	var first, second *acctest.Party
	first, second = b.Onboard(t, "first"), b.Onboard(t, "second")
	config := func(p *acctest.Party) string {
		return acctest.Installation + keyElsewhere("main", fmt.Sprintf("{ api_key = %q }", p.APIKey), named)
	}
	c.Write(t, config(first))
	c.MustApply(t)
	id := c.State(t).String(t, deviceAddress, "id")
	try(t, func() error { return b.Sim.RevokeCredential(first.CredentialID) })()

	got := c.Plan(t)
	got.MustSay(t, 1, "Error: bunq_device_server: bunq refuses the API key", "check, the likeliest first:",
		"1. Is the public address of this machine", "3. Otherwise the key is dead", "device "+id+" stays in the state as it was")
	if strings.Contains(got.Output, first.APIKey) {
		t.Error("the key is in the message")
	}
	if got := c.Run(t, "plan", "-no-color", "-refresh-only"); got.Code != 0 || !acctest.Says("Warning: bunq refuses the API key of the device").MatchString(got.Output) {
		t.Errorf("status %d\n%s", got.Code, got.Output)
	}
	if now := c.State(t).String(t, deviceAddress, "id"); now != id {
		t.Errorf("the state has device %s", now)
	}

	// Another key is no dead end.
	c.Write(t, config(second))
	c.MustApply(t)
	c.MustHaveNothingToDo(t)

	// Neither is removing the device, nor a destroy as the message says.
	try(t, func() error { return b.Sim.RevokeCredential(second.CredentialID) })()
	c.Write(t, acctest.Installation)
	c.Plan(t).MustSay(t, 2, "1 to destroy")
	c.Destroy(t, "-refresh=false").MustSay(t, 0, "The device stays at bunq")
}

// As the message says: a device that bunq has blocked is registered again.
func TestAccDeviceServer_blockedIsRegisteredAgain(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	c := acctest.NewCLI(t, b)
	c.Write(t, deviceWith(named, list(next)))
	c.MustApply(t)
	device := b.Sim.Snapshot().Devices[0].ID
	try(t, func() error { return b.Sim.SetDeviceStatus(device, "BLOCKED") })()
	c.MustApply(t, "-refresh=false", "-replace="+deviceAddress)
	c.MustHaveNothingToDo(t)
}

// Two credentials fit a key that was made elsewhere: reading keeps the state and says what to
// write, and that works in place.
func TestAccDeviceServer_ambiguousCredential(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	c := acctest.NewCLI(t, b)
	var p *acctest.Party
	p = b.Onboard(t, "elsewhere")
	p.Register(t, "made by elsewhere")
	config := func(credential string, ips ...string) string {
		return acctest.Installation + keyElsewhere("main", credential, named, list(ips...))
	}
	guessed, said := fmt.Sprintf("{ api_key = %q }", p.APIKey), fmt.Sprintf("{ id = \"%d\", api_key = %q }", p.CredentialID, p.APIKey)
	const remedy = "set credential = { id = …, api_key = … }"
	c.Write(t, config(guessed, next))
	c.MustApply(t).MustSay(t, 0, "Warning: bunq_device_server: the permitted addresses are not as configured", remedy)
	id := c.State(t).String(t, deviceAddress, "id")
	// They were never set, so there is something to do until it is known for which key.
	c.Plan(t).MustSay(t, 2, "Warning: bunq_device_server: the permitted addresses were not read", remedy)
	c.Write(t, config(guessed, also))
	c.Apply(t).MustSay(t, 1, "Error: bunq_device_server: the permitted addresses were not changed", remedy)

	b.Sim.ResetJournal()
	c.Write(t, config(said, next))
	c.MustApply(t)
	if writes := fmt.Sprint(b.Writes(0)); writes != "["+addAddress+"]" || c.State(t).String(t, deviceAddress, "id") != id {
		t.Errorf("sent %s", writes)
	}
	c.MustHaveNothingToDo(t)

	// What was found without doubt stays known when another credential is made.
	c.Write(t, config(guessed, next))
	c.MustApply(t)
	c.MustHaveNothingToDo(t)
}
