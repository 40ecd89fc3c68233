package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const logLines = `2026-11-27T09:09:38.829Z [INFO]  provider.terraform-provider-bunq: bunq_installation: create: calls to bunq: waited=0s @module=bunq calls="map[POST /installation:1]" retries=0 waits=0
2026-11-27T09:09:39.216Z [INFO]  provider.terraform-provider-bunq: bunq_device_server: create: calls to bunq: waited=29ms waits=1 calls="map[POST /device-server:1 POST /session-server:1]" retries=2
2026-11-27T09:09:39.253Z [INFO]  provider.terraform-provider-bunq: bunq_oauth_client: plan: calls to bunq: retries=0 calls=map[] waited=1.5s
2026-11-27T09:09:39.290Z [INFO]  provider.terraform-provider-bunq: bunq_oauth_client: read: calls to bunq: calls="map[GET /user/{id}/oauth-client/{id}:12 POST /installation:1]" waited=2m0s retries=0
2026-11-27T09:09:39.300Z [INFO]  provider.terraform-provider-bunq: Waited for bunq: waited=2m0s
`

func TestAccountOf(t *testing.T) {
	a := accountOf([]byte(logLines))
	want := "GET /user/{id}/oauth-client/{id} × 12, POST /device-server × 1, POST /installation × 2, POST /session-server × 1"
	if got := strings.Join(a.list(), ", "); got != want {
		t.Errorf("calls %s", got)
	}
	if a.total() != 16 || a.retries != 2 || a.waited != 2*time.Minute+1529*time.Millisecond {
		t.Errorf("%d calls, %d retries, waited %s", a.total(), a.retries, a.waited)
	}
}

const stateText = `{"values":{"root_module":{"resources":[
 {"address":"bunq_sandbox_certificate.main","type":"bunq_sandbox_certificate","values":{}},
 {"address":"bunq_installation.main","type":"bunq_installation","values":{"id":"1","public_key_pem":"PUBLIC"}},
 {"address":"bunq_device_server.main","type":"bunq_device_server","values":{"id":"2","api_context":{"api_key":"KEY","installation_token":"TOKEN","private_key_pem":"PRIVATE","server_public_key_pem":"SERVER"}}},
 {"address":"bunq_oauth_client.main","type":"bunq_oauth_client","values":{"id":"633","user_id":"28196"}},
 {"address":"bunq_oauth_callback_url.app[\"https://a.example\"]","type":"bunq_oauth_callback_url","values":{"id":"693","user_id":"28196","oauth_client_id":"633"}}
]}}}`

func TestState(t *testing.T) {
	h, err := readState([]byte(stateText))
	if err != nil {
		t.Fatal(err)
	}
	blocks := h.importBlocks("/tmp/bunq.conf")
	for _, want := range []string{
		"to = bunq_installation.main\n  id = \"/tmp/bunq.conf\"", "to = bunq_device_server.main\n  id = \"/tmp/bunq.conf\"",
		"to = bunq_oauth_client.main\n  id = \"28196/633\"", "to = bunq_oauth_callback_url.app[\"https://a.example\"]\n  id = \"28196/633/693\"",
	} {
		if !strings.Contains(blocks, want) {
			t.Errorf("no %s in %s", want, blocks)
		}
	}
	if strings.Contains(blocks, "certificate") || len(h.addresses()) != 4 {
		t.Errorf("the certificate is imported: %s", blocks)
	}
	const file = `{"api_key":"KEY","environment_type":"SANDBOX","installation_context":{"private_key_client":"PRIVATE","public_key_client":"PUBLIC","public_key_server":"SERVER","token":"TOKEN"}}`
	if got := string(h.contextFile()); got != file {
		t.Errorf("context file %s", got)
	}
	for _, bad := range []string{"", "Error", `{"values":{"root_module":{"resources":[]}}}`} {
		if _, err := readState([]byte(bad)); err == nil {
			t.Errorf("%q is read", bad)
		}
	}
}

