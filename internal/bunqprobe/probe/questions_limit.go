package probe

import (
	"context"
	"net/http"
	"time"
)

func limitQuestions() []question {
	return []question{
		{setting: "rate_limit_status", answers: []any{http.StatusTooManyRequests, http.StatusConflict},
			leaves: "nothing; hits a limit on purpose, once", sessions: 1, takes: 4 * time.Second, ask: askLimitStatus},
		{setting: "refused_requests_count", answers: []any{refused, accepted},
			leaves: "nothing; may hit the same limit once more", ask: askRefusedCount},
	}
}

// mostInBurst is how many GETs are sent without spacing to find a limit.
const mostInBurst = 10

// burst is what was seen when a limit was hit on purpose: twice at most in a run.
type burst struct {
	hit     *exchange // the answer that named a limit; nil: none came
	lim     limit
	sent    int       // calls until then, with the one refused
	counted *bool     // whether the refused call used up the limit itself; nil: not tried
	second  *exchange // shows it
	err     error     // of that try
}

// hitLimit sends as many GETs as the published limit allows, one more shortly before their window
// ends, and as many again when it has ended: where the refused one counts, the last of them is
// refused, too.
func (r *run) hitLimit(ctx context.Context) (*burst, error) {
	if r.burst != nil {
		return r.burst, nil
	}
	if r.LimitsOff {
		return nil, &unsettled{"limits are said to be off"}
	}
	// With a session that is fresh, and not a key's first, none ends in the middle.
	p, err := r.base(ctx)
	if err != nil {
		return nil, err
	}
	r.endSession(ctx, p)
	if err := r.openSession(ctx, p); err != nil {
		return nil, err
	}
	path := p.userPath("")
	published := publishedLimit(http.MethodGet, routeOf(path))
	if err := r.client.pace.sleep(ctx, published.window+margin, "the window of the limit that is to be hit must be empty"); err != nil {
		return nil, err
	}
	get := func() (*exchange, error) {
		x, err := r.client.send(ctx, call{method: http.MethodGet, path: path, token: p.session.token, serverKey: p.inst.serverKey, unpaced: true})
		if err == nil && x.dead() {
			p.session = nil
			return nil, &unsettled{"the session ended while a limit was looked for; ask again"}
		}
		return x, err
	}

	r.say("    hitting a limit on purpose: %d GETs, and one more", published.max)
	b, filled := &burst{}, r.clock.Now()
	for n := 0; n < mostInBurst && b.hit == nil; n++ {
		if n == published.max {
			if err := r.clock.Sleep(ctx, filled.Add(published.window*7/10).Sub(r.clock.Now())); err != nil {
				return nil, err
			}
		}
		x, err := get()
		if err != nil {
			return nil, err
		}
		if n < published.max {
			filled = x.answered
		}
		b.sent = n + 1
		if lim, ok := x.hitLimit(); ok {
			b.hit, b.lim = x, lim
		} else if !x.ok() {
			return nil, other(x)
		}
	}
	r.burst = b
	if b.hit == nil || b.lim != published || b.sent != published.max+1 {
		return b, nil
	}
	b.err = r.countRefused(ctx, b, filled.Add(published.window+2*margin), get)
	return b, nil
}

// countRefused fills the limit again at a time when the window of the first calls has ended, and
// that of the refused one has not.
func (r *run) countRefused(ctx context.Context, b *burst, at time.Time, get func() (*exchange, error)) error {
	if err := r.clock.Sleep(ctx, at.Sub(r.clock.Now())); err != nil {
		return err
	}
	for n := range b.lim.max {
		x, err := get()
		if err != nil {
			return err
		}
		_, again := x.hitLimit()
		if !again && !x.ok() || !x.trusted() {
			return other(x)
		}
		if again && n < b.lim.max-1 {
			return unforeseen(x, "fewer calls are taken in a new window than in the first")
		}
		b.second, b.counted = x, &again
	}
	return nil
}

func askLimitStatus(ctx context.Context, r *run) (*finding, error) {
	b, err := r.hitLimit(ctx)
	if err != nil {
		return nil, err
	}
	if b.hit == nil {
		return nil, &unsettled{"no limit was met in 10 GETs within 3 s, and more would be a nuisance"}
	}
	if b.lim.max == 0 || !b.hit.trusted() {
		return nil, other(b.hit)
	}
	return settled(b.hit.status, b.hit)
}

func askRefusedCount(ctx context.Context, r *run) (*finding, error) {
	b, err := r.hitLimit(ctx)
	switch {
	case err != nil:
		return nil, err
	case b.err != nil:
		return nil, b.err
	case b.hit != nil && !b.hit.trusted():
		return nil, other(b.hit)
	case b.counted == nil:
		return nil, &unsettled{"the published limit did not hold as published, and trying another would need many calls"}
	case *b.counted:
		return settled(accepted, b.hit, b.second)
	default:
		return settled(refused, b.hit, b.second)
	}
}
