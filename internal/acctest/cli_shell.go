package acctest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/provider"
)

// colours are what a command that is not told otherwise prints for a terminal.
var colours = regexp.MustCompile("\x1b\\[[0-9;]*m")

// Shell runs lines of a shell as a page prints them, in the working directory and the environment
// of the CLI. "terraform" in them is the CLI of this test.
func (c *CLI) Shell(t *testing.T, script string) Result {
	t.Helper()
	bin := t.TempDir()
	if err := os.Symlink(c.program, filepath.Join(bin, "terraform")); err != nil {
		t.Fatal(err)
	}

	command := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", script) //nolint:gosec // the repository's own pages
	command.Dir = c.Dir
	command.Env = slices.Concat(c.base, c.Env, silent, []string{"PATH=" + bin + string(os.PathListSeparator) + os.Getenv("PATH")})
	out, err := command.CombinedOutput()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s: %v", script, err)
	}
	return Result{Output: unframed.Replace(colours.ReplaceAllString(string(out), "")), Code: command.ProcessState.ExitCode()}
}

// InstallFromMirror lets the CLI take the provider from a filesystem mirror, as "make install" does
// and a registry would, and runs init. With the overrides of other tests each command warns.
func (c *CLI) InstallFromMirror(t *testing.T) {
	t.Helper()
	folder, err := builtProvider()
	if err != nil {
		t.Fatal(err)
	}
	host, address, _ := strings.Cut(provider.Address, "/")
	if c.IsTofu {
		host = "registry.opentofu.org"
	}
	mirror := t.TempDir()
	versions := filepath.Join(mirror, host, address, "0.0.1")
	if err := os.MkdirAll(versions, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(folder, filepath.Join(versions, runtime.GOOS+"_"+runtime.GOARCH)); err != nil {
		t.Fatal(err)
	}

	config := filepath.Join(mirror, "cli.tfrc")
	writeFile(t, config, fmt.Sprintf("disable_checkpoint = true\nprovider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", mirror))
	c.Env = append(c.Env, "TF_CLI_CONFIG_FILE="+config)
	c.Run(t, "init", "-no-color").MustSay(t, 0)
}
