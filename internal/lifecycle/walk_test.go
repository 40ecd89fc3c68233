package lifecycle_test

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

var (
	walks       = flag.Int("walks", 2, "how many random walks")
	walkSteps   = flag.Int("walk-steps", 8, "how many steps each walk has")
	walkSeed    = flag.Uint64("walk-seed", 1, "the seed of the first walk; the next ones have the numbers that follow")
	walkOnly    = flag.String("walk-only", "", "draw only actions that hold one of these texts, comma-separated")
	walkWithout = flag.String("walk-without", "", "draw no action that holds one of these texts, comma-separated")
)

// walksAtOnce is how many walks go side by side.
const walksAtOnce = 2

// Random walks over the ways in which Terraform can be used: a walk draws a
// bunq, with an answer to every question that its documents leave open, and
// steps that change the configuration, run commands, or happen at bunq. After
// each step its configuration is applied, and then nothing is left to do, bunq
// holds what the state says, and nothing that was kept was ever out of use.
//
// A walk that fails is shrunk, and printed as a script.
func TestAccWalks(t *testing.T) {
	if os.Getenv("TF_ACC") == "" {
		t.Skip("Acceptance tests skipped unless env 'TF_ACC' set")
	}
	var all []walk
	for i := range *walks {
		all = append(all, drawn(*walkSeed+uint64(i), *walkSteps)) //nolint:gosec // not negative
	}
	goAll(t, all)
}

// goAll goes walks, some at a time.
func goAll(t *testing.T, all []walk) {
	t.Helper()
	var running sync.WaitGroup
	slots := make(chan struct{}, walksAtOnce)
	var seen sync.Map // kinds of findings: one walk of each is shrunk
	for _, one := range all {
		slots <- struct{}{}
		running.Go(func() {
			defer func() { <-slots }()
			t.Run(one.name, func(t *testing.T) {
				begin := time.Now()
				found := one.walkOnce(t)
				if found == nil {
					t.Logf("%s: %d steps hold, %s", one.name, len(one.steps), time.Since(begin).Round(time.Second/10))
					return
				}
				if first, again := seen.LoadOrStore(found.kind, one.name); again {
					t.Errorf("%s finds the same as %s: %s", one.name, first, found.kind)
					return
				}
				t.Errorf("%s: %s", one.name, one.shrunk(t, found))
			})
		})
	}
	running.Wait()
}

// walkOnce goes the walk, and returns what it found, if anything.
func (one walk) walkOnce(t *testing.T) (found *finding) {
	t.Helper()
	found, _ = one.follow(t)
	return found
}

// follow goes the walk and returns what it found and the script of what was
// done.
func (one walk) follow(t *testing.T) (found *finding, script string) {
	t.Helper()
	l := &ledger{}
	clock := bunqsim.NewFakeClock(time.Now())
	b := acctest.New(t, acctest.WithSim(func(c *bunqsim.Config) {
		c.Settings, c.Clock = one.settings, clock
		c.Observer = l.observe
	}))
	l.sim = b.Sim
	w := &walker{
		t: t, bunq: b, cli: acctest.NewCLI(t, b), ledger: l, clock: clock, want: firstWanted(), settings: one.settings, pipeline: one.pipeline, caller: home, written: map[string]string{}, forgotten: map[string]bool{},
	}
	defer func() {
		script = w.script.String()
		if r := recover(); r != nil {
			f, ok := r.(*finding)
			if !ok {
				panic(r)
			}
			found = f
		}
	}()
	for i, step := range one.steps {
		w.note(fmt.Sprintf("Step %d: %s", i+1, cmp.Or(step, "apply")))
		w.step(step)
	}
	return nil, ""
}

// step does what a step says, and leaves everything as it should be.
func (w *walker) step(step string) {
	w.t.Helper()
	before := w.state()
	w.saved = nil
	w.disturbed, w.replaces, w.endsKey, w.mayChange = false, false, false, map[string]bool{}
	for action := range strings.SplitSeq(step, "; ") {
		if words := strings.Fields(action); len(words) > 0 {
			w.do(words)
		}
	}
	w.settle()
	w.check(before)
}
