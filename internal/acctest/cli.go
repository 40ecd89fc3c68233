package acctest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/provider"
)

// CLI drives the Terraform or OpenTofu command as a user does, with the provider as a process of its
// own, or attached to one in the test's process. It does what plugin-testing cannot: several
// configurations in one life, targeted replacement, pasted text, killed processes, and the words on
// the terminal.
//
// Each has a working directory, home and cache folder of its own. One test at a time may use it.
type CLI struct {
	// Dir is the working directory; the configuration is main.tf in it.
	Dir string
	// Env is added to the environment of each command, as NAME=value. A test that reads
	// the log sets TF_LOG here, else there is none.
	Env []string
	// IsTofu says that the command is OpenTofu.
	IsTofu bool

	program   string
	version   string
	address   string // of the provider, with the registry that the program takes for granted
	processes string // the folder of EnvProcesses
	cache     string // the user's cache folder
	base      []string
	ledger    *ledger
	attached  bool
	change    Change // of an attached provider
}

// CLIOption changes how a CLI runs.
type CLIOption func(*CLI)

// Attached lets each command attach to a new provider in the test's process, which saves two to four
// starts of a process. It is for tests in which a process proves nothing: there is none to kill, its
// log is not the command's, a relative path starts at the test's working directory, and all aliases of
// the provider are one. Under the race detector it takes longer than processes, which are not raced.
func Attached(c *CLI) { c.attached = true }

// Result is how a command ended and what it printed, standard output and error
// together, without colour and frames, so that a sentence can be looked for.
type Result struct {
	Output string
	Code   int
}

// NewCLI prepares the command for a test on b. The command is
// TF_ACC_TERRAFORM_PATH, else terraform on the PATH. Without TF_ACC the test is
// skipped, as plugin-testing does.
func NewCLI(t *testing.T, b *Bunq, opts ...CLIOption) *CLI {
	t.Helper()
	if os.Getenv("TF_ACC") == "" {
		t.Skip("Acceptance tests skipped unless env 'TF_ACC' set")
	}
	program := os.Getenv("TF_ACC_TERRAFORM_PATH")
	if program == "" {
		var err error
		if program, err = exec.LookPath("terraform"); err != nil {
			t.Fatalf("no CLI: set TF_ACC_TERRAFORM_PATH: %v", err)
		}
	}
	folder, err := builtProvider()
	if err != nil {
		t.Fatalf("the provider could not be built: %v", err)
	}
	return newCLI(t, b, program, folder, opts...)
}

// versions are what the programs print for "version", by path. Each is asked once, as a start of a CLI
// takes its time: the values are functions.
var versions sync.Map

// newCLI takes the provider in folder. The test fails if one of its processes leaves no notes.
func newCLI(t *testing.T, b *Bunq, program, folder string, opts ...CLIOption) *CLI {
	t.Helper()
	temp := t.TempDir()
	// Apart, because the path of a socket may have some 100 characters only.
	processes, err := os.MkdirTemp("", "bunq-") //nolint:usetesting // the path of t.TempDir() is too long
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(processes) })
	c := &CLI{
		Dir: filepath.Join(temp, "work"), program: program, processes: processes, cache: filepath.Join(temp, "cache"), ledger: b.ledger,
	}
	t.Cleanup(func() {
		if err := c.unwatched(); err != nil {
			t.Error(err)
		}
	})
	for _, dir := range []string{c.Dir, filepath.Join(temp, "home"), c.cache} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	config := filepath.Join(temp, "cli.tfrc")
	// A third of what a command costs are keys and certificates between CLI and provider. HashiCorp's
	// test framework leaves them out, too.
	c.base = append(shielded(os.Environ()), "TF_DISABLE_PLUGIN_TLS=1",
		"HOME="+filepath.Join(temp, "home"), "XDG_CACHE_HOME="+c.cache, "XDG_CONFIG_HOME="+filepath.Join(temp, "home", ".config"),
		"TF_CLI_CONFIG_FILE="+config, "TF_IN_AUTOMATION=1", "TF_INPUT=0", "CHECKPOINT_DISABLE=1",
		EnvProcesses+"="+c.processes, EnvWatch+"="+c.ledger.dir, "BUNQ_BASE_URL="+b.URL, "BUNQ_ENVIRONMENT="+string(b.Sim.Environment()))
	// The version is asked for before the overrides are there: they would add a warning.
	writeFile(t, config, "disable_checkpoint = true\n")
	version, _ := versions.LoadOrStore(program, sync.OnceValue(func() string { return c.Run(t, "version").Output }))
	c.version = version.(func() string)() //nolint:forcetypeassert // what is stored
	c.IsTofu = strings.Contains(c.version, "OpenTofu")
	host := "registry.terraform.io"
	if c.IsTofu {
		host = "registry.opentofu.org"
	}
	_, address, _ := strings.Cut(provider.Address, "/")
	c.address = host + "/" + address
	writeFile(t, config, fmt.Sprintf("disable_checkpoint = true\nprovider_installation {\n  dev_overrides {\n    %q = %q\n  }\n  direct {}\n}\n",
		c.address, folder))
	// Last: OpenTofu does not even tell its version if it is to attach to a provider without an address.
	for _, set := range opts {
		set(c)
	}
	return c
}

