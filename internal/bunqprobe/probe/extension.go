package probe

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// What the documents say of how use makes a session last: a request in its last 30 minutes gives it
// a life again, or one in its last 30 seconds gives it five minutes at most.
const (
	extendedLate = 30 * time.Second
	extendedBy   = 5 * time.Minute
)

// askExtension uses a session shortly before its end, and looks whether it lives on. How long it
// lives must be known for that.
func askExtension(ctx context.Context, r *run) (*finding, error) {
	if life, err := r.life(ctx, "session_lifetime"); err != nil {
		return nil, err
	} else if life > extendedLate && life <= extendedBy {
		return r.extendShort(ctx, life)
	}
	life, err := r.life(ctx, "first_session_lifetime")
	if err != nil {
		return nil, err
	}
	if life > 0 && life <= 2*watched {
		return r.extendOnce(ctx, life)
	}
	return nil, r.extendLong(ctx)
}

// life returns what a question found out; 0 where that needs hours.
func (r *run) life(ctx context.Context, setting string) (time.Duration, error) {
	a, err := r.answer(ctx, setting)
	if d, ok := a.(time.Duration); ok && err == nil {
		return d, nil
	}
	var w *waiting
	if o := r.outcomes[setting]; o != nil && errors.As(o.err, &w) {
		return 0, nil
	}
	return 0, err
}

// usedAt opens a session, uses it at one age and looks at another.
func (r *run) usedAt(ctx context.Context, open openSentinel, use, look time.Duration) (alive bool, s *sentinel, x *exchange, err error) {
	if s, err = open(ctx, true); err != nil {
		return false, nil, nil, err
	}
	for _, age := range []time.Duration{use, look} {
		if err := r.client.pace.sleep(ctx, s.at(age).Sub(r.clock.Now()), "a session must be "+age.String()+" old"); err != nil {
			return false, s, nil, err
		}
		if alive, x, err = r.look(ctx, s); err != nil {
			return false, s, nil, err
		}
		if age == use && !alive {
			return false, s, x, unforeseen(x, fmt.Sprintf("a session was dead at %s, before its time", use))
		}
	}
	return alive, s, x, nil
}

// extendShort is for later sessions that live a few minutes at most: both extensions give them the
// same life, and differ in how early they begin.
func (r *run) extendShort(ctx context.Context, life time.Duration) (*finding, error) {
	after := life + 2*time.Second
	for _, try := range []struct {
		left   time.Duration
		answer string
	}{{extendedLate + 10*time.Second, "last-30-minutes"}, {extendedLate / 2, "last-30-seconds"}} {
		if try.left >= life {
			continue
		}
		alive, s, x, err := r.usedAt(ctx, r.laterSentinel, life-try.left, after)
		if err != nil {
			return nil, err
		}
		if alive {
			r.end(ctx, s)
			return &finding{answer: try.answer, shown: []*exchange{x}, how: fmt.Sprintf("used %s before its end, it lived on", try.left)}, nil
		}
		if try.answer == "last-30-seconds" {
			return &finding{answer: "never", shown: []*exchange{x}, how: fmt.Sprintf("used %s before its end, it ended all the same", try.left)}, nil
		}
	}
	return nil, &unsettled{"sessions live too shortly to tell"}
}

// extendOnce is for first sessions that live shortly while later ones live long: how long the
// extension lasts tells which it is.
func (r *run) extendOnce(ctx context.Context, life time.Duration) (*finding, error) {
	use := life / 2
	if life > extendedLate {
		use = life - extendedLate/2
	}
	alive, s, x, err := r.usedAt(ctx, r.firstSentinel, use, life+2*time.Second)
	if err != nil {
		return nil, err
	}
	if !alive {
		return settled("never", x)
	}
	if err := r.client.pace.sleep(ctx, s.at(use+extendedBy+20*time.Second).Sub(r.clock.Now()), "an extension of five minutes must have ended"); err != nil {
		return nil, err
	}
	return r.extendedFor(ctx, s)
}

func (r *run) extendedFor(ctx context.Context, s *sentinel) (*finding, error) {
	alive, x, err := r.look(ctx, s)
	switch {
	case err != nil:
		return nil, err
	case alive:
		r.end(ctx, s)
		return settled("last-30-minutes", x)
	default:
		return settled("last-30-seconds", x)
	}
}

// extendLong does the same with a first session of the documented life of an hour.
func (r *run) extendLong(ctx context.Context) error {
	w := &waiting{reason: func() string { return "needs an hour: a session must come to its end" }}
	if !r.Long {
		return w
	}
	s, err := r.firstSentinel(ctx, true)
	if err != nil {
		return err
	}
	const life = time.Hour
	stages := []time.Duration{life - extendedLate/2, life + time.Minute, life - extendedLate/2 + extendedBy + 20*time.Second}
	w.at = s.at(stages[0])
	w.poll = func(ctx context.Context) (*finding, time.Time, error) {
		if len(stages) == 1 {
			if known, err := r.life(ctx, "first_session_lifetime"); err != nil || known != life {
				return nil, time.Time{}, &unsettled{"the first session of a key does not live for an hour, and so it was used at the wrong time"}
			}
			f, err := r.extendedFor(ctx, s)
			return f, time.Time{}, err
		}
		alive, x, err := r.look(ctx, s)
		if err != nil {
			return nil, time.Time{}, err
		}
		if !alive && len(stages) == 2 {
			f, err := settled("never", x)
			return f, time.Time{}, err
		}
		if !alive {
			return nil, time.Time{}, &unsettled{"the first session of a key lives for less than an hour"}
		}
		stages = stages[1:]
		return nil, s.at(stages[0]), nil
	}
	return w
}
