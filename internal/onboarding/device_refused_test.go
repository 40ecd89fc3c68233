package onboarding_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// A device whose permitted addresses lack the caller's is refused at its first
// session. The next apply, with the addresses corrected, must get past its
// refresh and register it again.
func TestAccDeviceServer_isRegisteredAgainAfterWrongAddresses(t *testing.T) {
	t.Parallel()
	b := acctest.New(t, acctest.WithSim(func(c *bunqsim.Config) {
		c.Settings.DeviceFromUnpermittedIP = bunqsim.Accepted
	}))
	config := func(ips string) string {
		return b.Provider("") + strings.Replace(acctest.Device, `description  = "acceptance"`,
			`description = "acceptance"`+"\n  permitted_ips = "+ips, 1)
	}
	b.Test(t, resource.TestCase{
		Steps: []resource.TestStep{
			{
				Config:      config(`["203.0.113.7"]`),
				ExpectError: regexp.MustCompile(`registered, but its key or address is refused`),
			},
			{
				Config: config(`["127.0.0.1"]`),
				ConfigPlanChecks: resource.ConfigPlanChecks{
					PostApplyPostRefresh: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()},
				},
			},
		},
	})
	// bunq allows one question in 30 seconds: what it said a moment ago is not asked again.
	if n := b.Count("POST /session-server"); n != 2 {
		t.Errorf("%d sessions were asked for, want one for each registration", n)
	}
	if n := b.Count("POST /payment-service-provider-credential"); n != 1 {
		t.Errorf("%d credentials were registered, want the one key used again", n)
	}
}
