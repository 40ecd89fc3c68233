package oauthapp_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
)

// A certificate of another organisation makes another bunq user, which a client cannot move to. The plan
// could not compare them, because it did not know the certificate. The way back that the error prints
// works.
func TestAccClient_certificateOfAnotherOrganisation(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]string{"the key goes on": "", "the key ends": "  deactivate_on_destroy = true" + cbd} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := acctest.New(t)
			cli := acctest.NewCLI(t, b, acctest.Attached)
			config := strings.NewReplacer(
				"bunq_sandbox_certificate.main.certificate_pem", "terraform_data.certificate.output",
				"bunq_sandbox_certificate.main.private_key_pem", "bunq_sandbox_certificate.main.private_key_pem\n"+end,
			).Replace(acctest.CallbackURL) + `
resource "bunq_sandbox_certificate" "other" {
  name = "Somebody else"
}

resource "terraform_data" "certificate" {
  input = bunq_sandbox_certificate.main.certificate_pem
}
`
			other := strings.NewReplacer("input = bunq_sandbox_certificate.main", "input = bunq_sandbox_certificate.other",
				"private_key_pem_wo = bunq_sandbox_certificate.main", "private_key_pem_wo = bunq_sandbox_certificate.other").Replace(config)

			cli.Write(t, config)
			cli.MustApply(t)
			before := cli.State(t)
			cli.Write(t, other)
			r := cli.Apply(t)
			r.MustSay(t, 1, "bunq_oauth_client cannot move to another bunq user", "State: unchanged, and nothing was changed at bunq")

			cli.Write(t, config)
			for _, command := range commandsIn(r.Output) {
				args := strings.Fields(strings.ReplaceAll(command, "NAME", "main"))[1:]
				if args[0] == "apply" {
					args = append(args, "-auto-approve")
				}
				cli.Run(t, args...).MustSay(t, 0)
			}
			cli.MustHaveNothingToDo(t)
			for _, address := range []string{clientAddress, callbackAddress} {
				if before.String(t, address, "id") != cli.State(t).String(t, address, "id") {
					t.Errorf("%s has another id", address)
				}
			}
			if n := b.Count(cancelClient) + b.Count(deleteCallback); n != 0 {
				t.Errorf("%d were ended", n)
			}
		})
	}
}

// commandsIn are the commands that an error prints on lines of their own.
func commandsIn(output string) []string {
	var all []string
	for _, m := range regexp.MustCompile(`(?m)^ {4}(terraform .*)$`).FindAllStringSubmatch(output, -1) {
		all = append(all, m[1])
	}
	return all
}

// After a reset of the sandbox, neither a plan nor a destroy leads out. The line that the error prints
// does, also for an instance whose address has quotes in it.
func TestAccAPIContext_sandboxReset(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	cli := acctest.NewCLI(t, b, acctest.Attached)
	cli.Write(t, strings.Replace(acctest.CallbackURL, `url             = "https://app.example.com/callback"`,
		`for_each        = toset(["https://app.example.com/a b", "https://app.example.com/'c'"])
  url             = replace(each.value, "/[ ']/", "")`, 1))
	cli.MustApply(t)
	if err := b.Sim.Wipe(); err != nil {
		t.Fatal(err)
	}

	r := cli.Apply(t)
	r.MustSay(t, 1, "bunq refuses an API context of the state", "if the sandbox was reset", "never those of production")
	cli.Destroy(t).MustSay(t, 1)
	commands := commandsIn(r.Output)
	if len(commands) == 0 {
		t.Fatalf("no command in\n%s", r.Output)
	}
	shell(t, cli, commands[0])
	if left := cli.Objects(t); len(left) != 1 || left[0].Type != "bunq_sandbox_certificate" {
		t.Errorf("left in the state: %v", left)
	}
	cli.MustApply(t)
	cli.MustHaveNothingToDo(t)
}

// shell runs a line as a user does, with this CLI as terraform.
func shell(t *testing.T, cli *acctest.CLI, line string) {
	t.Helper()
	program := os.Getenv("TF_ACC_TERRAFORM_PATH")
	if program == "" {
		program = "terraform"
	}
	program, err := exec.LookPath(program)
	if err != nil {
		t.Fatal(err)
	}
	bin := t.TempDir()
	if err := os.Symlink(program, filepath.Join(bin, "terraform")); err != nil {
		t.Fatal(err)
	}

	command := exec.CommandContext(t.Context(), "sh", "-c", line)
	command.Dir = cli.Dir
	command.Env = append(os.Environ(), "PATH="+bin+string(os.PathListSeparator)+os.Getenv("PATH"), "CHECKPOINT_DISABLE=1")
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", line, err, out)
	}
}
