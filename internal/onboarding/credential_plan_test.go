package onboarding_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
)

// A key does not depend on the installation that it was made with: another one is stored without a
// call, and the device is made with the same key. So does the installation that leaves or enters a
// key of its own.
func TestAccCredential_anotherInstallation(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	var key, installed string
	config := func(keeper string) string {
		return b.Provider("") + strings.Replace(acctest.Device, `resource "bunq_installation" "main" {
  keepers = { certificate = bunq_sandbox_certificate.main.certificate_pem }
}`, fmt.Sprintf("resource \"bunq_installation\" \"main\" {\n  keepers = { device = %q }\n}", keeper), 1)
	}
	b.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{Config: config("1"), Check: resource.ComposeAggregateTestCheckFunc(attributeIs(credentialAddress, "api_key", &key),
			attributeIs(credentialAddress, "installation.id", &installed))},
		{
			PreConfig: b.Sim.ResetJournal,
			Config:    config("2"),
			ConfigPlanChecks: planned(action("installation", plancheck.ResourceActionDestroyBeforeCreate),
				action("psd2_credential", plancheck.ResourceActionUpdate), action("device_server", plancheck.ResourceActionDestroyBeforeCreate)),
			Check: resource.ComposeAggregateTestCheckFunc(journal(b, postInstallation, postDevice),
				attributeIs(credentialAddress, "api_key", &key), attributeIsNot(credentialAddress, "installation.id", &installed)),
		},
		emptyPlan(config("2")),
	}})
}

// An installation that is not known as a whole may turn out to be the same one or another: an update
// that may turn out to be none. It needs no key of the certificate.
func TestAccCredential_unknownInstallation(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	c := acctest.NewCLI(t, b, acctest.Attached)
	s := validSeal(t)
	certificate := file(written(t, s.certificate))
	config := func(version, choice, more string) string {
		return fmt.Sprintf(`
resource "bunq_installation" "main" {}

resource "bunq_installation" "other" {}

resource "terraform_data" "choice" {
  triggers_replace = %q
  input            = %s
}

resource "bunq_psd2_credential" "main" {
  installation    = terraform_data.choice.output ? bunq_installation.other : bunq_installation.main
  certificate_pem = %s
  %s
}
`, version, choice, certificate, more)
	}
	withKey := set("private_key_pem_wo", file(written(t, s.key)))
	c.Write(t, config("1", "false", withKey))
	c.MustApply(t)
	key := c.State(t).String(t, credentialAddress, "api_key")
	main := c.State(t).String(t, "bunq_installation.main", "id")
	other := c.State(t).String(t, "bunq_installation.other", "id")

	b.Sim.ResetJournal()
	for i, step := range []struct{ choice, want string }{{"false", main}, {"true", other}, {"true", other}, {"false", main}} {
		c.Write(t, config(fmt.Sprint(i+2), step.choice, ""))
		c.MustApply(t).MustSay(t, 0, "1 added", "1 destroyed")
		c.MustHaveNothingToDo(t)
		state := c.State(t)
		if got := state[credentialAddress]["installation"].(map[string]any)["id"]; got != step.want { //nolint:forcetypeassert // of the schema
			t.Errorf("step %d: installation %v, want %s", i, got, step.want)
		}
		if state.String(t, credentialAddress, "api_key") != key {
			t.Errorf("step %d: another key", i)
		}
	}
	if writes := b.Writes(0); len(writes) > 0 {
		t.Errorf("sent: %v", writes)
	}
}

// A certificate that only the apply knows cannot be compared: the plan says so.
func TestAccCredential_unknownCertificateIsNotCompared(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	c := acctest.NewCLI(t, b, acctest.Attached)
	c.Write(t, acctest.Device)
	if got := c.MustApply(t); strings.Contains(got.Output, "could not be compared") {
		t.Errorf("there is nothing to compare with yet:\n%s", got.Output)
	}
	subject := c.State(t).String(t, credentialAddress, "subject")
	c.Write(t, strings.Replace(acctest.Device, `name = "Acceptance"`, "name = \"Acceptance\"\n  keepers = { renewal = \"2\" }", 1))
	c.Plan(t).MustSay(t, 2, "Warning: The certificate could not be compared", "belongs to the same organisation as credential", subject)
}

// A key that ends with the plan stays usable unless deactivate_on_destroy is in the state: the plan
// says how to end it, and refuses to turn it on in the same go, however the replacement came about.
func TestAccCredential_endIsDecidedByTheState(t *testing.T) {
	t.Parallel()
	for _, order := range []string{"", createFirst} {
		t.Run(fmt.Sprintf("%.9s", order), func(t *testing.T) {
			t.Parallel()
			b := acctest.New(t)
			c := acctest.NewCLI(t, b, acctest.Attached)
			subject := fmt.Sprintf("Deciding %d PISP AISP", time.Now().UnixNano())
			config := func(more string) string {
				s := newSeal(t, subject, time.Now().Add(-time.Hour), time.Now().Add(365*24*time.Hour))
				return credential(set("certificate_pem", file(written(t, s.certificate))), set("private_key_pem_wo", file(written(t, s.key))), more, order)
			}
			on := set("deactivate_on_destroy", "true")
			first := config("")
			c.Write(t, first)
			c.MustApply(t)

			c.Write(t, config(""))
			c.Plan(t).MustSay(t, 2, "Warning: The old key stays usable", "first set deactivate_on_destroy = true and apply that change alone")
			c.Plan(t, "-destroy").MustSay(t, 2, "Warning: The old key stays usable")

			tooLate := "deactivate_on_destroy comes too late for this replacement"
			c.Write(t, config(on))
			c.Plan(t).MustSay(t, 1, tooLate)
			c.Plan(t, "-refresh=false").MustSay(t, 1, tooLate)
			c.Write(t, strings.Replace(first, "private_key_pem_wo", on+"\n  private_key_pem_wo", 1))
			c.Plan(t, "-replace="+credentialAddress).MustSay(t, 1, tooLate)

			// The way that both name.
			c.MustApply(t).MustSay(t, 0, "0 added, 1 changed, 0 destroyed")
			c.Write(t, config(on))
			if got := c.Plan(t); got.Code != 2 || strings.Contains(got.Output, "stays usable") {
				t.Errorf("status %d\n%s", got.Code, got.Output)
			}
			c.MustApply(t, "-replace="+credentialAddress).MustSay(t, 0, "1 added, 0 changed, 1 destroyed")
			c.MustHaveNothingToDo(t)

			// What counts is the state: turning it off in the same go ends the old key all the same.
			c.Write(t, config(""))
			c.MustApply(t).MustSay(t, 0, "its addresses may be active")
		})
	}
}

