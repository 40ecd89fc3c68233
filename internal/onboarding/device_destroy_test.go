package onboarding_test

import (
	"fmt"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
)

// Destroying forgets the device, says what stays at bunq, and sends nothing: the addresses belong
// to the key.
func TestAccDeviceServer_destroyOnlyForgets(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	c := acctest.NewCLI(t, b)
	c.Write(t, deviceWith(named, list(next)))
	c.MustApply(t)
	id := c.State(t).String(t, deviceAddress, "id")
	b.Sim.ResetJournal()
	c.Destroy(t).MustSay(t, 0, "bunq has no call to remove a device. Device "+id+" and its API key can still be used",
		"set deactivate_on_destroy = true on its bunq_psd2_credential and apply")
	if writes := b.Writes(0); len(writes) > 0 {
		t.Errorf("sent: %v", writes)
	}
}

// Replacing a device makes another one, and deactivates nothing that is in use; the old one is not
// adopted where anything tells that it is the old one.
func TestAccDeviceServer_replaceAlone(t *testing.T) {
	t.Parallel()
	for _, cache := range []string{"true", "false"} {
		for _, before := range []string{"", "lifecycle { create_before_destroy = true }"} {
			t.Run(fmt.Sprintf("cache %s %s", cache, before), func(t *testing.T) {
				t.Parallel()
				b := acctest.New(t)
				at(b, own)()
				c := acctest.NewCLI(t, b)
				c.Env = []string{"BUNQ_SESSION_CACHE=" + cache}
				c.Write(t, deviceWith(named, list(next), before))
				c.MustApply(t)
				old := c.State(t).String(t, deviceAddress, "id")
				b.Sim.ResetJournal()
				got := c.MustApply(t, "-replace="+deviceAddress)
				if cache == "false" && before != "" {
					// Nothing tells the apply which device it replaces: the old one is kept.
					got.MustSay(t, 0, "Existing device adopted")
					c.MustHaveNothingToDo(t)
					return
				}
				if writes := fmt.Sprint(b.Writes(0)); writes != "[POST /device-server]" {
					t.Errorf("sent %s", writes)
				}
				if c.State(t).String(t, deviceAddress, "id") == old {
					t.Error("the old device was adopted")
				}
				c.MustHaveNothingToDo(t)
			})
		}
	}
}
