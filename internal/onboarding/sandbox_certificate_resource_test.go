package onboarding_test

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

const certificateAddress = "bunq_sandbox_certificate.main"

// parsed is the certificate in the state, read without the product's code.
func parsed(s *terraform.State) (*x509.Certificate, error) {
	text, err := attributeOf(s, certificateAddress, "certificate_pem")
	if err != nil {
		return nil, err
	}
	block, rest := pem.Decode([]byte(text))
	if block == nil || len(rest) > 0 {
		return nil, fmt.Errorf("not one PEM block: %q", text)
	}
	return x509.ParseCertificate(block.Bytes)
}

// subjectIs checks the subject, and that the certificate is valid now.
func subjectIs(pattern string) resource.TestCheckFunc {
	return func(s *terraform.State) error {
		c, err := parsed(s)
		if err != nil {
			return err
		}
		if now := time.Now(); now.Before(c.NotBefore) || now.After(c.NotAfter) {
			return fmt.Errorf("valid from %v to %v", c.NotBefore, c.NotAfter)
		}
		if got := c.Subject.String(); !regexp.MustCompile("^" + pattern + "$").MatchString(got) {
			return fmt.Errorf("subject is %s", got)
		}
		return nil
	}
}

// It calls nobody, whatever happens to it; the subject changes with what stands in it, and with
// nothing else.
func TestAccSandboxCertificate_life(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	config := func(lines ...string) string { return b.Provider("") + certificate(lines...) }
	replaced := planned(action("sandbox_certificate", plancheck.ResourceActionDestroyBeforeCreate))
	var id, key, other string
	b.Test(t, resource.TestCase{
		Steps: []resource.TestStep{
			{
				Config:           config(set("name", `"Test"`)),
				ConfigPlanChecks: planned(plancheck.ExpectKnownValue(certificateAddress, tfjsonpath.New("ready_for_renewal"), knownvalue.Bool(false))),
				Check: resource.ComposeAggregateTestCheckFunc(subjectIs(`CN=Test [0-9a-f]{8} PISP AISP,C=NL`), idIs(certificateAddress, &id),
					attributeIs(certificateAddress, "private_key_pem", &key), resource.TestCheckResourceAttr(certificateAddress, "ready_for_renewal", "false")),
			},
			emptyPlan(config(set("name", `"Test"`))),
			{
				// Another validity issues it again: another key, the same subject.
				Config:           config(set("name", `"Test"`), set("validity_days", "30")),
				ConfigPlanChecks: planned(action("sandbox_certificate", plancheck.ResourceActionUpdate), plancheck.ExpectUnknownValue(certificateAddress, tfjsonpath.New("certificate_pem"))),
				Check: resource.ComposeAggregateTestCheckFunc(idIs(certificateAddress, &id), subjectIs(`CN=Test [0-9a-f]{8} PISP AISP,C=NL`),
					attributeIsNot(certificateAddress, "private_key_pem", &key), attributeIs(certificateAddress, "private_key_pem", &other)),
			},
			{
				// When to renew is no reason to renew now.
				Config:           config(set("name", `"Test"`), set("validity_days", "30"), set("early_renewal_days", "29")),
				ConfigPlanChecks: planned(action("sandbox_certificate", plancheck.ResourceActionUpdate)),
				Check:            attributeIs(certificateAddress, "private_key_pem", &other),
			},
			{
				Config:           config(set("name", `"Test 2"`), set("roles", `["AISP"]`)),
				ConfigPlanChecks: replaced,
				Check:            resource.ComposeAggregateTestCheckFunc(attributeIsNot(certificateAddress, "id", &id), subjectIs(`CN=Test 2 [0-9a-f]{8} AISP,C=NL`)),
			},
			{
				Config: config(set("name", `"Test 2"`), set("roles", `["PISP"]`), set("organization", `"Test B.V."`),
					set("organization_identifier", `"PSDNL-DNB-R123456"`), set("country", `"DE"`)),
				ConfigPlanChecks: replaced,
				Check:            subjectIs(`CN=Test 2 [0-9a-f]{8} PISP,O=Test B\.V\.,C=DE,2\.5\.4\.97=.*`),
			},
		},
		CheckDestroy: func(*terraform.State) error {
			if calls := b.Calls(0); len(calls) > 0 {
				return fmt.Errorf("sent: %v", calls)
			}
			return nil
		},
	})
}

