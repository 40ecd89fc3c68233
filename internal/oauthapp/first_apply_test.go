package oauthapp_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
)

// The journal of a first apply holds the calls of the onboarding chain, each
// once, and the look before the client is made; a plan after it reads only.
func TestAccFirstApply_makesEachCallOnce(t *testing.T) {
	b := acctest.New(t)
	var applied int
	b.Test(t, resource.TestCase{
		Steps: []resource.TestStep{
			{
				Config: b.Provider("") + acctest.CallbackURL,
				Check: func(*terraform.State) error {
					want := []string{
						"POST /installation",
						"POST /payment-service-provider-credential",
						"POST /device-server",
						"POST /session-server",
						"GET /user/{id}/oauth-client",
						"POST /user/{id}/oauth-client",
						"GET /user/{id}/oauth-client/{id}",
						"POST /user/{id}/oauth-client/{id}/callback-url",
					}
					calls := b.Calls(0)
					if diff := cmp.Diff(want, calls[:min(len(want), len(calls))]); diff != "" {
						t.Errorf("first apply (-want +got):\n%s", diff)
					}
					if writes := b.Writes(len(want)); len(writes) > 0 {
						t.Errorf("after the apply something was written: %v", writes)
					}
					applied = len(calls)
					return nil
				},
			},
			{
				Config:           b.Provider("") + acctest.CallbackURL,
				ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
			},
		},
	})
	_ = applied
}
