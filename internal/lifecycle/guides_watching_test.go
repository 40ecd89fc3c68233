package lifecycle_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// watched is the example of the guide, applied, with its script beside it.
func watched(t *testing.T) (*acctest.Bunq, *acctest.CLI) {
	t.Helper()
	if _, err := exec.LookPath("jq"); err != nil {
		acctest.MissingTool(t, "jq is not installed: %v", err)
	}
	b := acctest.New(t)
	cli := acctest.NewCLI(t, b)
	if err := os.CopyFS(cli.Dir, os.DirFS(filepath.Join("..", "..", "examples", "watching"))); err != nil {
		t.Fatal(err)
	}
	cli.InstallFromMirror(t)
	cli.MustApply(t)
	return b, cli
}

// stranger registers another key with the certificate of cli's state, as somebody does who has it:
// its key alone, or with a device.
func stranger(t *testing.T, b *acctest.Bunq, cli *acctest.CLI, withDevice bool) *acctest.CLI {
	t.Helper()
	state := cli.State(t)
	other := acctest.NewCLI(t, b)
	write(t, filepath.Join(other.Dir, "qseal.pem"), state.String(t, "bunq_sandbox_certificate.main", "certificate_pem"))
	write(t, filepath.Join(other.Dir, "qseal.key"), state.String(t, "bunq_sandbox_certificate.main", "private_key_pem"))
	config := "resource \"bunq_installation\" \"main\" {}\n\nresource \"bunq_psd2_credential\" \"main\" {\n  " + credentialArguments + "\n}\n"
	if withDevice {
		config += "\nresource \"bunq_device_server\" \"main\" {\n  installation = bunq_installation.main\n  credential = bunq_psd2_credential.main\n  description = \"stranger\"\n}\n"
	}
	other.Write(t, config)
	other.MustApply(t)
	return other
}

// The script of the guide is silent where bunq has what is declared. Whatever the guide lists makes
// it fail, and its words say what it is.
func TestAccGuides_watching(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		happens func(*testing.T, *acctest.Bunq, *acctest.CLI)
		says    string
	}{
		"nothing": {func(*testing.T, *acctest.Bunq, *acctest.CLI) {}, ""},
		"a callback URL that nobody declared": {func(t *testing.T, b *acctest.Bunq, _ *acctest.CLI) {
			t.Helper()
			if _, err := b.Sim.AddCallbackURL(b.Sim.Snapshot().OAuthClients[0].ID, "https://stranger.example.com/cb"); err != nil {
				t.Fatal(err)
			}
		}, "Callback URLs that nobody declared: https://stranger.example.com/cb"},
		"a callback URL that was changed": {func(t *testing.T, b *acctest.Bunq, _ *acctest.CLI) {
			t.Helper()
			if err := b.Sim.EditCallbackURL(b.Sim.Snapshot().CallbackURLs[0].ID, "https://stranger.example.com/cb"); err != nil {
				t.Fatal(err)
			}
		}, "https://stranger.example.com/cb"},
		"a webhook that nobody declared": {func(t *testing.T, b *acctest.Bunq, _ *acctest.CLI) {
			t.Helper()
			err := b.Sim.SetNotificationFilters(b.Sim.Snapshot().OAuthClients[0].UserID,
				bunqsim.NotificationFilter{Category: "OAUTH", Target: "https://app.example.com/bunq/consents"},
				bunqsim.NotificationFilter{Category: "PAYMENT", Target: "https://stranger.example.com/"})
			if err != nil {
				t.Fatal(err)
			}
		}, "to update: bunq_notification_filters.main"},
		"a key and a device of somebody else": {func(t *testing.T, b *acctest.Bunq, cli *acctest.CLI) {
			t.Helper()
			stranger(t, b, cli, true)
		}, "The newest device is not that of this state"},
		"a key that can be used": {func(t *testing.T, b *acctest.Bunq, cli *acctest.CLI) {
			t.Helper()
			stranger(t, b, cli, true)
		}, "API keys that can be used and are not in this state"},
		"a key that was never used": {func(t *testing.T, b *acctest.Bunq, cli *acctest.CLI) {
			t.Helper()
			stranger(t, b, cli, false)
		}, "API keys that were never used, and die"},
		"a certificate that expires": {func(_ *testing.T, _ *acctest.Bunq, cli *acctest.CLI) {
			cli.Env = append(cli.Env, "TF_VAR_watch_days=400")
		}, "The certificate expires on"},
		"a client that was cancelled": {func(t *testing.T, b *acctest.Bunq, _ *acctest.CLI) {
			t.Helper()
			if err := b.Sim.CancelOAuthClient(b.Sim.Snapshot().OAuthClients[0].ID); err != nil {
				t.Fatal(err)
			}
		}, "The OAuth client was cancelled at bunq"},
		"bunq cannot be reached": {func(_ *testing.T, _ *acctest.Bunq, cli *acctest.CLI) {
			cli.Env = append(cli.Env, "BUNQ_BASE_URL=http://127.0.0.1:1/v1", "BUNQ_MAX_WAIT=1s")
		}, "error: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b, cli := watched(t)
			tc.happens(t, b, cli)
			mark := len(b.Sim.Journal())
			found := cli.Shell(t, "./watch.sh")
			if tc.says == "" {
				if found.Code != 0 || found.Output != "" {
					t.Errorf("nothing is to be seen, and the script ends with %d:\n%s", found.Code, found.Output)
				}
			} else {
				found.MustSay(t, 1, tc.says)
			}
			if writes := b.Writes(mark); len(writes) > 0 {
				t.Errorf("watching wrote %v", writes)
			}
		})
	}
}

