package scripts_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// What "make install" prints is all that "init" needs, in a configuration with a module and without
// a network; after another install, "init -upgrade" takes the newer build.
func TestAccInstall(t *testing.T) {
	t.Parallel()
	if os.Getenv("TF_ACC") == "" {
		t.Skip("Acceptance tests skipped unless env 'TF_ACC' set")
	}
	mirror := filepath.Join(t.TempDir(), "a mirror")
	printed := run(t, "..", "bash", "scripts/install.sh", mirror)
	config := filepath.Join(t.TempDir(), "cli.tfrc")
	block := regexp.MustCompile(`(?s)provider_installation \{\n.*?\n\}\n`).FindString(printed)
	write(t, config, block)
	beside, err := os.ReadFile(filepath.Join(mirror, "cli.tfrc"))
	if err != nil {
		t.Fatal(err)
	}
	if block == "" || string(beside) != block {
		t.Errorf("what is printed is not what stands in the mirror:\n%s\n%s", printed, beside)
	}

	dirs := map[string]string{}
	for _, cli := range installers(t) {
		dirs[cli] = t.TempDir()
		if err := os.CopyFS(dirs[cli], os.DirFS(filepath.Join("..", "examples", "two-environments"))); err != nil {
			t.Fatal(err)
		}
		for _, own := range []string{"qseal.pem", "qseal-chain.pem"} {
			write(t, filepath.Join(dirs[cli], own), "")
		}
		mustRunOffline(t, config, dirs[cli], cli, "init")
		mustRunOffline(t, config, dirs[cli], cli, "validate")
	}

	again := run(t, "..", "bash", "scripts/install.sh", mirror)
	if installed(t, again) == installed(t, printed) {
		t.Fatalf("another build is version %s as well, which a lock file refuses", installed(t, again))
	}
	for cli, dir := range dirs {
		if said := mustRunOffline(t, config, dir, cli, "init", "-upgrade"); !strings.Contains(said, installed(t, again)) {
			t.Errorf("%s init -upgrade did not take %s:\n%s", cli, installed(t, again), said)
		}
		mustRunOffline(t, config, dir, cli, "validate")
	}
}

// installers are the CLI of this run, and OpenTofu where it was built: it asks for the provider by
// the name of another registry.
func installers(t *testing.T) []string {
	t.Helper()
	clis := []string{os.Getenv("TF_ACC_TERRAFORM_PATH")}
	tofu, err := filepath.Abs(filepath.Join("..", ".tools", "bin", "tofu"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(tofu); err == nil && tofu != clis[0] {
		clis = append(clis, tofu)
	}
	return clis
}

// installed is the version that the script says it has installed.
func installed(t *testing.T, printed string) string {
	t.Helper()
	m := regexp.MustCompile(`(?m)^Installed version (\S+) into `).FindStringSubmatch(printed)
	if m == nil {
		t.Fatalf("no version is named:\n%s", printed)
	}
	return m[1]
}

// mustRunOffline runs a CLI that reaches no registry: nothing listens at its proxy.
func mustRunOffline(t *testing.T, config, dir, cli string, args ...string) string {
	t.Helper()
	c := exec.CommandContext(t.Context(), cli, append(args, "-no-color")...)
	c.Dir = dir
	c.Env = append(os.Environ(), "TF_CLI_CONFIG_FILE="+config, "HTTPS_PROXY=http://127.0.0.1:1", "NO_PROXY=", "CHECKPOINT_DISABLE=1")
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %v: %v\n%s", cli, args, err, out)
	}
	return string(out)
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
