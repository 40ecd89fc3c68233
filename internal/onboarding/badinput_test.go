package onboarding_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// badInput is a resource called main that must fail at plan, before anything is sent.
type badInput struct {
	name       string
	production bool
	config     string
	want       *regexp.Regexp
}

// runBadInput puts the resources of all cases into one configuration, each under a name of its own,
// and plans it: Terraform reports every error of a stage. What it finds while it validates keeps it
// from planning, so that the rest is planned once more.
func runBadInput(t *testing.T, cases []badInput) {
	t.Helper()
	for _, environment := range []bunqsim.Environment{bunqsim.Sandbox, bunqsim.Production} {
		b := acctest.New(t, acctest.WithSim(func(s *bunqsim.Config) { s.Environment = environment }))
		c := acctest.NewCLI(t, b, acctest.Attached)
		left := map[string]badInput{}
		for i, k := range cases {
			if k.production == (environment == bunqsim.Production) {
				left[fmt.Sprintf("case_%d", i)] = k
			}
		}
		for range 2 {
			errors := plannedErrors(t, c, left)
			for name, k := range left {
				if len(errors[name]) == 0 {
					continue
				}
				delete(left, name)
				t.Run(k.name, func(t *testing.T) {
					if !slices.ContainsFunc(errors[name], k.want.MatchString) {
						t.Errorf("want %s, got\n%s", k.want, strings.Join(errors[name], "\n\n"))
					}
				})
			}
		}
		for _, k := range left {
			t.Errorf("%s: no error", k.name)
		}
		if calls := b.Calls(0); len(calls) > 0 {
			t.Errorf("configurations that cannot work were found out only after %v", calls)
		}
	}
}

// plannedErrors plans the resources, and gives the errors by resource.
func plannedErrors(t *testing.T, c *acctest.CLI, resources map[string]badInput) map[string][]string {
	t.Helper()
	if len(resources) == 0 {
		return nil
	}
	config := acctest.Installation
	for name, k := range resources {
		config += strings.ReplaceAll(strings.TrimPrefix(k.config, acctest.Installation), `"main" {`, fmt.Sprintf("%q {", name))
	}
	c.Write(t, config)
	got := c.Plan(t)
	if got.Code != 1 {
		t.Fatalf("status %d\n%s", got.Code, got.Output)
	}
	errors := map[string][]string{}
	for _, text := range strings.Split(got.Output, "\nError: ")[1:] {
		if address := addressed.FindStringSubmatch(text); address != nil {
			errors[address[1]] = append(errors[address[1]], "\nError: "+strings.ReplaceAll(text, `"`+address[1]+`"`, `"main"`))
		}
	}
	return errors
}

var addressed = regexp.MustCompile(`with bunq_[a-z0-9_]+\.(case_[0-9]+),`)

// credential is a bunq_psd2_credential with these lines, on an installation that does not exist
// yet.
func credential(lines ...string) string {
	return acctest.Installation + "resource \"bunq_psd2_credential\" \"main\" {\n  installation = bunq_installation.main\n  " +
		strings.Join(lines, "\n  ") + "\n}\n"
}

func set(attribute, expression string) string { return attribute + " = " + expression }