// A key that is in no state is ended with the session of the same user, address by address. The
// state's own key is refused.
func TestAccGuides_endAKey(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("curl"); err != nil {
		acctest.MissingTool(t, "curl is not installed: %v", err)
	}
	b := acctest.New(t)
	cli := acctest.NewCLI(t, b)
	copyExample(t, example{dir: "complete"}, cli.Dir)
	cli.MustApply(t)
	other := stranger(t, b, cli, true)
	id := other.State(t).String(t, "bunq_psd2_credential.main", "id")
	if err := b.Sim.SetPermittedIP(b.Sim.Snapshot().Credentials[1].ID, "203.0.113.9", "ACTIVE"); err != nil {
		t.Fatal(err)
	}

	copyExample(t, example{dir: "end-a-key"}, cli.Dir)
	cli.Apply(t, "-var=end_key="+cli.State(t).String(t, "bunq_psd2_credential.main", "id")).MustSay(t, 1, "This is the key of this state.")
	cli.MustApply(t, "-var=end_key="+id).MustSay(t, 0, "2 added")
	if err := os.Remove(filepath.Join(cli.Dir, "end-key.tf")); err != nil {
		t.Fatal(err)
	}
	cli.MustApply(t)
	cli.MustHaveNothingToDo(t)

	other.Plan(t).MustSay(t, 1, "User credentials are incorrect")
	for _, ip := range b.Sim.Snapshot().PermittedIPs {
		if active := ip.Status == "ACTIVE"; active == (fmt.Sprint(ip.CredentialID) == id) {
			t.Errorf("address %s of key %d is %s; key %s was to end", ip.IP, ip.CredentialID, ip.Status, id)
		}
	}
}

