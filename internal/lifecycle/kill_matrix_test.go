package lifecycle_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// killsAtOnce is how many CLIs run at the same time.
const killsAtOnce = 3

// firstApply are the calls of a first apply of examples/complete.
func firstApply() []string {
	return []string{
		"POST /installation",
		"POST /payment-service-provider-credential",
		"POST /device-server",
		"POST /session-server",
		"GET /device-server/{id}",
		"GET /user/{id}/oauth-client",
		"POST /user/{id}/oauth-client",
		"GET /user/{id}/oauth-client/{id}",
		"POST /user/{id}/oauth-client/{id}/callback-url",
	}
}

// death is the moment in which the provider is killed.
type death struct {
	call  string
	stage bunqsim.Stage
}

// afterDeath is what a death leaves, and what the next apply makes of it.
type afterDeath struct {
	atBunq, inState string
	makes           []string // by the next apply
	warnings        []string
	end             string
}

// The provider is killed before and after each call of the first apply. The
// next apply ends well, with the defaults of every setting (for a client that the
// dead provider made, with the import block of the error), and leaves nothing at
// bunq beside what the state holds: but for an installation or a credential
// whose answer the dead provider took with it, because bunq shows those only
// once.
//
// testdata/kill_matrix.md is the table for operators.
func TestAccKillMatrix(t *testing.T) {
	acctest.LongTest(t)
	if os.Getenv("TF_ACC") == "" {
		t.Skip("Acceptance tests skipped unless env 'TF_ACC' set")
	}
	var deaths []death
	for _, call := range firstApply() {
		deaths = append(deaths, death{call, bunqsim.BeforeCommit}, death{call, bunqsim.AfterCommit})
	}
	results := make([]afterDeath, len(deaths))
	var running sync.WaitGroup
	slots := make(chan struct{}, killsAtOnce)
	for i, d := range deaths {
		slots <- struct{}{}
		running.Go(func() {
			defer func() { <-slots }()
			t.Run(strings.ReplaceAll(d.call, "/", "|")+", "+string(d.stage), func(t *testing.T) { results[i] = die(t, d) })
		})
	}
	running.Wait()
	if t.Failed() {
		return
	}
	var sheet strings.Builder
	sheet.WriteString(killHead)
	for i, d := range deaths {
		r := results[i]
		moment := "before bunq did it"
		if d.stage == bunqsim.AfterCommit {
			moment = "after bunq did it"
		}
		fmt.Fprintf(&sheet, "| `%s` | %s | %s | %s | %s | %s | %s |\n", d.call, moment, r.atBunq, r.inState, orNothing(r.makes),
			strings.Join(r.warnings, "; "), r.end)
	}
	golden(t, "kill_matrix.md", sheet.String())
}

const killHead = `| the provider was killed at | when | bunq has | the state has | the next apply makes | and warns | bunq keeps beside the state |
| --- | --- | --- | --- | --- | --- | --- |
`

