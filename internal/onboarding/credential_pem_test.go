package onboarding_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
)

// sealed is a credential on files of the working directory, in production, with its key only as
// long as it is needed.
func sealed(lines ...string) string {
	return credential(append(lines, set("private_key_pem_wo", `fileexists("qseal.key") ? file("qseal.key") : null`))...)
}

// How certificate and chain are written is no change: nothing is planned, and where Terraform wants
// the omission of an attribute stored, that is no call and no other credential.
func TestAccCredential_writing(t *testing.T) {
	t.Parallel()
	b := acctest.New(t, acctest.WithSim(production))
	c := acctest.NewCLI(t, b, acctest.Attached)
	leaf, mid, root := read(t, vector(t, "seal.pem")), read(t, vector(t, "intermediate.pem")), read(t, vector(t, "root.pem"))
	put := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(c.Dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	apart := sealed(set("certificate_pem", `file("qseal.pem")`), set("certificate_chain_pem", `file("chain.pem")`))
	fullchain := sealed(set("certificate_pem", `file("qseal.pem")`))
	put("qseal.key", read(t, vector(t, "qseal.key")))
	put("qseal.pem", leaf)
	put("chain.pem", mid+root)
	c.Write(t, apart)
	c.MustApply(t)
	id, key := c.State(t).String(t, credentialAddress, "id"), c.State(t).String(t, credentialAddress, "api_key")
	if err := os.Remove(filepath.Join(c.Dir, "qseal.key")); err != nil {
		t.Fatal(err)
	}
	b.Sim.ResetJournal()

	crlf := func(s string) string { return strings.ReplaceAll(s, "\n", "\r\n") }
	for _, w := range []struct{ name, leaf, chain string }{
		{"Windows line ends", crlf(leaf), crlf(mid + root)},
		{"comments", "# ours\n" + leaf, "# theirs\n\n" + mid + "subject=/CN=root\n" + root + "\n"},
		{"another order", leaf, root + mid},
		{"with the leaf", leaf, root + leaf + mid},
	} {
		put("qseal.pem", w.leaf)
		put("chain.pem", w.chain)
		if got := c.Plan(t); got.Code != 0 {
			t.Errorf("%s: status %d\n%s", w.name, got.Code, got.Output)
		}
	}
	// Terraform's own file() refuses no byte order mark; neither do we.
	put("qseal.pem", "\ufeff"+leaf)
	put("chain.pem", mid+root)
	c.MustHaveNothingToDo(t)

	put("qseal.pem", leaf+mid+root)
	c.Write(t, fullchain)
	c.MustApply(t).MustSay(t, 0, "0 added, 1 changed, 0 destroyed")
	c.MustHaveNothingToDo(t)
	put("qseal.pem", crlf(leaf+root+mid))
	c.MustHaveNothingToDo(t)
	put("qseal.pem", leaf)
	c.Write(t, apart)
	c.MustApply(t).MustSay(t, 0, "0 added, 1 changed, 0 destroyed")
	c.MustHaveNothingToDo(t)

	if state := c.State(t); state.String(t, credentialAddress, "id") != id || state.String(t, credentialAddress, "api_key") != key {
		t.Error("another credential")
	}
	if writes := b.Writes(0); len(writes) > 0 {
		t.Errorf("sent: %v", writes)
	}
	// Another chain for the same certificate is stored: bunq needed it once.
	put("chain.pem", mid)
	c.MustApply(t).MustSay(t, 0, "0 added, 1 changed, 0 destroyed")
	c.MustHaveNothingToDo(t)
	if writes := b.Writes(0); len(writes) > 0 {
		t.Errorf("sent: %v", writes)
	}
	// Another certificate is another credential, and needs its key.
	put("qseal.pem", read(t, vector(t, "seal-allroles.pem")))
	c.Plan(t).MustSay(t, 1, "Neither key nor signature")
}

// A certificate with its chain in one file is registered as bunq wants it.
func TestAccCredential_fullchain(t *testing.T) {
	t.Parallel()
	b := acctest.New(t, acctest.WithSim(production))
	c := acctest.NewCLI(t, b, acctest.Attached)
	full := written(t, read(t, vector(t, "seal.pem"))+read(t, vector(t, "intermediate.pem"))+read(t, vector(t, "root.pem")))
	c.Write(t, credential(set("certificate_pem", file(full)), set("private_key_pem_wo", file(vector(t, "qseal.key")))))
	c.MustApply(t)
	c.MustHaveNothingToDo(t)
	if got := c.State(t).String(t, credentialAddress, "organization_identifier"); got != "PSDNL-DNB-R123456" {
		t.Errorf("the leaf is that of %q", got)
	}
}

// In the sandbox the chain that only repeats the certificate may be there or not.
func TestAccCredential_redundantChain(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	c := acctest.NewCLI(t, b, acctest.Attached)
	s := validSeal(t)
	certificate := file(written(t, s.certificate))
	with, key := set("certificate_chain_pem", certificate), set("private_key_pem_wo", file(written(t, s.key)))
	c.Write(t, deviceOn(set("certificate_pem", certificate), with, key))
	c.MustApply(t)
	b.Sim.ResetJournal()
	for _, lines := range [][]string{{set("certificate_pem", certificate)}, {set("certificate_pem", certificate), with}} {
		c.Write(t, deviceOn(lines...))
		c.MustApply(t).MustSay(t, 0, "0 added, 1 changed, 0 destroyed")
		c.MustHaveNothingToDo(t)
	}
	if writes := b.Writes(0); len(writes) > 0 {
		t.Errorf("sent: %v", writes)
	}
}

// The signature is needed once. In a shell without it nothing is destroyed.
func TestAccCredential_signatureIsNeededOnce(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	c := acctest.NewCLI(t, b, acctest.Attached)
	s := validSeal(t)
	output := "output \"payload\" {\n  value     = bunq_installation.main.registration_payload\n  sensitive = true\n}\n"
	config := func(signature string) string {
		return output + deviceOn(set("certificate_pem", file(written(t, s.certificate))), set("client_public_key_signature", signature))
	}
	c.Write(t, config("null"))
	c.MustApply(t, "-target=bunq_installation.main")
	payload := c.Run(t, "output", "-raw", "payload").Output
	payload = payload[strings.Index(payload, "-----BEGIN"):]
	c.Write(t, config(fmt.Sprintf("%q", hsm(t, s.key, payload))))
	c.MustApply(t)
	c.MustHaveNothingToDo(t)
	b.Sim.ResetJournal()
	for _, later := range []string{"null", `"AAAA"`} {
		c.Write(t, config(later))
		c.MustApply(t).MustSay(t, 0, "0 added, 1 changed, 0 destroyed")
		c.MustHaveNothingToDo(t)
	}
	if writes := b.Writes(0); len(writes) > 0 {
		t.Errorf("sent: %v", writes)
	}
	// A new one is needed where the credential is made again.
	c.Write(t, config("null"))
	c.Plan(t, "-replace="+credentialAddress).MustSay(t, 1, "Neither key nor signature")
}

// A certificate of another organisation is refused at plan, however the plan came about; one of the
// same organisation is taken, whatever else its subject says.
func TestAccCredential_anotherOrganisation(t *testing.T) {
	t.Parallel()
	chainOf := fmt.Sprintf("join(\"\", [%s, %s])", file(vector(t, "intermediate.pem")), file(vector(t, "root.pem")))
	of := func(name string) string {
		return credential(set("certificate_pem", file(vector(t, name))), set("certificate_chain_pem", chainOf), set("private_key_pem_wo", file(vector(t, "qseal.key"))))
	}
	t.Run("production", func(t *testing.T) {
		t.Parallel()
		b := acctest.New(t, acctest.WithSim(production))
		c := acctest.NewCLI(t, b, acctest.Attached)
		c.Write(t, of("seal.pem"))
		c.MustApply(t)
		b.Sim.ResetJournal()
		c.Write(t, of("subject.pem"))
		for _, args := range [][]string{nil, {"-refresh=false"}, {"-replace=" + credentialAddress}} {
			got := c.Plan(t, args...)
			if got.Code != 1 || !acctest.SaysAt("certificate_pem", "was registered for PSDNL-DNB-R123456, and this certificate is for").MatchString(got.Output) {
				t.Errorf("%v: status %d\n%s", args, got.Code, got.Output)
			}
		}
		if writes := b.Writes(0); len(writes) > 0 {
			t.Errorf("sent: %v", writes)
		}
		// The way that the message names.
		printed := commands(c.Plan(t).Output)
		if len(printed) != 1 {
			t.Fatalf("commands: %q", printed)
		}
		follow(t, c, printed[0], "main").MustSay(t, 0, "1 destroyed")
	})
	t.Run("sandbox", func(t *testing.T) {
		t.Parallel()
		b := acctest.New(t)
		c := acctest.NewCLI(t, b, acctest.Attached)
		first, second := validSeal(t), validSeal(t)
		of := func(s seal) string {
			return deviceOn(set("certificate_pem", file(written(t, s.certificate))), set("private_key_pem_wo", file(written(t, s.key))))
		}
		c.Write(t, of(first))
		c.MustApply(t)
		b.Sim.ResetJournal()
		c.Write(t, of(second))
		c.Plan(t).MustSay(t, 1, "The certificate belongs to another organisation", "or in the sandbox by the subject of the certificate")
		if writes := b.Writes(0); len(writes) > 0 {
			t.Errorf("sent: %v", writes)
		}
		c.Write(t, of(first))
		c.MustHaveNothingToDo(t)
	})
}
