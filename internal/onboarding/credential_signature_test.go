package onboarding_test

import (
	"encoding/base64"
	"fmt"
	"os/exec"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
)

// hsm signs as a device does that keeps its key: with openssl, from outside.
func hsm(t *testing.T, key, payload string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "openssl", "dgst", "-sha256", "-sign", written(t, key), written(t, payload)).Output() //nolint:gosec // a fixed command
	if err != nil {
		t.Fatalf("openssl: %v", err)
	}
	return base64.StdEncoding.EncodeToString(out)
}

// The key never comes near Terraform: the first apply gives the text to sign, the second one takes
// the signature.
func TestAccCredential_detachedSignature(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	c := acctest.NewCLI(t, b)
	s := validSeal(t)
	certificate := written(t, s.certificate)
	output := "output \"payload\" {\n  value     = bunq_installation.main.registration_payload\n  sensitive = true\n}\n"
	c.Write(t, acctest.Installation+output)
	c.MustApply(t)
	payload := c.Run(t, "output", "-raw", "payload").Output
	payload = payload[strings.Index(payload, "-----BEGIN"):]
	good := hsm(t, s.key, payload)

	// Signatures that do not fit are found out at plan: the installation is known.
	b.Sim.ResetJournal()
	for name, bad := range map[string]struct{ signature, says string }{
		"over other text":      {hsm(t, s.key, payload+"\n"), "with a newline after it"},
		"by another key":       {hsm(t, validSeal(t).key, payload), "another key"},
		"wrapped":              {good[:64] + "\n" + good[64:], "it is wrapped"},
		"not base64 at all":    {"signature", "not base64"},
		"of the URL's base64":  {strings.NewReplacer("+", "-", "/", "_").Replace(good), "base64url"},
		"with space around it": {" " + good, "white space before or after it"},
	} {
		c.Write(t, output+credential(set("certificate_pem", file(certificate)), set("client_public_key_signature", fmt.Sprintf("%q", bad.signature))))
		got := c.Plan(t)
		if got.Code != 1 || !acctest.SaysAt("client_public_key_signature", bad.says).MatchString(got.Output) {
			t.Errorf("a signature %s: status %d\n%s", name, got.Code, got.Output)
		}
	}
	if calls := b.Calls(0); len(calls) > 0 {
		t.Errorf("sent: %v", calls)
	}

	c.Write(t, output+credential(set("certificate_pem", file(certificate)), set("client_public_key_signature", fmt.Sprintf("%q", good))))
	c.MustApply(t)
	if want := "POST /payment-service-provider-credential"; strings.Join(b.Writes(0), ", ") != want {
		t.Errorf("sent %v, want %s", b.Writes(0), want)
	}
	// Only the first one counts: another signature, or none, changes nothing at bunq.
	b.Sim.ResetJournal()
	c.Write(t, output+credential(set("certificate_pem", file(certificate)), set("client_public_key_signature", `"AAAA"`)))
	c.MustApply(t)
	if writes := b.Writes(0); len(writes) > 0 {
		t.Errorf("sent: %v", writes)
	}
}

// A signature for an installation that is made in the same apply can be checked then only; the
// certificate is not sent with it.
func TestAccCredential_wrongSignatureAtApply(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	s := validSeal(t)
	b.Test(t, resource.TestCase{Steps: []resource.TestStep{
		{
			Config: b.Provider("") + credential(set("certificate_pem", file(written(t, s.certificate))),
				set("client_public_key_signature", fmt.Sprintf("%q", hsm(t, s.key, "for another installation")))),
			ExpectError: acctest.SaysAt("client_public_key_signature", "Nothing was sent to bunq. Next step: sign registration_payload of this installation"),
		},
		{
			// The installation is kept; it is the one that the next signature is for.
			Config:           b.Provider("") + acctest.Installation,
			ConfigPlanChecks: planned(plancheck.ExpectEmptyPlan()),
			Check: func(*terraform.State) error {
				if calls := b.Calls(0); strings.Join(calls, ", ") != "POST /installation" {
					return fmt.Errorf("journal: %v", calls)
				}
				return nil
			},
		},
	}})
}