// Two resources with one credential: the destroy of one could end the key of the other. Each way
// that the error names leads out.
func TestAccCredential_onceInTheState(t *testing.T) {
	t.Parallel()
	b := acctest.New(t, signedReads)
	p := b.Onboard(t, "Import")
	context := p.ContextFile(t, acctest.Python)
	c := acctest.NewCLI(t, b, acctest.Attached)
	once := onboarded(t, c, p, made)
	copied := `
resource "bunq_psd2_credential" "copy" {
  installation       = bunq_installation.main
  certificate_pem    = file("qseal.pem")
  private_key_pem_wo = file("qseal.key")
}
`
	says := "Two resources have one credential"
	c.Write(t, once+copied+importAll(context)+importBlock("bunq_psd2_credential.copy", context))
	c.Plan(t).MustSay(t, 1, says, "To destroy instead: terraform destroy -refresh=false.")

	c.Write(t, once+importAll(context))
	c.MustApply(t)
	c.Write(t, once+copied)
	c.Run(t, "import", "-no-color", "bunq_psd2_credential.copy", context).MustSay(t, 0)
	b.Sim.ResetJournal()
	for _, args := range [][]string{nil, {"-refresh=false"}} {
		c.Plan(t, args...).MustSay(t, 1, says, "terraform state rm 'bunq_psd2_credential.NAME'", "a removed block with destroy = false",
			"terraform destroy -refresh=false")
	}
	// One that only leaves the configuration would end the key of the other.
	c.Write(t, once)
	c.Apply(t).MustSay(t, 1, says)
	if writes := b.Writes(0); len(writes) > 0 {
		t.Errorf("sent: %v", writes)
	}

	c.Write(t, once+"removed {\n  from = bunq_psd2_credential.copy\n  lifecycle {\n    destroy = false\n  }\n}\n")
	c.MustApply(t)
	c.Write(t, once)
	c.MustHaveNothingToDo(t)

	c.Write(t, once+copied)
	c.Run(t, "import", "-no-color", "bunq_psd2_credential.copy", context).MustSay(t, 0)
	c.Run(t, "state", "rm", "bunq_psd2_credential.copy").MustSay(t, 0)
	c.Write(t, once)
	c.MustHaveNothingToDo(t)

	c.Write(t, once+copied)
	c.Run(t, "import", "-no-color", "bunq_psd2_credential.copy", context).MustSay(t, 0)
	c.Destroy(t, "-refresh=false").MustSay(t, 0, "4 destroyed")
}

// The QSEAL key is no key for an installation: its plan says so where the certificate is known.
func TestAccCredential_installationWithTheQSEALKey(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	s := validSeal(t)
	key := file(written(t, s.key))
	config := func(certificate string) string {
		return b.Provider("") + installation(set("private_key_pem", key)) +
			fmt.Sprintf("resource \"terraform_data\" \"certificate\" {\n  input = %s\n}\n", file(written(t, s.certificate))) +
			strings.TrimPrefix(credential(set("certificate_pem", certificate), set("private_key_pem_wo", key)), acctest.Installation)
	}
	want := acctest.SaysAt("installation", "The private_key_pem of the installation is the QSEAL key")
	b.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{Config: config(file(written(t, s.certificate))), ExpectError: want, PlanOnly: true},
		{
			PreConfig: func() {
				if calls := b.Calls(0); len(calls) > 0 {
					t.Errorf("sent: %v", calls)
				}
			},
			Config:      config("terraform_data.certificate.output"),
			ExpectError: want,
		},
		{
			PreConfig: func() {
				if n := b.Count(postCredential); n > 0 {
					t.Errorf("%d credentials were registered", n)
				}
			},
			Config: b.Provider(""),
		},
	}})
}

// The first plan and apply say that a certificate is about to expire, as later ones do.
func TestAccCredential_firstPlanWarnsOfTheEnd(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	c := acctest.NewCLI(t, b, acctest.Attached)
	s := newSeal(t, fmt.Sprintf("Ending %d AISP", time.Now().UnixNano()), time.Now().Add(-time.Hour), time.Now().Add(20*24*time.Hour+time.Hour))
	c.Write(t, credential(set("certificate_pem", file(written(t, s.certificate))), set("private_key_pem_wo", file(written(t, s.key)))))
	c.Plan(t).MustSay(t, 2, "Warning: The certificate expires soon", "for 20 more days")
	c.MustApply(t).MustSay(t, 0, "Warning: The certificate expires soon")
}
