package onboarding_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
)

// Where "*" permits every address, no other one is set inactive: bunq refuses an inactive address, and
// the configuration says that every address may call.
func TestAccDeviceServer_everyAddressMeansEveryAddress(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	at(b, own)()
	c := acctest.NewCLI(t, b, acctest.Attached)
	c.Write(t, deviceWith(named, list(own, also, "*")))
	c.MustApply(t)

	c.Write(t, deviceWith(named, list(own, "*")))
	c.MustApply(t).MustSay(t, 0, "0 added, 1 changed, 0 destroyed")
	c.MustHaveNothingToDo(t)
	if diff := cmp.Diff(map[string]string{own: "ACTIVE", also: "ACTIVE", "*": "ACTIVE"}, addresses(b)); diff != "" {
		t.Error(diff)
	}
	at(b, also)()
	c.MustHaveNothingToDo(t)
	at(b, own)()

	// A listed one that somebody set inactive is activated again.
	c.Write(t, deviceWith(named, list(own, also, "*")))
	c.MustApply(t)
	try(t, func() error { return b.Sim.SetPermittedIP(b.Sim.Snapshot().Credentials[0].ID, also, "INACTIVE") })()
	c.MustApply(t).MustSay(t, 0, "0 added, 1 changed, 0 destroyed")
	c.MustHaveNothingToDo(t)
}

// A "*" that only bunq has is a warning, and no change; the way that it names works.
func TestAccDeviceServer_everyAddressOnlyAtBunq(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	at(b, own)()
	c := acctest.NewCLI(t, b, acctest.Attached)
	c.Write(t, deviceWith(named, list(own)))
	c.MustApply(t)
	try(t, func() error { return b.Sim.SetPermittedIP(b.Sim.Snapshot().Credentials[0].ID, "*", "ACTIVE") })()

	got := c.Plan(t)
	got.MustSay(t, 0, "Warning: The key stays open to every address")
	follow(t, c, commands(got.Output)[0], "main").MustSay(t, 0)
	if got := c.Plan(t); got.Code != 0 || acctest.Says("stays open").MatchString(got.Output) {
		t.Errorf("with another key: status %d\n%s", got.Code, got.Output)
	}
}

// "*" is sent when the device is made. Dropping the list changes nothing.
func TestAccDeviceServer_everyAddress(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	at(b, own)()
	c := acctest.NewCLI(t, b, acctest.Attached)
	c.Write(t, deviceWith(named, list(own, "*")))
	if got := c.MustApply(t); strings.Contains(got.Output, "The key may not be open to every address") {
		t.Errorf("%s", got.Output)
	}
	c.MustHaveNothingToDo(t)

	// From any address now.
	at(b, also)()
	c.MustHaveNothingToDo(t)

	b.Sim.ResetJournal()
	c.Write(t, deviceWith(named))
	c.MustApply(t).MustSay(t, 0, "0 added, 1 changed, 0 destroyed")
	c.MustHaveNothingToDo(t)
	if writes := b.Writes(0); len(writes) > 0 {
		t.Errorf("sent: %v", writes)
	}
}

// A key that is in use is to be opened on another installation: bunq refuses "*", and the way that
// the error names makes another key.
func TestAccDeviceServer_everyAddressTooLate(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	at(b, own)()
	c := acctest.NewCLI(t, b, acctest.Attached)
	c.Write(t, deviceWith(named, list(own)))
	c.MustApply(t)
	c.Write(t, deviceWith(named, list(own, "*")))
	got := c.Apply(t, "-replace="+installationAddress)
	got.MustSay(t, 1, "Error: bunq_device_server was not registered", "bunq accepts it only for a key that has no permitted address yet")
	follow(t, c, commands(got.Output)[0], "main").MustSay(t, 0)
	c.MustHaveNothingToDo(t)
	mustHaveOneDeviceEach(t, b)
}

// Without the address that registers the device, bunq reads "*" as that address: the apply says so.
func TestAccDeviceServer_everyAddressWithoutOwn(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	at(b, own)()
	c := acctest.NewCLI(t, b, acctest.Attached)
	c.Write(t, deviceWith(named, list(next, "*")))
	got := c.MustApply(t)
	got.MustSay(t, 0, "Warning: The key may not be open to every address", "This device was registered from "+own)
	c.Write(t, deviceWith(named, list(own, next, "*")))
	follow(t, c, commands(got.Output)[0], "main").MustSay(t, 0)
	c.MustHaveNothingToDo(t)
	at(b, also)()
	c.MustHaveNothingToDo(t)
}