func die(t *testing.T, d death) afterDeath {
	t.Helper()
	b := acctest.New(t)
	cli := acctest.NewCLI(t, b)
	for _, name := range []string{"main.tf", "variables.tf", "outputs.tf"} {
		raw, err := os.ReadFile(filepath.Join("..", "..", "examples", "complete", name))
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(cli.Dir, name), raw, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cli.Env = append(cli.Env, `TF_VAR_callback_urls=["https://app.example.com/callback"]`)

	killed := make(chan error, 1)
	b.Sim.Fail(bunqsim.Fault{Route: d.call, Kind: bunqsim.FaultDrop, Stage: d.stage, Hook: func(bunqsim.Entry) { killed <- cli.KillProviders() }})
	r := cli.Apply(t)
	select {
	case err := <-killed:
		if err != nil {
			t.Fatal(err)
		}
	default:
		t.Fatalf("%s did not come:\n%s", d.call, r.Output)
	}
	if r.Code == 0 {
		t.Fatalf("the apply did not notice that the provider died:\n%s", r.Output)
	}
	out := afterDeath{atBunq: inventory(b), inState: stored(cli.State(t))}

	mark := len(b.Sim.Journal())
	r = cli.Apply(t)
	if strings.Contains(out.atBunq, "OAuth client") && !strings.Contains(out.inState, client) {
		// It could be anybody's, so the error has the import block.
		r.MustSay(t, 1, "Error: The user already has an OAuth client", "import {")
		paste(t, cli, r.Output)
		out.warnings = append(out.warnings, "Error: The user already has an OAuth client, with its import block; it is pasted")
		r = cli.Apply(t)
	}
	if r.Code != 0 {
		t.Fatalf("the next apply failed:\n%s", r.Output)
	}
	out.makes = madeIn(b.Sim.Journal()[mark:])
	out.warnings = append(out.warnings, warningsIn(r.Output)...)
	for _, e := range b.Sim.Journal() {
		if e.Status == 429 {
			t.Errorf("%s met a limit", e.Call())
		}
	}
	cli.MustHaveNothingToDo(t)
	out.end = surplus(t, b, cli.State(t))
	// Nobody can know what the dead provider alone was told.
	lost := map[string]string{"POST /installation": "1 installation", "POST /payment-service-provider-credential": "1 credential"}
	if want := lost[d.call]; d.stage == bunqsim.AfterCommit && want != "" {
		if out.end != want {
			t.Errorf("bunq has %s more than the state, want %s", out.end, want)
		}
	} else if out.end != "nothing" {
		t.Errorf("bunq has %s more than the state", out.end)
	}
	return out
}

// paste adds the import blocks of an error to the configuration, as a user does.
func paste(t *testing.T, cli *acctest.CLI, said string) {
	t.Helper()
	blocks := importBlocks(said)
	if len(blocks) == 0 {
		t.Fatalf("no import block in:\n%s", said)
	}
	if err := os.WriteFile(filepath.Join(cli.Dir, "import.tf"), []byte(strings.Join(blocks, "")), 0o600); err != nil {
		t.Fatal(err)
	}
}

// kinds are the objects at bunq, with the types that manage them.
func kinds(b *acctest.Bunq) []struct {
	name, typ string
	n         int
} {
	s := b.Sim.Snapshot()
	type kind = struct {
		name, typ string
		n         int
	}
	return []kind{
		{"installation", installation, len(s.Installations)}, {"credential", credential, len(s.Credentials)}, {"device", device, len(s.Devices)},
		{"OAuth client", client, len(s.OAuthClients)}, {"callback URL", callback, len(s.CallbackURLs)},
	}
}

func inventory(b *acctest.Bunq) string {
	var parts []string
	for _, k := range kinds(b) {
		if k.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", k.n, k.name))
		}
	}
	return orNothing(parts)
}

func stored(s acctest.State) string {
	var parts []string
	for _, d := range everything() {
		for address := range s {
			if strings.HasPrefix(address, d.typ+".") {
				parts = append(parts, "`"+d.typ+"`")
			}
		}
	}
	return orNothing(parts)
}

// surplus is what bunq has beyond the state.
func surplus(t *testing.T, b *acctest.Bunq, s acctest.State) string {
	t.Helper()
	var parts []string
	for _, k := range kinds(b) {
		n := k.n
		for address := range s {
			if strings.HasPrefix(address, k.typ+".") {
				n--
			}
		}
		if n < 0 {
			t.Errorf("the state has more than bunq: %d %s", -n, k.name)
		}
		if n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, k.name))
		}
	}
	return orNothing(parts)
}

func orNothing(parts []string) string {
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, ", ")
}

// madeIn is what the writes of a journal made.
func madeIn(journal []bunqsim.Entry) []string {
	names := map[string]string{
		"POST /installation": "installation", "POST /payment-service-provider-credential": "credential", "POST /device-server": "device",
		"POST /user/{id}/oauth-client": "OAuth client", "POST /user/{id}/oauth-client/{id}/callback-url": "callback URL",
	}
	var out []string
	for _, e := range journal {
		if e.Method == "GET" || e.Call() == "POST /session-server" {
			continue
		}
		name := names[e.Call()]
		if slices.Contains(e.Errors, deviceExists) {
			out = append(out, "nothing (a second device is refused)")
			continue
		}
		if name == "" || !e.Committed {
			name = e.Call() + " (?)" // no next apply should send it
		}
		out = append(out, name)
	}
	return out
}

// warningsIn are the summaries of the warnings on a terminal, each once, but for
// the CLI's own.
func warningsIn(output string) []string {
	var out []string
	for line := range strings.Lines(output) {
		text, ok := strings.CutPrefix(strings.TrimSpace(line), "Warning: ")
		if ok && !strings.HasPrefix(text, "Provider development overrides") && !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return out
}
