package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/provider"
)

// serveVariable makes this test's program the provider.
const serveVariable = "MAIN_TEST_SERVE"

func TestMain(m *testing.M) {
	if os.Getenv(serveVariable) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// The provider writes log lines if a level is set, whichever variable sets it, and otherwise none.
func TestAccLog_isWrittenIfALevelIsSet(t *testing.T) {
	program := os.Getenv("TF_ACC_TERRAFORM_PATH")
	if os.Getenv("TF_ACC") == "" || program == "" {
		t.Skip("Acceptance tests skipped unless env 'TF_ACC' and 'TF_ACC_TERRAFORM_PATH' set")
	}
	if runtime.GOOS == "windows" {
		t.Skip("the provider is started by a shell script, which keeps what it writes")
	}

	for setting, written := range map[string]bool{
		"":                           false,
		"TF_LOG=":                    false,
		"TF_LOG_PATH=/dev/null":      false,
		"TF_LOG=WARN":                true,
		"TF_LOG_PROVIDER=INFO":       true,
		"TF_LOG_SDK_FRAMEWORK=TRACE": true,
	} {
		t.Run(setting, func(t *testing.T) {
			t.Parallel()
			if got := logOf(t, program, setting); (got > 0) != written {
				t.Errorf("the provider wrote %d log lines", got)
			}
		})
	}
}

// logOf returns how many lines protocol, framework and provider log while program asks for the
// schemas. (go-plugin, below them, always logs two.)
func logOf(t *testing.T, program, setting string) int {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	_, address, _ := strings.Cut(provider.Address, "/")
	log := filepath.Join(dir, "log")
	for name, text := range map[string]string{
		"main.tf":  "terraform {\n  required_providers {\n    bunq = { source = \"" + address + "\" }\n  }\n}\n",
		"cli.tfrc": "provider_installation {\n  dev_overrides {\n    \"" + os.Getenv("TF_ACC_PROVIDER_HOST") + "/" + address + "\" = \"" + dir + "\"\n  }\n}\n",
		"terraform-provider-" + provider.TypeName: "#!/bin/sh\nexec \"" + self + "\" 2>>\"" + log + "\"\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o700); err != nil { //nolint:gosec // one of them is run
			t.Fatal(err)
		}
	}

	cmd := exec.CommandContext(t.Context(), program, "providers", "schema", "-json")
	cmd.Dir = dir
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, "TF_") {
			cmd.Env = append(cmd.Env, e)
		}
	}
	cmd.Env = append(cmd.Env, serveVariable+"=1", "TF_CLI_CONFIG_FILE="+filepath.Join(dir, "cli.tfrc"), "CHECKPOINT_DISABLE=1")
	if setting != "" {
		cmd.Env = append(cmd.Env, setting)
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}

	text, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Count(text, []byte(`"@module":"sdk`)) + bytes.Count(text, []byte(`"@module":"`+provider.TypeName))
}