// unwatched returns an error for a provider process that left a socket, and no notes.
func (c *CLI) unwatched() error {
	processes, err := os.ReadDir(c.processes)
	if err != nil {
		return err
	}
	for _, p := range processes {
		if _, err := os.Stat(filepath.Join(c.ledger.dir, p.Name())); err != nil {
			return fmt.Errorf("the provider process %s was not watched: %w", p.Name(), err)
		}
	}
	return nil
}

// Write makes config the configuration. The terraform block with the provider's
// address is added; the address of bunq is in the environment.
func (c *CLI) Write(t *testing.T, config string) {
	t.Helper()
	_, address, _ := strings.Cut(provider.Address, "/")
	writeFile(t, filepath.Join(c.Dir, "main.tf"),
		fmt.Sprintf("terraform {\n  required_providers {\n    %s = { source = %q }\n  }\n}\n%s", provider.TypeName, address, config))
}

// Run runs a command of the CLI.
func (c *CLI) Run(t *testing.T, args ...string) Result {
	t.Helper()
	command := exec.CommandContext(t.Context(), c.program, args...) //nolint:gosec // the program is the tester's own
	command.Dir = c.Dir
	command.Env = slices.Concat(c.base, c.Env)
	if !slices.ContainsFunc(c.Env, func(e string) bool { return strings.HasPrefix(e, "TF_LOG=") }) {
		command.Env = append(command.Env, silent...)
	}
	if c.attached {
		setting, stop := c.attach(t, command.Env)
		defer stop()
		command.Env = append(command.Env, setting)
	}

	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, &out
	err := command.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s %v: %v", c.program, args, err)
	}
	return Result{Output: unframed.Replace(out.String()), Code: command.ProcessState.ExitCode()}
}

// silent turns off the log of a command whose log is not read. Otherwise plugin-go and the framework
// write everything, and the CLI drops it.
var silent = []string{"TF_LOG=off", "TF_LOG_PROVIDER=off", "TF_LOG_SDK=off", "TF_LOG_SDK_PROTO=off", "TF_LOG_SDK_FRAMEWORK=off"}

// unframed takes away the lines that the CLI draws around a diagnostic.
var unframed = strings.NewReplacer("│ ", "", "│", "", "╷", "", "╵", "")

// Plan plans. The exit code is 0 where there is nothing to do, 2 where there is,
// and 1 for an error.
func (c *CLI) Plan(t *testing.T, args ...string) Result {
	t.Helper()
	return c.Run(t, append([]string{"plan", "-no-color", "-detailed-exitcode"}, args...)...)
}

// Apply plans and applies without asking.
func (c *CLI) Apply(t *testing.T, args ...string) Result {
	t.Helper()
	return c.Run(t, append([]string{"apply", "-no-color", "-auto-approve"}, args...)...)
}

// Destroy destroys without asking.
func (c *CLI) Destroy(t *testing.T, args ...string) Result {
	t.Helper()
	return c.Run(t, append([]string{"destroy", "-no-color", "-auto-approve"}, args...)...)
}

// MoveToNewMachine empties the cache folder, as if the next command were run on another machine with
// a copy of the working directory.
func (c *CLI) MoveToNewMachine(t *testing.T) {
	t.Helper()
	if err := os.RemoveAll(c.cache); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(c.cache, 0o700); err != nil {
		t.Fatal(err)
	}
}

