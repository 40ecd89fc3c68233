package scripts_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// In a copy, the project moves to another owner: it compiles, nothing of the old names is left, and
// the way back ends where it began.
func TestRename(t *testing.T) {
	if os.Getenv("TEST_ALL") == "" {
		t.Skip("compiles the module once more: runs in make test-all")
	}
	t.Parallel()
	dir := copyOfRepository(t)
	module := strings.TrimSpace(run(t, dir, "go", "list", "-m"))
	wiring, err := os.ReadFile(filepath.Join(dir, "internal", "provider", "provider.go"))
	if err != nil {
		t.Fatal(err)
	}
	address := regexp.MustCompile(`"registry\.terraform\.io/([^/"]+)/bunq"`).FindSubmatch(wiring)
	if address == nil {
		t.Fatal("internal/provider/provider.go has no source address")
	}
	owner := string(address[1])

	// In parts, or the way back would change this very line.
	newOwner, newModule := "acme-pay", "git.example.com/acme"+"/terraform-provider-bunq"
	run(t, dir, "bash", "scripts/rename.sh", newOwner, newModule)
	if left, err := command(t, dir, "git", "grep", "-in", "-e", owner+"/", "-e", module).Output(); err == nil {
		t.Errorf("still there after the renaming:\n%s", left)
	}
	if unformatted := run(t, dir, "gofmt", "-l", "."); unformatted != "" {
		t.Errorf("not formatted after the renaming:\n%s", unformatted)
	}
	run(t, dir, "go", "build", "./...")
	run(t, dir, "go", "vet", "./internal/signing", "./internal/ratelimit", "./internal/functions", "./scripts/...")
	if got := run(t, dir, "bash", "-c", "source scripts/dev-provider.sh; provider_address"); got != newOwner+"/bunq\n" {
		t.Errorf("the source address is %q", got)
	}

	run(t, dir, "bash", "scripts/rename.sh", owner, module)
	if changed := run(t, dir, "git", "status", "--short"); changed != "" {
		t.Errorf("the way back changed more than names:\n%s%s", changed, run(t, dir, "git", "diff"))
	}
}

// What no registry or no Go would take is refused, and nothing is changed.
func TestRename_refuses(t *testing.T) {
	t.Parallel()
	dir := copyOfRepository(t)
	for name, args := range map[string][]string{
		"nothing":               {},
		"no module":             {"acme"},
		"a path as the owner":   {"github.com/acme", "github.com/acme/terraform-provider-bunq"},
		"another name":          {"acme", "github.com/acme/bunq"},
		"a module with a space": {"acme", "github.com/acme /terraform-provider-bunq"},
		"an address with https": {"acme", "https://github.com/acme/terraform-provider-bunq"},
	} {
		out, err := command(t, dir, "bash", append([]string{"scripts/rename.sh"}, args...)...).CombinedOutput()
		if err == nil {
			t.Errorf("%s is accepted: %s", name, out)
		}
	}
	if changed := run(t, dir, "git", "status", "--short"); changed != "" {
		t.Errorf("changed all the same:\n%s", changed)
	}
}

// copyOfRepository copies all files that belong to the repository, the changed and the new ones
// included, into a repository of their own.
func copyOfRepository(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	files := run(t, "..", "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	for name := range strings.SplitSeq(strings.TrimSuffix(files, "\x00"), "\x00") {
		content, err := os.ReadFile(filepath.Join("..", name))
		if os.IsNotExist(err) {
			continue // deleted, and not committed yet
		}
		if err != nil {
			t.Fatal(err)
		}
		target := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(target, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run(t, dir, "git", "init", "--quiet")
	run(t, dir, "git", "add", "--all")
	run(t, dir, "git", "-c", "user.name=test", "-c", "user.email=test@example.com", "commit", "--quiet", "--message", "copy")
	return dir
}

func command(t *testing.T, dir, name string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off")
	return cmd
}

// run returns what a command writes to standard output, and fails the test where it fails.
func run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := command(t, dir, name, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s%s", name, strings.Join(args, " "), err, out, stderr.String())
	}
	return string(out)
}