// fake writes a CLI that answers as Terraform does, with one command in which it behaves otherwise.
func fake(t *testing.T, otherwise string) config {
	t.Helper()
	dir := t.TempDir()
	for _, d := range []string{"example", "home", "cache"} {
		if err := os.Mkdir(filepath.Join(dir, d), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text), 0o700); err != nil { //nolint:gosec // it is run
			t.Fatal(err)
		}
		return path
	}
	cli := write("cli", `
shift
echo "$BUNQ_CONTEXT_FILE: $*" >> `+dir+`/commands
echo 'x: y: calls to bunq: calls="map[GET /user:1]" waited=1s retries=0' > "$TF_LOG_PATH"
`+otherwise+`
case "$*" in
*"plan -destroy"*) echo "deletion_protection"; exit 1 ;;
*-out=*"deletion_protection=false"*) echo unprotect > `+dir+`/next ;;
*-out=*callback_urls*) if [ -n "$BUNQ_CONTEXT_FILE" ]; then echo import; else echo change; fi > `+dir+`/next ;;
*-out=*) echo first > `+dir+`/next ;;
apply*auto*|destroy*|state*) ;;
show*) echo '`+strings.ReplaceAll(stateText, "\n", " ")+`' ;;
apply*) case "$(cat `+dir+`/next)" in
  first) echo "Apply complete! Resources: 7 added, 0 changed, 0 destroyed." ;;
  change) echo "Apply complete! Resources: 1 added, 0 changed, 0 destroyed." ;;
  import) echo "Apply complete! Resources: 4 imported, 0 added, 2 changed, 0 destroyed." ;;
  *) echo "Apply complete! Resources: 0 added, 1 changed, 0 destroyed." ;;
  esac ;;
esac
`)
	return config{base: "http://127.0.0.1:1/v1", cli: cli, dir: dir, witness: write("witness", `grep -q '"KEY"'`), settle: time.Millisecond,
		progress: &strings.Builder{}}
}

func (c config) commands(t *testing.T) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(c.dir, "commands"))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestTravel(t *testing.T) {
	c := fake(t, "")
	r := travel(t.Context(), c)
	if text := r.markdown(); !r.good() || strings.Count(text, "| good |") != len(steps()) || !strings.Contains(text, "- GET /user × 2") {
		t.Errorf("report %s", text)
	}
	if _, err := os.Stat(filepath.Join(c.dir, "example", "import.tf")); err == nil {
		t.Error("the import blocks stay in the configuration")
	}
}

// Each step notices when the provider does otherwise; what was made is cleared up, and no later
// step is made.
func TestTravel_stopsAtWhatIsWrong(t *testing.T) {
	for step, tc := range map[string]struct{ otherwise, says string }{
		"apply":      {`case "$*" in apply*/plan) echo "Apply complete! Resources: 6 added, 0 changed, 0 destroyed."; exit 0;; esac`, "7 should have been added"},
		"empty plan": {`case "$*" in *detailed-exitcode*) exit 2;; esac`, "should have been empty"},
		"change":     {`case "$*" in *-out=*callback_urls*) echo "Error: no"; exit 1;; esac`, "the plan failed"},
		"protect":    {`case "$*" in *"plan -destroy"*) exit 0;; esac`, "should have been refused"},
		"import":     {`case "$*" in state*) exit 1;; esac`, "could not be taken out"},
		"unprotect": {`case "$*" in *-out=*deletion_protection=false*) echo destroyed > ` + "$(dirname $0)" + `/next; exit 0;; esac
case "$*$(cat $(dirname $0)/next)" in apply*/plandestroyed) echo "Apply complete! Resources: 0 added, 1 changed, 1 destroyed."; exit 0;; esac`, "none destroyed"},
		"destroy": {`case "$*" in destroy*) exit 1;; esac`, "the destroy failed"},
	} {
		t.Run(step, func(t *testing.T) {
			c := fake(t, tc.otherwise)
			r := travel(t.Context(), c)
			last := r.stages[len(r.stages)-1]
			if r.good() || last.name != step || last.err == nil || !strings.Contains(last.err.Error(), tc.says) {
				t.Fatalf("ended at %s: %v", last.name, last.err)
			}
			if text := r.markdown(); !strings.Contains(text, "**failed**") || !strings.Contains(text, "not reached") {
				t.Errorf("report %s", text)
			}
			if step == "import" && !strings.Contains(c.commands(t), c.dir+"/bunq.conf: apply -auto-approve") {
				t.Errorf("it is taken over without its context: %s", c.commands(t))
			}
			if step != "destroy" && !strings.Contains(c.commands(t), "destroy -auto-approve") {
				t.Errorf("nothing is cleared up: %s", c.commands(t))
			}
		})
	}
}

func TestRun_refuses(t *testing.T) {
	for want, env := range map[string]map[string]string{
		"BUNQ_SANDBOX=1": {"BUNQ_BASE_URL": "http://127.0.0.1:1/v1"},
		"production":     {"BUNQ_BASE_URL": "https://api.bunq.com/v1", "BUNQ_SANDBOX": "1"},
		"neither":        {"BUNQ_BASE_URL": "https://example.com/v1", "BUNQ_SANDBOX": "1"},
	} {
		var out, errors strings.Builder
		if status := run(t.Context(), nil, func(n string) string { return env[n] }, &out, &errors); status != 2 || !strings.Contains(errors.String(), want) {
			t.Errorf("status %d: %s", status, errors.String())
		}
	}
}