func TestAccCredential_badInput(t *testing.T) {
	t.Parallel()
	good := validSeal(t)
	now := time.Now()
	cert, key := file(written(t, good.certificate)), file(written(t, good.key))
	certOf := func(commonName string, from, to time.Time) (string, string) {
		s := newSeal(t, commonName, from, to)
		return file(written(t, s.certificate)), file(written(t, s.key))
	}
	expired, expiredKey := certOf("Old PISP AISP", now.Add(-48*time.Hour), now.Add(-time.Hour))
	early, earlyKey := certOf("Early PISP AISP", now.Add(time.Hour), now.Add(48*time.Hour))
	long, longKey := certOf(strings.Repeat("x", 60)+" PISP AISP", now.Add(-time.Hour), now.Add(time.Hour))
	roleless, rolelessKey := certOf("No role at all", now.Add(-time.Hour), now.Add(time.Hour))
	of := func(name string) string { return file(vector(t, name)) }
	chain := fmt.Sprintf("join(\"\", [%s, %s])", of("intermediate.pem"), of("root.pem"))

	runBadInput(t, []badInput{
		{
			name:   "a key that does not match the certificate",
			config: credential(set("certificate_pem", cert), set("private_key_pem_wo", of("client.key"))),
			want:   acctest.SaysAt("private_key_pem_wo", "private_key_pem_wo is not the private key of certificate_pem (/C=NL/CN=Test"),
		},
		{
			name:   "an expired certificate",
			config: credential(set("certificate_pem", expired), set("private_key_pem_wo", expiredKey)),
			want:   acctest.SaysAt("certificate_pem", "expired on "+now.Add(-time.Hour).UTC().Format("2006-01-02")),
		},
		{
			name:   "a certificate that is not valid yet",
			config: credential(set("certificate_pem", early), set("private_key_pem_wo", earlyKey)),
			want:   acctest.SaysAt("certificate_pem", "becomes valid on "+now.Add(time.Hour).UTC().Format("2006-01-02")),
		},
		{
			name:   "an EC key",
			config: credential(set("certificate_pem", cert), set("private_key_pem_wo", of("ec.key"))),
			want:   acctest.SaysAt("private_key_pem_wo", "bunq accepts RSA keys only"),
		},
		{
			name:   "an EC key in PKCS#8",
			config: credential(set("certificate_pem", cert), set("private_key_pem_wo", of("ec-pkcs8.key"))),
			want:   acctest.SaysAt("private_key_pem_wo", "Not an RSA key"),
		},
		{
			name:   "an EC certificate",
			config: credential(set("certificate_pem", of("ec.pem")), set("private_key_pem_wo", of("ec.key"))),
			want:   acctest.SaysAt("certificate_pem", "Not an RSA key"),
		},
		{
			name:   "a PKCS#1 public key as private key",
			config: credential(set("certificate_pem", cert), set("private_key_pem_wo", of("qseal-pkcs1.pub"))),
			want:   acctest.SaysAt("private_key_pem_wo", `found "RSA PUBLIC KEY" where a private key belongs`),
		},
		{
			name:   "a PKCS#1 public key as certificate",
			config: credential(set("certificate_pem", of("qseal-pkcs1.pub")), set("private_key_pem_wo", key)),
			want:   acctest.SaysAt("certificate_pem", "a public key alone does not say whose it is"),
		},
		{
			name:   "garbage instead of a certificate",
			config: credential(set("certificate_pem", `"qseal.pem"`), set("private_key_pem_wo", key)),
			want:   acctest.SaysAt("certificate_pem", "pass its content with file(…)"),
		},
		{
			name:   "garbage instead of a key",
			config: credential(set("certificate_pem", cert), set("private_key_pem_wo", `"garbage"`)),
			want:   acctest.SaysAt("private_key_pem_wo", "No PEM block found"),
		},
		{
			name:   "garbage instead of a chain",
			config: credential(set("certificate_pem", of("seal.pem")), set("certificate_chain_pem", `"garbage"`), set("private_key_pem_wo", of("qseal.key"))),
			want:   acctest.SaysAt("certificate_chain_pem", "No PEM block found"),
		},
		{
			name:       "a chain that does not lead from the certificate",
			production: true,
			config: credential(set("certificate_pem", of("seal.pem")), set("certificate_chain_pem", of("other-root.pem")),
				set("private_key_pem_wo", of("qseal.key"))),
			want: acctest.SaysAt("certificate_chain_pem", "whose certificate is not in the chain. Add it."),
		},
		{
			name:       "no chain for a certificate that is not its own",
			production: true,
			config:     credential(set("certificate_pem", of("seal.pem")), set("private_key_pem_wo", of("qseal.key"))),
			want:       acctest.SaysInBlock(`resource "bunq_psd2_credential" "main"`, "The certificate was issued by"),
		},
		{
			name:   "an encrypted key without its passphrase",
			config: credential(set("certificate_pem", of("pseudo.pem")), set("private_key_pem_wo", of("qseal-pkcs8-aes256.key"))),
			want:   acctest.SaysAt("private_key_pem_wo", "Private key is encrypted: its passphrase is needed. Next step: set private_key_passphrase_wo."),
		},
		{
			name: "an encrypted key with a wrong passphrase",
			config: credential(set("certificate_pem", of("pseudo.pem")), set("private_key_pem_wo", of("qseal-pkcs8-aes256.key")),
				set("private_key_passphrase_wo", `"incorrect horse"`)),
			want: acctest.SaysAt("private_key_passphrase_wo", "Wrong passphrase"),
		},
		{
			name: "a key in OpenSSL's old encryption",
			config: credential(set("certificate_pem", of("pseudo.pem")), set("private_key_pem_wo", of("qseal-legacy-aes256.key")),
				set("private_key_passphrase_wo", `"correct horse"`)),
			want: acctest.SaysAt("private_key_pem_wo", "encrypt the key again with `openssl pkcs8 -topk8"),
		},
		{
			name:   "both key and signature",
			config: credential(set("certificate_pem", cert), set("private_key_pem_wo", key), set("client_public_key_signature", `"AAAA"`)),
			want:   acctest.SaysAt("private_key_pem_wo", `"client_public_key_signature" cannot be specified when "private_key_pem_wo" is specified`),
		},
		{
			name:   "neither key nor signature",
			config: credential(set("certificate_pem", cert)),
			want:   acctest.SaysInBlock(`resource "bunq_psd2_credential" "main"`, "Next step: set private_key_pem_wo"),
		},
		{
			name:   "a common name over 64 characters",
			config: credential(set("certificate_pem", long), set("private_key_pem_wo", longKey)),
			want:   acctest.SaysAt("certificate_pem", "has 70 characters; bunq's sandbox accepts at most 64"),
		},
		{
			name:   "a common name without role",
			config: credential(set("certificate_pem", roleless), set("private_key_pem_wo", rolelessKey)),
			want:   acctest.SaysAt("certificate_pem", `and "No role at all" has none`),
		},
		{
			name:       "a web-site certificate",
			production: true,
			config: credential(set("certificate_pem", of("web.pem")), set("certificate_chain_pem", chain),
				set("private_key_pem_wo", of("qseal.key"))),
			want: acctest.SaysAt("certificate_pem", "is a web site certificate (QWAC)"),
		},
		{
			name:       "a certificate without PSD2 roles in production",
			production: true,
			config: credential(set("certificate_pem", of("seal-norole.pem")), set("certificate_chain_pem", chain),
				set("private_key_pem_wo", of("qseal.key"))),
			want: acctest.SaysAt("certificate_pem", "has no PSD2 statement"),
		},
		{
			name:       "a pseudo certificate in production",
			production: true,
			config:     credential(set("certificate_pem", cert), set("private_key_pem_wo", key)),
			want:       acctest.SaysAt("certificate_pem", "is self-signed. Only bunq's sandbox accepts such pseudo certificates"),
		},
		{
			name:   "expiry_warning_days below zero",
			config: credential(set("certificate_pem", cert), set("private_key_pem_wo", key), set("expiry_warning_days", "-1")),
			want:   acctest.SaysAt("expiry_warning_days", "must be at least 0"),
		},
	})
}
