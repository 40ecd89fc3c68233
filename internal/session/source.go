package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

const (
	// margin is the time before its announced end in which a session is no longer used, so
	// that it does not end during a call. For short sessions it is a tenth of their time.
	margin = 5 * time.Minute

	// shortest is how long a session is used at least, whatever its announced lifetime, unless
	// bunq refuses it: another one costs half of that.
	shortest = time.Minute

	// fresh is the age up to which bunq is taken to have never accepted a session that it
	// refuses: the session did not expire, and bunq would refuse another one as well.
	fresh = time.Minute
)

var errSameSession = errors.New("bunq gave out as new a session that it had refused before")

// RefusedError means that bunq refused the API key or the caller's address, for which it
// has one text. A second request would get the same answer, so every later call with the
// same context gets this error without one, until [Source.ForgetRefusal].
type RefusedError struct {
	// Err is bunq's answer, a *bunq.APIError.
	Err error
}

// Error returns what bunq said.
func (e *RefusedError) Error() string {
	return "bunq refuses to open a session with this API key from this address: " + e.Err.Error()
}

// Unwrap returns bunq's answer.
func (e *RefusedError) Unwrap() error { return e.Err }

// entry is a session with the time at which this machine opened it.
type entry struct {
	session bunq.Session
	opened  time.Time
}

// usable reports whether the session is within its announced lifetime, counted from when
// this machine opened it: bunq's clock may be another, and then a session would seem to end
// when it begins, and each call would open one. If bunq ends it earlier (DOCUMENTED: the
// first one of a credential after an hour, though no field says so), the next call is
// refused, and Replace is called.
func (e *entry) usable(now time.Time) bool {
	if e.session.Token == "" {
		return false
	}
	if e.session.Timeout <= 0 {
		return true // no lifetime announced: it is used until bunq refuses it
	}
	lifetime := max(e.session.Timeout-min(margin, e.session.Timeout/10), shortest)
	return now.Before(e.opened.Add(lifetime))
}

func (e *entry) copy() *bunq.Session {
	c := e.session
	return &c
}

// Source provides sessions for one API context. It is safe for concurrent use.
type Source struct {
	id         string
	apiContext bunq.APIContext
	opener     opener
	interval   *interval
	cache      *cache
	log        bunq.Logger

	mu      sync.Mutex
	current *entry
	dead    map[bunq.Secret]struct{} // tokens that bunq refused in this run
	refused error                    // for every call of this run, until ForgetRefusal
	// registered counts the calls of ForgetRefusal: a refusal that was on its way then is
	// about an earlier registration.
	registered int
	opening    *bunq.Work[*entry] // the latest one

	// turn is held during an opening: an earlier one that nobody waits for may still be ending.
	turn *semaphore.Weighted
}

var _ bunq.SessionSource = (*Source)(nil)

// Session returns a live session: the one in memory, else the cached one, else a
// new one. Concurrent callers share one opening, which is cancelled when none of them
// waits any more.
//
// Errors: *RefusedError; that of ctx; those of (*bunq.Client).OpenSession, of which those
// that would come again are remembered for the run.
func (s *Source) Session(ctx context.Context) (*bunq.Session, error) {
	for ctx.Err() == nil {
		e, opening, err := s.knownOrOpening(ctx)
		if err == nil && e == nil {
			e, err = opening.Wait(ctx)
		}
		if err != nil {
			return nil, err
		}
		// bunq may have refused it between the end of the opening and here.
		if !s.isDead(e.session.Token) {
			return e.copy(), nil
		}
	}
	return nil, ctx.Err()
}

// Replace returns another session for dead, which bunq refused. It is opened once for all
// callers with the same dead one; later callers get the new one. The dead one is not used
// again. The errors are those of Session.
func (s *Source) Replace(ctx context.Context, dead *bunq.Session) (*bunq.Session, error) {
	if dead != nil {
		s.markDead(ctx, dead.Token)
	}
	return s.Session(ctx)
}

