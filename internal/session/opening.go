package session

import (
	"context"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

// opening is the opening of a session, for which several callers may wait.
type opening = bunq.Work[*entry]

// join returns the session in memory, else the opening to wait for.
func (s *Source) join(ctx context.Context) (*entry, *opening, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e, err := s.knownLocked(); e != nil || err != nil {
		return e, nil, err
	}
	if s.opening == nil || !s.opening.Join() {
		s.opening = s.begin(ctx)
	}
	return nil, s.opening, nil
}

// begin begins an opening. The caller holds the lock.
func (s *Source) begin(ctx context.Context) *opening {
	registered := s.registered
	return bunq.Begin(ctx, func(ctx context.Context) (*entry, error) {
		// One at a time: an earlier one that nobody waits for may still be ending.
		if err := acquire(ctx, s.turn, s.log, "an opening of this run to end"); err != nil {
			return nil, err
		}
		defer func() { <-s.turn }()

		e, err := s.open(ctx)
		return e, s.finish(e, err, registered)
	})
}

// finish keeps the result for the run, and returns the error for the waiters. The result
// of an opening without waiters counts too: its answer may have come just before the end.
func (s *Source) finish(e *entry, err error, registered int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		if _, dead := s.dead[e.session.Token]; !dead {
			s.current = e
		}
		return nil
	}

	lasting := remembered(err)
	if lasting == nil {
		return err
	}
	if registered == s.registered {
		s.refused = lasting
	}
	return lasting
}

// open returns a session from the first place that has one: the earlier opening, the
// cache, the cache again after waiting for other processes that open a session of the
// same context, and bunq.
func (s *Source) open(ctx context.Context) (*entry, error) {
	defer s.cache.folder.report(ctx, s.log)

	if e, err := s.known(); e != nil || err != nil {
		return e, err
	}
	if e := s.fromCache(ctx); e != nil {
		return e, nil
	}

	unlock, err := s.cache.lockOpening(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if e := s.fromCache(ctx); e != nil {
		return e, nil
	}

	s.cache.drop(ctx, s.isDead) // now, as this process may end while it waits for bunq
	e, err := s.ask(ctx)
	if err != nil {
		return nil, err
	}
	s.cache.keep(ctx, e)
	return e, nil
}

// ask opens a session at bunq. POST /session-server is safe to repeat, so it is sent once
// more if the answer was lost.
func (s *Source) ask(ctx context.Context) (*entry, error) {
	e, err := s.askOnce(ctx)
	if err == nil || ctx.Err() != nil || !isLost(err) {
		return e, err
	}
	s.log.debug(ctx, "asking for a session again, as the answer did not come", nil)
	return s.askOnce(ctx)
}

// askOnce waits until the address may open a session, and opens one.
func (s *Source) askOnce(ctx context.Context) (*entry, error) {
	done, err := s.address.waitTurn(ctx)
	if err != nil {
		return nil, err
	}

	opened := time.Now()
	session, err := s.opener.OpenSession(ctx, s.apiContext)
	done(!bunq.NeverSent(err))
	if err != nil {
		return nil, err
	}
	if s.isDead(session.Token) {
		return nil, errSameSession
	}
	s.log.debug(ctx, "opened a session", nil)
	return &entry{session: *session, opened: opened}, nil
}
