package lifecycle_test

import (
	"archive/zip"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// The guide on state and secrets says how often the secrets of an API context are in
// the state, and that an alias with api_context saves the copies of client and
// callback URLs; and that a saved plan holds them, too.
func TestAccGuides_copiesOfTheAPIContext(t *testing.T) {
	t.Parallel()
	for dir, want := range map[string]int{
		// Credential, the device's credential and api_context; client and two callback URLs.
		"complete":     6,
		"second-alias": 3,
	} {
		t.Run(dir, func(t *testing.T) {
			t.Parallel()
			b := acctest.New(t)
			cli := acctest.NewCLI(t, b)
			copyExample(t, example{dir: dir}, cli.Dir)
			cli.MustApply(t)

			key := b.Sim.Snapshot().Credentials[0].Key
			state := cli.Run(t, "state", "pull")
			state.MustSay(t, 0)
			if got := strings.Count(state.Output, key); got != want {
				t.Errorf("the state holds the API key %d times; the guide says %d", got, want)
			}

			cli.Run(t, "plan", "-out=saved").MustSay(t, 0)
			if !strings.Contains(unzipped(t, filepath.Join(cli.Dir, "saved")), key) {
				t.Error("a saved plan does not hold the API key; the guide says it does")
			}
		})
	}
}

// unzipped is all that is in a saved plan.
func unzipped(t *testing.T, path string) string {
	t.Helper()
	z, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = z.Close() }()
	var all strings.Builder
	for _, f := range z.File {
		r, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(&all, r); err != nil { //nolint:gosec // the plan is the test's own
			t.Fatal(err)
		}
		_ = r.Close()
	}
	return all.String()
}

// A key that cannot leave its token registers a certificate: the scripts of the
// guide on HSM and KMS, with SoftHSM.
func TestAccGuides_keyOnAToken(t *testing.T) {
	t.Parallel()
	const module = "/usr/lib/softhsm/libsofthsm2.so"
	if _, err := os.Stat(module); err != nil {
		acctest.MissingTool(t, "SoftHSM is not installed (Debian: apt-get install softhsm2 opensc libengine-pkcs11-openssl): %v", err)
	}
	for _, program := range []string{"softhsm2-util", "pkcs11-tool", "openssl"} {
		if _, err := exec.LookPath(program); err != nil {
			acctest.MissingTool(t, "%s is not installed (Debian: apt-get install softhsm2 opensc libengine-pkcs11-openssl): %v", program, err)
		}
	}
	if out, err := exec.CommandContext(t.Context(), "openssl", "engine", "-t", "pkcs11").CombinedOutput(); err != nil || !strings.Contains(string(out), "[ available ]") {
		acctest.MissingTool(t, "openssl has no pkcs11 engine (Debian: apt-get install libengine-pkcs11-openssl): %v\n%s", err, out)
	}

	b := acctest.New(t, acctest.WithSim(func(c *bunqsim.Config) { c.Environment = bunqsim.Sandbox }))
	cli := acctest.NewCLI(t, b)
	copyExample(t, example{dir: "detached-signature"}, cli.Dir)
	tokens := t.TempDir()
	config := filepath.Join(tokens, "softhsm2.conf")
	write(t, config, fmt.Sprintf("directories.tokendir = %s\nobjectstore.backend = file\nlog.level = ERROR\n", tokens))
	run := func(script string, args ...string) string {
		t.Helper()
		path, err := filepath.Abs(filepath.Join("..", "..", "examples", "detached-signature", script))
		if err != nil {
			t.Fatal(err)
		}
		command := exec.CommandContext(t.Context(), path, args...) //nolint:gosec // the repository's own script
		command.Dir = cli.Dir
		command.Env = append(os.Environ(), "SOFTHSM2_CONF="+config, "PKCS11_MODULE_PATH="+module)
		var said strings.Builder
		command.Stderr = &said
		out, err := command.Output()
		if err != nil {
			t.Fatalf("%s: %v\n%s", script, err, said.String())
		}
		return string(out)
	}

	run("softhsm-key.sh", "Example 4711 PISP AISP")
	certificate, err := os.ReadFile(filepath.Join(cli.Dir, "qseal.pem"))
	if err != nil {
		t.Fatal(err)
	}
	cli.Env = append(cli.Env, "TF_VAR_certificate_pem="+string(certificate))
	cli.MustApply(t, "-target=bunq_installation.main")
	payload := cli.Run(t, "output", "-raw", "registration_payload")
	payload.MustSay(t, 0)
	write(t, filepath.Join(cli.Dir, "payload"), payload.Output)

	cli.Env = append(cli.Env, "TF_VAR_signature="+run("sign-pkcs11.sh"))
	cli.MustApply(t)
	if got := len(b.Sim.Snapshot().Devices); got != 1 {
		t.Errorf("bunq has %d devices, want 1", got)
	}
}

