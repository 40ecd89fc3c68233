package onboarding_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

const deviceAddress = "bunq_device_server.main"

// deviceWith is a device on the sandbox certificate's credential.
func deviceWith(lines ...string) string {
	text := acctest.Credential + "\nresource \"bunq_device_server\" \"main\" {\n  installation = bunq_installation.main\n  credential = bunq_psd2_credential.main\n"
	for _, l := range lines {
		text += "  " + l + "\n"
	}
	return text + "}\n"
}

func permitted(ips string) string { return set("permitted_ips", ips) }

var named = set("description", `"ci"`)

func TestAccDeviceServer_life(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	var id string
	config := b.Provider("") + deviceWith(named)
	b.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{
			Config: config,
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectSensitiveValue(deviceAddress, tfjsonpath.New("api_context").AtMapKey("api_key")),
				statecheck.ExpectSensitiveValue(deviceAddress, tfjsonpath.New("api_context").AtMapKey("installation_token")),
				statecheck.ExpectSensitiveValue(deviceAddress, tfjsonpath.New("api_context").AtMapKey("private_key_pem")),
				statecheck.ExpectKnownValue(deviceAddress, tfjsonpath.New("permitted_ips"), knownvalue.Null()),
			},
			Check: resource.ComposeAggregateTestCheckFunc(
				idIs(deviceAddress, &id),
				permits(b, map[string]string{"127.0.0.1": "ACTIVE"}),
				func(s *terraform.State) error {
					// The context is made of what bunq gave to the three resources.
					for member, from := range map[string]string{
						"api_key": credentialAddress + " api_key", "installation_token": "bunq_installation.main token",
						"private_key_pem": "bunq_installation.main private_key_pem", "server_public_key_pem": "bunq_installation.main server_public_key_pem",
						"environment": "bunq_installation.main environment",
					} {
						var address, attribute string
						if _, err := fmt.Sscan(from, &address, &attribute); err != nil {
							return err
						}
						want, err := attributeOf(s, address, attribute)
						if err != nil {
							return err
						}
						if got, err := attributeOf(s, deviceAddress, "api_context."+member); err != nil || got != want || got == "" {
							return fmt.Errorf("api_context.%s is not %s (%w)", member, from, err)
						}
					}
					return nil
				}),
		},
		emptyPlan(config),
		{
			// Another installation replaces the device; the key stays.
			PreConfig:        b.Sim.ResetJournal,
			Taint:            []string{"bunq_installation.main"},
			Config:           b.Provider("") + deviceWith(set("description", `"ci 2"`)),
			ConfigPlanChecks: planned(action("psd2_credential", plancheck.ResourceActionUpdate), action("device_server", plancheck.ResourceActionDestroyBeforeCreate)),
			Check:            resource.ComposeAggregateTestCheckFunc(journal(b, "POST /installation", "POST /device-server"), attributeIsNot(deviceAddress, "id", &id)),
		},
		emptyPlan(b.Provider("") + deviceWith(set("description", `"ci 2"`))),
	}})
}

// A device for a key made elsewhere, with the ID of its credential.
func TestAccDeviceServer_keyMadeElsewhere(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	p := b.Onboard(t, "elsewhere")
	config := func(ips string) string {
		return b.Provider("") + fmt.Sprintf(acctest.Installation+`
resource "bunq_device_server" "main" {
  installation  = bunq_installation.main
  credential    = { id = "%d", api_key = %q }
  description   = "second"
  permitted_ips = %s
}
`, p.CredentialID, p.APIKey, ips)
	}
	b.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{Config: config(`["127.0.0.1"]`)},
		emptyPlan(config(`["127.0.0.1"]`)),
		{Config: config(`["127.0.0.1", "203.0.113.7"]`), Check: permits(b, map[string]string{"127.0.0.1": "ACTIVE", "203.0.113.7": "ACTIVE"})},
	}})
}

