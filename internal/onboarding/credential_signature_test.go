package onboarding_test

import (
	"encoding/base64"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

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
	c := acctest.NewCLI(t, b, acctest.Attached)
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

// A signature fits one installation. Where the plan makes it, the error names the way, which works
// as printed: at first, with a renewed certificate, and after a leak.
func TestAccCredential_signatureOlderThanTheInstallation(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	c := acctest.NewCLI(t, b, acctest.Attached)
	subject := fmt.Sprintf("Signed %d PISP AISP", time.Now().UnixNano())
	newCertificate := func() seal { return newSeal(t, subject, time.Now().Add(-time.Hour), time.Now().Add(365*24*time.Hour)) }
	config := func(s seal, signature string) string {
		certificate := file(written(t, s.certificate))
		return keptCredential(certificate, set("certificate_pem", certificate), set("client_public_key_signature", signature)) + `
resource "bunq_device_server" "main" {
  installation = bunq_installation.main
  credential   = bunq_psd2_credential.main
  description  = "signed elsewhere"
}

output "payload" {
  value     = bunq_installation.main.registration_payload
  sensitive = true
}
`
	}
	signed := func(s seal) string {
		payload := c.Run(t, "output", "-raw", "payload").Output
		return fmt.Sprintf("%q", hsm(t, s.key, payload[strings.Index(payload, "-----BEGIN"):]))
	}
	ways := []string{"The signature is older than the installation", "first: terraform apply -target='bunq_installation.NAME'",
		"then, with the signature: terraform apply", "after a leak: terraform apply -target='bunq_installation.NAME' -replace='bunq_installation.NAME'",
		"then, after a leak: terraform apply -replace='bunq_psd2_credential.NAME'"}

	first, second := newCertificate(), newCertificate()
	old := fmt.Sprintf("%q", hsm(t, first.key, "for another installation"))
	c.Write(t, config(first, old))
	printed := c.Plan(t)
	printed.MustSay(t, 1, ways...)
	way := commands(printed.Output)
	if len(way) != 3 {
		t.Fatalf("commands: %q", way)
	}
	follow(t, c, way[0], "main").MustSay(t, 0)
	old = signed(first)
	c.Write(t, config(first, old))
	c.MustApply(t)
	c.MustHaveNothingToDo(t)

	c.Write(t, config(second, old))
	c.Plan(t).MustSay(t, 1, ways...)
	follow(t, c, way[0], "main").MustSay(t, 0)
	c.Write(t, config(second, signed(second)))
	c.MustApply(t)
	c.MustHaveNothingToDo(t)

	// A leak: the old key goes on in between.
	key := c.State(t).String(t, credentialAddress, "api_key")
	c.Plan(t, "-replace=bunq_installation.main", "-replace=bunq_psd2_credential.main").MustSay(t, 1, ways...)
	follow(t, c, way[1], "main").MustSay(t, 0)
	if c.State(t).String(t, credentialAddress, "api_key") != key {
		t.Error("the old key does not go on in between")
	}
	c.Write(t, config(second, signed(second)))
	follow(t, c, way[2], "main").MustSay(t, 0)
	c.MustHaveNothingToDo(t)
	if c.State(t).String(t, credentialAddress, "api_key") == key {
		t.Error("the key that leaked is still in the state")
	}
	if s := b.Sim.Snapshot(); len(s.Users) != 1 || len(s.Installations) != 3 || len(s.Credentials) != 3 || len(s.Devices) != 3 {
		t.Errorf("%d users, %d installations, %d credentials, %d devices", len(s.Users), len(s.Installations), len(s.Credentials), len(s.Devices))
	}
}

// A signature is only needed where the plan makes the credential: a new installation keeps the key.
func TestAccCredential_signatureIsNotNeededForAnotherInstallation(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	c := acctest.NewCLI(t, b, acctest.Attached)
	s := validSeal(t)
	lines := []string{set("certificate_pem", file(written(t, s.certificate)))}
	c.Write(t, credential(append(lines, set("private_key_pem_wo", file(written(t, s.key))))...))
	c.MustApply(t)
	c.Write(t, credential(append(lines, set("client_public_key_signature", `"AAAA"`))...))
	b.Sim.ResetJournal()
	c.MustApply(t, "-replace=bunq_installation.main").MustSay(t, 0, "1 added, 1 changed, 1 destroyed")
	c.MustHaveNothingToDo(t)
	if writes := fmt.Sprint(b.Writes(0)); writes != "[POST /installation]" {
		t.Errorf("sent %s", writes)
	}
}
