package pacing_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// These tests take real time: the CLI starts one process of the provider after the other, and a fake
// clock does not reach them.

// example returns a CLI with examples/complete and n callback URLs, and a bunq that enforces its
// published limits.
func example(t *testing.T, n int) (*acctest.Bunq, *acctest.CLI) {
	t.Helper()
	b := acctest.New(t, acctest.WithSim(func(c *bunqsim.Config) { c.Limits = bunqsim.LimitsPublished }))
	cli := acctest.NewCLI(t, b)
	cli.Env = append(cli.Env, acctest.EnvPaced+"=1")
	from := filepath.Join("..", "..", "examples", "complete")
	files, err := filepath.Glob(filepath.Join(from, "*.tf"))
	must(t, err)
	if len(files) == 0 {
		t.Fatal("examples/complete has no configuration")
	}
	for _, file := range files {
		content, err := os.ReadFile(file)
		must(t, err)
		must(t, os.WriteFile(filepath.Join(cli.Dir, filepath.Base(file)), content, 0o600))
	}
	urls := make([]string, n)
	for i := range urls {
		urls[i] = fmt.Sprintf("https://app.example.com/callback/%d", i)
	}
	variables, err := json.Marshal(map[string]any{"callback_urls": urls})
	must(t, err)
	must(t, os.WriteFile(filepath.Join(cli.Dir, "terraform.tfvars.json"), variables, 0o600))
	return b, cli
}

func succeed(t *testing.T, r acctest.Result, code int) {
	t.Helper()
	if r.Code != code {
		t.Fatalf("exit code %d, want %d\n%s", r.Code, code, r.Output)
	}
}

// cacheFiles are the files in the user's cache folder.
func cacheFiles(t *testing.T, cli *acctest.CLI) []string {
	t.Helper()
	var files []string
	must(t, filepath.WalkDir(filepath.Join(filepath.Dir(cli.Dir), "cache"), func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			files = append(files, path)
		}
		return err
	}))
	return files
}

func TestAccExample_keepsTheLimitsWithOneSession(t *testing.T) {
	t.Parallel()
	const n = 20
	b, cli := example(t, n)
	log := filepath.Join(t.TempDir(), "terraform.log")
	cli.Env = append(cli.Env, "TF_LOG=INFO", "TF_LOG_PATH="+log)

	succeed(t, cli.Plan(t, "-parallelism=10"), 2)
	if calls := b.Calls(0); len(calls) > 0 {
		t.Errorf("the plan before anything exists called %v", calls)
	}
	begin := time.Now()
	succeed(t, cli.Apply(t, "-parallelism=10"), 0)
	took := time.Since(begin)
	if got := b.Count("POST /session-server"); got != 1 {
		t.Errorf("plan and apply opened %d sessions", got)
	}
	if got := len(b.Sim.Snapshot().CallbackURLs); got != n {
		t.Errorf("%d callback URLs, want %d", got, n)
	}
	succeed(t, cli.Plan(t, "-parallelism=10"), 0)
	if got := b.Count("POST /session-server"); got != 1 {
		t.Errorf("the next plan opened a session")
	}
	for _, e := range b.Sim.Journal() {
		if e.Status != 200 {
			t.Errorf("%s was answered with %d", e.Call(), e.Status)
		}
	}
	want := unavoidable(n, 5, 3*time.Second, 0)
	if took < want {
		t.Errorf("the apply took %v, which the limits do not allow", took)
	}
	t.Logf("the apply of %d URLs took %v, of which the limits ask for %v", n, took.Round(time.Millisecond), want)

	content, err := os.ReadFile(log)
	must(t, err)
	// The URLs are changed one after the other, and every sixth waits for the window of three seconds. On a
	// busy machine five take so long that the rest of a window is too short for a line.
	if got, most := strings.Count(string(content), lineWait), (n-1)/5; got < 1 || got > most {
		t.Errorf("%d lines of the log report waits, want up to %d", got, most)
	}
	if got := strings.Count(string(content), "bunq_oauth_callback_url: create"+lineEnd); got != n {
		t.Errorf("%d operations have a line at their end, want %d", got, n)
	}
}

func TestAccExample_withoutTheCacheTheNextRunWaits(t *testing.T) {
	t.Parallel()
	b, cli := example(t, 2)
	log := filepath.Join(t.TempDir(), "terraform.log")
	cli.Env = append(cli.Env, "BUNQ_SESSION_CACHE=false", "TF_LOG=TRACE", "TF_LOG_PATH="+log)

	succeed(t, cli.Apply(t), 0)
	begin := time.Now()
	succeed(t, cli.Plan(t), 0)
	took := time.Since(begin)
	if got := len(b.Sim.Snapshot().Sessions); got != 2 {
		t.Errorf("%d sessions, want one for each run", got)
	}
	if took < 25*time.Second || took > time.Minute {
		t.Errorf("the second run took %v", took)
	}
	for _, e := range b.Sim.Journal() {
		// Nothing in this run knows about the one before; bunq says so, once.
		if e.Status != 200 && e.Call() != "POST /session-server" {
			t.Errorf("%s was answered with %d", e.Call(), e.Status)
		}
	}
	if got := b.Count("POST /session-server"); got != 3 {
		t.Errorf("%d requests for a session, want two that were granted and one that was refused", got)
	}
	if files := cacheFiles(t, cli); len(files) > 0 {
		t.Errorf("something was kept nevertheless: %v", files)
	}

	content, err := os.ReadFile(log)
	must(t, err)
	own := 0
	for line := range strings.Lines(string(content)) {
		if strings.Contains(line, "Request to bunq") {
			own++
		}
	}
	if own != len(b.Calls(0)) {
		t.Errorf("%d lines of the log report requests, bunq saw %d", own, len(b.Calls(0)))
	}
	for what, secret := range secrets(b.Sim.Snapshot()) {
		if strings.Contains(string(content), secret) {
			t.Errorf("the log at TRACE shows %s", what)
		}
	}
}
