package probe

import (
	"context"
	"fmt"
	"time"
)

func lifetimeQuestions() []question {
	return []question{
		{setting: "first_session_lifetime", answers: []any{time.Hour, 20 * time.Second}, open: true, long: "needs an hour, if it is the documented one",
			leaves: "a user, its key, a device; with -long six more", sessions: 1, takes: watched, ask: askFirstLifetime},
		{setting: "session_lifetime", answers: []any{90 * time.Hour, time.Minute}, open: true, long: "needs 90 hours, if it is what was seen",
			leaves: "a user, its key, a device; with -long up to nine more", sessions: 2, takes: watched, ask: askLifetime},
		{setting: "session_extension", answers: []any{"never", "last-30-minutes", "last-30-seconds"}, long: "needs an hour, if sessions live as documented",
			leaves: "what first_session_lifetime leaves; with -long one more", ask: askExtension},
	}
}

// watched is the age at which a standard run looks at a session.
const watched = 75 * time.Second

// looks are the ages at which a long run looks, each with a session of its own: before and after
// what documents and recordings name.
var looks = []time.Duration{
	270 * time.Second, 330 * time.Second, 29 * time.Minute, 31 * time.Minute, 59 * time.Minute, 61 * time.Minute,
	23*time.Hour + 30*time.Minute, 24*time.Hour + 30*time.Minute, 89*time.Hour + 30*time.Minute, 90*time.Hour + 15*time.Minute,
}

// firstLooks are those for the first session of a key.
const firstLooks = 6

func askFirstLifetime(ctx context.Context, r *run) (*finding, error) {
	return r.measure(ctx, r.firstSentinel, looks[:firstLooks], "needs an hour")
}

func askLifetime(ctx context.Context, r *run) (*finding, error) {
	return r.measure(ctx, r.laterSentinel, looks, "needs 90 hours")
}

// sentinel is a session that is not used until it is looked at, once: use may make it last.
type sentinel struct {
	p      *party
	s      *session
	resets int
}

type openSentinel func(ctx context.Context, alone bool) (*sentinel, error)

// firstSentinel opens the first session of a new key.
func (r *run) firstSentinel(ctx context.Context, _ bool) (*sentinel, error) {
	p, err := r.newParty(ctx, "first-session "+drawHex(3), "")
	if err != nil {
		return nil, err
	}
	if err := r.addDevice(ctx, p); err != nil {
		return nil, err
	}
	return r.detached(ctx, p)
}

// laterSentinel opens a session that is not its key's first; alone where no other session of the
// key may live.
func (r *run) laterSentinel(ctx context.Context, alone bool) (*sentinel, error) {
	name := "later-session"
	if !alone {
		parallel, err := r.answer(ctx, "parallel_sessions")
		if err != nil {
			return nil, err
		}
		if parallel == refused {
			name += " " + drawHex(3)
		}
	}
	p, err := r.party(ctx, name)
	if err != nil {
		return nil, err
	}
	if p.opened == 0 {
		if err := r.openSession(ctx, p); err != nil {
			return nil, err
		}
		r.endSession(ctx, p)
	}
	return r.detached(ctx, p)
}

// detached opens a session that nothing else uses.
func (r *run) detached(ctx context.Context, p *party) (*sentinel, error) {
	if err := r.openSession(ctx, p); err != nil {
		return nil, err
	}
	s := &sentinel{p, p.session, r.resets}
	p.session = nil
	return s, nil
}

// at is the time at which the sentinel has an age.
func (s *sentinel) at(age time.Duration) time.Time { return s.s.x.answered.Add(age) }

// look uses the session. Where it lives it is older than the first age that is returned, where not
// at most the second.
func (r *run) look(ctx context.Context, s *sentinel) (alive bool, x *exchange, err error) {
	if s.resets != r.resets {
		return false, nil, errReset
	}
	s.p.session = s.s
	alive, x, err = r.alive(ctx, s.p)
	s.p.session = nil
	if err == nil && !alive {
		err = r.mustKnow(ctx, s.p.inst)
	}
	return alive, x, err
}

