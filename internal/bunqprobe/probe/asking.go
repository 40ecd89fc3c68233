package probe

import (
	"context"
	"errors"
	"slices"
	"time"
)

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

// unreachable returns why the rest need not be asked: the last few questions all failed for bunq's
// not being there.
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

// How long a run may clean up: after one that was broken off somebody waits for the report.
const (
	cleanTime      = 2 * time.Minute
	cleanTimeShort = 15 * time.Second
)

// cleanUp ends what can be ended: the OAuth client, and sessions. Installations, users, keys and
// devices stay.
func (r *run) cleanUp(ctx context.Context) {
	limit := cleanTime
	if ctx.Err() != nil {
		limit = cleanTimeShort
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()

	if p := r.parties["base"]; p != nil && r.activeClient != 0 && r.unreachable() == "" {
		x, err := r.put(ctx, p, p.userPath("/oauth-client/%d", r.activeClient), map[string]string{"status": clientCancelled})
		if err != nil || !x.ok() {
			r.problem("the OAuth client %d of user %d could not be cancelled", r.activeClient, p.user)
		}
	}
	for _, p := range r.parties {
		r.endSession(ctx, p)
	}
}
