package lookup_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
)

// client is a client with a callback URL, which a state may forget.
const client = `
resource "bunq_oauth_client" "main" {
  api_context = bunq_device_server.main.api_context
}

resource "bunq_oauth_callback_url" "app" {
  api_context     = bunq_device_server.main.api_context
  oauth_client_id = bunq_oauth_client.main.id
  url             = "https://app.example.com/callback"
}
`

// Each example of the documentation works as it stands there, where there is a device, and leaves
// nothing to do.
func TestAccExamples(t *testing.T) {
	t.Parallel()
	for path, says := range map[string]string{
		"data-sources/bunq_user/data-source.tf":                       "data.bunq_user.me: Read complete",
		"data-sources/bunq_oauth_client/data-source.tf":               "2 imported, 0 added, 2 changed, 0 destroyed",
		"data-sources/bunq_device_servers/data-source.tf":             "blocked = []",
		"data-sources/bunq_credential_ips/data-source.tf":             `permitted = [ "127.0.0.1", ]`,
		"data-sources/bunq_credentials/data-source.tf":                "other_keys = []",
		"ephemeral-resources/bunq_session/ephemeral-resource.tf":      "1 added, 0 changed, 0 destroyed",
		"ephemeral-resources/bunq_oauth_client/ephemeral-resource.tf": "1 added, 0 changed, 0 destroyed",
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
			device, err := os.ReadFile(filepath.Join("..", "..", "scripts", "testdata", "device.tf"))
			if err != nil {
				t.Fatal(err)
			}
			b := acctest.New(t)
			cli := acctest.NewCLI(t, b)
			cli.Write(t, string(device)+client)
			cli.MustApply(t)
			cli.Run(t, "state", "rm", "bunq_oauth_callback_url.app", "bunq_oauth_client.main").MustSay(t, 0)

			cli.Write(t, string(device)+string(text))
			b.Sim.ResetJournal()
			cli.MustApply(t).MustSay(t, 0, says)
			cli.MustHaveNothingToDo(t)
			if secret := b.Sim.Snapshot().OAuthClients[0].Secret; filepath.Dir(path) == "ephemeral-resources/bunq_oauth_client" {
				state, err := os.ReadFile(filepath.Join(cli.Dir, "terraform.tfstate"))
				if err != nil {
					t.Fatal(err)
				}
				handed, err := os.ReadFile(filepath.Join(cli.Dir, "client-secret"))
				if err != nil || string(handed) != secret || strings.Contains(string(state), secret) {
					t.Errorf("handed on: %v (%v); in the state: %v", string(handed) == secret, err, strings.Contains(string(state), secret))
				}
			}
			if writes := b.Writes(0); len(writes) > 0 {
				t.Errorf("written: %v", writes)
			}
		})
	}
}