// The module of the guide on testing is tested beside the simulator, and nothing is
// The module's tests of the guide pass: one against the simulator, and one with a mocked provider,
// which needs nothing.
func TestAccGuides_terraformTest(t *testing.T) {
	t.Parallel()
	prepared := func(t *testing.T, b *acctest.Bunq) *acctest.CLI {
		t.Helper()
		cli := acctest.NewCLI(t, b)
		if err := os.CopyFS(cli.Dir, os.DirFS(filepath.Join("..", "..", "examples", "module-test"))); err != nil {
			t.Fatal(err)
		}
		return cli
	}

	t.Run("simulator", func(t *testing.T) {
		t.Parallel()
		b := acctest.New(t)
		prepared(t, b).Run(t, "test", "-no-color", "-filter=tests/onboarding.tftest.hcl").MustSay(t, 0, "4 passed, 0 failed")
		if got := len(b.Sim.Snapshot().OAuthClients); got != 1 {
			t.Errorf("%d OAuth clients were made: one stays when a host goes", got)
		}
		for _, c := range b.Sim.Snapshot().OAuthClients {
			if c.Status == "ACTIVE" {
				t.Errorf("OAuth client %d is still active", c.ID)
			}
		}
	})

	t.Run("mocked", func(t *testing.T) {
		t.Parallel()
		b := acctest.New(t)
		prepared(t, b).Run(t, "test", "-no-color", "-filter=tests/mocked.tftest.hcl").MustSay(t, 0, "1 passed, 0 failed")
		if calls := b.Calls(0); len(calls) > 0 {
			t.Errorf("a mocked provider called bunq: %v", calls)
		}
	})
}

// The certificate of the guide's test CA is a QSEAL to the provider, and to the simulator in
// production mode.
func TestAccGuides_testCertificate(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("openssl"); err != nil {
		acctest.MissingTool(t, "openssl is not installed: %v", err)
	}
	b := acctest.New(t, acctest.WithSim(func(c *bunqsim.Config) { c.Environment = bunqsim.Production }))
	cli := acctest.NewCLI(t, b)
	copyExample(t, example{dir: "production"}, cli.Dir)
	script, err := filepath.Abs(filepath.Join("..", "..", "examples", "test-certificate", "make.sh"))
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), script) //nolint:gosec // the repository's own script
	command.Dir = cli.Dir
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	key, err := os.ReadFile(filepath.Join(cli.Dir, "qseal.key"))
	if err != nil {
		t.Fatal(err)
	}

	cli.Env = append(cli.Env, "TF_VAR_qseal_key="+string(key), `TF_VAR_permitted_ips=["127.0.0.1"]`)
	cli.MustApply(t)
	cli.MustHaveNothingToDo(t)
	if got := cli.State(t).String(t, "bunq_psd2_credential.main", "organization_identifier"); got != "PSDNL-DNB-T000000" {
		t.Errorf("the organisation is %s", got)
	}
}

// The runbook of a lost state: an apply with an empty one makes installation, credential and
// device again, and stops at the client with the blocks that import it and its URLs. With them
// the next apply ends in the client that was there.
func TestAccGuides_theStateIsLost(t *testing.T) {
	t.Parallel()
	b := acctest.New(t, acctest.WithSim(func(c *bunqsim.Config) { c.Environment = bunqsim.Production }))
	cli := acctest.NewCLI(t, b)
	production(t, cli)
	cli.MustApply(t)
	client := b.Sim.Snapshot().OAuthClients[0]

	for _, name := range []string{"terraform.tfstate", "terraform.tfstate.backup"} {
		if err := os.Remove(filepath.Join(cli.Dir, name)); err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	stopped := cli.Apply(t)
	stopped.MustSay(t, 1, "The user already has an OAuth client")
	if n := strings.Count(stopped.Output, "The user already has an OAuth client"); n != 1 {
		t.Errorf("it is told %d times:\n%s", n, stopped.Output)
	}
	ids := regexp.MustCompile(`id = "([0-9/]+)"`).FindAllStringSubmatch(stopped.Output, -1)
	if len(ids) < 2 {
		t.Fatalf("the error prints %d import blocks, want those of the client and of its URL\n%s", len(ids), stopped.Output)
	}
	var blocks strings.Builder
	for i, to := range []string{"bunq_oauth_client.main", `bunq_oauth_callback_url.app["https://app.example.com/bunq/callback"]`} {
		fmt.Fprintf(&blocks, "import {\n  to = %s\n  id = %q\n}\n", to, ids[i][1])
	}
	write(t, filepath.Join(cli.Dir, "import.tf"), blocks.String())
	cli.MustApply(t)
	cli.MustHaveNothingToDo(t)

	after := b.Sim.Snapshot()
	if len(after.OAuthClients) != 1 || after.OAuthClients[0].ClientID != client.ClientID || len(after.CallbackURLs) != 1 {
		t.Errorf("bunq has %d OAuth clients and %d callback URLs, want the one of before and its URL", len(after.OAuthClients), len(after.CallbackURLs))
	}
}

// After a reset of the sandbox the commands of the guide, as printed, lead out.
func TestAccGuides_resetOfTheSandbox(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("the commands are for a Unix shell")
	}
	raw, err := os.ReadFile(filepath.Join("..", "..", "templates", "guides", "troubleshooting.md"))
	if err != nil {
		t.Fatal(err)
	}
	shown := regexp.MustCompile("(?s)\n## After a reset of the sandbox\n.*?```shell\n(.*?)\nterraform apply\n```").FindSubmatch(raw)
	if shown == nil {
		t.Fatal("the guide has no commands for a reset of the sandbox")
	}

	b := acctest.New(t)
	cli := acctest.NewCLI(t, b)
	copyExample(t, example{dir: "complete"}, cli.Dir)
	cli.MustApply(t)
	if err := b.Sim.Wipe(); err != nil {
		t.Fatal(err)
	}
	cli.Apply(t).MustSay(t, 1, "has an API context that bunq refuses")

	cli.Shell(t, string(shown[1])).MustSay(t, 0)
	cli.MustApply(t)
	cli.MustHaveNothingToDo(t)
}

