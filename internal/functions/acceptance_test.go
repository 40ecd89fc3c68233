package functions_test

import (
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
	"github.com/openpsd2/terraform-provider-bunq/internal/functions"
)

func vector(t *testing.T, name string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// The functions need no provider block and no bunq, and take an empty text where they say so.
// (OpenTofu 1.12 cannot pass null to a function of a provider; the unit tests do.)
func TestAccFunctions(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	b.Test(t, resource.TestCase{Steps: []resource.TestStep{{
		Config: fmt.Sprintf(`
output "address" {
  value = provider::bunq::oauth_authorize_url("http://127.0.0.1:8080/auth", "abc", "https://app.example.com/", "")
}

output "certificate" {
  value = provider::bunq::parse_qseal_certificate(%[1]q)
}

output "decoded" {
  value = provider::bunq::pkcs12_decode(%[2]q, "")
}
`, vector(t, "several.pem"), base64.StdEncoding.EncodeToString([]byte(vector(t, "empty.p12")))),
		ConfigStateChecks: []statecheck.StateCheck{
			statecheck.ExpectKnownOutputValue("address", knownvalue.StringExact(
				"http://127.0.0.1:8080/auth?response_type=code&client_id=abc&redirect_uri=https%3A%2F%2Fapp.example.com%2F")),
			statecheck.ExpectKnownOutputValue("certificate", knownvalue.ObjectPartial(map[string]knownvalue.Check{
				"kind":      knownvalue.StringExact("seal"),
				"roles":     knownvalue.ListExact([]knownvalue.Check{knownvalue.StringExact("AISP"), knownvalue.StringExact("PISP")}),
				"authority": knownvalue.ObjectExact(map[string]knownvalue.Check{"id": knownvalue.StringExact("NL-DNB"), "name": knownvalue.StringExact("De Nederlandsche Bank")}),
				"key":       knownvalue.ObjectExact(map[string]knownvalue.Check{"type": knownvalue.StringExact("RSA"), "bits": knownvalue.Int64Exact(2048)}),
			})),
			statecheck.ExpectKnownOutputValue("decoded", knownvalue.ObjectExact(map[string]knownvalue.Check{
				"certificate_pem":       knownvalue.StringExact(vector(t, "several.pem")),
				"certificate_chain_pem": knownvalue.Null(),
				"private_key_pem":       knownvalue.StringExact(vector(t, "seal.key")),
			})),
		},
	}}})
	if calls := b.Calls(0); len(calls) > 0 {
		t.Errorf("bunq was called: %v", calls)
	}
}

// What is wrong with an argument is said by "terraform validate", and of the argument.
func TestAccFunctions_messages(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	cli := acctest.NewCLI(t, b, acctest.Attached)
	client := `bunq_oauth_client.main.client_id`
	uri := `"https://app.example.com/"`
	for name, tc := range map[string]struct{ call, want string }{
		"the id of the client":                {`oauth_authorize_url("sandbox", "633", ` + uri + `, "")`, `Invalid value for "client_id" parameter: this is a number`},
		"a mistake beside an unknown":         {`oauth_authorize_url("staging", ` + client + `, ` + uri + `, "")`, `Invalid value for "environment" parameter: unknown environment`},
		"null where a value is needed":        {`oauth_authorize_url(null, ` + client + `, ` + uri + `, null)`, `Invalid value for "environment" parameter: argument must not be null.`},
		"a null certificate":                  {`parse_qseal_certificate(null)`, `Invalid value for "pem" parameter: argument must not be null.`},
		"a path":                              {`pkcs12_decode("seal.p12", var.passphrase)`, `Invalid value for "base64" parameter: this looks like the path of a file, and the content belongs here: write filebase64("FILE.p12")`},
		"a null file":                         {`pkcs12_decode(null, null)`, `Invalid value for "base64" parameter: argument must not be null.`},
		"a context without some of its parts": {`sdk_context_json({ environment = "sandbox" }, 42)`, `Invalid value for "api_context" parameter: attributes "api_key", "installation_token", "private_key_pem", and "server_public_key_pem" are required.`},
		"a null context":                      {`sdk_context_json(null, 42)`, `Invalid value for "api_context" parameter: argument must not be null.`},
		"a null user":                         {`sdk_context_json(bunq_device_server.main.api_context, null)`, `Invalid value for "user_id" parameter: argument must not be null.`},
		"a user that is none":                 {`sdk_context_json(bunq_device_server.main.api_context, "Example")`, `Invalid value for "user_id" parameter: this is no id of a bunq user`},
	} {
		t.Run(name, func(t *testing.T) {
			cli.Write(t, acctest.CallbackURL+"variable \"passphrase\" {}\noutput \"x\" {\n  value = provider::bunq::"+tc.call+"\n}\n")
			cli.Run(t, "validate", "-no-color").MustSay(t, 1, "Invalid function argument", tc.want)
		})
	}

	t.Run("a context file that would be shown", func(t *testing.T) {
		cli.Write(t, acctest.Device+"output \"x\" {\n  value = provider::bunq::sdk_context_json(bunq_device_server.main.api_context, 42)\n}\n")
		cli.Plan(t).MustSay(t, 1, "Output refers to sensitive values")
	})
}

// example is how the example of a function is brought to its end, and what its outputs are then.
type example struct {
	environment bunqsim.Environment
	files       map[string]string // as testdata has them
	env         []string
	outputs     func(t *testing.T, b *acctest.Bunq) map[string]string
}

// Each example does what it says: it is valid, can be planned and applied, and ends in an empty plan.
func TestAccFunctions_examples(t *testing.T) {
	t.Parallel()
	examples := map[string]example{
		"oauth_authorize_url": {outputs: func(_ *testing.T, b *acctest.Bunq) map[string]string {
			client := b.Sim.Snapshot().OAuthClients[0]
			return map[string]string{"authorize_url": "https://oauth.sandbox.bunq.com/auth?response_type=code&client_id=" + client.ClientID +
				"&redirect_uri=https%3A%2F%2Fapp.example.com%2Fbunq%2Fcallback"}
		}},
		"parse_qseal_certificate": {
			files: map[string]string{"qseal.pem": "several.pem"},
			outputs: func(t *testing.T, _ *acctest.Bunq) map[string]string {
				for line := range strings.Lines(vector(t, "fingerprints.txt")) {
					if sum, found := strings.CutSuffix(strings.TrimSpace(line), " several.pem"); found {
						return map[string]string{"qseal": "PSDNL-DNB-R123456, AISP and PISP, SHA-256 " + sum}
					}
				}
				t.Fatal("no fingerprint")
				return nil
			},
		},
		"pkcs12_decode": {
			environment: bunqsim.Production,
			files:       map[string]string{"seal.p12": "modern.p12"},
			env:         []string{"TF_VAR_passphrase=correct horse"},
			outputs: func(t *testing.T, b *acctest.Bunq) map[string]string {
				t.Helper()
				if credentials := b.Sim.Snapshot().Credentials; len(credentials) != 1 {
					t.Errorf("bunq has %d credentials", len(credentials))
				}
				return nil
			},
		},
		"sdk_context_json": {},
	}
	folders, err := filepath.Glob(filepath.Join("..", "..", "examples", "functions", "*"))
	if err != nil || len(folders) != len(examples) {
		t.Fatalf("there are %d examples, and %d are tested (%v)", len(folders), len(examples), err)
	}
	for name, e := range examples {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := acctest.New(t, acctest.WithSim(func(c *bunqsim.Config) { c.Environment = e.environment }))
			cli := acctest.NewCLI(t, b)
			cli.Env = append(cli.Env, e.env...)
			config, err := os.ReadFile(filepath.Join("..", "..", "examples", "functions", name, "function.tf"))
			if err != nil {
				t.Fatal(err)
			}
			// An example does not repeat how a device is made.
			if strings.Contains(string(config), "bunq_device_server.main.") && !strings.Contains(string(config), `resource "bunq_device_server" "main"`) {
				device, err := os.ReadFile(filepath.Join("..", "..", "scripts", "testdata", "device.tf"))
				if err != nil {
					t.Fatal(err)
				}
				config = append(config, device...)
			}
			cli.Write(t, string(config))
			for to, from := range e.files {
				write(t, filepath.Join(cli.Dir, to), vector(t, from))
			}

			cli.Run(t, "validate", "-no-color").MustSay(t, 0)
			planned := cli.Plan(t)
			planned.MustSay(t, 2)
			// One warning is of the provider's development override.
			if n := strings.Count(planned.Output, "Warning:"); n != 1 {
				t.Errorf("the plan has %d warnings:\n%s", n, planned.Output)
			}
			cli.MustApply(t)
			cli.MustHaveNothingToDo(t)
			if e.outputs == nil {
				return
			}
			for output, want := range e.outputs(t, b) {
				if got := cli.Run(t, "output", "-raw", output).Output; got != want {
					t.Errorf("%s is %q, want %q", output, got, want)
				}
			}
		})
	}
}

