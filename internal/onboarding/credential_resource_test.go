package onboarding_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

const credentialAddress = "bunq_psd2_credential.main"

// production is a bunq that takes qualified certificates only.
func production(c *bunqsim.Config) { c.Environment = bunqsim.Production }

// A qualified certificate, its chain in any order and with the leaf in it, and an encrypted key, in
// production; what is read from the certificate is known at plan.
func TestAccCredential_life(t *testing.T) {
	t.Parallel()
	b := acctest.New(t, acctest.WithSim(production))
	leaf, root, intermediate := vector(t, "seal.pem"), vector(t, "root.pem"), vector(t, "intermediate.pem")
	lines := []string{
		set("certificate_pem", file(leaf)),
		set("certificate_chain_pem", fmt.Sprintf("join(\"\", [%s, %s, %s])", file(root), file(leaf), file(intermediate))),
		set("private_key_pem_wo", file(vector(t, "qseal-pkcs8-aes256.key"))),
		set("private_key_passphrase_wo", `"correct horse"`),
	}
	config := func(more ...string) string { return b.Provider("") + credential(append(lines, more...)...) }
	var id, key string
	at := tfjsonpath.New[string]
	b.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{
			Config: config(),
			ConfigPlanChecks: planned(nothingSent{b},
				plancheck.ExpectKnownValue(credentialAddress, at("roles"), knownvalue.ListExact([]knownvalue.Check{knownvalue.StringExact("PISP"), knownvalue.StringExact("AISP")})),
				plancheck.ExpectKnownValue(credentialAddress, at("organization_identifier"), knownvalue.StringExact("PSDNL-DNB-R123456")),
				plancheck.ExpectKnownValue(credentialAddress, at("subject"), knownvalue.StringExact(strings.TrimSpace(read(t, vector(t, "seal.subject"))))),
				plancheck.ExpectKnownValue(credentialAddress, at("fingerprint_sha256"), knownvalue.StringExact(strings.TrimSpace(read(t, vector(t, "seal.fingerprint"))))),
				plancheck.ExpectKnownValue(credentialAddress, at("not_before"), knownvalue.StringExact("2024-01-01T00:00:00Z")),
				plancheck.ExpectKnownValue(credentialAddress, at("not_after"), knownvalue.StringExact("2054-01-01T00:00:00Z")),
				plancheck.ExpectUnknownValue(credentialAddress, at("api_key")),
			),
			ConfigStateChecks: []statecheck.StateCheck{
				statecheck.ExpectKnownValue(credentialAddress, at("status"), knownvalue.StringExact("PENDING_FIRST_USE")),
				statecheck.ExpectKnownValue(credentialAddress, at("private_key_pem_wo"), knownvalue.Null()),
				statecheck.ExpectKnownValue(credentialAddress, at("private_key_passphrase_wo"), knownvalue.Null()),
				statecheck.ExpectSensitiveValue(credentialAddress, at("api_key")),
			},
			Check: resource.ComposeAggregateTestCheckFunc(idIs(credentialAddress, &id), attributeIs(credentialAddress, "api_key", &key),
				journal(b, "POST /installation", "POST /payment-service-provider-credential"),
				bunqHolds(b, func(s bunqsim.Snapshot) error {
					c, err := lastCredential(s)
					if err == nil && (c.Key != key || fmt.Sprint(c.ID) != id) {
						err = fmt.Errorf("the state does not hold what bunq gave")
					}
					return err
				})),
		},
		emptyPlan(config()),
		{
			// What concerns Terraform only is no call, and keeps the key.
			PreConfig:        b.Sim.ResetJournal,
			Config:           config(set("expiry_warning_days", "60")),
			ConfigPlanChecks: planned(action("psd2_credential", plancheck.ResourceActionUpdate)),
			Check:            resource.ComposeAggregateTestCheckFunc(journal(b), attributeIs(credentialAddress, "api_key", &key)),
		},
		{
			// The key of the certificate is for the first apply only.
			Config: b.Provider("") + credential(lines[0], lines[1], set("expiry_warning_days", "60")),
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectEmptyPlan(),
			}},
		},
		{
			// Another certificate is another credential, of the same organisation.
			PreConfig: b.Sim.ResetJournal,
			Config: b.Provider("") + credential(set("certificate_pem", file(vector(t, "seal-allroles.pem"))), lines[1],
				set("private_key_pem_wo", file(vector(t, "qseal.key")))),
			ConfigPlanChecks: planned(action("psd2_credential", plancheck.ResourceActionDestroyBeforeCreate)),
			ExpectError:      acctest.SaysAt("certificate_chain_pem", "Unrelated certificate in the chain"),
		},
		{
			Config: b.Provider("") + credential(set("certificate_pem", file(vector(t, "seal-allroles.pem"))),
				set("certificate_chain_pem", fmt.Sprintf("join(\"\", [%s, %s])", file(intermediate), file(root))),
				set("private_key_pem_wo", file(vector(t, "qseal.key")))),
			ConfigPlanChecks: planned(action("psd2_credential", plancheck.ResourceActionDestroyBeforeCreate)),
			Check: resource.ComposeAggregateTestCheckFunc(journal(b, "POST /payment-service-provider-credential"),
				attributeIsNot(credentialAddress, "api_key", &key),
				bunqHolds(b, func(s bunqsim.Snapshot) error {
					if len(s.Users) != 1 {
						return fmt.Errorf("%d users for one organisation", len(s.Users))
					}
					return nil
				})),
		},
	}})
}

