package onboarding_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

const (
	refusedByBunq = "Warning: bunq refuses an API context of the state"
	refusedAtPlan = "Error: bunq_device_server has an API context that bunq refuses"
)

// Where bunq refuses the key, a plan that goes on with it is an error; a refresh keeps the state,
// and a plan that replaces the key with its installation, or destroys the device, goes on.
func TestAccDeviceServer_refusedKey(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	c := acctest.NewCLI(t, b, acctest.Attached)
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
	got.MustSay(t, 1, refusedByBunq, refusedAtPlan)
	if strings.Contains(got.Output, first.APIKey) {
		t.Error("the key is in the message")
	}
	if n := strings.Count(got.Output, "Warning: bunq"); n != 1 {
		t.Errorf("%d warnings\n%s", n, got.Output)
	}
	c.Run(t, "plan", "-no-color", "-refresh-only").MustSay(t, 0, refusedByBunq)
	if now := c.State(t).String(t, deviceAddress, "id"); now != id {
		t.Errorf("the state has device %s", now)
	}

	// Another key is no dead end.
	c.Write(t, config(second))
	refused := c.Plan(t)
	refused.MustSay(t, 1, "Error: Another API key needs another installation")
	if strings.Contains(refused.Output, refusedAtPlan) {
		t.Errorf("the plan keeps another key\n%s", refused.Output)
	}
	follow(t, c, commands(refused.Output)[0], "main").MustSay(t, 0)
	c.MustHaveNothingToDo(t)

	// Neither is removing the device, nor a destroy as the message says.
	try(t, func() error { return b.Sim.RevokeCredential(second.CredentialID) })()
	c.Write(t, acctest.Installation)
	c.Plan(t).MustSay(t, 2, "1 to destroy")
	c.Destroy(t, "-refresh=false").MustSay(t, 0, "The device stays at bunq")
}

// The same where bunq refuses the installation.
func TestAccDeviceServer_refusedInstallation(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	c := acctest.NewCLI(t, b, acctest.Attached)
	c.Env = []string{"BUNQ_SESSION_CACHE=false"}
	c.Write(t, deviceWith(named))
	c.MustApply(t)

	b.Sim.Fail(bunqsim.Fault{
		Route: "POST /session-server", Every: true, Kind: bunqsim.FaultStatus, Status: 403,
		Body: `{"Error":[{"error_description":"Insufficient authentication.","error_description_translated":"x"}]}`,
	})
	c.Plan(t).MustSay(t, 1, refusedByBunq, refusedAtPlan)
	b.Sim.ClearFaults()
	c.MustHaveNothingToDo(t)
}

// A device that bunq no longer accepts is a warning, and is never replaced by itself; the command
// that it names replaces it.
func TestAccDeviceServer_blocked(t *testing.T) {
	t.Parallel()
	for _, status := range []string{bunqsim.DeviceBlocked, bunqsim.DeviceObsolete, bunqsim.DeviceNeedsConfirmation} {
		t.Run(status, func(t *testing.T) {
			t.Parallel()
			b := acctest.New(t)
			c := acctest.NewCLI(t, b, acctest.Attached)
			c.Write(t, deviceWith(named))
			c.MustApply(t)
			id, key := c.State(t).String(t, deviceAddress, "id"), c.State(t).String(t, credentialAddress, "api_key")
			fault := b.Sim.Fail(bunqsim.Fault{
				Route: readDevice, Every: true, Kind: bunqsim.FaultStatus, Status: 200,
				Body: `{"Response":[{"DeviceServer":{"id":` + id + `,"created":"2026-01-01 00:00:00.000000","updated":"2026-01-01 00:00:00.000000",` +
					`"description":"ci","ip":"127.0.0.1","status":"` + status + `"}}]}`,
			})

			got := c.Plan(t)
			got.MustSay(t, 0, "bunq lists device "+id+" as "+status)
			if status == bunqsim.DeviceNeedsConfirmation {
				got.MustSay(t, 0, "Warning: The device waits for confirmation")
				return
			}
			got.MustSay(t, 0, "Warning: bunq no longer accepts the device")
			fault.Disarm()
			follow(t, c, commands(got.Output)[0], "main").MustSay(t, 0)
			c.MustHaveNothingToDo(t)
			if c.State(t).String(t, deviceAddress, "id") == id || c.State(t).String(t, credentialAddress, "api_key") != key {
				t.Error("the device is the same, or the key is not")
			}
			mustHaveOneDeviceEach(t, b)
		})
	}
}

// A device whose sessions bunq refuses because it is blocked: the same way leads out.
func TestAccDeviceServer_blockedWithoutSession(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	c := acctest.NewCLI(t, b, acctest.Attached)
	c.Write(t, deviceWith(named, list(next)))
	c.MustApply(t)
	device := b.Sim.Snapshot().Devices[0].ID
	try(t, func() error { return b.Sim.SetDeviceStatus(device, bunqsim.DeviceBlocked) })()
	c.Plan(t).MustSay(t, 1, refusedAtPlan)
	c.MustApply(t, "-replace="+installationAddress)
	c.MustHaveNothingToDo(t)
}
