package lifecycle_test

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// rest is what a block of a page may leave to the reader: the resources that it refers to,
// by their addresses.
var rest = map[string]string{
	"bunq_installation.main":        "",
	"bunq_psd2_credential.main":     credentialArguments,
	"bunq_device_server.main":       "installation = bunq_installation.main\n  credential = bunq_psd2_credential.main\n  description = \"x\"",
	"bunq_oauth_client.main":        "api_context = bunq_device_server.main.api_context",
	"bunq_oauth_callback_url.web":   "oauth_client_id = bunq_oauth_client.main.id\n  url = \"https://app.example.com/bunq/callback\"",
	"bunq_sandbox_certificate.main": `name = "x"`,
}

const credentialArguments = "installation = bunq_installation.main\n  certificate_pem = file(\"qseal.pem\")\n  private_key_pem_wo = file(\"qseal.key\")"

var (
	// A block within a list.
	indentedHCL = regexp.MustCompile("(?m)^[ \t]+```(?:hcl|terraform|tf)$")
	hclBlock    = regexp.MustCompile("(?s)(?:^|\n)```(?:hcl|terraform)\n(.*?\n)```(?:\n|$)")
	included    = regexp.MustCompile(`^<!-- include: (examples/\S+) -->\n$`)
	sourceOf    = regexp.MustCompile(`source\s*=\s*"([^"]+)"`)
	reference   = regexp.MustCompile(`\b(bunq_[a-z0-9_]+\.[a-z]+)\b`)
	forgotten   = regexp.MustCompile(`from\s*=\s*(bunq_[a-z0-9_]+\.[a-z]+)`)
	omitted     = regexp.MustCompile(`(?m)^\s*# \.\.\.\n`)
	ownFiles    = regexp.MustCompile(`file\("([^"]+)"\)`)
	resourceOf  = regexp.MustCompile(`resource "(\w+)" "(\w+)"`)
)

// needClouds are the examples that validate-examples.sh cannot validate, because they need
// providers of a cloud. What is bunq's of the first is applied by
// TestAccGuides_pipelineConfiguration; the page of each says that the rest is not run.
var needClouds = map[string]bool{"examples/ci/aws": true, "examples/hand-on-secret": true}

// Every block of HCL that a person reads is valid: it is included from a directory under
// examples/, or it is validated here, with what it refers to added. (docs/ is made from these
// pages, from the schemas and from examples/.)
func TestAccGuides_blocks(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	var paths []string
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		switch {
		case d.IsDir() && (d.Name() == "testdata" || rel == "docs" || rel == ".git" || rel == ".tools" || rel == "dist" || rel == "bin"):
			return fs.SkipDir
		case !d.IsDir() && (strings.HasSuffix(path, ".md") || strings.HasSuffix(path, ".md.tmpl")):
			paths = append(paths, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}

	b := acctest.New(t)
	cli := acctest.NewCLI(t, b)
	vectors := filepath.Join("..", "qseal", "testdata")
	blocks := 0
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if m := indentedHCL.FindString(string(raw)); m != "" {
			t.Errorf("%s has an indented block of HCL, which is not looked at here: %q", path, m)
		}
		for i, m := range hclBlock.FindAllStringSubmatch(string(raw), -1) {
			blocks++
			if example := included.FindStringSubmatch(m[1]); example != nil {
				mustBeTried(t, path, string(raw), filepath.ToSlash(filepath.Dir(example[1])))
				continue
			}
			block := completed(m[1])
			for _, f := range ownFiles.FindAllStringSubmatch(block, -1) {
				name := map[string]string{".key": "qseal.key"}[filepath.Ext(f[1])]
				if name == "" {
					name = "pseudo.pem"
				}
				text, err := os.ReadFile(filepath.Join(vectors, name))
				if err != nil {
					t.Fatal(err)
				}
				write(t, filepath.Join(cli.Dir, f[1]), string(text))
			}
			if strings.Contains(block, "required_providers") {
				write(t, filepath.Join(cli.Dir, "main.tf"), block)
			} else {
				cli.Write(t, block)
			}
			if got := cli.Run(t, "validate", "-no-color"); got.Code != 0 {
				t.Errorf("block %d of %s is not valid:\n%s\n%s", i+1, path, got.Output, block)
			}
		}
	}
	if blocks < 10 {
		t.Errorf("only %d blocks were found: the test does not see the pages any more", blocks)
	}
}

