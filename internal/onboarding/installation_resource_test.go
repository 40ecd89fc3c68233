package onboarding_test

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

func TestAccInstallation_life(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	first, second := keyPEM(t, 2048), keyPEM(t, 2048)
	rewritten := pkcs1(t, second)
	config := func(key string) string {
		return b.Provider("") + installation(set("private_key_pem", file(written(t, key))))
	}
	var id, payload string
	const address = "bunq_installation.main"
	b.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{
			Config: config(first),
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(address, tfjsonpath.New("private_key_pem"), knownvalue.StringExact(first)),
				statecheck.ExpectKnownValue(address, tfjsonpath.New("environment"), knownvalue.StringExact("sandbox")),
				statecheck.ExpectSensitiveValue(address, tfjsonpath.New("token")),
				statecheck.ExpectSensitiveValue(address, tfjsonpath.New("private_key_pem")),
				statecheck.ExpectSensitiveValue(address, tfjsonpath.New("registration_payload")),
			},
			Check: resource.ComposeAggregateTestCheckFunc(
				idIs(address, &id), attributeIs(address, "registration_payload", &payload),
				bunqHolds(b, func(s bunqsim.Snapshot) error {
					i := s.Installations[0]
					if fmt.Sprint(i.ID) != id || i.ClientPublicKey+i.Token != payload {
						return fmt.Errorf("the state does not say what bunq has")
					}
					return nil
				}),
			),
		},
		emptyPlan(config(first)),
		{
			// Another key is another installation.
			PreConfig:        b.Sim.ResetJournal,
			Config:           config(second),
			ConfigPlanChecks: planned(action("installation", plancheck.ResourceActionDestroyBeforeCreate)),
			Check: resource.ComposeAggregateTestCheckFunc(journal(b, "POST /installation"),
				attributeIsNot(address, "id", &id), attributeIsNot(address, "registration_payload", &payload), forget(&id), idIs(address, &id)),
		},
		{
			// The same key written in another way is not.
			PreConfig:        b.Sim.ResetJournal,
			Config:           config(rewritten),
			ConfigPlanChecks: planned(action("installation", plancheck.ResourceActionUpdate)),
			Check:            resource.ComposeAggregateTestCheckFunc(journal(b), idIs(address, &id)),
		},
		emptyPlan(config(rewritten)),
		{
			// Nor is it to leave the key out.
			Config:           b.Provider("") + acctest.Installation,
			ConfigPlanChecks: planned(plancheck.ExpectEmptyPlan(), nothingSent{b}),
		},
	}})
}

// A key that only the apply makes is no error at plan, and is the one sent.
func TestAccInstallation_unknownKey(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	config := func(key string) string {
		return b.Provider("") + fmt.Sprintf("resource \"terraform_data\" \"key\" {\n  input = %s\n}\n", file(written(t, key))) +
			installation(set("private_key_pem", "terraform_data.key.output"))
	}
	good := config(keyPEM(t, 2048))
	b.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{
			// One that turns out to be bad is an error before anything is sent.
			Config:      config("garbage"),
			ExpectError: acctest.SaysAt("private_key_pem", "Expected an unencrypted RSA private key of 2048 bits"),
		},
		{
			Config: good,
			ConfigPlanChecks: planned(nothingSent{b},
				plancheck.ExpectUnknownValue("bunq_installation.main", tfjsonpath.New("private_key_pem"))),
			Check: journal(b, "POST /installation"),
		},
		emptyPlan(good),
	}})
}

// Destroying says what stays at bunq.
func TestAccInstallation_destroyWarns(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	c := acctest.NewCLI(t, b, acctest.Attached)
	c.Write(t, acctest.Installation)
	c.MustApply(t)
	b.Sim.ResetJournal()
	got := c.Destroy(t)
	id := b.Sim.Snapshot().Installations[0].ID
	if want := acctest.Says("Warning: The installation stays at bunq"); got.Code != 0 || !want.MatchString(got.Output) ||
		!acctest.Says(fmt.Sprintf("bunq has no call to remove an installation. Installation %d stays there", id)).MatchString(got.Output) {
		t.Errorf("status %d\n%s", got.Code, got.Output)
	}
	if calls := b.Calls(0); len(calls) > 0 {
		t.Errorf("sent: %v", calls)
	}
}

