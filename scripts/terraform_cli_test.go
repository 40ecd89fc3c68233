package scripts

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A fake CLI prints what the real one prints for "version", and "version -json".
const (
	terraform1114 = `case "$2" in -json) echo '{ "terraform_version": "1.11.4", "platform": "linux_amd64" }';; *) echo "Terraform v1.11.4";; esac`
	terraform157  = `case "$2" in -json) echo '{ "terraform_version": "1.5.7" }';; *) echo "Terraform v1.5.7";; esac`
	terraform200  = `case "$2" in -json) echo '{ "terraform_version": "2.0.0" }';; *) echo "Terraform v2.0.0";; esac`
	terraformOld  = `case "$2" in -json) exit 1;; *) printf 'Terraform v0.12.31\n\nYour version of Terraform is out of date!\n';; esac`
	noJSON        = `case "$2" in -json) exit 1;; *) printf 'Terraform v1.12.2\non linux_amd64\n';; esac`
	tofu1112      = `case "$2" in -json) echo '{ "terraform_version": "1.11.2" }';; *) echo "OpenTofu v1.11.2";; esac`
	tofu110       = `case "$2" in -json) echo '{ "terraform_version": "1.10.9" }';; *) echo "OpenTofu v1.10.9";; esac`
	broken        = `echo "tfenv: no version is set" >&2; exit 1`
	silent        = `exit 0`
	// As Terraform behaves with a ~/.terraformrc that it cannot read: every command fails.
	needsEmptyConfig = `[ "$TF_CLI_CONFIG_FILE" = /dev/null ] || { echo "Error loading CLI configuration" >&2; exit 1; }; ` + terraform1114
	needsNoArguments = `[ -z "$TF_CLI_ARGS" ] || { echo "flag provided but not defined" >&2; exit 1; }; ` + terraform1114
	readsInput       = `read -r line && { echo "asked and was answered" >&2; exit 1; }; ` + terraform1114
)