// The policy of the guide passes the example of production, and names each rule that a plan breaks.
func TestAccGuides_policy(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("jq"); err != nil {
		acctest.MissingTool(t, "jq is not installed: %v", err)
	}
	policy, err := filepath.Abs(filepath.Join("..", "..", "examples", "policy", "policy.sh"))
	if err != nil {
		t.Fatal(err)
	}
	// Conftest is on few machines. Where it is, the same rules in Rego must say the same.
	rego := strings.TrimSuffix(policy, "sh") + "rego"
	_, err = exec.LookPath("conftest")
	hasConftest := err == nil
	if !hasConftest {
		t.Log("conftest is not installed, so policy.rego is not run")
	}
	judged := func(t *testing.T, cli *acctest.CLI, args ...string) acctest.Result {
		t.Helper()
		cli.Run(t, append([]string{"plan", "-out=plan"}, args...)...).MustSay(t, 0)
		said := cli.Shell(t, policy+" plan")
		if !hasConftest {
			return said
		}

		got := cli.Shell(t, "terraform show -json plan >plan.json && conftest test --no-color --output=json --policy "+rego+" plan.json")
		if got.Code != said.Code {
			t.Errorf("policy.rego ends with %d, policy.sh with %d:\n%s", got.Code, said.Code, got.Output)
		}
		for line := range strings.Lines(said.Output) {
			if !strings.Contains(got.Output, strings.TrimSpace(line)) {
				t.Errorf("policy.rego does not say %q:\n%s", line, got.Output)
			}
		}
		return said
	}

	t.Run("production", func(t *testing.T) {
		t.Parallel()
		b := acctest.New(t, acctest.WithSim(func(c *bunqsim.Config) { c.Environment = bunqsim.Production }))
		cli := acctest.NewCLI(t, b)
		production(t, cli)
		if got := judged(t, cli); got.Code != 0 || got.Output != "" {
			t.Errorf("the example of production ends with %d:\n%s", got.Code, got.Output)
		}
	})

	t.Run("sandbox", func(t *testing.T) {
		t.Parallel()
		b := acctest.New(t)
		cli := acctest.NewCLI(t, b)
		copyExample(t, example{dir: "complete"}, cli.Dir)
		judged(t, cli, "-var=deletion_protection=false", `-var=permitted_ips=["*","127.0.0.1"]`).MustSay(t, 1,
			"bunq_oauth_client.main: deletion_protection is off", "bunq_device_server.main: the key is open to every address",
			"bunq_psd2_credential.main: deactivate_on_destroy is off")
		cli.MustApply(t, "-var=deletion_protection=false")
		judged(t, cli, "-var=deletion_protection=false", "-replace=bunq_oauth_client.main").MustSay(t, 1, "bunq_oauth_client.main: cancels an OAuth client")
	})
}

// The night after a night makes everything again for the same bunq user: whether the last one came
// to its end, was killed before its state was written, or bunq has reset its sandbox since.
func TestAccGuides_nightly(t *testing.T) {
	t.Parallel()
	for name, since := range map[string]func(*testing.T, *acctest.Bunq, *acctest.CLI){
		"came to its end": func(*testing.T, *acctest.Bunq, *acctest.CLI) {},
		"was killed": func(t *testing.T, _ *acctest.Bunq, cli *acctest.CLI) {
			t.Helper()
			cli.Run(t, "state", "rm", "bunq_oauth_callback_url.app", "bunq_oauth_client.main").MustSay(t, 0)
		},
		"lost its state": func(t *testing.T, _ *acctest.Bunq, cli *acctest.CLI) {
			t.Helper()
			if err := os.Remove(filepath.Join(cli.Dir, "terraform.tfstate")); err != nil {
				t.Fatal(err)
			}
		},
		"before a reset": func(t *testing.T, b *acctest.Bunq, _ *acctest.CLI) {
			t.Helper()
			if err := b.Sim.Wipe(); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := acctest.New(t)
			cli := acctest.NewCLI(t, b)
			if err := os.CopyFS(cli.Dir, os.DirFS(filepath.Join("..", "..", "examples", "nightly"))); err != nil {
				t.Fatal(err)
			}
			for variable, file := range map[string]string{"certificate_pem": "pseudo.pem", "private_key_pem": "qseal.key"} {
				text, err := os.ReadFile(filepath.Join("..", "qseal", "testdata", file))
				if err != nil {
					t.Fatal(err)
				}
				cli.Env = append(cli.Env, "TF_VAR_"+variable+"="+string(text))
			}

			cli.Shell(t, "./nightly.sh").MustSay(t, 0, "5 added")
			since(t, b, cli)
			cli.Shell(t, "./nightly.sh").MustSay(t, 0, "added")
			cli.MustHaveNothingToDo(t)

			got := b.Sim.Snapshot()
			if active := got.ActiveOAuthClients(got.Users[len(got.Users)-1].ID); len(got.Users) != 1 || len(active) != 1 {
				t.Errorf("bunq has %d users, and the clients %v are active", len(got.Users), active)
			}
		})
	}
}

// watch.tf goes with the example of production as it stands.
func TestAccGuides_watchOfProduction(t *testing.T) {
	t.Parallel()
	b := acctest.New(t, acctest.WithSim(func(c *bunqsim.Config) { c.Environment = bunqsim.Production }))
	cli := acctest.NewCLI(t, b)
	production(t, cli)
	raw, err := os.ReadFile(filepath.Join("..", "..", "examples", "watching", "watch.tf"))
	if err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(cli.Dir, "watch.tf"), string(raw))
	cli.MustApply(t)
	cli.Plan(t, "-var=watch=true").MustSay(t, 2, "bunq has what this configuration declares.")
}