// Everything may come from what only the apply makes: nothing is refused at plan, everything is
// checked before it is sent.
func TestAccCredential_unknownInputs(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	good, other := validSeal(t), validSeal(t)
	config := func(certificate, key string) string {
		return b.Provider("") + fmt.Sprintf(`
resource "terraform_data" "seal" {
  input = { certificate = %s, key = %s }
}
`, file(written(t, certificate)), file(written(t, key))) +
			credential(set("certificate_pem", "terraform_data.seal.output.certificate"), set("certificate_chain_pem", "terraform_data.seal.output.certificate"),
				set("private_key_pem_wo", "terraform_data.seal.output.key"))
	}
	b.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{
			Config:      config(good.certificate, other.key),
			ExpectError: acctest.SaysAt("private_key_pem_wo", "private_key_pem_wo is not the private key of certificate_pem"),
		},
		{
			PreConfig: func() {
				if n := b.Count("POST /payment-service-provider-credential"); n != 0 {
					t.Errorf("%d credentials were registered with a key that does not match", n)
				}
			},
			Config:           config(good.certificate, good.key),
			ConfigPlanChecks: planned(plancheck.ExpectUnknownValue(credentialAddress, tfjsonpath.New("subject"))),
			Check:            resource.TestCheckResourceAttr(credentialAddress, "status", "PENDING_FIRST_USE"),
		},
		emptyPlan(config(good.certificate, good.key)),
	}})
}

// A plan warns before the certificate runs out, and says so when it has; it does not fail, or
// nothing could be planned any more.
func TestAccCredential_certificateRunsOut(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	c := acctest.NewCLI(t, b, acctest.Attached)
	s := newSeal(t, fmt.Sprintf("Ending %d AISP", time.Now().UnixNano()), time.Now().Add(-time.Hour), time.Now().Add(20*24*time.Hour+time.Hour))
	config := credential(set("certificate_pem", file(written(t, s.certificate))), set("private_key_pem_wo", file(written(t, s.key))))
	c.Write(t, config)
	c.MustApply(t)
	if got := c.Plan(t); got.Code != 0 || !acctest.SaysAt("certificate_pem", "for 20 more days").MatchString(got.Output) {
		t.Errorf("20 of 30 days before the end: status %d\n%s", got.Code, got.Output)
	}
	c.Write(t, strings.Replace(config, "private_key_pem_wo", "expiry_warning_days = 19\n  private_key_pem_wo", 1))
	if got := c.Apply(t); got.Code != 0 || strings.Contains(got.Output, "expires soon") {
		t.Errorf("20 days before the end, with 19 days of warning: status %d\n%s", got.Code, got.Output)
	}
}

// The same by the provider's clock: an expired certificate blocks no plan, and no later apply of
// what does not register it.
func TestAccCredential_certificateRanOut(t *testing.T) {
	t.Parallel()
	var ahead time.Duration
	b := acctest.New(t, withClock(func() time.Time { return time.Now().Add(ahead) }))
	s := validSeal(t)
	lines := []string{set("certificate_pem", file(written(t, s.certificate))), set("private_key_pem_wo", file(written(t, s.key)))}
	b.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{Config: b.Provider("") + deviceOn(lines...)},
		{
			PreConfig: func() { ahead = 400 * 24 * time.Hour },
			Config:    b.Provider("") + deviceOn(append(lines, set("expiry_warning_days", "0"))...),
			ConfigPlanChecks: planned(action("psd2_credential", plancheck.ResourceActionUpdate),
				action("device_server", plancheck.ResourceActionNoop)),
		},
		{
			// It cannot be registered again, though.
			Taint:       []string{credentialAddress},
			Config:      b.Provider("") + deviceOn(lines...),
			ExpectError: acctest.SaysAt("certificate_pem", "expired on"),
		},
	}})
}

// Destroying says what stays at bunq.
func TestAccCredential_destroyWarns(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	c := acctest.NewCLI(t, b, acctest.Attached)
	c.Write(t, acctest.Credential)
	c.MustApply(t)
	id := c.State(t).String(t, credentialAddress, "id")
	b.Sim.ResetJournal()
	got := c.Destroy(t)
	if got.Code != 0 || !acctest.Says("bunq has no call to revoke a credential. Credential "+id+" and its API key stay valid").MatchString(got.Output) {
		t.Errorf("status %d\n%s", got.Code, got.Output)
	}
	if writes := b.Writes(0); len(writes) > 0 {
		t.Errorf("sent: %v", writes)
	}
}

// deviceOn is a device on a credential with these lines.
func deviceOn(lines ...string) string {
	return credential(lines...) + `
resource "bunq_device_server" "main" {
  installation = bunq_installation.main
  credential   = bunq_psd2_credential.main
  description  = "acceptance"
}
`
}
