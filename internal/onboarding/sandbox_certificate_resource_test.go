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

// A renewal keeps the common name, and so the bunq user: credential and device are made again, the
// OAuth client stays.
func TestAccSandboxCertificate_renewal(t *testing.T) {
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
				action("sandbox_certificate", plancheck.ResourceActionUpdate), action("installation", plancheck.ResourceActionNoop),
				action("psd2_credential", plancheck.ResourceActionDestroyBeforeCreate), action("device_server", plancheck.ResourceActionDestroyBeforeCreate),
				action("oauth_client", plancheck.ResourceActionUpdate)),
			Check: resource.ComposeAggregateTestCheckFunc(idIs(certificateAddress, &id), attributeIsNot(certificateAddress, "certificate_pem", &certificate),
				attributeIsNot(credentialAddress, "api_key", &apiKey), idIs(clientAddress, &client), attributeIs(clientAddress, "user_id", &user),
				journal(b, "POST /payment-service-provider-credential", "POST /device-server")),
		},
		emptyPlan(config),
	}})
	if s := b.Sim.Snapshot(); len(s.Users) != 1 || len(s.OAuthClients) != 1 {
		t.Errorf("%d users, %d OAuth clients", len(s.Users), len(s.OAuthClients))
	}
}

// A certificate that is made again keeps its subject, and so the bunq user; one of another subject
// is refused at plan where a credential was made with it.
func TestAccSandboxCertificate_keepsTheUser(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	c := acctest.NewCLI(t, b)
	c.Write(t, acctest.Client)
	c.MustApply(t)
	id := c.State(t).String(t, certificateAddress, "id")
	c.MustApply(t, "-replace="+certificateAddress)
	c.MustHaveNothingToDo(t)
	c.Run(t, "taint", certificateAddress).MustSay(t, 0)
	c.MustApply(t)
	c.MustHaveNothingToDo(t)
	if got := c.State(t).String(t, certificateAddress, "id"); got != id {
		t.Errorf("the subject is %s, was %s", got, id)
	}
	if n := len(b.Sim.Snapshot().Users); n != 1 {
		t.Errorf("%d users", n)
	}

	b.Sim.ResetJournal()
	c.Write(t, strings.Replace(acctest.Client, `"Acceptance"`, `"Another"`, 1))
	c.Plan(t).MustSay(t, 1, "this plan changes the subject of its bunq_sandbox_certificate")
	if writes := b.Writes(0); len(writes) > 0 {
		t.Errorf("sent: %v", writes)
	}
	c.Destroy(t, "-refresh=false", "-target="+credentialAddress).MustSay(t, 0)
	c.MustApply(t)
	c.MustHaveNothingToDo(t)
}