// OpenTofu encrypts state and saved plan as the guide shows it; Terraform does not read that file.
func TestAccGuides_opentofuEncrypts(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	cli := acctest.NewCLI(t, b)
	if !cli.IsTofu {
		t.Skip("only OpenTofu encrypts by itself: run with TF_CLI=tofu")
	}
	copyExample(t, example{dir: "opentofu-encryption"}, cli.Dir)
	raw, err := os.ReadFile(filepath.Join("..", "..", "examples", "opentofu-encryption", "encryption.tofu"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(cli.Dir, "encryption.tofu"), string(raw))
	cli.Env = append(cli.Env, "TF_VAR_state_passphrase=correct horse battery staple")

	cli.Run(t, "plan", "-no-color", "-out=saved").MustSay(t, 0)
	cli.Run(t, "apply", "-no-color", "saved").MustSay(t, 0)
	cli.MustHaveNothingToDo(t)
	state, err := os.ReadFile(filepath.Join(cli.Dir, "terraform.tfstate"))
	if err != nil {
		t.Fatal(err)
	}
	token := b.Sim.Snapshot().Installations[0].Token
	if token == "" || strings.Contains(string(state), token) || !strings.Contains(string(state), "encrypted_data") {
		t.Errorf("the state is not encrypted:\n%.200s", state)
	}
	if _, err := zip.OpenReader(filepath.Join(cli.Dir, "saved")); err == nil {
		t.Error("the saved plan is not encrypted")
	}
}

// production prepares the example of production, with a certificate and its key.
func production(t *testing.T, cli *acctest.CLI) {
	t.Helper()
	vector := func(name string) string {
		t.Helper()
		raw, err := os.ReadFile(filepath.Join("..", "qseal", "testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		return string(raw)
	}
	copyExample(t, example{dir: "production", files: map[string]string{
		"qseal.pem": vector("seal.pem"), "qseal-chain.pem": vector("intermediate.pem") + vector("root.pem"),
	}}, cli.Dir)
	cli.Env = append(cli.Env, "TF_VAR_qseal_key="+vector("qseal.key"), `TF_VAR_permitted_ips=["127.0.0.1"]`)
}

// The runbook of a leaked key: with deactivate_on_destroy and create_before_destroy, as in the
// example of production, replacing installation and credential ends the old key after the new one works,
// and the OAuth client stays.
func TestAccGuides_aKeyHasLeaked(t *testing.T) {
	t.Parallel()
	b := acctest.New(t, acctest.WithSim(func(c *bunqsim.Config) { c.Environment = bunqsim.Production }))
	cli := acctest.NewCLI(t, b)
	production(t, cli)
	cli.MustApply(t)
	before := b.Sim.Snapshot()

	cli.MustApply(t, "-replace=bunq_installation.main", "-replace=bunq_psd2_credential.main")
	cli.MustHaveNothingToDo(t)

	after := b.Sim.Snapshot()
	leaked, active := before.Credentials[0].ID, map[int64]int{}
	for _, ip := range after.PermittedIPs {
		if ip.Status == "ACTIVE" {
			active[ip.CredentialID]++
		}
	}
	if len(after.Credentials) != 2 || active[leaked] > 0 || len(active) != 1 {
		t.Errorf("bunq has %d credentials, and so many active addresses of each: %v; the leaked one is %d", len(after.Credentials), active, leaked)
	}
	if len(after.OAuthClients) != 1 || after.OAuthClients[0].Status != "ACTIVE" || len(after.CallbackURLs) != 1 {
		t.Errorf("bunq has the OAuth clients %v", after.OAuthClients)
	}
}

// A configuration with an alias lives as any other: its device is replaced, and it is destroyed.
func TestAccGuides_secondAliasLives(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	cli := acctest.NewCLI(t, b)
	copyExample(t, example{dir: "second-alias"}, cli.Dir)
	cli.MustApply(t)

	cli.MustApply(t, "-replace=bunq_installation.main", "-replace=bunq_psd2_credential.main").MustSay(t, 0, "bunq_oauth_client cannot be read without an API context")
	cli.MustHaveNothingToDo(t)

	raw, err := os.ReadFile(filepath.Join(cli.Dir, "main.tf"))
	if err != nil {
		t.Fatal(err)
	}
	const client = "resource \"bunq_oauth_client\" \"main\" {\n"
	write(t, filepath.Join(cli.Dir, "main.tf"), strings.Replace(string(raw), client, client+"  deletion_protection = false\n", 1))
	cli.MustApply(t)
	cli.Destroy(t).MustSay(t, 0)
	if got := b.Sim.Snapshot(); len(got.CallbackURLs) != 0 || got.OAuthClients[0].Status == "ACTIVE" {
		t.Errorf("bunq has the OAuth clients %v and %d callback URLs", got.OAuthClients, len(got.CallbackURLs))
	}
}

// Leaving Terraform sends nothing to bunq and empties the state. Leaving bunq cancels the client
// and leaves no address with which the key could be used.
func TestAccGuides_leaving(t *testing.T) {
	t.Parallel()
	onboarded := func(t *testing.T) (*acctest.Bunq, *acctest.CLI) {
		t.Helper()
		b := acctest.New(t)
		cli := acctest.NewCLI(t, b)
		copyExample(t, example{dir: "complete"}, cli.Dir)
		write(t, filepath.Join(cli.Dir, "webhooks.tf"), `
resource "bunq_notification_filters" "main" {
  api_context = bunq_device_server.main.api_context
  filters     = [{ category = "OAUTH", notification_target = "https://app.example.com/bunq/consents" }]
}
`)
		cli.MustApply(t)
		return b, cli
	}

	t.Run("Terraform", func(t *testing.T) {
		t.Parallel()
		b, cli := onboarded(t)
		for _, name := range []string{"variables.tf", "outputs.tf", "webhooks.tf"} {
			if err := os.Remove(filepath.Join(cli.Dir, name)); err != nil {
				t.Fatal(err)
			}
		}
		copyExample(t, example{dir: "leaving"}, cli.Dir)
		mark := len(b.Sim.Journal())
		cli.MustApply(t)
		if got := b.Writes(mark); len(got) > 0 {
			t.Errorf("leaving wrote %v at bunq", got)
		}
		left := cli.Run(t, "state", "list")
		left.MustSay(t, 0)
		if strings.Contains(left.Output, "bunq_") {
			t.Errorf("the state still has\n%s", left.Output)
		}
		got := b.Sim.Snapshot()
		hooks := got.NotificationURLsOf(got.OAuthClients[0].UserID)
		if got.OAuthClients[0].Status != "ACTIVE" || len(got.CallbackURLs) != 2 || len(hooks) != 1 {
			t.Errorf("bunq has the OAuth clients %v, %d callback URLs and the webhooks %v", got.OAuthClients, len(got.CallbackURLs), hooks)
		}
	})

	t.Run("bunq", func(t *testing.T) {
		t.Parallel()
		b, cli := onboarded(t)
		main := filepath.Join(cli.Dir, "main.tf")
		raw, err := os.ReadFile(main)
		if err != nil {
			t.Fatal(err)
		}
		const credential = "resource \"bunq_psd2_credential\" \"main\" {\n"
		write(t, main, strings.Replace(string(raw), credential, credential+"  deactivate_on_destroy = true\n", 1))
		cli.MustApply(t, "-var=deletion_protection=false")
		cli.Destroy(t).MustSay(t, 0)
		got := b.Sim.Snapshot()
		for _, ip := range got.PermittedIPs {
			if ip.Status == "ACTIVE" {
				t.Errorf("address %s is still active", ip.IP)
			}
		}
		hooks := got.NotificationURLsOf(got.OAuthClients[0].UserID)
		if got.OAuthClients[0].Status == "ACTIVE" || len(got.CallbackURLs) != 0 || len(hooks) != 0 {
			t.Errorf("bunq has the OAuth clients %v, %d callback URLs and the webhooks %v", got.OAuthClients, len(got.CallbackURLs), hooks)
		}
	})
}
