package onboarding_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

const installationAddress = "bunq_installation.main"

// onboarded is the configuration of a party that is there already.
func onboarded(t *testing.T, cli *acctest.CLI, p *acctest.Party, deviceLines string) string {
	t.Helper()
	for name, text := range map[string]string{"qseal.pem": p.CertificatePEM, "qseal.key": p.CertificateKeyPEM} {
		if err := os.WriteFile(filepath.Join(cli.Dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return `
resource "bunq_installation" "main" {
  keepers = { certificate = filesha256("qseal.pem") }
}

resource "bunq_psd2_credential" "main" {
  installation       = bunq_installation.main
  certificate_pem    = file("qseal.pem")
  private_key_pem_wo = file("qseal.key")
}

resource "bunq_device_server" "main" {
  installation = bunq_installation.main
  credential   = bunq_psd2_credential.main
` + deviceLines + "\n}\n"
}

func importBlock(to, id string) string {
	return fmt.Sprintf("import {\n  to = %s\n  id = %q\n}\n", to, id)
}

func importAll(file string) string {
	return importBlock(installationAddress, file) + importBlock(credentialAddress, file) + importBlock(deviceAddress, file)
}

// signedReads is the choice that an import needs: without bunq's signature none is made, see
// TestAccImport_ofAnInstallationThatBunqDoesNotSign.
var signedReads = acctest.WithSim(func(c *bunqsim.Config) { c.Settings.SignInstallationReads = bunqsim.Accepted })

const made = `  description = "made by Import"`

// mustBe compares the state with the party as bunq knows it.
func mustBe(t *testing.T, cli *acctest.CLI, p *acctest.Party) {
	t.Helper()
	state := cli.State(t)
	for _, want := range []struct{ address, attribute, value string }{
		{installationAddress, "id", fmt.Sprint(p.InstallationID)},
		{installationAddress, "token", p.Token},
		{installationAddress, "private_key_pem", p.PrivateKeyPEM},
		{installationAddress, "public_key_pem", p.PublicKeyPEM},
		{installationAddress, "server_public_key_pem", p.ServerPublicKeyPEM},
		{installationAddress, "registration_payload", p.PublicKeyPEM + p.Token},
		{installationAddress, "environment", "sandbox"},
		{credentialAddress, "id", fmt.Sprint(p.CredentialID)},
		{credentialAddress, "api_key", p.APIKey},
		{credentialAddress, "status", "ACTIVE"},
		{credentialAddress, "certificate_pem", p.CertificatePEM},
		{deviceAddress, "id", fmt.Sprint(p.DeviceID)},
		{deviceAddress, "description", "made by Import"},
	} {
		if got := state.String(t, want.address, want.attribute); got != want.value {
			t.Errorf("%s.%s is not bunq's", want.address, want.attribute)
		}
	}
	if state[credentialAddress]["fingerprint_sha256"] == nil {
		t.Error("after the apply the certificate's attributes are still empty")
	}
}

// Installation, credential and device come out of the context file of each SDK: nothing is made at
// bunq, nothing is replaced, and after one apply, which takes the certificate from the
// configuration, there is nothing to do.
func TestAccImport_ofContextFiles(t *testing.T) {
	t.Parallel()
	for _, sdk := range acctest.SDKs {
		t.Run(string(sdk), func(t *testing.T) {
			t.Parallel()
			b := acctest.New(t, signedReads)
			p := b.Onboard(t, "Import")
			b.Sim.ResetJournal()
			cli := acctest.NewCLI(t, b, acctest.Attached)
			cli.Write(t, onboarded(t, cli, p, made)+importAll(p.ContextFile(t, sdk)))
			cli.MustApply(t).MustSay(t, 0, "3 imported, 0 added,", "0 destroyed")
			cli.MustHaveNothingToDo(t)
			mustBe(t, cli, p)
			if writes := b.Writes(0); len(writes) > 0 {
				t.Errorf("written: %q", writes)
			}
			if n := b.Count("POST /session-server"); n != 1 {
				t.Errorf("%d sessions were opened", n)
			}
		})
	}
}

func TestAccImport_byCommand(t *testing.T) {
	t.Parallel()
	b := acctest.New(t, signedReads)
	p := b.Onboard(t, "Import")
	b.Sim.ResetJournal()
	cli := acctest.NewCLI(t, b, acctest.Attached)
	cli.Write(t, onboarded(t, cli, p, made))
	file := p.ContextFile(t, acctest.Python)
	for _, address := range []string{installationAddress, credentialAddress, deviceAddress} {
		cli.Run(t, "import", "-no-color", address, file).MustSay(t, 0, "Import successful!")
	}
	cli.Apply(t).MustSay(t, 0, "0 added", "0 destroyed")
	cli.MustHaveNothingToDo(t)
	mustBe(t, cli, p)
	if writes := b.Writes(0); len(writes) > 0 {
		t.Errorf("written: %q", writes)
	}
}

// With permitted addresses in the configuration the apply that follows looks after them from then
// on.
func TestAccImport_takesUpPermittedAddresses(t *testing.T) {
	t.Parallel()
	b := acctest.New(t, signedReads)
	p := b.Onboard(t, "Import")
	cli := acctest.NewCLI(t, b, acctest.Attached)
	cli.Write(t, onboarded(t, cli, p, made+"\n  permitted_ips = [\"127.0.0.1\", \"203.0.113.7\"]")+importAll(p.ContextFile(t, acctest.PHP)))
	b.Sim.ResetJournal()
	cli.MustApply(t).MustSay(t, 0, "3 imported, 0 added,", "0 destroyed")
	cli.MustHaveNothingToDo(t)
	if writes := b.Writes(0); len(writes) != 1 || writes[0] != "POST /user/{id}/credential-password-ip/{id}/ip" {
		t.Errorf("written: %q", writes)
	}
}

// The CLI writes the whole configuration of an installation. Credential and device need secrets,
// which no CLI writes, and the certificate, which bunq does not give back: it says so, and what it
// wrote works once these are filled in.
func TestAccImport_withGeneratedConfiguration(t *testing.T) {
	t.Parallel()
	b := acctest.New(t, signedReads)
	p := b.Onboard(t, "Import")
	file := p.ContextFile(t, acctest.Java)
	cli := acctest.NewCLI(t, b, acctest.Attached)
	onboarded(t, cli, p, "") // for the certificate's files

	cli.Write(t, importBlock(installationAddress, file))
	if r := cli.Plan(t, "-generate-config-out=installation.tf"); r.Code == 1 {
		t.Fatalf("exit code %d\n%s", r.Code, r.Output)
	}
	cli.MustApply(t).MustSay(t, 0, "1 imported, 0 added, 0 changed, 0 destroyed")
	cli.MustHaveNothingToDo(t)

	cli.Write(t, importBlock(credentialAddress, file)+importBlock(deviceAddress, file))
	cli.Plan(t, "-generate-config-out=rest.tf").MustSay(t, 1, "Must set a configuration value for the installation.token attribute",
		"Must set a configuration value for the certificate_pem attribute")
	rest := filepath.Join(cli.Dir, "rest.tf")
	text := read(t, rest)
	for _, secret := range []string{p.Token, p.APIKey, "PRIVATE KEY"} {
		if strings.Contains(text+read(t, filepath.Join(cli.Dir, "installation.tf")), secret) {
			t.Fatal("a secret was written into the configuration")
		}
	}
	for _, edit := range []struct{ old, replacement string }{
		{`(?s)installation += \{.*?\n  \}`, "installation = bunq_installation.main"},
		{`(?s)credential += \{.*?\n  \}`, "credential = bunq_psd2_credential.main"},
		{`certificate_pem += null`, `certificate_pem = file("qseal.pem")`},
		{`private_key_pem_wo += null`, `private_key_pem_wo = file("qseal.key")`},
	} {
		text = regexp.MustCompile(edit.old).ReplaceAllString(text, edit.replacement)
	}
	if err := os.WriteFile(rest, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	cli.MustApply(t).MustSay(t, 0, "2 imported, 0 added,", "0 destroyed")
	cli.MustHaveNothingToDo(t)
	mustBe(t, cli, p)
}

// Several keys and devices at bunq: the error lists them, and PATH#ID takes one.
func TestAccImport_ofOneOfSeveral(t *testing.T) {
	t.Parallel()
	b := acctest.New(t, signedReads, acctest.WithSim(func(c *bunqsim.Config) {
		c.Settings.OldKeys, c.Settings.DeviceList, c.Settings.SecondDeviceOfInstallation = bunqsim.Accepted, bunqsim.OfUser, bunqsim.Accepted
	}))
	p := b.Onboard(t, "Import")
	older := *p
	p.Register(t, "the newer one")
	file := older.ContextFile(t, acctest.Python)
	cli := acctest.NewCLI(t, b, acctest.Attached)
	config := onboarded(t, cli, p, made)

	cli.Write(t, config+importAll(file))
	cli.Apply(t).MustSay(t, 1,
		"Which credential should be imported?", "bunq lists 2 active ones",
		fmt.Sprintf("#%d ACTIVE, device \"made by Import\"", older.CredentialID),
		fmt.Sprintf("#%d ACTIVE, device \"the newer one\"", p.CredentialID),
		"append the ID to the path", "Description and time tell you which one it is")
	cli.Write(t, config)
	cli.Run(t, "import", "-no-color", deviceAddress, file).MustSay(t, 1,
		"Which device should be imported?", fmt.Sprintf("#%d \"made by Import\" at 127.0.0.1, ACTIVE, since 20", older.DeviceID),
		fmt.Sprintf("#%d \"the newer one\" at 127.0.0.1, ACTIVE", p.DeviceID))
	cli.Run(t, "import", "-no-color", credentialAddress, file+"#999999").MustSay(t, 1, "bunq lists no credential 999999")
	cli.Run(t, "import", "-no-color", deviceAddress, file+"#999999").MustSay(t, 1, "bunq lists no device 999999")

	cli.Write(t, config+importBlock(installationAddress, file+"#999999"))
	cli.Apply(t).MustSay(t, 1, "Which installation should be imported?", "bunq lists no installation 999999", fmt.Sprintf("as in PATH#%d", older.InstallationID))

	cli.Write(t, config+importBlock(installationAddress, file)+
		importBlock(credentialAddress, fmt.Sprintf("%s#%d", file, older.CredentialID))+importBlock(deviceAddress, fmt.Sprintf("%s#%d", file, older.DeviceID)))
	cli.MustApply(t).MustSay(t, 0, "3 imported, 0 added,", "0 destroyed")
	cli.MustHaveNothingToDo(t)
	mustBe(t, cli, &older)
}
