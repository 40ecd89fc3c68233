package lookup_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
)

// Each example of the documentation works as it stands there, and leaves nothing to do.
func TestAccExamples(t *testing.T) {
	t.Parallel()
	for path, says := range map[string]string{
		"data-sources/bunq_user/data-source.tf":                  "data.bunq_user.me: Read complete",
		"data-sources/bunq_oauth_client/data-source.tf":          "2 imported, 0 added, 0 changed, 0 destroyed",
		"data-sources/bunq_device_servers/data-source.tf":        "blocked = []",
		"data-sources/bunq_credential_ips/data-source.tf":        `permitted = [ "127.0.0.1", ]`,
		"ephemeral-resources/bunq_session/ephemeral-resource.tf": "1 added, 0 changed, 0 destroyed",
	} {
		t.Run(filepath.Dir(path), func(t *testing.T) {
			t.Parallel()
			if _, err := exec.LookPath("curl"); err != nil && filepath.Dir(path) == "ephemeral-resources/bunq_session" {
				acctest.MissingTool(t, "the example calls curl, which is not here")
			}
			text, err := os.ReadFile(filepath.Join("..", "..", "examples", path))
			if err != nil {
				t.Fatal(err)
			}
			b := acctest.New(t)
			p := b.Onboard(t, "Example")
			p.OAuthClient(t, "https://app.example.com/callback")
			cli := acctest.NewCLI(t, b)
			file, err := os.ReadFile(p.ContextFile(t, acctest.Python))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(cli.Dir, "bunq.conf"), file, 0o600); err != nil {
				t.Fatal(err)
			}

			cli.Write(t, string(text))
			b.Sim.ResetJournal()
			cli.MustApply(t).MustSay(t, 0, says)
			cli.MustHaveNothingToDo(t)
			if writes, sessions := b.Writes(0), b.Count(openSession); len(writes) > 0 || sessions != 1 {
				t.Errorf("%d sessions, written: %v", sessions, writes)
			}
		})
	}
}