// end deletes a session that was looked at and lives.
func (r *run) end(ctx context.Context, s *sentinel) {
	s.p.session = s.s
	r.endSession(ctx, s.p)
}

// span bounds a life: it is longer than low and not longer than high.
type span struct{ low, high time.Duration }

func (b *span) take(alive bool, s *sentinel, x *exchange) {
	if alive {
		b.low = x.sent.Sub(s.s.x.answered)
	} else {
		b.high = x.answered.Sub(s.s.x.sent)
	}
}

// measure finds how long a session lives that is not used. One that is dead after little more than
// a minute is measured to the second; what lives longer is looked at for hours, with -long.
func (r *run) measure(ctx context.Context, open openSentinel, ages []time.Duration, reason string) (*finding, error) {
	var b span
	x, err := r.lookAt(ctx, open, watched, &b)
	if err != nil {
		return nil, err
	}
	if b.high == 0 {
		return nil, r.measureLong(ctx, open, ages, &b, reason)
	}
	for b.high-b.low > 1500*time.Millisecond {
		middle := (b.low + (b.high-b.low)/2).Truncate(time.Second)
		if x, err = r.lookAt(ctx, open, max(middle, time.Second), &b); err != nil {
			return nil, err
		}
	}
	return b.settle(x)
}

// lookAt opens a session and looks at it when it has an age.
func (r *run) lookAt(ctx context.Context, open openSentinel, age time.Duration, b *span) (*exchange, error) {
	s, err := open(ctx, true)
	if err != nil {
		return nil, err
	}
	if err := r.client.pace.sleep(ctx, s.at(age).Sub(r.clock.Now()), "a session that is not used must be "+age.String()+" old"); err != nil {
		return nil, err
	}
	alive, x, err := r.look(ctx, s)
	if err != nil {
		return nil, err
	}
	b.take(alive, s, x)
	if alive {
		r.end(ctx, s)
	}
	return x, nil
}

func (b span) settle(x *exchange) (*finding, error) {
	how := fmt.Sprintf("one that is not used ends at an age of more than %s and at most %s", b.low, b.high)
	if d, ok := roundest(b.low, b.high); ok {
		return &finding{answer: d, shown: []*exchange{x}, how: how}, nil
	}
	return nil, &unsettled{how}
}

// measureLong opens a session for each age, and returns how they are to be waited for.
func (r *run) measureLong(ctx context.Context, open openSentinel, ages []time.Duration, b *span, reason string) error {
	w := &waiting{reason: func() string { return fmt.Sprintf("%s: it was alive after %s", reason, b.low.Round(time.Second)) }}
	if !r.Long {
		return w
	}
	var all []*sentinel
	for range ages {
		s, err := open(ctx, false)
		if err != nil {
			return err
		}
		all = append(all, s)
	}
	w.at = all[0].at(ages[0])
	w.poll = func(ctx context.Context) (*finding, time.Time, error) {
		alive, x, err := r.look(ctx, all[0])
		if err != nil {
			return nil, time.Time{}, err
		}
		b.take(alive, all[0], x)
		if !alive {
			f, err := b.settle(x)
			return f, time.Time{}, err
		}
		if all, ages = all[1:], ages[1:]; len(all) == 0 {
			return nil, time.Time{}, &unsettled{"it was alive after " + b.low.String() + ", and longer was not tried"}
		}
		return nil, all[0].at(ages[0]), nil
	}
	return w
}

// roundest returns the roundest duration above low and not above high, if it is the only one as round.
func roundest(low, high time.Duration) (time.Duration, bool) {
	for _, unit := range []time.Duration{24 * time.Hour, time.Hour, 30 * time.Minute, 15 * time.Minute, 10 * time.Minute, 5 * time.Minute,
		time.Minute, 30 * time.Second, 10 * time.Second, 5 * time.Second, time.Second} {
		d := high.Truncate(unit)
		if d > low {
			return d, d-unit <= low && high-low <= max(2*time.Second, high/20)
		}
	}
	return 0, false
}
