package onboarding_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
)

// Destroying forgets the device and says what stays at bunq.
func TestAccDeviceServer_destroyWarns(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	c := acctest.NewCLI(t, b)
	c.Write(t, deviceWith(named, list("127.0.0.1")))
	c.MustApply(t)
	id := c.State(t).String(t, deviceAddress, "id")
	b.Sim.ResetJournal()
	got := c.Destroy(t)
	if got.Code != 0 || !acctest.Says("bunq has no call to remove a device. Device "+id+" and its API key stay usable").MatchString(got.Output) {
		t.Errorf("status %d\n%s", got.Code, got.Output)
	}
	if writes := b.Writes(0); len(writes) > 0 {
		t.Errorf("sent: %v", writes)
	}
}

// deactivate_ips_on_destroy sets every address inactive, the own one last: after
// it, bunq refuses this machine.
func TestAccDeviceServer_destroyDeactivates(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	at(b, own)()
	c := acctest.NewCLI(t, b)
	c.Write(t, deviceWith(named, list(next, own, v6), set("deactivate_ips_on_destroy", "true")))
	c.MustApply(t)
	// One that somebody else added is set inactive too.
	key, err := lastCredential(b.Sim.Snapshot())
	if err != nil {
		t.Fatal(err)
	}
	try(t, func() error { return b.Sim.SetPermittedIP(key.ID, also, "ACTIVE") })()
	w := watch(b)
	w.since()
	got := c.Destroy(t)
	if got.Code != 0 || !acctest.Says("Warning: The device stays at bunq, without a permitted address").MatchString(got.Output) {
		t.Fatalf("status %d\n%s", got.Code, got.Output)
	}
	if log := w.noted(); len(log) != 4 || log[len(log)-1] != own+" INACTIVE" {
		t.Errorf("changes in their order: %v", w.noted())
	}
	if diff := cmp.Diff(map[string]string{own: "INACTIVE", next: "INACTIVE", also: "INACTIVE", v6: "INACTIVE"}, addresses(b)); diff != "" {
		t.Error(diff)
	}
}

// Where bunq refuses this machine, nothing is forgotten that could still be
// deactivated from elsewhere; the error says how to forget it all the same.
func TestAccDeviceServer_destroyFromBlockedAddress(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	at(b, own)()
	c := acctest.NewCLI(t, b)
	c.Write(t, deviceWith(named, list(own), set("deactivate_ips_on_destroy", "true")))
	c.MustApply(t)
	at(b, next)()
	got := c.Destroy(t, "-refresh=false")
	if got.Code != 1 || !acctest.Says("State: the device stays in the state, so that the next destroy deactivates the rest.").MatchString(got.Output) {
		t.Errorf("status %d\n%s", got.Code, got.Output)
	}
	if c.State(t).String(t, deviceAddress, "id") == "" {
		t.Error("the device was forgotten")
	}
	// As the error says.
	c.Write(t, deviceWith(named, list(own), set("deactivate_ips_on_destroy", "false")))
	c.MustApply(t, "-refresh=false")
	if got := c.Destroy(t, "-refresh=false"); got.Code != 0 {
		t.Errorf("status %d\n%s", got.Code, got.Output)
	}
}
