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
	o.err = caught(func() { o.finding = q.ask(ctx, r) })
	if o.err == nil && r.resets != resets {
		o.finding, o.err = nil, errReset
	}
	r.countOutage(o.err)
	r.say("    %s", r.oneLine(o))
}

// answer returns what another question found out, which is asked if it was not yet.
func (r *run) answer(ctx context.Context, setting string) any {
	if r.outcomes[setting] == nil {
		all := questions()
		i := slices.IndexFunc(all, func(q question) bool { return q.setting == setting })
		r.ask(ctx, all[i], "    first")
	}
	o := r.outcomes[setting]
	if o.finding == nil {
		must(0, ctx.Err())
		fail(&unsettled{"it needs " + setting + ", which was not settled"})
	}
	return o.finding.answer
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
		err := caught(func() {
			if x := r.cancel(ctx, p, r.activeClient); !x.ok() {
				fail(other(x))
			}
		})
		if err != nil {
			r.problem("the OAuth client %d of user %d could not be cancelled", r.activeClient, p.user)
		}
	}
	for _, p := range r.parties {
		r.endSession(ctx, p)
	}
}
