package probe

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

func sessionQuestions() []question {
	return []question{
		{setting: "parallel_sessions", answers: []any{accepted, refused}, refusal: refused,
			leaves: "nothing", sessions: 2, ask: askParallel},
		{setting: "dead_session_status", answers: []any{http.StatusUnauthorized, http.StatusForbidden},
			leaves: "nothing", sessions: 1, ask: askDeadSession},
		{setting: "first_session_lifetime", answers: []any{time.Hour, 20 * time.Second}, open: true,
			leaves: "a user, its key, a device; seven, if it is short", sessions: 1, takes: watched, ask: askFirstLifetime},
	}
}

// askParallel opens a session while another of the key lives. The other may end by itself
// meanwhile, as bunq takes one each 30 s only; then the new one is the other of the next try.
func askParallel(ctx context.Context, r *run) *finding {
	p := r.base(ctx)
	var x *exchange
	for range 3 {
		r.openSession(ctx, p)
		before := p.session
		if x = r.postSession(ctx, p); x.says(http.StatusBadRequest, textSession) {
			return settled(refused, x)
		}
		if !x.ok() {
			fail(other(x))
		}
		after := p.session
		p.session = before
		alive, _ := r.alive(ctx, p)
		if alive {
			r.endSession(ctx, p)
		}
		if p.session = after; alive {
			return settled(accepted, x)
		}
	}
	fail(unforeseen(x, "each session ends the one before it, or ends within 30 s"))
	return nil
}

// askDeadSession deletes a session and uses its token.
func askDeadSession(ctx context.Context, r *run) *finding {
	p := r.base(ctx)
	if deleted := r.remove(ctx, p, "/session/0"); !deleted.ok() {
		fail(other(deleted))
	}
	token := p.session.token
	p.session = nil
	x := r.send(ctx, call{method: http.MethodGet, path: "/user", token: token, serverKey: p.inst.serverKey})
	r.mustKnow(ctx, p.inst) // a sandbox that was reset in between has other reasons for its refusal
	if !x.dead() {
		fail(other(x))
	}
	return settled(x.status, x)
}

// watched is the age at which a first session is looked at.
const watched = 75 * time.Second

// askFirstLifetime finds how long the first session of a key lives that is not used. One that is
// dead after little more than a minute is measured to the second; what lives longer would need an
// hour.
func askFirstLifetime(ctx context.Context, r *run) *finding {
	var low, high time.Duration // it lives longer than low, and not longer than high
	for age := watched; ; age = max((low + (high-low)/2).Truncate(time.Second), time.Second) {
		alive, s, x := r.lookAt(ctx, age)
		if alive && age == watched {
			fail(&unsettled{"needs an hour: it was alive after " + watched.String()})
		}
		if alive {
			low = x.sent.Sub(s.x.answered)
		} else {
			high = x.answered.Sub(s.x.sent)
		}
		if high-low > 1500*time.Millisecond {
			continue
		}
		how := fmt.Sprintf("one that is not used ends at an age of more than %s and at most %s", low, high)
		d, ok := roundest(low, high)
		if !ok {
			fail(&unsettled{how})
		}
		return &finding{answer: d, shown: []*exchange{x}, how: how}
	}
}

// lookAt opens the first session of a key, and uses it when it has an age: use may make it last.
func (r *run) lookAt(ctx context.Context, age time.Duration) (alive bool, s *session, x *exchange) {
	p := r.newParty(ctx, "first-session "+drawHex(3), "")
	r.register(ctx, p)
	r.openSession(ctx, p)
	s = p.session
	must(0, r.client.pace.sleep(ctx, s.x.answered.Add(age).Sub(r.clock.Now()), "a session that is not used must be "+age.String()+" old"))
	if alive, x = r.alive(ctx, p); !alive {
		r.mustKnow(ctx, p.inst)
		p.session = nil
	}
	r.endSession(ctx, p)
	return alive, s, x
}

// roundest returns the roundest duration above low and not above high, if it is the only one as round.
func roundest(low, high time.Duration) (time.Duration, bool) {
	for _, unit := range []time.Duration{time.Minute, 30 * time.Second, 10 * time.Second, 5 * time.Second, time.Second} {
		d := high.Truncate(unit)
		if d > low {
			return d, d-unit <= low && high-low <= max(2*time.Second, high/20)
		}
	}
	return 0, false
}

func limitQuestions() []question {
	return []question{
		{setting: "rate_limit_status", answers: []any{http.StatusTooManyRequests, http.StatusConflict},
			leaves: "nothing; hits a limit on purpose, once", sessions: 1, takes: 4 * time.Second, ask: askLimitStatus},
		{setting: "rate_limit_text", answers: []any{"plain", "with-method"},
			leaves: "nothing; from the same call", ask: askLimitText},
	}
}

// mostInBurst is how many GETs are sent without spacing to find a limit.
const mostInBurst = 10

// burst is what was seen when a limit was hit on purpose: once in a run.
type burst struct {
	hit  *exchange // the answer that named a limit; nil: none came
	sent int       // calls until then, with the one refused
}

// hitLimit sends GETs without spacing until bunq refuses one.
func (r *run) hitLimit(ctx context.Context) *exchange {
	if r.LimitsOff {
		fail(&unsettled{"limits are said to be off"})
	}
	if r.burst == nil {
		// With a session that is fresh, and not a key's first, none ends in the middle.
		p := r.base(ctx)
		r.endSession(ctx, p)
		r.openSession(ctx, p)
		path, b := p.userPath(""), &burst{}
		published := publishedLimit(http.MethodGet, routeOf(path))
		must(0, r.client.pace.sleep(ctx, published.window+margin, "the window of the limit that is to be hit must be empty"))
		r.say("    hitting a limit on purpose: %d GETs, and one more", published.max)
		for b.sent < mostInBurst && b.hit == nil {
			x := r.send(ctx, call{method: http.MethodGet, path: path, token: p.session.token, serverKey: p.inst.serverKey, unpaced: true})
			b.sent++
			if _, ok := x.hitLimit(); ok {
				b.hit = x
			} else if !x.ok() {
				r.mustKnow(ctx, p.inst)
				fail(other(x))
			}
		}
		r.burst = b
	}
	if r.burst.hit == nil {
		fail(&unsettled{"no limit was met in 10 GETs within 3 s, and more would be a nuisance"})
	}
	if _, named := limitNamed(r.burst.hit.errorTexts()); !named || !r.burst.hit.trusted() {
		fail(other(r.burst.hit))
	}
	return r.burst.hit
}

func askLimitStatus(ctx context.Context, r *run) *finding {
	x := r.hitLimit(ctx)
	return settled(x.status, x)
}

func askLimitText(ctx context.Context, r *run) *finding {
	x := r.hitLimit(ctx)
	if tooMany.FindStringSubmatch(x.errorTexts()[0])[2] == "calls" {
		return settled("plain", x)
	}
	return settled("with-method", x)
}
