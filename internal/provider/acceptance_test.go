package provider_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// What is wrong with the provider block is shown at its line, before anything is sent.
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
	c := acctest.NewCLI(t, b, acctest.Attached)
	c.Write(t, acctest.Installation)
	for _, bad := range []string{
		"BUNQ_ENVIRONMENT=staging", "BUNQ_BASE_URL=http://bunq.example.com/v1", "BUNQ_BASE_URL=https://bunq.example.com",
		"BUNQ_REQUEST_TIMEOUT=30", "BUNQ_MAX_WAIT=0", "BUNQ_SESSION_CACHE=maybe", "BUNQ_BASE_URL=https://api.bunq.com/v1",
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

// A context that cannot serve, a file of the environment variable or a block's of another
// environment, stops those alone that would use it: at plan, and not an alias, nor a resource, that
// has its own.
func TestAccProvider_contextOfOthers(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	p := b.Onboard(t, "Others")
	elsewhere := strings.Replace(contextFileOf(t, p), "SANDBOX", "PRODUCTION", 1)
	file := filepath.Join(t.TempDir(), "bunq.conf")
	if err := os.WriteFile(file, []byte(elsewhere), 0o600); err != nil {
		t.Fatal(err)
	}
	own := "resource \"bunq_oauth_client\" \"own\" {\n  api_context = " + p.APIContext() + "  deletion_protection = false\n}\n"
	for _, variable := range []string{file, "/nowhere/bunq.conf"} {
		c := acctest.NewCLI(t, b, acctest.Attached)
		c.Env = []string{"BUNQ_CONTEXT_FILE=" + variable}
		c.Write(t, acctest.Installation+own)
		c.MustApply(t)
		c.MustHaveNothingToDo(t)
		b.Sim.ResetJournal()
		c.Write(t, acctest.Installation+own+"resource \"bunq_oauth_client\" \"main\" {}\n")
		c.Plan(t).MustSay(t, 1, "BUNQ_CONTEXT_FILE", "with bunq_oauth_client.main")
		c.Write(t, acctest.Installation+own)
		c.Destroy(t).MustSay(t, 0)
	}
	// A context of its own that is of another environment is seen at plan too.
	c := acctest.NewCLI(t, b, acctest.Attached)
	c.Write(t, strings.Replace(own, `"sandbox"`, `"production"`, 1))
	c.Plan(t).MustSay(t, 1, "The API context was made in bunq's production environment, and this provider is configured for sandbox.")
	if writes := b.Writes(0); slices.Contains(writes, "POST /user/{id}/oauth-client") {
		t.Errorf("sent: %v", writes)
	}
}

// What an installation is made for is known at plan, so that what is built on it is checked then.
func TestAccProvider_environmentAtPlan(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	known := func(value string) plancheck.PlanCheck {
		return plancheck.ExpectKnownValue("bunq_installation.main", tfjsonpath.New("environment"), knownvalue.StringExact(value))
	}
	b.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{Config: b.Provider("") + acctest.Installation, ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{known("sandbox")}}},
	}})
	// As processes: plugin-testing has one server for all aliases.
	other := acctest.New(t)
	c := acctest.NewCLI(t, other)
	c.Write(t, "provider \"bunq\" {\n  alias = \"production\"\n  environment = \"production\"\n}\n"+
		strings.Replace(acctest.Credential, `resource "bunq_psd2_credential" "main" {`, "resource \"bunq_psd2_credential\" \"main\" {\n  provider = bunq.production", 1))
	c.Plan(t).MustSay(t, 1, "The installation was made in bunq's sandbox environment, and this provider is configured for production.")
	if calls := other.Calls(0); len(calls) > 0 {
		t.Errorf("sent: %v", calls)
	}
}

// A pseudo certificate is of no use in production, and a plan says so.
func TestAccProvider_sandboxCertificateInProduction(t *testing.T) {
	t.Parallel()
	b := acctest.New(t, acctest.WithSim(func(c *bunqsim.Config) { c.Environment = bunqsim.Production }))
	b.Test(t, resource.TestCase{Steps: []resource.TestStep{{
		Config: b.Provider("") + acctest.Certificate, PlanOnly: true,
		ExpectError: acctest.Says("which only bunq's sandbox accepts, and this provider is configured for production"),
	}}})
}

// contextFileOf is the text of a party's context file.
func contextFileOf(t *testing.T, p *acctest.Party) string {
	t.Helper()
	text, err := os.ReadFile(p.ContextFile(t, acctest.Python))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
