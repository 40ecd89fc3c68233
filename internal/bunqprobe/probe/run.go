package probe

import (
	"context"
	"crypto/rsa"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

// Config says what to ask, and whom.
type Config struct {
	// BaseURL is an address that CheckAddress has let pass.
	BaseURL   string
	Transport http.RoundTripper
	// Only are the settings to ask for; empty: all.
	Only []string
	// LimitsOff sends without spacing, to a simulator that has no limits.
	LimitsOff bool
	// Progress is told what happens; nil: nobody.
	Progress io.Writer

	// Clock is where time comes from; nil: the system's.
	Clock Clock
	// NewKey makes key pairs; nil: signing.GenerateKey.
	NewKey func() (*rsa.PrivateKey, error)
}

// stopAfter is how many questions in a row may fail because bunq is out of reach before the others
// are left out.
const stopAfter = 3

// run is one run of the probe: what it made at bunq so far, and what it found out.
type run struct {
	Config
	clock     Clock
	client    *client
	redact    *redactor
	questions []question
	started   time.Time

	certKey *rsa.PrivateKey
	resets  int // how often bunq was seen to have forgotten everything
	memory
	shapes *shapes

	outcomes   map[string]*outcome
	clockDiff  []clockNote
	outages    int // in a row
	lastOutage string
	problems   []string // what stood in the way, in the order it came
}

// outcome is what came of one question.
type outcome struct {
	setting string
	finding *finding
	err     error
}

type clockNote struct{ low, high time.Duration }

// Check returns an error for settings that have no question.
func (c Config) Check() error {
	for _, name := range c.Only {
		known := slices.ContainsFunc(questions(), func(q question) bool { return q.setting == name })
		if reason, ok := Unseen[name]; ok {
			return fmt.Errorf("%s cannot be seen from outside: %s", name, reason)
		}
		if !known {
			return fmt.Errorf("there is no question %q; -list lists them", name)
		}
	}
	return nil
}

// Run asks, and returns the report. It ends early, with what it has until then, when ctx is done.
func Run(ctx context.Context, c Config) *Report {
	r := newRun(c)
	r.say("Asking %s. %s", c.BaseURL, r.plan())
	for i, q := range r.questions {
		r.ask(ctx, q, fmt.Sprintf("[%d/%d]", i+1, len(r.questions)))
	}
	if len(c.Only) == 0 {
		r.readShapes(ctx)
	}
	interrupted := ctx.Err() != nil

	r.cleanUp(ctx)
	return r.report(interrupted)
}

func newRun(c Config) *run {
	r := &run{Config: c, clock: c.Clock, redact: &redactor{}, outcomes: map[string]*outcome{}}
	r.shapes = newShapes(r.redact)
	if r.clock == nil {
		r.clock = SystemClock{}
	}
	if r.NewKey == nil {
		r.NewKey = signing.GenerateKey
	}
	r.started, r.resets = r.clock.Now(), -1
	r.forget() // nothing was made yet
	p := newPace(r.clock, c.LimitsOff, func(d time.Duration, what string) {
		if d >= 2*time.Second {
			r.say("    waiting %s: %s", seconds(d.Round(100*time.Millisecond)), what)
		}
	})
	r.client = newClient(c.BaseURL, c.Transport, r.clock, p, r.redact)
	r.client.seen = r.shapes.note
	for _, q := range questions() {
		if len(c.Only) == 0 || slices.Contains(c.Only, q.setting) {
			r.questions = append(r.questions, q)
		}
	}
	return r
}

// forget drops everything that was made at bunq, which no longer knows it; the next question makes
// it again.
func (r *run) forget() {
	r.resets++
	if r.resets > 0 {
		r.problem("%v", errReset)
	}
	r.memory = memory{parties: map[string]*party{}}
}

// certificateKey is the key of all pseudo certificates of this run.
func (r *run) certificateKey() *rsa.PrivateKey {
	if r.certKey == nil {
		r.certKey = must(r.NewKey())
	}
	return r.certKey
}

func (r *run) say(format string, args ...any) {
	if r.Progress != nil {
		_, _ = fmt.Fprintln(r.Progress, r.redact.text(fmt.Sprintf(format, args...)))
	}
}

// plan says what a run takes, before it starts.
func (r *run) plan() string {
	return fmt.Sprintf("%d questions, at most %s.", len(r.questions), minutes(r.estimate()))
}

// estimate is how long the questions take together if no waiting of one is shared by another.
func (r *run) estimate() time.Duration {
	var total time.Duration
	for _, q := range r.questions {
		total += q.takes + 2*time.Second
		if !r.LimitsOff {
			total += time.Duration(q.sessions) * 30 * time.Second
		}
	}
	return total
}

func minutes(d time.Duration) string {
	if d < time.Minute {
		return "a minute"
	}
	return fmt.Sprintf("%d minutes", int((d+time.Minute-1)/time.Minute))
}

// clockRange bounds how far bunq's clock is before ours.
func (r *run) clockRange() (low, high time.Duration) {
	for i, n := range r.clockDiff {
		if i == 0 {
			low, high = n.low, n.high
		}
		low, high = max(low, n.low), min(high, n.high)
	}
	return low, high
}

// noteClock compares a time of bunq's with ours.
func (r *run) noteClock(x *exchange, text string) {
	if t, ok := parseTime(text); ok {
		// bunq's time was taken between sending and answer.
		r.clockDiff = append(r.clockDiff, clockNote{t.Sub(x.answered), t.Sub(x.sent)})
	}
}