// What is secret among the arguments makes the result secret: Terraform refuses to show it, and
// with an ephemeral passphrase to keep it. The key is neither in the plan file nor in the state.
func TestAccPKCS12Decode_keepsTheKeySecret(t *testing.T) {
	t.Parallel()
	for kind, certificate := range map[string]string{
		"sensitive": "nonsensitive(local.seal.certificate_pem)",
		"ephemeral": `file("seal.pem")`,
	} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			b := acctest.New(t, acctest.WithSim(func(c *bunqsim.Config) { c.Environment = bunqsim.Production }))
			cli := acctest.NewCLI(t, b, acctest.Attached)
			cli.Env = append(cli.Env, "TF_VAR_passphrase=correct horse")
			for to, from := range map[string]string{"seal.p12": "modern.p12", "seal.pem": "several.pem"} {
				write(t, filepath.Join(cli.Dir, to), vector(t, from))
			}
			write(t, filepath.Join(cli.Dir, "chain.pem"), vector(t, "intermediate.pem")+vector(t, "root.pem"))
			config := fmt.Sprintf(`
variable "passphrase" {
  type = string
  %s = true
}

locals {
  seal = provider::bunq::pkcs12_decode(filebase64("seal.p12"), var.passphrase)
}

resource "bunq_installation" "main" {}

resource "bunq_psd2_credential" "main" {
  installation          = bunq_installation.main
  certificate_pem       = %s
  certificate_chain_pem = file("chain.pem")
  private_key_pem_wo    = local.seal.private_key_pem
}
`, kind, certificate)

			cli.Write(t, config+"output \"key\" {\n  value = local.seal.private_key_pem\n}\n")
			refused := cli.Plan(t)
			if refused.Code != 1 || !strings.Contains(refused.Output, kind) {
				t.Errorf("the key may be shown:\n%s", refused.Output)
			}

			cli.Write(t, config)
			planned := cli.Plan(t, "-out=saved.plan")
			planned.MustSay(t, 2)
			shown := cli.Run(t, "show", "-json", "saved.plan")
			cli.Run(t, "apply", "-no-color", "saved.plan").MustSay(t, 0)
			cli.MustHaveNothingToDo(t)

			state, err := os.ReadFile(filepath.Join(cli.Dir, "terraform.tfstate"))
			if err != nil {
				t.Fatal(err)
			}
			line := strings.Split(vector(t, "seal.key"), "\n")[1]
			for where, text := range map[string]string{
				"what the plan printed": planned.Output, "the saved plan": shown.Output, "the state": string(state), "the refusal": refused.Output,
			} {
				if strings.Contains(text, line) {
					t.Errorf("the key is in %s", where)
				}
			}
			if len(state) == 0 || !strings.Contains(shown.Output, "bunq_psd2_credential") {
				t.Error("there was nothing to look into")
			}
		})
	}
}

