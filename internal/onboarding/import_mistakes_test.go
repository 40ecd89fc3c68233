package onboarding_test

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// Each file that is no context of this bunq is refused with a reason, and nothing comes into the
// state.
func TestAccImport_mistakes(t *testing.T) {
	t.Parallel()
	b := acctest.New(t, signedReads, acctest.WithSim(func(c *bunqsim.Config) { c.Settings.ParallelSessions = bunqsim.Accepted }))
	p, other := b.Onboard(t, "Import"), b.Onboard(t, "Other")
	mixed := func(change func(*acctest.Party)) string {
		m := *p
		change(&m)
		return m.ContextFile(t, acctest.Python)
	}
	text := read(t, p.ContextFile(t, acctest.Python))
	for name, tc := range map[string]struct {
		file string
		want []string
	}{
		"no such file":       {filepath.Join(t.TempDir(), "bunq.conf"), []string{"The import id is not a usable context file", "no such file or directory", "a relative path starts at the working directory"}},
		"an id of bunq's":    {"4916", []string{"The import id is not a usable context file", "The import id is the path of a context file"}},
		"a home folder":      {"~/bunq.conf", []string{`"~" is not expanded`}},
		"a folder":           {t.TempDir(), []string{"is no file, but a folder"}},
		"an empty file":      {written(t, ""), []string{"not the context file of a bunq SDK"}},
		"a PEM file":         {written(t, p.CertificatePEM), []string{"not the context file of a bunq SDK"}},
		"half of a file":     {written(t, text[:len(text)/2]), []string{"not the context file of a bunq SDK", "ends too early"}},
		"a file without key": {mixed(func(m *acctest.Party) { m.APIKey = "" }), []string{"incomplete context file", "missing or empty: api_key"}},
		"of the other environment": {written(t, strings.Replace(text, "SANDBOX", "PRODUCTION", 1)),
			[]string{"Made in another environment", "The context file was made in bunq's production environment", "configured for sandbox", "Nothing was sent"}},
		"keys of two pairs": {mixed(func(m *acctest.Party) { m.PublicKeyPEM = other.PublicKeyPEM }),
			[]string{"private_key_client does not match public_key_client", "put together from two installations"}},
		"another's API key": {mixed(func(m *acctest.Party) { m.APIKey = other.APIKey }),
			[]string{"The context file could not be verified", "User credentials are incorrect", "nothing was imported"}},
		"another's token": {mixed(func(m *acctest.Party) { m.Token = other.Token }),
			[]string{"The context file could not be verified", "nothing was imported"}},
		"another's keys": {mixed(func(m *acctest.Party) { m.PrivateKeyPEM, m.PublicKeyPEM = other.PrivateKeyPEM, other.PublicKeyPEM }),
			[]string{"The context file could not be verified", "nothing was imported"}},
		"not bunq's public key": {mixed(func(m *acctest.Party) { m.ServerPublicKeyPEM = m.PublicKeyPEM }),
			[]string{"The context file could not be verified", "its signature does not match", "nothing was imported"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cli := acctest.NewCLI(t, b, acctest.Attached)
			cli.Write(t, onboarded(t, cli, p, made)+importAll(tc.file))
			r := cli.Plan(t)
			r.MustSay(t, 1, tc.want...)
			for _, secret := range []string{p.APIKey, p.Token, other.APIKey, other.Token} {
				if strings.Contains(r.Output, secret) {
					t.Error("the error shows a secret")
				}
			}
			imported := cli.Run(t, "import", "-no-color", installationAddress, tc.file)
			imported.MustSay(t, 1, tc.want...)
			// Nothing is in the state that could be replaced.
			if strings.Contains(r.Output+imported.Output, "-replace") {
				t.Errorf("the error advises to replace something\n%s", r.Output)
			}
			if state := cli.State(t); len(state) > 0 {
				t.Errorf("in the state: %v", state)
			}
		})
	}
}

// A key that has never been used on a device, an address that bunq does not permit: one answer of
// bunq's, whose causes are listed.
func TestAccImport_fromAnotherAddress(t *testing.T) {
	t.Parallel()
	b := acctest.New(t, signedReads)
	p := b.Onboard(t, "Import")
	file := p.ContextFile(t, acctest.PHP)
	cli := acctest.NewCLI(t, b, acctest.Attached)
	cli.Write(t, onboarded(t, cli, p, made)+importAll(file))
	b.Sim.SetCallerIP("198.51.100.9")
	refused := cli.Plan(t)
	refused.MustSay(t, 1, "The context file could not be verified", "Response id: ", "an address that is not permitted",
		"Is the public address of this machine, or of its proxy or NAT, permitted")
	if strings.Contains(refused.Output, "-replace") {
		t.Errorf("advises to replace what is not in the state:\n%s", refused.Output)
	}
	b.Sim.SetCallerIP("")
	cli.MustApply(t)
	cli.MustHaveNothingToDo(t)
}

// A 200 without bunq's signature is not believed under /installation either. Whether bunq signs
// there is not known for certain, so the error says what to do if it does not.
func TestAccImport_ofAnInstallationThatBunqDoesNotSign(t *testing.T) {
	t.Parallel()
	b := acctest.New(t, acctest.WithSim(func(c *bunqsim.Config) { c.Settings.SignInstallationReads = bunqsim.Refused }))
	p := b.Onboard(t, "Import")
	cli := acctest.NewCLI(t, b, acctest.Attached)
	cli.Write(t, onboarded(t, cli, p, made)+importAll(p.ContextFile(t, acctest.Python)))

	cli.Plan(t).MustSay(t, 1, "The context file could not be verified", "GET /installation", "it has no signature", "nothing was imported",
		"check that no proxy removes headers", "declare the three resources without import blocks")
}

// What is imported must be usable: a device that bunq has blocked is not taken for the active one.
func TestAccImport_ofADeviceThatIsNotActive(t *testing.T) {
	t.Parallel()
	b := acctest.New(t, signedReads, acctest.WithSim(func(c *bunqsim.Config) { c.Settings.SecondDeviceOfInstallation = bunqsim.Accepted }))
	p := b.Onboard(t, "Import")
	older := p.DeviceID
	p.Register(t, "made by Import")
	if err := b.Sim.SetDeviceStatus(older, bunqsim.DeviceObsolete); err != nil {
		t.Fatal(err)
	}
	cli := acctest.NewCLI(t, b, acctest.Attached)
	cli.Write(t, onboarded(t, cli, p, made)+importBlock(deviceAddress, p.ContextFile(t, acctest.Python)))
	r := cli.Plan(t)
	r.MustSay(t, 2, "1 to import")
}
