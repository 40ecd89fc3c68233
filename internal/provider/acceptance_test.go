package provider_test

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
)

// What is wrong with the provider block is shown at its line, before anything is
// sent.
func TestAccProvider_badBlock(t *testing.T) {
	block := func(line string) string { return "provider \"bunq\" {\n  " + line + "\n}\n" }
	tests := []struct {
		name   string
		config string
		want   *regexp.Regexp
	}{
		{
			"an unknown environment", block(`environment = "staging"`),
			acctest.SaysAt("environment", `Unknown environment "staging": write "sandbox" or "production".`),
		},
		{
			"http to a host that is not loopback", block(`base_url = "http://bunq.example.com/v1"`),
			acctest.SaysAt("base_url", "Plain http would show tokens to the network"),
		},
		{
			"no version path", block(`base_url = "https://bunq.example.com"`),
			acctest.SaysAt("base_url", `The path must end in the version of the API: write "https://bunq.example.com/v1".`),
		},
		{
			"a wrong request_timeout", block(`request_timeout = "30"`),
			acctest.SaysAt("request_timeout", `"30" is not a Go duration.`),
		},
		{
			"a wrong max_wait", block(`max_wait = "-5m"`),
			acctest.SaysAt("max_wait", `"-5m" must be more than zero`),
		},
		{
			"a context file that is not there", block(`context_file = "/nowhere/bunq.conf"`),
			acctest.SaysAt("context_file", "/nowhere/bunq.conf"),
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := acctest.New(t)
			b.Test(t, resource.TestCase{Steps: []resource.TestStep{
				{Config: tt.config + acctest.Installation, PlanOnly: true, ExpectError: tt.want},
			}})
			if calls := b.Calls(0); len(calls) > 0 {
				t.Errorf("sent: %v", calls)
			}
		})
	}
}

// A bad variable is named, in the provider's own process and environment.
func TestAccProvider_badVariables(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	c := acctest.NewCLI(t, b)
	c.Write(t, acctest.Installation)
	for _, bad := range []string{
		"BUNQ_ENVIRONMENT=staging", "BUNQ_BASE_URL=http://bunq.example.com/v1", "BUNQ_BASE_URL=https://bunq.example.com",
		"BUNQ_REQUEST_TIMEOUT=30", "BUNQ_MAX_WAIT=0", "BUNQ_SESSION_CACHE=maybe", "BUNQ_CONTEXT_FILE=/nowhere/bunq.conf",
	} {
		c.Env = []string{bad}
		got := c.Plan(t)
		name := regexp.MustCompile(`^[A-Z_]+`).FindString(bad)
		if want := acctest.Says("Environment variable " + name + ":"); got.Code != 1 || !want.MatchString(got.Output) {
			t.Errorf("%s: status %d\n%s", bad, got.Code, got.Output)
		}
	}
	if calls := b.Calls(0); len(calls) > 0 {
		t.Errorf("sent: %v", calls)
	}
}

// A provider block that only an apply completes can be planned, without a call.
func TestAccProvider_unknownAtPlan(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	config := fmt.Sprintf(`
resource "terraform_data" "address" {
  input = %q
}

provider "bunq" {
  environment = "sandbox"
  base_url    = terraform_data.address.output
}
`, b.URL) + acctest.Device
	b.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{
			Config: config,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				noCalls{b}, plancheck.ExpectUnknownValue("bunq_installation.main", idPath),
			}},
			Check: func(*terraform.State) error {
				if n := len(b.Sim.Snapshot().Devices); n != 1 {
					return fmt.Errorf("%d devices", n)
				}
				return nil
			},
		},
		{
			Config:           config,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
		},
	}})
}

// What must ask bunq while the provider block is not complete says which setting
// it lacks.
func TestAccProvider_unknownAtRefresh(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	b.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{Config: b.Provider("") + acctest.Device},
		{
			Config: fmt.Sprintf(`
resource "terraform_data" "address" {
  input = %q
}

provider "bunq" {
  base_url = terraform_data.address.output
}
`, b.URL) + acctest.Device,
			ExpectError: acctest.Says("these settings of the provider block are only known after an apply: base_url"),
		},
	}})
}
