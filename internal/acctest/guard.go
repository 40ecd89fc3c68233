package acctest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// guard proves, for every test of this package's providers, that nothing but an
// apply writes to bunq, and that a run opens one session for each context: it
// knows which calls of Terraform the provider is working on, and hears from the
// simulator what arrives there.
//
// Providers that run as processes of their own (CLI) are not seen; what they
// send is not judged.
type guard struct {
	sessions func() []bunqsim.Session

	mu       sync.Mutex
	served   bool
	applying int
	reading  []string // calls of Terraform under way that must not write
	outside  int
	opened   map[[2]int64]int // sessions of this run, by credential and installation
	known    int              // sessions that were there before
	faults   []string
}

// watch makes the guard hear of each request, beside who hears of it already.
func (g *guard) watch(c *bunqsim.Config) {
	others := c.Observer
	c.Observer = func(e bunqsim.Entry) {
		g.judge(e)
		if others != nil {
			others(e)
		}
	}
}

func (g *guard) judge(e bunqsim.Entry) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if e.Call() == "POST /session-server" {
		g.countSessions(e)
		return
	}
	if !g.served || g.outside > 0 || e.Method == "GET" {
		return
	}
	// A client that gave up on a slow request is not waited for: what it does
	// meanwhile says nothing about the moment it sent the request.
	if g.applying > 0 || strings.Contains(e.Fault, string(bunqsim.FaultSlow)) {
		return
	}
	during := "while Terraform asked for nothing"
	if len(g.reading) > 0 {
		during = "during " + strings.Join(g.reading, " and ")
	}
	g.faults = append(g.faults, fmt.Sprintf("%s was sent %s: only an apply may write", e.Call(), during))
}

// countSessions allows one session for each context in a run. One that a
// scripted fault spoiled does not count: the provider never had it.
func (g *guard) countSessions(e bunqsim.Entry) {
	all := g.sessions()
	fresh := all[min(g.known, len(all)):]
	g.known = len(all)
	if !g.served || g.outside > 0 || e.Fault != "" || g.applying > 0 {
		return
	}
	for _, s := range fresh {
		key := [2]int64{s.CredentialID, s.InstallationID}
		g.opened[key]++
		if n := g.opened[key]; n > 1 {
			g.faults = append(g.faults, fmt.Sprintf("%d sessions were opened for credential %d in one run that only reads", n, s.CredentialID))
		}
	}
}

// report fails the test for all that was seen.
func (g *guard) report(t *testing.T) {
	t.Helper()
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, f := range g.faults {
		t.Errorf("journal: %s", f)
	}
}

// run begins another run of the provider.
func (g *guard) run() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.served = true
	g.opened = map[[2]int64]int{}
}

func (g *guard) apply() (done func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.applying++
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.applying--
	}
}

func (g *guard) read(what string) (done func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.reading = append(g.reading, what)
	return func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		for i, r := range g.reading {
			if r == what {
				g.reading = append(g.reading[:i:i], g.reading[i+1:]...)
				return
			}
		}
	}
}

// fullServer is what the framework's server implements: wrapping must not hide
// the newer parts of the protocol.
type fullServer interface {
	tfprotov6.ProviderServerWithListResource //nolint:staticcheck // deprecated only until its methods move into ProviderServer
	tfprotov6.ProviderServerWithActions      //nolint:staticcheck // deprecated only until its methods move into ProviderServer
	tfprotov6.ProviderServerWithStateStores  //nolint:staticcheck // deprecated only until its methods move into ProviderServer
}

// guarded tells the guard what Terraform asks of the provider.
type guarded struct {
	fullServer
	guard *guard
}

// Guard wraps a provider's server, so that the test of b fails when it writes
// outside an apply, or opens a second session in a run that only reads. The
// providers of Test are guarded already.
func (b *Bunq) Guard(s tfprotov6.ProviderServer) (tfprotov6.ProviderServer, error) {
	full, ok := s.(fullServer)
	if !ok {
		return nil, fmt.Errorf("%T does not implement the whole of protocol 6", s)
	}
	return &guarded{fullServer: full, guard: b.guard}, nil
}

// Outside runs f, whose own requests to the simulator are not the provider's.
func (b *Bunq) Outside(f func()) {
	b.guard.mu.Lock()
	b.guard.outside++
	b.guard.mu.Unlock()
	defer func() {
		b.guard.mu.Lock()
		b.guard.outside--
		b.guard.mu.Unlock()
	}()
	f()
}

// ConfigureProvider begins a run.
func (s *guarded) ConfigureProvider(ctx context.Context, r *tfprotov6.ConfigureProviderRequest) (*tfprotov6.ConfigureProviderResponse, error) {
	s.guard.run()
	defer s.guard.read("ConfigureProvider")()
	return s.fullServer.ConfigureProvider(ctx, r)
}

// ApplyResourceChange may write.
func (s *guarded) ApplyResourceChange(ctx context.Context, r *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	defer s.guard.apply()()
	return s.fullServer.ApplyResourceChange(ctx, r)
}

// PlanResourceChange must not write.
func (s *guarded) PlanResourceChange(ctx context.Context, r *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	defer s.guard.read("the plan of " + r.TypeName)()
	return s.fullServer.PlanResourceChange(ctx, r)
}

// ReadResource must not write.
func (s *guarded) ReadResource(ctx context.Context, r *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	defer s.guard.read("the refresh of " + r.TypeName)()
	return s.fullServer.ReadResource(ctx, r)
}

// ImportResourceState must not write.
func (s *guarded) ImportResourceState(ctx context.Context, r *tfprotov6.ImportResourceStateRequest) (*tfprotov6.ImportResourceStateResponse, error) {
	defer s.guard.read("the import of " + r.TypeName)()
	return s.fullServer.ImportResourceState(ctx, r)
}

// ValidateResourceConfig must not write.
func (s *guarded) ValidateResourceConfig(ctx context.Context, r *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	defer s.guard.read("the validation of " + r.TypeName)()
	return s.fullServer.ValidateResourceConfig(ctx, r)
}

// ReadDataSource must not write.
func (s *guarded) ReadDataSource(ctx context.Context, r *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
	defer s.guard.read("the read of data " + r.TypeName)()
	return s.fullServer.ReadDataSource(ctx, r)
}
