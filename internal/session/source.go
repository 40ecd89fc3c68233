package session

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

// Source provides sessions for one API context. It is safe for concurrent use.
type Source struct {
	id         string
	apiContext bunq.APIContext
	opener     opener
	address    *address
	cache      *cache
	log        log

	mu      sync.Mutex
	current *entry
	dead    map[bunq.Secret]struct{} // tokens that bunq refused in this run
	refused error                    // for every call of this run, until ForgetRefusal
	// registered counts the calls of ForgetRefusal: a refusal that was on its way then is
	// about an earlier registration.
	registered int
	opening    *opening // the latest one

	turn chan struct{} // held during an opening
}

var _ bunq.SessionSource = (*Source)(nil)

// Session returns a live session: the one in memory, else the cached one, else a
// new one. Concurrent callers share one opening, which is cancelled when none of them
// waits any more.
//
// Errors: *RefusedError; that of ctx; those of (*bunq.Client).OpenSession, of which those
// that would come again are remembered for the run.
func (s *Source) Session(ctx context.Context) (*bunq.Session, error) {
	return s.get(ctx)
}

// Replace returns another session for dead, which bunq refused. It is opened once for all
// callers with the same dead one; later callers get the new one. The dead one is removed
// from the cache and not used again. The errors are those of Session.
func (s *Source) Replace(ctx context.Context, dead *bunq.Session) (*bunq.Session, error) {
	if dead != nil {
		s.markDead(dead.Token)
	}
	return s.get(ctx)
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

func (s *Source) get(ctx context.Context) (*bunq.Session, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		e, opening, err := s.join(ctx)
		if err != nil {
			return nil, err
		}
		if opening == nil {
			return e.copy(), nil
		}

		if e, err = opening.Wait(ctx); err != nil {
			return nil, err
		}
		// bunq may have refused it between the end of the opening and here.
		if !s.isDead(e.session.Token) {
			return e.copy(), nil
		}
	}
}

func (s *Source) markDead(token bunq.Secret) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dead[token] = struct{}{}
	if s.current != nil && s.current.session.Token == token {
		s.current = nil
	}
}

func (s *Source) isDead(token bunq.Secret) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, dead := s.dead[token]
	return dead
}

// known returns what is known without waiting: a refusal, else the session in memory, else
// neither.
func (s *Source) known() (*entry, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.knownLocked()
}

func (s *Source) knownLocked() (*entry, error) {
	if s.refused != nil {
		return nil, s.refused
	}
	return s.inMemory(), nil
}

// inMemory returns the current session, nil if there is none that may be used. The caller
// holds the lock.
func (s *Source) inMemory() *entry {
	if s.current != nil && !s.current.usable(time.Now()) {
		s.current = nil
	}
	return s.current
}

// fromCache makes the cached session the current one, if it may be used.
func (s *Source) fromCache(ctx context.Context) *entry {
	e := s.cache.session()
	if e == nil || e.session.Timeout <= 0 || !e.usable(time.Now()) {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, dead := s.dead[e.session.Token]; dead {
		return nil
	}
	if s.current == nil {
		s.current = e
		s.log.debug(ctx, "using the session kept by an earlier run", nil)
	}
	return s.inMemory()
}

func (e *entry) copy() *bunq.Session {
	c := e.session
	return &c
}

var errSameSession = errors.New("bunq gave out as new a session that it had refused before")
