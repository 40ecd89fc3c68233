package probe

import (
	"context"
	"crypto/rsa"
	"errors"
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
	// Long also asks what takes hours.
	Long bool
	// LimitsOff sends without spacing, to a simulator that has no limits.
	LimitsOff bool
	// Progress is told what happens; nil: nobody.
	Progress io.Writer

	// Clock is where time comes from; nil: the system's.
	Clock Clock
	// NewKey makes key pairs; nil: signing.GenerateKey.
	NewKey func() (*rsa.PrivateKey, error)
}

// stopAfter is how many questions in a row may fail because bunq is out of reach before the others are left out.
const stopAfter = 3

// cleanTime bounds what is cleaned up after a run, also after one that was broken off.
const cleanTime = 20 * time.Second

// run is one run of the probe: what it made at bunq so far, and what it found out.
type run struct {
	Config
	clock     Clock
	client    *client
	redact    *redactor
	questions []question
	started   time.Time

	certKey       *rsa.PrivateKey
	installations map[int]*installation
	parties       map[string]*party
	resets        int // how often bunq was seen to have forgotten everything
	memory
	shapes   *shapes
	warnings warnings

	outcomes   map[string]*outcome
	asking     map[string]bool
	waits      []*longWait
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

type longWait struct {
	setting string
	w       *waiting
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
	r.waitForLong(ctx)
	if len(c.Only) == 0 {
		r.readShapes(ctx)
	}
	interrupted := ctx.Err() != nil

	clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanTime)
	defer cancel()
	r.cleanUp(clean)
	return r.report(interrupted)
}

func newRun(c Config) *run {
	r := &run{Config: c, clock: c.Clock, redact: &redactor{}, outcomes: map[string]*outcome{}, asking: map[string]bool{}}
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
	r.client.seen = func(x *exchange) {
		r.shapes.note(x)
		r.warnings.note(x)
	}
	for _, q := range questions() {
		if len(c.Only) == 0 || slices.Contains(c.Only, q.setting) {
			r.questions = append(r.questions, q)
		}
	}
	return r
}

// forget drops everything that was made at bunq, which no longer knows it; the next question makes it anew.
func (r *run) forget() {
	r.resets++
	if r.resets > 0 {
		r.problem("%v", errReset)
	}
	r.installations, r.parties, r.memory = map[int]*installation{}, map[string]*party{}, memory{}
}

func (r *run) newKey() (*rsa.PrivateKey, error) { return r.NewKey() }

// certificateKey is the key of all pseudo certificates of this run.
func (r *run) certificateKey() (*rsa.PrivateKey, error) {
	if r.certKey == nil {
		key, err := r.newKey()
		if err != nil {
			return nil, err
		}
		r.certKey = key
	}
	return r.certKey, nil
}

func (r *run) say(format string, args ...any) {
	if r.Progress != nil {
		_, _ = fmt.Fprintln(r.Progress, r.redact.text(fmt.Sprintf(format, args...)))
	}
}

// plan says what a run takes, before it starts.
func (r *run) plan() string {
	s := fmt.Sprintf("%d questions, about %s", len(r.questions), minutes(r.estimate()))
	if r.Long {
		s += ", and then hours for those that only time answers; interrupt it when you like, the report comes all the same"
	}
	return s + "."
}

// estimate is how long the questions take together, without those that take hours.
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

// ask asks one question, unless it was asked already, and keeps what came of it.
func (r *run) ask(ctx context.Context, q question, where string) {
	if r.outcomes[q.setting] != nil {
		return
	}
	o := &outcome{setting: q.setting}
	r.outcomes[q.setting] = o
	switch {
	case ctx.Err() != nil:
		o.err = &unsettled{"the run was interrupted before"}
		return
	case r.unreachable() != "":
		o.err = &unsettled{"not asked, because of what came before: " + r.unreachable()}
		return
	}

	r.say("%s %s (leaves: %s)", where, q.setting, q.leaves)
	resets := r.resets
	f, err := q.ask(ctx, r)
	if err == nil && r.resets != resets {
		f, err = nil, errReset
	}
	o.finding, o.err = f, err
	r.countOutage(err)
	var w *waiting
	if r.Long && errors.As(err, &w) {
		r.waits = append(r.waits, &longWait{q.setting, w})
	}
	r.say("    %s", r.oneLine(o))
}

// answer returns what another question found out, which is asked if it was not yet.
func (r *run) answer(ctx context.Context, setting string) (any, error) {
	if r.asking[setting] {
		return nil, &unsettled{"it needs " + setting + ", which needs it"}
	}
	if r.outcomes[setting] == nil {
		all := questions()
		i := slices.IndexFunc(all, func(q question) bool { return q.setting == setting })
		r.asking[setting] = true
		r.ask(ctx, all[i], "    first")
		delete(r.asking, setting)
	}
	o := r.outcomes[setting]
	if o.finding == nil {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		return nil, &unsettled{"it needs " + setting + ", which was not settled"}
	}
	return o.finding.answer, nil
}

// unreachable returns why the rest need not be asked: the last few questions all failed for bunq's not being there.
func (r *run) unreachable() string {
	if r.outages < stopAfter {
		return ""
	}
	return r.lastOutage
}

// countOutage notes how often in a row bunq was not there.
func (r *run) countOutage(err error) {
	var out *outage
	if !errors.As(err, &out) {
		r.outages = 0
		return
	}
	r.outages++
	r.lastOutage = out.reason
	r.problem("%s", out.reason)
}

// waitForLong polls the questions that need hours, until each has an outcome.
func (r *run) waitForLong(ctx context.Context) {
	failures := 0
	for len(r.waits) > 0 && ctx.Err() == nil {
		next := slices.MinFunc(r.waits, func(a, b *longWait) int { return a.w.at.Compare(b.w.at) })
		r.say("%d left that need time; the next look is at %s, for %s", len(r.waits), next.w.at.UTC().Format(time.TimeOnly), next.setting)
		if r.clock.Sleep(ctx, next.w.at.Sub(r.clock.Now())) != nil {
			break
		}

		f, at, err := next.w.poll(ctx)
		var out *outage
		if errors.As(err, &out) && failures < 10 { // a night is long, and networks are not
			failures++
			next.w.at = r.clock.Now().Add(time.Minute)
			continue
		}
		failures = 0
		if f == nil && err == nil {
			next.w.at = at
			continue
		}
		o := r.outcomes[next.setting]
		o.finding, o.err = f, err
		r.waits = slices.DeleteFunc(r.waits, func(w *longWait) bool { return w == next })
		r.say("    %s: %s", next.setting, r.oneLine(o))
	}
}

// cleanUp ends what can be ended: OAuth clients and sessions. Installations, users, keys and devices stay.
func (r *run) cleanUp(ctx context.Context) {
	for _, p := range r.parties {
		if p.session == nil {
			continue
		}
		if r.activeClient != 0 && p.name == "base" {
			_, _ = r.client.send(ctx, call{method: http.MethodPut, path: p.userPath("/oauth-client/%d", r.activeClient),
				token: p.session.token, serverKey: p.inst.serverKey, content: map[string]string{"status": "CANCELLED"}})
		}
		r.endSession(ctx, p)
	}
}

// bunqNow is the time by bunq's clock.
func (r *run) bunqNow() time.Time {
	low, high := r.clockRange()
	return r.clock.Now().Add(low + (high-low)/2)
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