// A renewal keeps the common name, and so the bunq user: installation, credential and device are made
// again in the same apply, the OAuth client stays.
func TestAccSandboxCertificate_renewal(t *testing.T) {
	acctest.LongTest(t)
	t.Parallel()
	clock := bunqsim.NewFakeClock(time.Now())
	b := acctest.New(t, withClock(clock.Now), withSimClock(clock))
	config := b.Provider("") + strings.Replace(acctest.Client, `name = "Acceptance"`,
		"name = \"Acceptance\"\n  validity_days = 30\n  early_renewal_days = 10", 1)
	var id, certificate, apiKey, client, user string
	const clientAddress = "bunq_oauth_client.main"
	b.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{
			Config: config,
			Check: resource.ComposeAggregateTestCheckFunc(idIs(certificateAddress, &id), attributeIs(certificateAddress, "certificate_pem", &certificate),
				attributeIs(credentialAddress, "api_key", &apiKey), idIs(clientAddress, &client), attributeIs(clientAddress, "user_id", &user)),
		},
		{
			// Not due yet.
			PreConfig:        func() { clock.Advance(20*24*time.Hour - 2*time.Minute) },
			Config:           config,
			ConfigPlanChecks: planned(plancheck.ExpectEmptyPlan()),
		},
		{
			PreConfig: func() { clock.Advance(2 * time.Minute); b.Sim.ResetJournal() },
			Config:    config,
			ConfigPlanChecks: planned(
				action("sandbox_certificate", plancheck.ResourceActionUpdate), action("installation", plancheck.ResourceActionDestroyBeforeCreate),
				action("psd2_credential", plancheck.ResourceActionDestroyBeforeCreate), action("device_server", plancheck.ResourceActionDestroyBeforeCreate),
				action("oauth_client", plancheck.ResourceActionUpdate)),
			Check: resource.ComposeAggregateTestCheckFunc(idIs(certificateAddress, &id), attributeIsNot(certificateAddress, "certificate_pem", &certificate),
				attributeIsNot(credentialAddress, "api_key", &apiKey), idIs(clientAddress, &client), attributeIs(clientAddress, "user_id", &user),
				journal(b, postInstallation, postCredential, postDevice)),
		},
		emptyPlan(config),
	}})
	if s := b.Sim.Snapshot(); len(s.Users) != 1 || len(s.OAuthClients) != 1 {
		t.Errorf("%d users, %d OAuth clients", len(s.Users), len(s.OAuthClients))
	}
}

// A plan is made from the state, never from the clock: one that was saved before the day of the
// renewal is applied after it, and one that renews is applied later, too.
func TestAccSandboxCertificate_savedPlan(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	c := acctest.NewCLI(t, b, acctest.Attached)
	config := func(days string) string {
		return certificate(set("name", `"Saved"`), set("validity_days", "30"), set("early_renewal_days", days))
	}
	c.Write(t, config("0"))
	c.MustApply(t)
	pem := c.State(t).String(t, certificateAddress, "certificate_pem")

	// The refresh finds it due by what the state says, so the change of the days is stored first.
	c.Write(t, config("29"))
	c.MustApply(t).MustSay(t, 0, "0 added, 1 changed")
	if got := c.State(t).String(t, certificateAddress, "certificate_pem"); got != pem {
		t.Error("when to renew is no reason to renew now")
	}
	c.MustHaveNothingToDo(t)
	c.Write(t, strings.Replace(config("29"), "30", "31", 1))
	c.Run(t, "plan", "-no-color", "-out=saved").MustSay(t, 0, "certificate_pem", "(known after apply)")
	c.Run(t, "apply", "-no-color", "saved").MustSay(t, 0, "0 added, 1 changed")
	c.MustHaveNothingToDo(t)
}

