package oauthapp_test

import (
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// Two resources that declare a client of the same user, made at the same time: one gets it, the
// other an error, whatever bunq would do about a second one, and also where both would adopt.
// Otherwise two resources would own one client.
func TestAccClient_declaredTwice(t *testing.T) {
	t.Parallel()
	for name, adopt := range map[string]string{"adopting nothing": "false", "both adopting": "true"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := acctest.New(t, acctest.WithSim(func(c *bunqsim.Config) {
				c.Settings.SecondOAuthClient = bunqsim.Accepted
			}))
			b.Test(t, resource.TestCase{
				Steps: []resource.TestStep{{
					Config: b.Provider("") + acctest.Device + `
resource "bunq_oauth_client" "main" {
  count = 2

  api_context         = bunq_device_server.main.api_context
  adopt_existing      = ` + adopt + `
  deletion_protection = false
}
`,
					ExpectError: regexp.MustCompile(`Two resources declare the OAuth client of one user`),
				}},
			})
			if n := b.Count("POST /user/{id}/oauth-client"); n != 1 {
				t.Errorf("%d clients were made, want 1", n)
			}
		})
	}
}
