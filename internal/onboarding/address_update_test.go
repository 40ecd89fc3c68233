package onboarding_test

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// Whether bunq refuses, ignores or requires the address in the update of a permitted one is not
// known: addresses change with each of the three.
func TestAccDeviceServer_addressUpdateWhateverBunqTakes(t *testing.T) {
	t.Parallel()
	for _, choice := range []bunqsim.Choice{bunqsim.Refused, bunqsim.Ignored, bunqsim.Required} {
		t.Run(string(choice), func(t *testing.T) {
			t.Parallel()
			b := acctest.New(t, withIPv6, acctest.WithSim(func(c *bunqsim.Config) { c.Settings.IPInPermittedIPUpdate = choice }))
			at(b, own)()
			fewer := b.Provider("") + deviceWith(named, list(own, v6))

			b.Test(t, resource.TestCase{Steps: []resource.TestStep{
				{Config: b.Provider("") + deviceWith(named, list(own, next, also))},
				{
					Config: fewer,
					Check:  permits(b, map[string]string{own: "ACTIVE", v6: "ACTIVE", next: "INACTIVE", also: "INACTIVE"}),
				},
				emptyPlan(fewer),
			}})
		})
	}
}