// mustBeTried fails the test if a page includes an example that no test and no check looks at.
func mustBeTried(t *testing.T, page, text, dir string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", dir, "*.tf"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range files {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range sourceOf.FindAllStringSubmatch(string(raw), -1) {
			if strings.HasSuffix(m[1], "/bunq") || strings.HasPrefix(m[1], "./") {
				continue
			}
			if !needClouds[dir] || !strings.Contains(strings.Join(strings.Fields(text), " "), "are not run by this provider's tests") {
				t.Errorf("%s includes %s, which needs %s: no test runs it, and the page does not say so", page, dir, m[1])
			}
		}
	}
}

// completed is block with what it leaves to the reader.
func completed(block string) string {
	block = omitted.ReplaceAllString(block, "  "+credentialArguments+"\n")
	gone := map[string]bool{}
	for _, m := range forgotten.FindAllStringSubmatch(block, -1) {
		gone[m[1]] = true
	}
	// What is added refers to more; five resources need five rounds at most.
	for range rest {
		declared := map[string]bool{}
		for _, m := range resourceOf.FindAllStringSubmatch(block, -1) {
			declared[m[1]+"."+m[2]] = true
		}
		var added strings.Builder
		for _, m := range reference.FindAllStringSubmatch(block, -1) {
			arguments, known := rest[m[1]]
			if !known || declared[m[1]] || gone[m[1]] {
				continue
			}
			declared[m[1]] = true
			kind, name, _ := strings.Cut(m[1], ".")
			fmt.Fprintf(&added, "\nresource %q %q {\n  %s\n}\n", kind, name, arguments)
		}
		if added.Len() == 0 {
			break
		}
		block += added.String()
	}
	return block
}

// README shows examples/sandbox, which can be applied as printed.
func TestAccGuides_readme(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..")
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	shown := hclBlock.FindAllStringSubmatch(string(readme), -1)
	main, err := os.ReadFile(filepath.Join(root, "examples", "sandbox", "main.tf"))
	if err != nil {
		t.Fatal(err)
	}
	if len(shown) != 1 || shown[0][1] != string(main) {
		t.Error("README.md has another block of HCL than examples/sandbox/main.tf")
	}

	b := acctest.New(t)
	cli := acctest.NewCLI(t, b)
	copyExample(t, example{dir: "sandbox"}, cli.Dir)
	cli.MustApply(t)
	cli.MustHaveNothingToDo(t)
}

// The guide on getting started can be followed as printed, and makes the calls that it names.
func TestAccGuides_gettingStarted(t *testing.T) {
	t.Parallel()
	guide, err := os.ReadFile(filepath.Join("..", "..", "templates", "guides", "getting-started.md"))
	if err != nil {
		t.Fatal(err)
	}
	shown := hclBlock.FindAllStringSubmatch(string(guide), -1)
	if len(shown) != 1 {
		t.Fatalf("the guide has %d blocks of HCL, want one", len(shown))
	}
	b := acctest.New(t)
	cli := acctest.NewCLI(t, b)
	write(t, filepath.Join(cli.Dir, "main.tf"), shown[0][1])

	cli.MustApply(t)
	if calls := b.Calls(0); len(calls) != 9 {
		t.Errorf("the first apply made %d calls; the guide says nine: %v", len(calls), calls)
	}
	mark := len(b.Sim.Journal())
	cli.MustHaveNothingToDo(t)
	for _, c := range b.Calls(mark) {
		if !strings.HasPrefix(c, "GET ") && c != "POST /session-server" {
			t.Errorf("the second plan made %s", c)
		}
	}
}

