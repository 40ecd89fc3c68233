package session

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

func TestSession_openingOutlivesTheFirstCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bk := &bank{latency: 10 * time.Second}
		s := process(bk, t.TempDir()).For(testContext())
		first, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := s.Session(first); !errors.Is(err, context.Canceled) {
				t.Errorf("first: got %v", err)
			}
		})
		synctest.Wait()
		wg.Go(func() {
			if _, err := s.Session(t.Context()); err != nil {
				t.Errorf("second: got %v", err)
			}
		})
		time.Sleep(time.Second)
		cancel()
		wg.Wait()
		bk.wantOpenings(t, 1)
	})
}

func TestSession_openingIgnoresTheDeadlineOfTheFirstCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bk := &bank{latency: 10 * time.Second}
		s := process(bk, "").For(testContext())
		short, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := s.Session(short); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("first: got %v", err)
			}
		})
		synctest.Wait()
		mustSession(t, s)
		wg.Wait()
		bk.wantOpenings(t, 1)
	})
}

func TestSession_openingEndsWhenAllHaveGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bk := &bank{latency: time.Hour}
		s := process(bk, t.TempDir()).For(testContext())
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		start := time.Now()
		for range 10 {
			wg.Go(func() {
				if _, err := s.Session(ctx); !errors.Is(err, context.Canceled) {
					t.Errorf("got %v", err)
				}
			})
		}
		synctest.Wait()
		cancel()
		wg.Wait()
		synctest.Wait()
		if bk.airing != 0 || time.Since(start) != 0 {
			t.Errorf("%d openings still under way %v after all have gone", bk.airing, time.Since(start))
		}
		bk.wantOpenings(t, 1)
	})
}

// deaf is a bank that goes on after it was cancelled, as when the answer is
// already on its way.
type deaf struct{ *bank }

func (d deaf) OpenSession(ctx context.Context, ac bunq.APIContext) (*bunq.Session, error) {
	return d.bank.OpenSession(context.WithoutCancel(ctx), ac)
}

func TestSession_neverTwoOpeningsOfOneContextAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bk := &bank{latency: 10 * time.Second}
		s := newBroker(deaf{bk}, Options{BaseURL: testURL}).For(testContext())
		for range 5 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			if _, err := s.Session(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v", err)
			}
			cancel()
		}
		session := mustSession(t, s)
		if bk.most != 1 {
			t.Errorf("%d openings at once", bk.most)
		}
		if session.ID != 1001 {
			t.Errorf("the session of an abandoned opening was thrown away: got %d", session.ID)
		}
		bk.wantOpenings(t, 1)
	})
}

func TestSession_aNewcomerDoesNotJoinAnOpeningThatAllHaveLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bk := &bank{latency: 10 * time.Second, linger: time.Second}
		s := process(bk, "").For(testContext())
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := s.Session(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		mustSession(t, s)
		bk.wantOpenings(t, 2)
		if bk.most != 1 {
			t.Errorf("%d openings at once", bk.most)
		}
	})
}

// Another process may leave in the cache what this one learns to be dead while it
// takes it from there.
func TestGet_aSessionThatDiesBeforeItIsHandedOutIsNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bk := &bank{}
		s := process(bk, "").For(testContext())
		fetched := make(chan struct{})
		dying := bunq.Session{Token: "dying", Created: time.Now(), Timeout: time.Hour}
		// Nobody else knows s yet.
		s.opening = bunq.Begin(t.Context(), bunq.ReasonSession, func(context.Context) (*entry, error) {
			<-fetched
			return &entry{dying, time.Now()}, nil
		})
		var wg sync.WaitGroup
		for _, get := range []func() *bunq.Session{
			func() *bunq.Session { return mustSession(t, s) },
			func() *bunq.Session { return mustReplace(t, s, &dying) },
		} {
			wg.Go(func() {
				if got := get(); got.Token == dying.Token {
					t.Error("it was handed out")
				}
			})
		}
		synctest.Wait()
		close(fetched)
		wg.Wait()
		bk.wantOpenings(t, 1)
	})
}

func TestSession_cancelledWhileItWaitsFor(t *testing.T) {
	for name, prepare := range map[string]func(t *testing.T, bk *bank, dir string) func(){
		"the interval": func(t *testing.T, bk *bank, dir string) func() {
			t.Helper()
			mustSession(t, process(bk, dir).For(anotherContext()))
			return func() {}
		},
		"another process that opens the same": func(t *testing.T, bk *bank, dir string) func() {
			t.Helper()
			return hold(t, process(bk, dir).For(testContext()).cache.vault.name+".opening.lock", dir)
		},
		"another process that opens another one": func(t *testing.T, bk *bank, dir string) func() {
			t.Helper()
			return hold(t, process(bk, dir).interval.file+".lock", dir)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dir, bk := t.TempDir(), &bank{}
				release := prepare(t, bk, dir)
				before := bk.openings()
				s := process(bk, dir).For(testContext())
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(10*time.Second, cancel)
				start := time.Now()
				if _, err := s.Session(ctx); !errors.Is(err, context.Canceled) {
					t.Fatalf("got %v", err)
				}
				if late := time.Since(start) - 10*time.Second; late > 100*time.Millisecond {
					t.Errorf("left %v after it was cancelled", late)
				}
				synctest.Wait()
				if isOpening(s) {
					t.Error("the opening still waits when nobody waits for it")
				}
				bk.wantOpenings(t, before)
				release()
				mustSession(t, s)
				if got := time.Since(start); got > 30*time.Second { // the interval, at the most
					t.Errorf("the next one had to wait until %v: something was left held", got)
				}
			})
		})
	}
}

func TestSession_cancelledWhileItWaitsForAnotherContextOfTheProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := process(&bank{latency: time.Hour}, "")
		var wg sync.WaitGroup
		wg.Go(func() { mustSession(t, b.For(anotherContext())) })
		synctest.Wait()
		s := b.For(testContext())
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		start := time.Now()
		if _, err := s.Session(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		synctest.Wait()
		if isOpening(s) || time.Since(start) != time.Minute {
			t.Errorf("after %v the opening waits: %v", time.Since(start), isOpening(s))
		}
		wg.Wait()
	})
}

func isOpening(s *Source) bool {
	if s.turn.TryAcquire(1) {
		s.turn.Release(1)
		return false
	}
	return true
}

// hold takes a lock as another process would.
func hold(t *testing.T, name, dir string) (release func()) {
	t.Helper()
	unlock, err := (&folder{path: dir, log: bunq.NoLogger{}}).lock(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return unlock
}
