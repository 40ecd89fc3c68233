package onboarding_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// While a key waits for its first use, plans say until when it lives, refreshes change nothing, and
// a device made later uses it.
func TestAccCredential_waitsForFirstUse(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	c := acctest.NewCLI(t, b, acctest.Attached)
	c.Write(t, acctest.Credential)
	c.MustApply(t)
	key := c.State(t).String(t, credentialAddress, "api_key")
	until := c.State(t).String(t, credentialAddress, "api_key_expiry_time")

	got := c.Plan(t)
	if got.Code != 0 || !acctest.Says("Warning: The API key waits for its first use").MatchString(got.Output) ||
		!acctest.Says("bunq deletes it at "+until+" unless a device is registered with it by then.").MatchString(got.Output) {
		t.Errorf("plan with nothing to do: status %d\n%s", got.Code, got.Output)
	}
	if again := c.Run(t, "refresh", "-no-color"); again.Code != 0 {
		t.Errorf("refresh: %s", again.Output)
	}
	c.Write(t, acctest.Device)
	c.MustApply(t)
	c.MustHaveNothingToDo(t)
	state := c.State(t)
	if state.String(t, credentialAddress, "api_key") != key {
		t.Error("the key is another one")
	}
	if n := len(b.Sim.Snapshot().Credentials); n != 1 {
		t.Errorf("%d credentials", n)
	}
	if got := c.Plan(t); acctest.Says("waits for its first use").MatchString(got.Output) {
		t.Errorf("the plan still warns:\n%s", got.Output)
	}
}

// A key whose time ran out unused is replaced, with a warning that says why; the bunq user stays.
func TestAccCredential_diesUnused(t *testing.T) {
	t.Parallel()
	// bunq's clock is behind, so that the key's time is over for the provider, and for bunq as soon
	// as its clock has moved.
	clock := bunqsim.NewFakeClock(time.Now().Add(-2 * time.Hour))
	b := acctest.New(t, withSimClock(clock))
	c := acctest.NewCLI(t, b, acctest.Attached)
	from := time.Now().Add(-24 * time.Hour)
	s := newSeal(t, fmt.Sprintf("Slow %d AISP", from.UnixNano()), from, time.Now().Add(365*24*time.Hour))
	lines := []string{set("certificate_pem", file(written(t, s.certificate))), set("private_key_pem_wo", file(written(t, s.key)))}
	c.Write(t, credential(lines...))
	c.MustApply(t)
	key := c.State(t).String(t, credentialAddress, "api_key")

	clock.Advance(90 * time.Minute)
	got := c.Plan(t)
	if got.Code != 2 || !acctest.Says("Warning: The API key is dead and will be replaced").MatchString(got.Output) ||
		!acctest.Says("1 to add, 0 to change, 1 to destroy").MatchString(got.Output) {
		t.Errorf("plan: status %d\n%s", got.Code, got.Output)
	}
	c.Write(t, deviceOn(lines...))
	c.MustApply(t)
	c.MustHaveNothingToDo(t)
	if c.State(t).String(t, credentialAddress, "api_key") == key {
		t.Error("the dead key is still there")
	}
	held := b.Sim.Snapshot()
	if len(held.Users) != 1 || len(held.Credentials) != 2 || len(held.Devices) != 1 {
		t.Errorf("%d users, %d credentials, %d devices", len(held.Users), len(held.Credentials), len(held.Devices))
	}
}

// That a key's time is over by this machine's clock is no reason to replace it: only bunq's refusal
// is.
func TestAccCredential_clockAloneKillsNoKey(t *testing.T) {
	t.Parallel()
	ahead := time.Duration(0)
	b := acctest.New(t, withClock(func() time.Time { return time.Now().Add(ahead) }),
		acctest.WithSim(func(c *bunqsim.Config) { c.Settings.FirstUse = bunqsim.BySession }))
	var key string
	b.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{Config: b.Provider("") + acctest.Device, Check: attributeIs(credentialAddress, "api_key", &key)},
		{
			PreConfig:        func() { ahead = 2 * time.Hour },
			Config:           b.Provider("") + acctest.Device,
			ConfigPlanChecks: planned(plancheck.ExpectEmptyPlan()),
			Check:            attributeIs(credentialAddress, "api_key", &key),
		},
	}})
}

// A refused key whose time is not over yet stays: the address may be what is refused, and a device
// may still be made with it.
func TestAccCredential_refusedInTimeStays(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	var key string
	config := b.Provider("") + acctest.Credential
	b.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{Config: config, Check: attributeIs(credentialAddress, "api_key", &key)},
		{
			PreConfig:        func() { b.Sim.SetCallerIP("203.0.113.99") },
			Config:           config,
			ConfigPlanChecks: planned(plancheck.ExpectEmptyPlan()),
			Check:            attributeIs(credentialAddress, "api_key", &key),
		},
	}})
}
