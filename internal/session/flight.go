package session

import (
	"context"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

// flight is one way to a session that several callers wait for.
type flight struct {
	stats   *bunq.Stats
	cancel  context.CancelFunc
	waiters int // guarded by Source.mu

	done  chan struct{} // closed at the end
	entry *entry        // set before
	err   error         // set before
}

// join gives the session in memory, or else the flight to wait for.
func (s *Source) join(ctx context.Context) (*entry, *flight, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e, err := s.knownLocked(); e != nil || err != nil {
		return e, nil, err
	}
	if s.flight == nil {
		s.flight = s.start(ctx)
	}
	s.flight.waiters++
	return nil, s.flight, nil
}

// start begins a flight. It keeps the values of the first caller's context, for
// the logger's sake, but neither its end nor its deadline: others may still wait
// when that caller has gone. The caller holds the lock.
func (s *Source) start(ctx context.Context) *flight {
	ctx, cancel := context.WithCancel(bunq.Shared(ctx))
	f := &flight{stats: bunq.StatsFrom(ctx), cancel: cancel, done: make(chan struct{})}
	registered := s.registered
	go func() {
		defer cancel()
		// One opening at a time: an earlier one may be ending, as nobody waits for it.
		if err := acquire(ctx, s.opening, s.log, "an opening of this run to end"); err != nil {
			s.land(f, nil, err, registered)
			return
		}
		defer func() { <-s.opening }()
		e, err := s.fly(ctx)
		s.land(f, e, err, registered)
	}()
	return f
}

// leave takes one waiter off; the last one ends the flight.
func (s *Source) leave(f *flight) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f.waiters--
	if f.waiters > 0 {
		return
	}
	if s.flight == f {
		s.flight = nil // nobody may join it any more
	}
	f.cancel()
}

// land publishes the result. That of an abandoned flight counts too: its answer
// may have come just before the end.
func (s *Source) land(f *flight, e *entry, err error, registered int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if lasting := remembered(err); lasting != nil {
		err = lasting
		if registered == s.registered {
			s.refused = lasting
		}
	}
	if err == nil {
		if _, dead := s.dead[e.session.Token]; !dead {
			s.current = e
		}
	}
	if s.flight == f {
		s.flight = nil
	}
	f.entry, f.err = e, err
	close(f.done)
}

// fly goes the way: what an earlier flight left, the cache, then the queue of
// those on this machine who want a session of the same context, the cache again,
// then bunq.
func (s *Source) fly(ctx context.Context) (*entry, error) {
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
	s.cache.drop(ctx, s.buried) // now, for this process may not come back from bunq
	e, err := s.ask(ctx)
	if err != nil {
		return nil, err
	}
	s.cache.keep(ctx, e)
	return e, nil
}

// ask opens a session at bunq. POST /session-server is safe to repeat, so an answer
// that was lost is asked for once more, before all who wait for it fail.
func (s *Source) ask(ctx context.Context) (*entry, error) {
	e, err := s.askOnce(ctx)
	if err == nil || ctx.Err() != nil || !isLost(err) {
		return e, err
	}
	s.log.debug(ctx, "asking for a session again, as the answer did not come")
	return s.askOnce(ctx)
}

// askOnce does it when the address may open one.
func (s *Source) askOnce(ctx context.Context) (*entry, error) {
	leave, err := s.address.enter(ctx)
	if err != nil {
		return nil, err
	}

	opened := time.Now()
	session, err := s.opener.OpenSession(ctx, s.context)
	leave(!bunq.NeverSent(err))
	if err != nil {
		return nil, err
	}
	if s.buried(session.Token) {
		return nil, errSameSession
	}
	s.log.debug(ctx, "opened a session")
	return &entry{session: *session, opened: opened}, nil
}