// A device whose inputs are all unknown at plan, as a whole or by an element.
func TestAccDeviceServer_unknownInputs(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	config := func(ips string, lines ...string) string {
		return b.Provider("") + "resource \"terraform_data\" \"in\" {\n  input = { description = \"ci\", ips = " + ips + " }\n}\n" + deviceWith(lines...)
	}
	whole := config(`["127.0.0.1", "203.0.113.7"]`, set("description", "terraform_data.in.output.description"), permitted("terraform_data.in.output.ips"))
	element := func(ip string) string {
		return config(`["`+ip+`"]`, named, permitted(`["203.0.113.7", terraform_data.in.output.ips[0]]`))
	}
	b.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{
			Config: whole, ConfigPlanChecks: planned(nothingSent{b}),
			Check: permits(b, map[string]string{"127.0.0.1": "ACTIVE", "203.0.113.7": "ACTIVE"}),
		},
		emptyPlan(whole),
		{
			Config:           element("203.0.113.8"),
			ConfigPlanChecks: planned(action("device_server", plancheck.ResourceActionUpdate)),
			Check:            permits(b, map[string]string{"127.0.0.1": "ACTIVE", "203.0.113.7": "ACTIVE", "203.0.113.8": "ACTIVE"}),
		},
		emptyPlan(element("203.0.113.8")),
		{
			// A bad one is found out before it is sent.
			PreConfig: b.Sim.ResetJournal, Config: element("nowhere"),
			ExpectError: acctest.SaysAt("permitted_ips", "\"nowhere\" is not an IP address"),
		},
		{
			Config: element("203.0.113.8"),
			Check: resource.ComposeAggregateTestCheckFunc(journal(b), bunqHolds(b, func(s bunqsim.Snapshot) error {
				if len(s.Devices) != 1 {
					return fmt.Errorf("%d devices", len(s.Devices))
				}
				return nil
			})),
		},
	}})
}

// A set that is not known in the plan turns out to hold "*", or no longer to hold it: the apply says
// what the plan could not, and changes nothing.
func TestAccDeviceServer_unknownSetTurnsOutAsAny(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	at(b, own)()
	c := acctest.NewCLI(t, b, acctest.Attached)
	config := func(ips string) string {
		return "resource \"terraform_data\" \"in\" {\n  input = " + ips + "\n}\n" + deviceWith(named, permitted("terraform_data.in.output"))
	}
	turns := func(ips string) {
		t.Helper()
		id, before := c.State(t).String(t, deviceAddress, "id"), addresses(b)
		c.Write(t, config(ips))
		b.Sim.ResetJournal()
		got := c.Apply(t)
		got.MustSay(t, 1, `Error: Changing to or from "*" needs another API key and another installation`, "State: nothing was changed.")
		if writes := b.Writes(0); len(writes) > 0 || c.State(t).String(t, deviceAddress, "id") != id || fmt.Sprint(addresses(b)) != fmt.Sprint(before) {
			t.Errorf("sent: %v", writes)
		}
		follow(t, c, commands(got.Output)[0], "main").MustSay(t, 0)
		c.MustHaveNothingToDo(t)
	}
	c.Write(t, config(`["`+own+`"]`))
	c.MustApply(t)
	turns(`["` + own + `", "*"]`)
	turns(`["` + own + `"]`)
}

// A key that is replaced: the context is not sensitive as a whole, and nothing says that it "will
// no longer be marked as sensitive".
func TestAccDeviceServer_contextShowsItsPlainMembers(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	c := acctest.NewCLI(t, b, acctest.Attached)
	c.Write(t, acctest.CallbackURL)
	c.MustApply(t)
	got := c.Plan(t, "-replace="+installationAddress, "-replace="+credentialAddress)
	if got.Code != 2 || acctest.Says("marked as sensitive").MatchString(strings.SplitN(got.Output, "# bunq_oauth", 2)[0]) {
		t.Errorf("status %d\n%s", got.Code, got.Output)
	}
	key := c.State(t).String(t, credentialAddress, "api_key")
	if shown := c.Run(t, "state", "show", "-no-color", deviceAddress); strings.Contains(shown.Output, key) || !acctest.Says(`environment = "sandbox"`).MatchString(shown.Output) {
		t.Errorf("%s", shown.Output)
	}
}
