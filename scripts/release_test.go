package scripts

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The tag that was pushed decides, whatever others are at its commit; and a release is made of main.
func TestRelease_tag(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	git := func(args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "git", args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL=/dev/null", "GIT_AUTHOR_NAME=x", "GIT_AUTHOR_EMAIL=x@example.com", "GIT_COMMITTER_NAME=x", "GIT_COMMITTER_EMAIL=x@example.com")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "scripts"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"release.sh", "dev-provider.sh"} {
		text, err := os.ReadFile(name)
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, "scripts", name), text, 0o700) //nolint:gosec // it is run
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	git("init", "--quiet", "--initial-branch=main")
	git("add", ".")
	git("commit", "--quiet", "-m", "one")
	git("tag", "v1.0.0")
	git("commit", "--quiet", "--allow-empty", "-m", "two")
	git("tag", "v1.2.0")
	git("tag", "-a", "-m", "x", "v1.2.0-rc1") // which git describe prefers
	git("tag", "1.2.0")
	git("tag", "v1.2")
	git("update-ref", "refs/remotes/origin/main", "HEAD")
	check := func(tag string) (string, bool) {
		cmd := exec.CommandContext(t.Context(), "scripts/release.sh", "--tag", tag)
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		return string(out), err == nil
	}

	for tag, want := range map[string]string{
		"v1.2.0": "", "v1.2.0-rc1": "",
		"v1.0.0": "not what is checked out", "v9.9.9": "not what is checked out",
		"1.2.0": "no version", "v1.2": "no version", "v1.2.0; true": "no version", "main": "no version", "": "",
	} {
		if out, ok := check(tag); ok != (want == "" && tag != "") || !strings.Contains(out, want) {
			t.Errorf("%q: accepted %v: %s", tag, ok, out)
		}
	}

	git("checkout", "--quiet", "-b", "side")
	git("commit", "--quiet", "--allow-empty", "-m", "three")
	git("tag", "v1.3.0")
	if out, ok := check("v1.3.0"); ok || !strings.Contains(out, "not on main") {
		t.Errorf("a tag beside main: accepted %v: %s", ok, out)
	}
}