// CacheFiles are the files in the cache folder, with their paths.
func (c *CLI) CacheFiles(t *testing.T) []string {
	t.Helper()
	var all []string
	err := filepath.WalkDir(c.cache, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			all = append(all, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// KillProviders ends every running provider process of this CLI, as SIGKILL does. When it returns, none
// of their code runs any more. The hook of a fault may call it.
func (c *CLI) KillProviders() error {
	sockets, err := os.ReadDir(c.processes)
	if err != nil {
		return err
	}
	for _, s := range sockets {
		conn, err := net.Dial("unix", filepath.Join(c.processes, s.Name())) //nolint:noctx // local, and ends with the process
		if err != nil {
			continue // it has ended by itself
		}
		_, _ = io.Copy(io.Discard, conn) // until the process is gone
		_ = conn.Close()
	}
	return nil
}

// shielded returns the environment without the settings of a CLI or of this provider.
func shielded(env []string) []string {
	var out []string
	for _, e := range env {
		name, _, _ := strings.Cut(e, "=")
		if strings.HasPrefix(name, "TF_") || strings.HasPrefix(name, "BUNQ_") {
			continue
		}
		out = append(out, e)
	}
	return out
}

// skipCollection turns garbage collection off in the processes that a test starts: it takes a fifth of
// the time of a program that ends after a tenth of a second. The limit is for those that run longer.
// This process has read its own settings already.
var skipCollection = sync.OnceValue(func() error {
	return errors.Join(os.Setenv("GOGC", "off"), os.Setenv("GOMEMLIMIT", "1GiB"))
})

// providerVariable names the folder of a testprovider that was built for all
// packages. Not BUNQ_…, see settingsVariable.
const providerVariable = "ACCTEST_PROVIDER"

// builtProvider is the folder with the provider: that of providerVariable, or else one that is built
// once per test process. It is in the folder of the test's own program, which "go test" removes at the
// end: no test knows whether it is the last one.
var builtProvider = sync.OnceValues(func() (string, error) {
	if dir := os.Getenv(providerVariable); dir != "" {
		return dir, nil
	}
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp(filepath.Dir(self), "provider-")
	if err != nil {
		return "", err
	}
	name := "terraform-provider-" + provider.TypeName
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	build := exec.Command("go", "build", "-o", filepath.Join(dir, name), //nolint:noctx // it serves all tests, and belongs to none
		"github.com/openpsd2/terraform-provider-bunq/internal/acctest/testprovider")
	if out, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w\n%s", err, out)
	}
	return dir, nil
})

func writeFile(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// MustSay fails the test unless the command ended with code and printed each of
// the texts. The CLI breaks lines where it likes, so white space is not compared.
func (r Result) MustSay(t *testing.T, code int, texts ...string) {
	t.Helper()
	if r.Code != code {
		t.Fatalf("exit code %d, want %d\n%s", r.Code, code, r.Output)
	}
	printed := strings.Join(strings.Fields(r.Output), " ")
	for _, text := range texts {
		if !strings.Contains(printed, strings.Join(strings.Fields(text), " ")) {
			t.Errorf("not said: %q\n%s", text, r.Output)
		}
	}
}

// NewIdentityCLI is NewCLI with a command that supports resource identity: Terraform or OpenTofu 1.12, either the
// one of TF_ACC_TERRAFORM_PATH or the OpenTofu that scripts/build-tool built. Without one the test is
// skipped; other tests cover identity at the level of the protocol.
func NewIdentityCLI(t *testing.T, b *Bunq) *CLI {
	t.Helper()
	if os.Getenv("TF_ACC") == "" {
		t.Skip("Acceptance tests skipped unless env 'TF_ACC' set")
	}
	_, here, _, _ := runtime.Caller(0)
	for _, program := range []string{os.Getenv("TF_ACC_TERRAFORM_PATH"), filepath.Join(filepath.Dir(here), "..", "..", ".tools", "bin", "tofu")} {
		if _, err := os.Stat(program); program == "" || err != nil {
			continue
		}
		folder, err := builtProvider()
		if err != nil {
			t.Fatalf("the provider could not be built: %v", err)
		}
		if c := newCLI(t, b, program, folder); c.since("OpenTofu", 12) || c.since("Terraform", 12) {
			return c
		}
	}
	t.Skip("import by identity needs Terraform or OpenTofu 1.12: name one with TF_CLI=PATH, or build one with scripts/build-tool opentofu")
	return nil
}

// NeedsQuery skips the test if the command has no query.
func (c *CLI) NeedsQuery(t *testing.T) {
	t.Helper()
	if c.since("Terraform", 14) {
		return
	}
	first, _, _ := strings.Cut(c.version, "\n")
	t.Skip("terraform query came with Terraform 1.14, and this is " + first + ": name a newer one with TF_CLI=PATH")
}

// since reports whether the command is that product, in version 1.MINOR or newer.
func (c *CLI) since(product string, minor int) bool {
	var gotMajor, gotMinor int
	_, err := fmt.Sscanf(c.version, product+" v%d.%d", &gotMajor, &gotMinor)
	return err == nil && (gotMajor > 1 || gotMinor >= minor)
}