// The same across the day of the renewal, with the provider's clock.
func TestAccSandboxCertificate_savedPlanAcrossTheDay(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	c := acctest.NewCLI(t, b, acctest.Attached)
	c.Write(t, certificate(set("name", `"Saved"`), set("validity_days", "30"), set("early_renewal_days", "10")))
	c.MustApply(t)
	pem := func() string { return c.State(t).String(t, certificateAddress, "certificate_pem") }
	first := pem()

	// Not due when it was planned, due when it is applied: nothing is renewed, nothing fails.
	c.Write(t, certificate(set("name", `"Saved"`), set("validity_days", "30"), set("early_renewal_days", "11")))
	c.Run(t, "plan", "-no-color", "-out=saved").MustSay(t, 0, "0 to add, 1 to change")
	c.Env = []string{acctest.EnvAhead + "=600h"}
	c.Run(t, "apply", "-no-color", "saved").MustSay(t, 0, "0 added, 1 changed")
	if pem() != first {
		t.Error("renewed by the clock")
	}

	// Due when it was planned: it is renewed, even if the clock has gone back.
	c.Run(t, "plan", "-no-color", "-out=saved").MustSay(t, 0, "0 to add, 1 to change")
	c.Env = nil
	c.Run(t, "apply", "-no-color", "saved").MustSay(t, 0, "0 added, 1 changed")
	if pem() == first {
		t.Error("not renewed")
	}
	c.MustHaveNothingToDo(t)
}

// Each change of the keepers renews in place, the first ones and the removal of all, too; the whole
// party follows in one apply, and the user stays.
func TestAccSandboxCertificate_keepers(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	c := acctest.NewCLI(t, b, acctest.Attached)
	with := func(keepers string) string {
		return strings.Replace(acctest.Client, `name = "Acceptance"`, "name = \"Acceptance\"\n  keepers = "+keepers, 1)
	}
	c.Write(t, acctest.Client)
	c.MustApply(t)
	subject, last := c.State(t).String(t, certificateAddress, "id"), ""
	for _, keepers := range []string{`{ renewal = "1" }`, `{ renewal = "2" }`, `{ renewal = "2", more = "1" }`, "null"} {
		c.Write(t, with(keepers))
		c.MustApply(t)
		c.MustHaveNothingToDo(t)
		state := c.State(t)
		if got := state.String(t, certificateAddress, "certificate_pem"); got == last || state.String(t, certificateAddress, "id") != subject {
			t.Errorf("%s: the same certificate, or another subject", keepers)
		} else {
			last = got
		}
	}
	c.Write(t, with("{}")) // no keeper, as before
	c.MustApply(t)
	if got := c.State(t).String(t, certificateAddress, "certificate_pem"); got != last {
		t.Error("an empty map renews")
	}
	if s := b.Sim.Snapshot(); len(s.Users) != 1 || len(s.OAuthClients) != 1 || len(s.Devices) != 5 {
		t.Errorf("%d users, %d clients, %d devices", len(s.Users), len(s.OAuthClients), len(s.Devices))
	}
}

