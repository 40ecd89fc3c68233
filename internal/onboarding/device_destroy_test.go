package onboarding_test

import (
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
)

// Destroying forgets the device, says what stays at bunq, and sends nothing: the addresses belong
// to the key.
func TestAccDeviceServer_destroyOnlyForgets(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	c := acctest.NewCLI(t, b, acctest.Attached)
	c.Write(t, deviceWith(named, list(next)))
	c.MustApply(t)
	id := c.State(t).String(t, deviceAddress, "id")
	b.Sim.ResetJournal()
	c.Destroy(t).MustSay(t, 0, "bunq has no call to remove a device: Terraform has only forgotten device "+id, "deactivate_on_destroy of its bunq_psd2_credential")
	if writes := b.Writes(0); len(writes) > 0 {
		t.Errorf("sent: %v", writes)
	}
}
