package onboarding_test

import (
	"fmt"
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
				statecheck.ExpectSensitiveValue(deviceAddress, tfjsonpath.New("api_context")),
				statecheck.ExpectKnownValue(deviceAddress, tfjsonpath.New("permitted_ips"), knownvalue.Null()),
				statecheck.ExpectKnownValue(deviceAddress, tfjsonpath.New("deactivate_ips_on_destroy"), knownvalue.Bool(false)),
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
			// Another description is another device, with the same key.
			PreConfig:        b.Sim.ResetJournal,
			Config:           b.Provider("") + deviceWith(set("description", `"ci 2"`)),
			ConfigPlanChecks: planned(action("device_server", plancheck.ResourceActionDestroyBeforeCreate), action("psd2_credential", plancheck.ResourceActionNoop)),
			Check:            resource.ComposeAggregateTestCheckFunc(journal(b, "POST /device-server"), attributeIsNot(deviceAddress, "id", &id)),
		},
		{
			// What concerns Terraform only is no call.
			PreConfig:        b.Sim.ResetJournal,
			Config:           b.Provider("") + deviceWith(set("description", `"ci 2"`), set("deactivate_ips_on_destroy", "true")),
			ConfigPlanChecks: planned(action("device_server", plancheck.ResourceActionUpdate)),
			Check:            journal(b),
		},
		{
			// Another installation replaces credential and device.
			PreConfig:        b.Sim.ResetJournal,
			Taint:            []string{"bunq_installation.main"},
			Config:           b.Provider("") + deviceWith(set("description", `"ci 2"`)),
			ConfigPlanChecks: planned(action("psd2_credential", plancheck.ResourceActionDestroyBeforeCreate), action("device_server", plancheck.ResourceActionDestroyBeforeCreate)),
			// The old key is made useless on the way, as the state asks for.
			Check: journal(b, "PUT /user/{id}/credential-password-ip/{id}/ip/{id}",
				"POST /installation", "POST /payment-service-provider-credential", "POST /device-server"),
		},
	}})
}

// A device that already has this key and description is taken up: an earlier run
// may have made it and not lived to store it.
func TestAccDeviceServer_takesUpWhatIsThere(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	c := acctest.NewCLI(t, b)
	c.Write(t, deviceWith(named, permitted(`["127.0.0.1"]`)))
	c.MustApply(t)
	id := c.State(t).String(t, deviceAddress, "id")
	if got := c.Run(t, "state", "rm", deviceAddress); got.Code != 0 {
		t.Fatal(got.Output)
	}
	b.Sim.ResetJournal()
	c.Write(t, deviceWith(named, permitted(`["127.0.0.1", "203.0.113.7"]`)))
	got := c.MustApply(t)
	if !acctest.Says("Warning: A device that was there is taken up").MatchString(got.Output) {
		t.Errorf("no warning:\n%s", got.Output)
	}
	if c.State(t).String(t, deviceAddress, "id") != id || len(b.Sim.Snapshot().Devices) != 1 {
		t.Error("another device was made")
	}
	if want := (map[string]string{"127.0.0.1": "ACTIVE", "203.0.113.7": "ACTIVE"}); fmt.Sprint(addresses(b)) != fmt.Sprint(want) {
		t.Errorf("permitted addresses are %v", addresses(b))
	}
	c.MustHaveNothingToDo(t)
}

// A device for a key made elsewhere finds its credential by itself.
func TestAccDeviceServer_keyMadeElsewhere(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	var apiKey string
	b.Outside(func() { apiKey = b.Onboard(t, "elsewhere").APIKey })
	config := func(ips string) string {
		return b.Provider("") + fmt.Sprintf(acctest.Installation+`
resource "bunq_device_server" "main" {
  installation  = bunq_installation.main
  credential    = { api_key = %q }
  description   = "second"
  permitted_ips = %s
}
`, apiKey, ips)
	}
	b.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{Config: config(`["127.0.0.1"]`)},
		emptyPlan(config(`["127.0.0.1"]`)),
		{Config: config(`["127.0.0.1", "203.0.113.7"]`), Check: permits(b, map[string]string{"127.0.0.1": "ACTIVE", "203.0.113.7": "ACTIVE"})},
	}})
}

// A device whose inputs are all unknown at plan.
func TestAccDeviceServer_unknownInputs(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	config := b.Provider("") + `
resource "terraform_data" "in" {
  input = { description = "ci", ips = ["127.0.0.1", "203.0.113.7"] }
}
` + deviceWith(set("description", "terraform_data.in.output.description"), permitted("terraform_data.in.output.ips"))
	b.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{
			Config: config, ConfigPlanChecks: planned(nothingSent{b}),
			Check: permits(b, map[string]string{"127.0.0.1": "ACTIVE", "203.0.113.7": "ACTIVE"}),
		},
		emptyPlan(config),
		{
			// A bad one is found out before it is sent.
			PreConfig: b.Sim.ResetJournal,
			Config: b.Provider("") + `
resource "terraform_data" "in" {
  input = { description = "ci", ips = ["127.0.0.1", "nowhere"] }
}
` + deviceWith(set("description", "terraform_data.in.output.description"), permitted("terraform_data.in.output.ips")),
			ExpectError: acctest.SaysAt("permitted_ips", `"nowhere" is not an IPv4 or IPv6 address`),
		},
		{
			Config: config, Check: resource.ComposeAggregateTestCheckFunc(journal(b),
				bunqHolds(b, func(s bunqsim.Snapshot) error {
					if len(s.Devices) != 1 {
						return fmt.Errorf("%d devices", len(s.Devices))
					}
					return nil
				})),
		},
	}})
}

// A key that the registering address does not fit is an error that says how to
// go on, and the next apply does.
func TestAccDeviceServer_registeredWithoutOwnAddress(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	b.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{
			Config:      b.Provider("") + deviceWith(named, permitted(`["203.0.113.7"]`), set("deactivate_ips_on_destroy", "true")),
			ExpectError: acctest.SaysAt("permitted_ips", "see that permitted_ips holds the public address of this machine"),
		},
		{
			// The tainted device can be replaced, although it could not be deactivated;
			// where bunq binds the key for good, another one is needed.
			PreConfig:   b.Sim.ResetJournal,
			Config:      b.Provider("") + deviceWith(named, permitted(`["127.0.0.1"]`), set("deactivate_ips_on_destroy", "true")),
			ExpectError: acctest.Says("register the credential again (terraform apply -refresh=false -replace=bunq_psd2_credential.NAME)"),
		},
		{
			Taint:  []string{credentialAddress},
			Config: b.Provider("") + deviceWith(named, permitted(`["127.0.0.1"]`)),
			Check:  permits(b, map[string]string{"127.0.0.1": "ACTIVE"}),
		},
	}})
}