// What would make another bunq user without a change of the subject is refused at plan, in every
// order of the replacement, and each way that the error names leads out.
func TestAccSandboxCertificate_isNotReplaced(t *testing.T) {
	t.Parallel()
	for _, order := range []string{"", createFirst} {
		t.Run(fmt.Sprintf("%.9s", order), func(t *testing.T) {
			t.Parallel()
			b := acctest.New(t)
			c := acctest.NewCLI(t, b, acctest.Attached)
			// Two recipes of the guide together: the credential is made before the old one goes.
			config := func(name, keepers, triggers string) string {
				party := strings.Replace(acctest.Client, `name = "Acceptance"`, fmt.Sprintf("name = %q\n  keepers = %s\n  %s", name, keepers, triggers), 1)
				return strings.Replace(party, "private_key_pem_wo", order+"\n  private_key_pem_wo", 1)
			}
			plain := config("Acceptance", "null", "")
			c.Write(t, plain)
			c.MustApply(t)
			id := c.State(t).String(t, certificateAddress, "id")
			b.Sim.ResetJournal()

			says := []string{"Replacing the sandbox certificate makes another bunq user", `keepers = { renewal = "2" }`, "to get another user: another name, then terraform apply",
				"terraform destroy -refresh=false"}
			c.Plan(t, "-replace="+certificateAddress).MustSay(t, 1, says...)
			c.Plan(t, "-refresh=false", "-replace="+certificateAddress).MustSay(t, 1, says...)
			triggered := func(version, by string) string {
				return fmt.Sprintf("resource \"terraform_data\" \"trigger\" {\n  input = %q\n}\n", version) + config("Acceptance", "null", by)
			}
			c.Write(t, triggered("1", ""))
			c.MustApply(t)
			c.Write(t, triggered("2", "lifecycle {\n    replace_triggered_by = [terraform_data.trigger]\n  }"))
			c.Plan(t).MustSay(t, 1, says...)

			c.Write(t, plain)
			c.MustApply(t)
			c.Run(t, "taint", certificateAddress).MustSay(t, 0)
			tainted := []string{"The state has a sandbox certificate with this name", "terraform untaint 'bunq_sandbox_certificate.NAME'", "to get another user: another name"}
			c.Plan(t).MustSay(t, 1, tainted...)
			c.Destroy(t).MustSay(t, 1, append(tainted, "To destroy instead: terraform destroy -refresh=false.")...)
			c.Run(t, "untaint", certificateAddress).MustSay(t, 0)
			if calls := b.Writes(0); len(calls) > 0 {
				t.Errorf("sent: %v", calls)
			}

			c.Write(t, config("Acceptance", `{ renewal = "2" }`, ""))
			c.MustApply(t)
			c.MustHaveNothingToDo(t)
			if got := c.State(t).String(t, certificateAddress, "id"); got != id || len(b.Sim.Snapshot().Users) != 1 {
				t.Errorf("the subject is %s, was %s", got, id)
			}

			// Another name is another user: the plan warns, and the client's update would refuse.
			c.Write(t, alone(config("Another", "null", "")))
			c.Plan(t).MustSay(t, 2, "Warning: Another subject is another bunq user")
			c.Run(t, "taint", certificateAddress).MustSay(t, 0)
			c.Destroy(t, "-refresh=false").MustSay(t, 0)
		})
	}
}

// A name is used once: two certificates with one name could not be told apart, and a new one could
// be the old one's successor or not.
func TestAccSandboxCertificate_nameIsUsedOnce(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	c := acctest.NewCLI(t, b, acctest.Attached)
	counted := func(name string) string {
		return "resource \"bunq_sandbox_certificate\" \"main\" {\n  count = 2\n  name = " + name + "\n}\n"
	}
	twice := []string{"Two sandbox certificates have one name", "with count or for_each, make the index or key part of it",
		"To destroy instead: terraform destroy -refresh=false."}
	c.Write(t, counted(`"Test"`))
	c.Plan(t).MustSay(t, 1, twice...)
	c.Write(t, counted(`"Test ${count.index}"`))
	c.MustApply(t)
	c.Write(t, counted(`"Other ${count.index}"`))
	c.MustApply(t).MustSay(t, 0, "2 added, 0 changed, 2 destroyed")
	c.Write(t, counted(`"Test"`))
	c.Plan(t).MustSay(t, 1, twice...)

	// Renamed without moved: another certificate, of another user. With it, the same one.
	c.Write(t, counted(`"Other ${count.index}"`))
	c.MustHaveNothingToDo(t)
	id := c.State(t).String(t, certificateAddress+"[1]", "id")
	renamed := strings.ReplaceAll(counted(`"Other ${count.index}"`), `"main"`, `"renamed"`)
	c.Write(t, renamed)
	c.Plan(t).MustSay(t, 1, "The state has a sandbox certificate with this name", "if its resource was renamed: a moved block")
	c.Write(t, renamed+"moved {\n  from = bunq_sandbox_certificate.main\n  to   = bunq_sandbox_certificate.renamed\n}\n")
	c.MustApply(t).MustSay(t, 0, "0 added, 0 changed, 0 destroyed")
	if got := c.State(t).String(t, "bunq_sandbox_certificate.renamed[1]", "id"); got != id {
		t.Errorf("%s, want %s", got, id)
	}
}