// Not parallel: a program that is written while another test forks can be "busy" when it is run.
func TestTerraformCLI_choice(t *testing.T) {
	for name, tc := range map[string]struct {
		onPath   map[string]string // name of the program to its body
		override string            // TF_CLI
		env      []string
		want     string   // path relative to the PATH's only directory, or "built"; "" for a failure
		wantHost string   // registry host
		wantSaid []string // parts of standard error
	}{
		"terraform that is new enough is taken": {
			onPath: map[string]string{"terraform": terraform1114, "tofu": tofu1112},
			want:   "terraform", wantHost: "registry.terraform.io",
			wantSaid: []string{"Using Terraform 1.11.4"},
		},
		"a higher major version is new enough": {
			onPath: map[string]string{"terraform": terraform200},
			want:   "terraform", wantHost: "registry.terraform.io",
		},
		"the plain version counts where there is no JSON": {
			onPath: map[string]string{"terraform": noJSON},
			want:   "terraform", wantHost: "registry.terraform.io",
			wantSaid: []string{"Using Terraform 1.12.2"},
		},
		"an old terraform gives way to a tofu that is new enough": {
			onPath: map[string]string{"terraform": terraform157, "tofu": tofu1112},
			want:   "tofu", wantHost: "registry.opentofu.org",
			wantSaid: []string{"is Terraform 1.5.7; 1.11 or newer is needed", "Using OpenTofu 1.11.2"},
		},
		"tofu is taken where there is no terraform": {
			onPath: map[string]string{"tofu": tofu1112},
			want:   "tofu", wantHost: "registry.opentofu.org",
			wantSaid: []string{"No terraform on the PATH"},
		},
		"a terraform that is really tofu is known as tofu": {
			onPath: map[string]string{"terraform": tofu1112},
			want:   "terraform", wantHost: "registry.opentofu.org",
		},
		"OpenTofu is built where there is nothing": {
			want: "built", wantHost: "registry.opentofu.org",
			wantSaid: []string{"No terraform on the PATH", "No tofu on the PATH", "Falling back"},
		},
		"OpenTofu is built where both are old": {
			onPath: map[string]string{"terraform": terraformOld, "tofu": tofu110},
			want:   "built", wantHost: "registry.opentofu.org",
			wantSaid: []string{"is Terraform 0.12.31", "is OpenTofu 1.10.9"},
		},
		"OpenTofu is built where terraform does not run": {
			onPath: map[string]string{"terraform": broken},
			want:   "built", wantHost: "registry.opentofu.org",
			wantSaid: []string{"fails: tfenv: no version is set"},
		},
		"OpenTofu is built where terraform says nothing": {
			onPath: map[string]string{"terraform": silent},
			want:   "built", wantHost: "registry.opentofu.org",
			wantSaid: []string{"does not say which version it is"},
		},
		"the user's CLI configuration is not read": {
			onPath: map[string]string{"terraform": needsEmptyConfig},
			env:    []string{"TF_CLI_CONFIG_FILE=/nonexistent"},
			want:   "terraform", wantHost: "registry.terraform.io",
		},
		"the user's extra arguments are not used": {
			onPath: map[string]string{"terraform": needsNoArguments},
			env:    []string{"TF_CLI_ARGS=-no-color"},
			want:   "terraform", wantHost: "registry.terraform.io",
		},
		"nothing is asked of the user": {
			onPath: map[string]string{"terraform": readsInput},
			want:   "terraform", wantHost: "registry.terraform.io",
		},
		"TF_CLI goes before the PATH": {
			onPath:   map[string]string{"terraform": terraform1114, "mine": tofu1112},
			override: "mine",
			want:     "mine", wantHost: "registry.opentofu.org",
		},
		"a TF_CLI that is too old is an error, not a reason to take another": {
			onPath:   map[string]string{"terraform": terraform1114, "mine": terraform157},
			override: "mine",
			wantSaid: []string{"TF_CLI will not do", "1.11 or newer is needed"},
		},
		"a TF_CLI that is not there is an error": {
			onPath:   map[string]string{"terraform": terraform1114},
			override: "missing",
			wantSaid: []string{`TF_CLI is "missing", and there is no such program`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			programs := t.TempDir()
			for program, body := range tc.onPath {
				writeProgram(t, filepath.Join(programs, program), body)
			}
			script, built := scriptWithFakeBuild(t)

			env := append([]string{"PATH=" + programs + ":" + systemTools(t), "TF_CLI=" + tc.override}, tc.env...)
			stdout, stderr, err := runScript(t, env, script)
			said := string(stderr)
			for _, part := range tc.wantSaid {
				if !strings.Contains(said, part) {
					t.Errorf("standard error lacks %q:\n%s", part, said)
				}
			}
			if tc.want == "" {
				if exit := new(exec.ExitError); !errors.As(err, &exit) {
					t.Fatalf("the script succeeded (%v) with %q", err, stdout)
				}
				return
			}
			if err != nil {
				t.Fatalf("%v\n%s", err, said)
			}
			want := filepath.Join(programs, tc.want)
			if tc.want == "built" {
				want = built
			}
			if got := strings.TrimSpace(string(stdout)); got != want {
				t.Errorf("chose %q, not %q\n%s", got, want, said)
			}

			stdout, stderr, err = runScript(t, env, script, "--env")
			if err != nil {
				t.Fatalf("--env: %v\n%s", err, stderr)
			}
			wantEnv := "TF_CLI=" + want + "\nTF_CLI_REGISTRY_HOST=" + tc.wantHost + "\n"
			if string(stdout) != wantEnv {
				t.Errorf("--env printed:\n%swant:\n%s", stdout, wantEnv)
			}
		})
	}
}

// scriptWithFakeBuild copies the script to a place where the program that builds tools only
// pretends to, and returns the script and what it would build.
func scriptWithFakeBuild(t *testing.T) (script, built string) {
	t.Helper()
	dir := t.TempDir()
	body, err := os.ReadFile("terraform-cli")
	if err != nil {
		t.Fatal(err)
	}
	script = filepath.Join(dir, "terraform-cli")
	if err := os.WriteFile(script, body, 0o755); err != nil {
		t.Fatal(err)
	}
	built = filepath.Join(dir, "tofu-built")
	writeProgram(t, built, tofu1112)
	writeProgram(t, filepath.Join(dir, "build-tool"), `[ "$1" = opentofu ] && echo "`+built+`"`)
	return script, built
}

// systemTools is a PATH of the few programs that the script needs, and of no Terraform.
func systemTools(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"bash", "sh", "env", "sed", "head", "dirname", "basename"} {
		path, err := exec.LookPath(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(path, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func writeProgram(t *testing.T, path, body string) {
	t.Helper()
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+body+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
}

func runScript(t *testing.T, env []string, script string, args ...string) (stdout, stderr []byte, err error) {
	t.Helper()
	var out, said bytes.Buffer
	command := exec.CommandContext(t.Context(), "bash", append([]string{script}, args...)...)
	command.Env = env
	command.Stdin = strings.NewReader("yes\n")
	command.Stdout, command.Stderr = &out, &said
	err = command.Run()
	return out.Bytes(), said.Bytes(), err
}
