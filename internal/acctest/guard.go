package acctest

import (
	"fmt"
	"net/http"
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
// Providers that run as processes of their own (CLI) watch themselves, see Watch.
type guard struct {
	phases   phases
	sessions func() []bunqsim.Session

	mu      sync.Mutex
	served  bool
	outside int
	opened  map[[2]int64]int // sessions of this run, by credential and installation
	known   int              // sessions that were there before
	spoiled map[string]bool  // request ids of openings that a fault met
	faults  []string
}

// openSession is the one write that a run may make that only reads.
const openSession = "POST /session-server"

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
	if e.Call() == openSession {
		g.countSessions(e)
		return
	}
	if e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden {
		clear(g.opened) // its session is dead, and another one may be opened
	}
	if !g.served || g.outside > 0 || e.Method == "GET" {
		return
	}
	// A client that gave up on a slow request is not waited for: what it does
	// meanwhile says nothing about the moment it sent the request.
	if now := g.phases.now(); !now.Apply && !strings.Contains(e.Fault, string(bunqsim.FaultSlow)) {
		g.faults = append(g.faults, mayNotWrite(e.Call(), now))
	}
}

func mayNotWrite(call string, now moment) string {
	return fmt.Sprintf("%s was sent %s: only an apply may write", call, now)
}

func tooManySessions(n int, of string) string {
	return fmt.Sprintf("%d sessions were opened for %s in one run that only reads", n, of)
}

// countSessions allows one session for each context in a run. One that a
// scripted fault spoiled does not count: the provider never had it.
func (g *guard) countSessions(e bunqsim.Entry) {
	all := g.sessions()
	fresh := all[min(g.known, len(all)):]
	g.known = len(all)
	if e.Fault != "" {
		if g.spoiled == nil {
			g.spoiled = map[string]bool{}
		}
		g.spoiled[e.RequestID] = true
		return
	}
	if !g.served || g.outside > 0 || g.phases.now().Apply {
		return
	}
	for _, s := range fresh {
		key := [2]int64{s.CredentialID, s.InstallationID}
		g.opened[key]++
		if n := g.opened[key]; n > 1 {
			g.faults = append(g.faults, tooManySessions(n, fmt.Sprintf("credential %d", s.CredentialID)))
		}
	}
}

// wasSpoiled reports whether a fault met the opening of a session.
func (g *guard) wasSpoiled(requestID string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.spoiled[requestID]
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

// Guard wraps a provider's server, so that the test of b fails when it writes
// outside an apply, or opens a second session in a run that only reads. The
// providers of Test are guarded already.
func (b *Bunq) Guard(s tfprotov6.ProviderServer) (tfprotov6.ProviderServer, error) {
	return watched(s, &b.guard.phases, b.guard.run)
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
