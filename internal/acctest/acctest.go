package acctest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
	"github.com/openpsd2/terraform-provider-bunq/internal/provider"
)

// Bunq is one simulated bunq with a provider that calls it.
type Bunq struct {
	Sim *bunqsim.Sim
	// URL is the base URL, with /v1.
	URL string

	server   *bunqsim.Server
	ledger   *ledger
	settings []provider.Option
	keys     int // the first ones of partyKeys are in use
}

// Option changes the simulator or the provider of a test.
type Option func(*bunqsim.Config, *[]provider.Option)

// WithSim changes the configuration of the simulator.
func WithSim(change func(*bunqsim.Config)) Option {
	return func(c *bunqsim.Config, _ *[]provider.Option) { change(c) }
}

// WithProvider adds options of the provider.
func WithProvider(opts ...provider.Option) Option {
	return func(_ *bunqsim.Config, o *[]provider.Option) { *o = append(*o, opts...) }
}

// settingsVariable holds the settings that every test's simulator starts from, as the probe prints
// them; a test's own options come on top. Not BUNQ_…: those are taken out of the environment of a
// test.
const settingsVariable = "ACCTEST_SETTINGS"

// New starts a simulator on a free loopback port until the test ends. The test fails where a provider
// writes outside an apply, or opens a second session in a run that only reads.
func New(t *testing.T, opts ...Option) *Bunq {
	t.Helper()
	b := unguarded(t, opts...)
	t.Cleanup(func() { b.ledger.report(t) })
	return b
}

// unguarded is New for a test that asks the ledger itself.
func unguarded(t *testing.T, opts ...Option) *Bunq {
	t.Helper()
	if err := skipCollection(); err != nil {
		t.Fatal(err)
	}
	var config bunqsim.Config
	if text := os.Getenv(settingsVariable); text != "" {
		if err := json.Unmarshal([]byte(text), &config.Settings); err != nil {
			t.Fatalf("%s: %v", settingsVariable, err)
		}
	}
	b := &Bunq{ledger: newLedger(t), settings: []provider.Option{provider.WithoutPacing(), provider.WithCacheDir(t.TempDir())}}
	for _, o := range opts {
		o(&config, &b.settings)
	}
	if config.Environment == bunqsim.Production {
		config.Settings.RateLimitStatus = http.StatusTooManyRequests // the settings were seen at the sandbox
	}

	b.ledger.hear(&config)
	b.Sim, b.server = bunqsim.NewServer(t, config)
	b.URL = b.server.BaseURL()
	return b
}

// serve returns a new provider, in this process.
func (b *Bunq) serve() (tfprotov6.ProviderServer, error) {
	watch, err := b.ledger.watch()
	if err != nil {
		return nil, err
	}
	return watch.serve(nil, b.settings...)
}

// Provider is the provider block, with extra lines in it.
func (b *Bunq) Provider(extra string) string {
	return fmt.Sprintf("provider \"bunq\" {\n  environment = %q\n  base_url = %q\n%s\n}\n", b.Sim.Environment(), b.URL, extra)
}

// Server is what the simulator is served by. It has the addresses of the pages that a person is
// sent to.
func (b *Bunq) Server() *bunqsim.Server { return b.server }

// Test runs a test case against this bunq. The case may bring other providers with
// it.
func (b *Bunq) Test(t *testing.T, c resource.TestCase) {
	t.Helper()
	factories := map[string]func() (tfprotov6.ProviderServer, error){provider.TypeName: b.serve}
	maps.Copy(factories, c.ProtoV6ProviderFactories)
	c.ProtoV6ProviderFactories = factories
	resource.Test(t, c)
}

// Calls are the methods and routes of the journal, in the order they came, from
// the entry with the given index.
func (b *Bunq) Calls(from int) []string {
	journal := b.Sim.Journal()
	calls := make([]string, 0, len(journal))
	for _, e := range journal[min(from, len(journal)):] {
		calls = append(calls, e.Call())
	}
	return calls
}

// Count is how often a call is in the journal.
func (b *Bunq) Count(call string) int {
	n := 0
	for _, c := range b.Calls(0) {
		if c == call {
			n++
		}
	}
	return n
}

// Writes are the calls of the journal that are no GET and open no session.
func (b *Bunq) Writes(from int) []string {
	return slices.DeleteFunc(b.Calls(from), func(c string) bool { return c[:4] == "GET " || c == "POST /session-server" })
}
