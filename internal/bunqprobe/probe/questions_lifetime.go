package probe

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

func lifetimeQuestions() []question {
	return []question{
		{setting: "first_session_lifetime", answers: []any{time.Hour, 20 * time.Second}, open: true, long: "needs an hour, if it is the documented one",
			leaves: "a user, its key, a device", sessions: 1, takes: watched, ask: askFirstLifetime},
		{setting: "session_lifetime", answers: []any{90 * time.Hour, time.Minute}, open: true, long: "needs 90 hours, if it is what was seen",
			leaves: "nothing", sessions: 1, takes: watched, ask: askLifetime},
	}
}

// watched is how long a standard run watches a session.
const watched = 75 * time.Second

func askFirstLifetime(ctx context.Context, r *run) (*finding, error) {
	p, err := r.party(ctx, "first-session")
	if err != nil {
		return nil, err
	}
	if err := r.openSession(ctx, p); err != nil {
		return nil, err
	}
	return r.watch(ctx, p, "needs an hour: it was alive after %s")
}

// askLifetime watches a session that is not its key's first.
func askLifetime(ctx context.Context, r *run) (*finding, error) {
	p, err := r.base(ctx)
	if err != nil {
		return nil, err
	}
	for again := true; again; again = p.opened < 2 {
		r.endSession(ctx, p)
		if err := r.openSession(ctx, p); err != nil {
			return nil, err
		}
	}
	return r.watch(ctx, p, "needs 90 hours: it was alive after %s")
}

// watcher looks at one session until it ends.
type watcher struct {
	r        *run
	p        *party
	s        *session
	inst     *installation
	low      time.Duration // alive at this age
	resets   int
	lastSeen *exchange
}

// watch looks for as long as a standard run has, and then, with -long, for hours.
func (r *run) watch(ctx context.Context, p *party, reason string) (*finding, error) {
	w := &watcher{r: r, p: p, s: p.session, inst: p.inst, resets: r.resets}
	for w.low < watched {
		f, err := w.look(ctx)
		if f != nil || err != nil {
			return f, err
		}
		if err := r.clock.Sleep(ctx, w.step()); err != nil {
			return nil, err
		}
	}
	return nil, &waiting{reason: func() string { return fmt.Sprintf(reason, w.low.Round(time.Second)) }, at: r.clock.Now().Add(w.step()),
		poll: func(ctx context.Context) (*finding, time.Time, error) {
			f, err := w.look(ctx)
			return f, r.clock.Now().Add(w.step()), err
		}}
}

// step is how long to wait until the next look: always so short that the age at which it ends is known to a twentieth.
func (w *watcher) step() time.Duration {
	return min(max(w.low/24, time.Second), 30*time.Minute)
}

// look asks with the session; nothing and no error means that it lives.
func (w *watcher) look(ctx context.Context) (*finding, error) {
	if w.resets != w.r.resets {
		return nil, errReset
	}
	x, err := w.r.client.send(ctx, call{method: http.MethodGet, path: "/user", token: w.s.token, serverKey: w.inst.serverKey})
	if err != nil {
		return nil, err
	}
	if x.ok() {
		w.low, w.lastSeen = x.sent.Sub(w.s.x.answered), x
		return nil, nil
	}
	if !x.dead() {
		return nil, other(x)
	}
	if err := w.r.mustKnow(ctx, w.inst); err != nil {
		return nil, err
	}
	if w.s.ended {
		return nil, &unsettled{"the probe had to end the session itself, to open another"}
	}
	if w.p.session == w.s {
		w.p.session = nil
	}
	high := x.answered.Sub(w.s.x.sent)
	d, ok := roundest(w.low, high)
	if !ok {
		return nil, &unsettled{fmt.Sprintf("it ended at an age between %s and %s", w.low, high)}
	}
	return &finding{answer: d, shown: []*exchange{w.s.x, x}, how: fmt.Sprintf("it ended at an age between %s and %s", w.low, high)}, nil
}

// roundest returns the roundest duration above low and not above high, if it is the only one as round.
func roundest(low, high time.Duration) (time.Duration, bool) {
	for _, unit := range []time.Duration{24 * time.Hour, time.Hour, 30 * time.Minute, 15 * time.Minute, 10 * time.Minute, 5 * time.Minute,
		time.Minute, 30 * time.Second, 10 * time.Second, 5 * time.Second, time.Second} {
		d := high / unit * unit
		if d > low {
			return d, d-unit <= low && high-low <= max(2*time.Second, high/20)
		}
	}
	return 0, false
}