// Refused notes that bunq refused a session, with err, although Replace has just returned
// it. If this process has just opened it, no other one is opened in this run: each would
// cost thirty seconds, and the answer is known.
func (s *Source) Refused(ctx context.Context, dead *bunq.Session, err error) {
	s.mu.Lock()
	if s.current != nil && s.current.session.Token == dead.Token && time.Since(s.current.opened) < fresh {
		s.refused = err
	}
	s.mu.Unlock()
	s.markDead(ctx, dead.Token)
}

// ForgetRefusal lets the next call ask bunq again: the key was registered again,
// or its addresses have changed.
func (s *Source) ForgetRefusal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused = nil
	s.registered++
	s.opening = nil // one under way is about the old registration; its waiters still get it
}

// Format prevents every verb from printing the secrets.
func (s *Source) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "session.Source("+s.id[:12]+")") // fmt.State swallows write errors
}

// markDead keeps a session from being used again, in this run and in later ones.
func (s *Source) markDead(ctx context.Context, token bunq.Secret) {
	s.mu.Lock()
	s.dead[token] = struct{}{}
	if s.current != nil && s.current.session.Token == token {
		s.current = nil
	}
	s.mu.Unlock()
	s.cache.drop(ctx, token)
}

func (s *Source) isDead(token bunq.Secret) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, dead := s.dead[token]
	return dead
}

// known returns what is known without waiting: a refusal, else the session in memory, else
// neither. The caller holds the lock.
func (s *Source) known() (*entry, error) {
	if s.current != nil && !s.current.usable(time.Now()) {
		s.current = nil
	}
	if s.refused != nil {
		return nil, s.refused
	}
	return s.current, nil
}

// knownOrOpening returns what is known, else the opening to wait for.
func (s *Source) knownOrOpening(ctx context.Context) (*entry, *bunq.Work[*entry], error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if e, err := s.known(); e != nil || err != nil {
		return e, nil, err
	}
	if s.opening == nil || !s.opening.Join() {
		s.opening = bunq.Begin(ctx, bunq.ReasonSession, s.open)
	}
	return nil, s.opening, nil
}

// open gets a session, and keeps it, or a refusal that would come again, for the run. That
// of an opening without waiters counts too: its answer may have come just before the end.
func (s *Source) open(ctx context.Context) (*entry, error) {
	if err := s.turn.Acquire(ctx, 1); err != nil {
		return nil, err
	}
	defer s.turn.Release(1)

	s.mu.Lock()
	registered := s.registered
	e, err := s.known()
	s.mu.Unlock()
	if e != nil || err != nil {
		return e, err
	}
	e, err = s.fetch(ctx)

	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil {
		if _, dead := s.dead[e.session.Token]; !dead {
			s.current = e
		}
		return e, nil
	}
	if lasting := remembered(err); lasting != nil {
		err = lasting
		if registered == s.registered {
			s.refused = lasting
		}
	}
	return nil, err
}

// fetch returns a session from the first place that has one: the cache, the cache again
// after waiting for other processes that open a session of the same context, and bunq.
func (s *Source) fetch(ctx context.Context) (*entry, error) {
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

	e, err := s.ask(ctx)
	if err == nil {
		s.cache.keep(ctx, e)
	}
	return e, err
}

func (s *Source) fromCache(ctx context.Context) *entry {
	e := s.cache.session(ctx)
	if e == nil || e.session.Timeout <= 0 || !e.usable(time.Now()) || s.isDead(e.session.Token) {
		return nil
	}
	s.log.Debug(ctx, "using the session kept by an earlier run", nil)
	return e
}

// ask waits until this machine may open a session, and opens one.
func (s *Source) ask(ctx context.Context) (*entry, error) {
	done, err := s.interval.waitTurn(ctx)
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
	s.log.Debug(ctx, "opened a session", nil)
	return &entry{session: *session, opened: opened}, nil
}

// remembered returns the error of an opening that later callers of the run get, or nil if
// another attempt may succeed. Besides a refused key, that is an answer that cannot be
// verified or parsed: the next one, with the same keys, cannot either.
func remembered(err error) error {
	var signature *bunq.SignatureError
	var decode *bunq.DecodeError
	switch {
	case bunq.IsCredentialsRefused(err):
		return &RefusedError{Err: err}
	case errors.As(err, &signature), errors.As(err, &decode), bunq.IsSessionDead(err):
		return err
	}
	return nil
}