// The commands of the guide on going live take a .p12 file apart into what the provider accepts.
func TestAccGuides_p12(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("openssl"); err != nil {
		acctest.MissingTool(t, "openssl is not installed: %v", err)
	}
	b := acctest.New(t, acctest.WithSim(func(c *bunqsim.Config) { c.Environment = bunqsim.Production }))
	cli := acctest.NewCLI(t, b)
	run := func(args ...string) {
		t.Helper()
		command := exec.CommandContext(t.Context(), "openssl", args...)
		command.Dir = cli.Dir
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("openssl %v: %v\n%s", args, err, out)
		}
	}
	vectors, err := filepath.Abs(filepath.Join("..", "qseal", "testdata"))
	if err != nil {
		t.Fatal(err)
	}
	var chain strings.Builder
	for _, name := range []string{"intermediate.pem", "root.pem"} {
		raw, err := os.ReadFile(filepath.Join(vectors, name))
		if err != nil {
			t.Fatal(err)
		}
		chain.Write(raw)
	}
	write(t, filepath.Join(cli.Dir, "issuers.pem"), chain.String())
	run("pkcs12", "-export", "-in", filepath.Join(vectors, "seal.pem"), "-inkey", filepath.Join(vectors, "qseal.key"),
		"-certfile", "issuers.pem", "-out", "qseal.p12", "-passout", "pass:of the file")

	guide, err := os.ReadFile(filepath.Join("..", "..", "templates", "guides", "going-live.md"))
	if err != nil {
		t.Fatal(err)
	}
	commands := regexp.MustCompile(`(?m)^openssl (pkcs12 [^#\n]*)`).FindAllStringSubmatch(string(guide), -1)
	if len(commands) != 3 {
		t.Fatalf("the guide has %d commands for a .p12 file, want 3", len(commands))
	}
	for _, m := range commands {
		run(append(strings.Fields(m[1]), "-passin", "pass:of the file", "-passout", "pass:of the key")...)
	}

	cli.Write(t, `
resource "bunq_installation" "main" {}

resource "bunq_psd2_credential" "main" {
  installation              = bunq_installation.main
  certificate_pem           = file("qseal.pem")
  certificate_chain_pem     = file("qseal-chain.pem")
  private_key_pem_wo        = file("qseal.key")
  private_key_passphrase_wo = "of the key"
}
`)
	cli.MustApply(t)
}

// The configuration of the pipelines needs AWS. What is bunq's of it can be applied: with a
// variable for the secret store, and the state in a file.
func TestAccGuides_pipelineConfiguration(t *testing.T) {
	t.Parallel()
	b := acctest.New(t, acctest.WithSim(func(c *bunqsim.Config) { c.Environment = bunqsim.Production }))
	cli := acctest.NewCLI(t, b)
	production(t, cli)
	raw, err := os.ReadFile(filepath.Join("..", "..", "examples", "ci", "aws", "main.tf"))
	if err != nil {
		t.Fatal(err)
	}

	config := string(raw)
	for _, cloud := range []struct{ is, becomes string }{
		{`(?s)    aws = \{.*?\n    \}\n`, ""},
		{`(?s)  backend "s3" \{.*?\n  \}\n`, ""},
		{`(?s)provider "aws" \{.*?\n\}\n`, ""},
		{`(?s)ephemeral "aws_secretsmanager_secret_version" "qseal_key" \{.*?\n\}\n`, "variable \"qseal_key\" {\n  ephemeral = true\n}\n"},
		{`ephemeral\.aws_secretsmanager_secret_version\.qseal_key\.secret_string`, "var.qseal_key"},
	} {
		is := regexp.MustCompile(cloud.is)
		if len(is.FindAllString(config, -1)) != 1 {
			t.Fatalf("the example does not have %s once", cloud.is)
		}
		config = is.ReplaceAllString(config, cloud.becomes)
	}
	if strings.Contains(config, "aws") {
		t.Fatalf("something of AWS is left:\n%s", config)
	}
	write(t, filepath.Join(cli.Dir, "main.tf"), config)

	cli.MustApply(t)
	cli.MustHaveNothingToDo(t)
}