// What goes out is read by who knows the SDKs' files and nothing of this provider, and opens a
// session at bunq; and it comes back in: by import, by the command, and as the provider's context.
func TestAccSDKContextJSON_goesOutAndComesBack(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	out := acctest.NewCLI(t, b, acctest.Attached)
	out.Write(t, acctest.Client+`
output "bunq_conf" {
  value     = provider::bunq::sdk_context_json(bunq_device_server.main.api_context, bunq_oauth_client.main.user_id)
  sensitive = true
}
`)
	out.MustApply(t)
	out.MustHaveNothingToDo(t)
	written := out.Run(t, "output", "-raw", "bunq_conf")
	written.MustSay(t, 0)
	state := out.State(t)

	t.Run("to an SDK", func(t *testing.T) {
		file, err := functions.ReadSDKFile(written.Output)
		if err != nil {
			t.Fatal(err)
		}
		if user := fmt.Sprint(file.UserID); user != state.String(t, "bunq_oauth_client.main", "user_id") {
			t.Errorf("the file is of user %s", user)
		}
		user, err := file.OpenSession(t.Context(), b.URL)
		if err != nil || user != file.UserID {
			t.Errorf("the session is of user %d, not %d (%v)", user, file.UserID, err)
		}
	})

	path := filepath.Join(t.TempDir(), "bunq.conf")
	write(t, path, written.Output)
	installation := state.String(t, "bunq_installation.main", "id")
	client := state.String(t, "bunq_oauth_client.main", "user_id") + "/" + state.String(t, "bunq_oauth_client.main", "id")
	config := fmt.Sprintf("provider \"bunq\" {\n  context_file = %q\n}\nresource \"bunq_installation\" \"main\" {}\nresource \"bunq_oauth_client\" \"main\" {}\n", path)
	mustBeBack := func(t *testing.T, cli *acctest.CLI) {
		t.Helper()
		cli.MustHaveNothingToDo(t)
		back := cli.State(t)
		for _, attribute := range []string{"id", "token", "private_key_pem", "public_key_pem", "server_public_key_pem"} {
			if got, want := back.String(t, "bunq_installation.main", attribute), state.String(t, "bunq_installation.main", attribute); got != want {
				t.Errorf("%s is not what went out", attribute)
			}
		}
		if got, want := back.String(t, "bunq_oauth_client.main", "client_id"), state.String(t, "bunq_oauth_client.main", "client_id"); got != want {
			t.Errorf("the client is %s, not %s", got, want)
		}
		if got := back.String(t, "bunq_installation.main", "id"); got != installation {
			t.Errorf("installation %s, not %s", got, installation)
		}
	}
	t.Run("by import blocks", func(t *testing.T) {
		mark := len(b.Sim.Journal())
		cli := acctest.NewCLI(t, b, acctest.Attached)
		cli.Write(t, config+fmt.Sprintf("import {\n  to = bunq_installation.main\n  id = %q\n}\nimport {\n  to = bunq_oauth_client.main\n  id = %q\n}\n", path, client))
		cli.MustApply(t).MustSay(t, 0, "2 imported, 0 added, 0 changed, 0 destroyed")
		mustBeBack(t, cli)
		if writes := b.Writes(mark); len(writes) > 0 {
			t.Errorf("written: %q", writes)
		}
	})
	t.Run("by the command", func(t *testing.T) {
		cli := acctest.NewCLI(t, b, acctest.Attached)
		cli.Write(t, config)
		cli.Run(t, "import", "-no-color", "bunq_installation.main", path).MustSay(t, 0, "Import successful!")
		cli.Run(t, "import", "-no-color", "bunq_oauth_client.main", client).MustSay(t, 0, "Import successful!")
		mustBeBack(t, cli)
	})
}