// pkcs1 is the key as PKCS#1.
func pkcs1(t *testing.T, key string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "openssl", "rsa", "-traditional", "-in", written(t, key)).Output() //nolint:gosec // a fixed command
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// Another keeper makes another installation. The first keepers, as after an import, and the removal
// of all are stored without one.
func TestAccInstallation_keepers(t *testing.T) {
	acctest.LongTest(t)
	t.Parallel()
	b := acctest.New(t)
	const address = "bunq_installation.main"
	config := func(keepers string) string {
		return b.Provider("") + "resource \"terraform_data\" \"version\" {\n  input = \"1\"\n}\n" + installation(set("keepers", keepers))
	}
	changed := func(version string) string {
		return strings.Replace(config("{ version = terraform_data.version.output }"), `input = "1"`, fmt.Sprintf("input = %q", version), 1)
	}
	var id string
	stored := func(keepers string, plan plancheck.ResourceActionType) resource.TestStep {
		return resource.TestStep{Config: config(keepers), ConfigPlanChecks: planned(action("installation", plan)), Check: idIs(address, &id)}
	}
	replaced := func(config string) resource.TestStep {
		return resource.TestStep{
			Config: config, ConfigPlanChecks: planned(action("installation", plancheck.ResourceActionDestroyBeforeCreate)),
			Check: resource.ComposeAggregateTestCheckFunc(attributeIsNot(address, "id", &id), forget(&id), idIs(address, &id)),
		}
	}
	const update, none = plancheck.ResourceActionUpdate, plancheck.ResourceActionNoop
	b.Test(t, resource.TestCase{Steps: []resource.TestStep{
		stored("null", plancheck.ResourceActionCreate),
		stored(`{ a = "1" }`, update),
		stored(`{ a = "1" }`, none),
		replaced(config(`{ a = "2" }`)),
		replaced(config(`{ a = "2", b = "1" }`)),
		replaced(config(`{ b = "1" }`)),
		stored("null", update),
		// What only the apply knows counts as changed, but not as the first keepers.
		{Config: changed("1"), ConfigPlanChecks: planned(action("installation", update)), Check: idIs(address, &id)},
		emptyPlan(changed("1")),
		replaced(changed("2")),
		stored("{}", update),
		stored(`{ a = "1" }`, update),
	}})
}

// Environment, and the public half of a configured key, are known at plan, also for a replacement.
func TestAccInstallation_knownAtPlan(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	key := written(t, keyPEM(t, 2048))
	const address = "bunq_installation.main"
	config := func(keeper string) string {
		return b.Provider("") + "resource \"bunq_installation\" \"generated\" {}\n" +
			installation(fmt.Sprintf("private_key_pem = file(%q)\n  keepers = { a = %q }", key, keeper))
	}
	known := planned(
		plancheck.ExpectKnownValue(address, tfjsonpath.New("environment"), knownvalue.StringExact("sandbox")),
		plancheck.ExpectKnownValue(address, tfjsonpath.New("public_key_pem"), knownvalue.NotNull()),
		plancheck.ExpectUnknownValue(address, tfjsonpath.New("token")))
	generated := plancheck.ExpectUnknownValue("bunq_installation.generated", tfjsonpath.New("public_key_pem"))
	var public string
	b.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{
			Config:           config("1"),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: append([]plancheck.PlanCheck{generated}, known.PreApply...)},
			Check:            attributeIs(address, "public_key_pem", &public),
		},
		{Config: config("2"), ConfigPlanChecks: known, Check: attributeIs(address, "public_key_pem", &public)},
	}})
}

// Whether bunq takes a configured key twice is not known: if it does not, the error says what to do,
// and both ways that it names work.
func TestAccInstallation_configuredKeyRefused(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	config := func(line string) string { return b.Provider("") + installation(line) }
	first := config(set("private_key_pem", file(written(t, keyPEM(t, 2048)))))
	refuse := func() {
		b.Sim.Fail(bunqsim.Fault{
			Route: postInstallation, Kind: bunqsim.FaultStatus, Status: 400,
			Body: `{"Error":[{"error_description":"The public key is in use.","error_description_translated":"x"}]}`,
		})
	}
	b.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{PreConfig: refuse, Config: first, ExpectError: acctest.SaysAt("private_key_pem", "Next step: set another private_key_pem, or omit it to have a key generated")},
		{Config: config(set("private_key_pem", file(written(t, keyPEM(t, 2048)))))},
		{Config: config("")},
	}})
}
