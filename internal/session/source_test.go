package session

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

func TestBroker_sameContextSameSource(t *testing.T) {
	b := process(&bank{}, "")
	first, again := b.For(testContext()), b.For(testContext())
	if first != again {
		t.Error("two sources for one context")
	}
	if first == b.For(anotherContext()) {
		t.Error("one source for two contexts")
	}
}

func TestSession_opensOnceForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bk := &bank{latency: time.Second}
		s := process(bk, "").For(testContext())
		synctest.Wait()
		bk.wantOpenings(t, 0) // making a source opens nothing
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				session, err := s.Session(t.Context())
				if err != nil || session.ID != 1001 {
					t.Errorf("got %v, %v", session, err)
				}
			})
		}
		wg.Wait()
		bk.wantOpenings(t, 1)
	})
}

func TestSession_callersCannotChangeEachOthersSession(t *testing.T) {
	s := process(&bank{}, "").For(testContext())
	first := mustSession(t, s)
	want := *first
	first.Token, first.User.ID = "changed", 1
	if got := mustSession(t, s); *got != want {
		t.Errorf("got %+v, want %+v", *got, want)
	}
}

func TestReplace_opensOnceForAllWhoNoticed(t *testing.T) {
	for name, dir := range map[string]string{"without a cache": "", "with a cache": t.TempDir()} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bk := &bank{latency: time.Second}
				s := process(bk, dir).For(testContext())
				dead := mustSession(t, s)
				var wg sync.WaitGroup
				for n := range 50 {
					wg.Go(func() {
						time.Sleep(time.Duration(n) * 2 * time.Second) // some while it is opened, some long after
						session, err := s.Replace(t.Context(), dead)
						if err != nil || session.ID != 1002 {
							t.Errorf("got %v, %v", session, err)
						}
					})
				}
				wg.Wait()
				bk.wantOpenings(t, 2)
			})
		})
	}
}

func TestReplace_ofOneThatIsReplacedAlreadyGivesTheCurrentOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bk := &bank{}
		s := process(bk, "").For(testContext())
		first := mustSession(t, s)
		second := mustReplace(t, s, first)
		third := mustReplace(t, s, second)
		if got := mustReplace(t, s, first); *got != *third {
			t.Errorf("got session %d, want %d", got.ID, third.ID)
		}
		bk.wantOpenings(t, 3)
	})
}

func TestReplace_ofNothingIsSession(t *testing.T) {
	bk := &bank{}
	s := process(bk, "").For(testContext())
	mustReplace(t, s, nil)
	mustReplace(t, s, nil)
	bk.wantOpenings(t, 1)
}

func TestReplace_aNewSessionWithADeadTokenIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bk := &bank{token: func(int) string { return "always the same" }}
		s := process(bk, t.TempDir()).For(testContext())
		dead := mustSession(t, s)
		if session, err := s.Replace(t.Context(), dead); err == nil {
			t.Errorf("a dead session came back: %v", session.ID)
		}
		if _, ok := live(t, s); ok {
			t.Error("a dead session lives")
		}
	})
}

func TestSession_openedAnewAtTheEndOfItsLifetime(t *testing.T) {
	for name, c := range map[string]struct {
		timeout, usable time.Duration
	}{
		"five minutes before the announced end": {90 * time.Hour, 90*time.Hour - 5*time.Minute},
		"a tenth before that of a short one":    {10 * time.Minute, 9 * time.Minute},
	} {
		for cache, dir := range map[string]string{"in memory": "", "from the cache": t.TempDir()} {
			t.Run(name+", "+cache, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					bk := &bank{timeout: c.timeout}
					mustSession(t, process(bk, dir).For(testContext()))
					s := process(bk, dir).For(testContext())
					if dir == "" {
						mustSession(t, s)
					}
					opened := bk.openings()
					begin := bk.asked[opened-1]
					time.Sleep(time.Until(begin.Add(c.usable - time.Nanosecond)))
					mustSession(t, s)
					bk.wantOpenings(t, opened)
					time.Sleep(time.Nanosecond)
					if _, ok := live(t, s); ok {
						t.Error("a session lives beyond its lifetime")
					}
					mustSession(t, s)
					bk.wantOpenings(t, opened+1)
				})
			})
		}
	}
}

// Only this machine's clock counts: with bunq's, which may be another, or none, each call
// could open a session.
func TestUsable_countsFromTheOpening(t *testing.T) {
	now := time.Now()
	at := func(created time.Time, timeout time.Duration) bunq.Session {
		return bunq.Session{Token: "x", Timeout: timeout, Created: created}
	}
	for name, c := range map[string]struct {
		entry entry
		want  bool
	}{
		"both clocks agree":         {entry{at(now, time.Hour), now}, true},
		"opened long ago":           {entry{at(now, time.Hour), now.Add(-55 * time.Minute)}, false},
		"bunq's clock is behind":    {entry{at(now.Add(-100*time.Hour), time.Hour), now}, true},
		"bunq's clock is ahead":     {entry{at(now.Add(100*time.Hour), time.Hour), now.Add(-55 * time.Minute)}, false},
		"bunq named no time":        {entry{at(time.Time{}, time.Hour), now}, true},
		"a lifetime of next to no":  {entry{at(now, time.Nanosecond), now.Add(-59 * time.Second)}, true},
		"and after the shortest":    {entry{at(now, time.Nanosecond), now.Add(-time.Minute)}, false},
		"no lifetime is announced":  {entry{at(now, 0), now.Add(-100 * time.Hour)}, true},
		"a negative one is no life": {entry{at(now, -time.Hour), now.Add(-100 * time.Hour)}, true},
		"no token":                  {entry{bunq.Session{Timeout: time.Hour, Created: now}, now}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := c.entry.usable(now); got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

// Ten calls open one session, in memory and over the cache, whatever bunq's clock says.
func TestSession_isKeptWhateverBunqsClockSays(t *testing.T) {
	for name, created := range map[string]time.Time{
		"none": {}, "long ago": time.Unix(0, 0), "far ahead": time.Date(2200, 1, 1, 0, 0, 0, 0, time.UTC),
	} {
		for _, dir := range []string{"", t.TempDir()} {
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					bk := &bank{created: &created}
					s := process(bk, dir).For(testContext())
					for range 10 {
						mustSession(t, s)
						time.Sleep(time.Minute)
					}
					if dir != "" {
						mustSession(t, process(bk, dir).For(testContext()))
					}
					bk.wantOpenings(t, 1)
				})
			})
		}
	}
}

// bunq's docs: the first session of a credential lives an hour, though it
// announces as much as all others.
func TestReplace_anEarlyDeathOfACachedSessionIsHealed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, bk := t.TempDir(), &bank{}
		mustSession(t, process(bk, dir).For(testContext()))
		time.Sleep(2 * time.Hour)

		s := process(bk, dir).For(testContext())
		cached := mustSession(t, s)
		bk.wantOpenings(t, 1)
		fresh := mustReplace(t, s, cached)
		if fresh.Token == cached.Token {
			t.Error("the dead session was handed out again")
		}
		bk.wantOpenings(t, 2)
		if got := mustSession(t, process(bk, dir).For(testContext())); *got != *fresh {
			t.Errorf("a later process got session %d, want %d", got.ID, fresh.ID)
		}
	})
}

func TestReplace_deadSessionLeavesTheCacheThoughNoneTakesItsPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		bk := &bank{refuse: func(n int) error {
			if n == 2 {
				if _, ok := live(t, process(&bank{}, dir).For(testContext())); ok {
					t.Error("it lives for others while another one is asked for")
				}
				return refusedByBunq()
			}
			return nil
		}}
		s := process(bk, dir).For(testContext())
		dead := mustSession(t, s)
		if _, err := s.Replace(t.Context(), dead); err == nil {
			t.Fatal("no error from a failed opening")
		}
		if _, ok := live(t, s); ok {
			t.Error("it lives in the process that knows it dead")
		}
		if _, ok := live(t, process(bk, dir).For(testContext())); ok {
			t.Error("it lives in a later process")
		}
	})
}

func TestReplace_takesWhatAnotherProcessOpened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, bk := t.TempDir(), &bank{}
		a, b := process(bk, dir).For(testContext()), process(bk, dir).For(testContext())
		dead := mustSession(t, a)
		mustSession(t, b)
		fresh := mustReplace(t, a, dead)
		if got := mustReplace(t, b, dead); *got != *fresh {
			t.Errorf("got session %d, want %d", got.ID, fresh.ID)
		}
		bk.wantOpenings(t, 2)
	})
}

func TestSession_refusalIsFinal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bk := &bank{latency: time.Second, refuse: func(n int) error {
			if n == 1 {
				return fmt.Errorf("wrapped: %w", refusedByBunq())
			}
			return nil
		}}
		broker := process(bk, t.TempDir())
		s := broker.For(testContext())
		var wg sync.WaitGroup
		for n := range 20 {
			wg.Go(func() {
				time.Sleep(time.Duration(n) * time.Minute)
				_, err := s.Session(t.Context())
				var refused *RefusedError
				if !errors.As(err, &refused) || !bunq.IsCredentialsRefused(err) {
					t.Errorf("got %v, want a RefusedError with bunq's answer", err)
				}
				if !strings.Contains(err.Error(), refusedByBunq().Error()) {
					t.Errorf("what bunq said is not in %q", err)
				}
				var nested *RefusedError
				if refused != nil && errors.As(refused.Err, &nested) {
					t.Errorf("wrapped twice: %v", err)
				}
			})
		}
		wg.Wait()
		if _, err := s.Replace(t.Context(), &bunq.Session{Token: "x"}); !bunq.IsCredentialsRefused(err) {
			t.Errorf("Replace: got %v", err)
		}
		if _, ok := live(t, s); ok {
			t.Error("Live gives a session")
		}
		bk.wantOpenings(t, 1)

		mustSession(t, broker.For(anotherContext())) // another context is not refused
		bk.wantOpenings(t, 2)
		s.ForgetRefusal()
		mustSession(t, s)
		bk.wantOpenings(t, 3)
	})
}

func TestForgetRefusal_holdsAgainstARefusalOnItsWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bk := &bank{latency: time.Second, refuse: func(n int) error {
			if n == 1 {
				return refusedByBunq()
			}
			return nil
		}}
		s := process(bk, "").For(testContext())
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := s.Session(t.Context()); !bunq.IsCredentialsRefused(err) {
				t.Errorf("got %v", err)
			}
		})
		synctest.Wait()
		s.ForgetRefusal()
		mustSession(t, s) // not with those who asked before
		wg.Wait()
		mustSession(t, s)
		bk.wantOpenings(t, 2)
		if bk.most != 1 {
			t.Errorf("%d openings at once", bk.most)
		}
	})
}

func TestSession_passingFailuresAreNotRemembered(t *testing.T) {
	for name, failure := range map[string]error{
		"no connection":          &bunq.TransportError{Call: bunq.Call{Method: "POST", Endpoint: "/session-server"}, Err: errors.New("no route to host")},
		"another kind of 400":    &bunq.APIError{Status: 400, Envelope: true, Descriptions: []string{"The request signature is invalid."}},
		"the words from a proxy": &bunq.APIError{Status: 400, Descriptions: []string{"User credentials are incorrect."}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bk := &bank{refuse: func(n int) error {
					if n == 1 {
						return failure
					}
					return nil
				}}
				s := process(bk, "").For(testContext())
				if _, err := s.Session(t.Context()); !errors.Is(err, failure) {
					t.Errorf("got %v, want %v", err, failure)
				}
				mustSession(t, s)
				bk.wantOpenings(t, 2)
			})
		})
	}
}

// One cause, one wait: what cannot be better the next time is not asked for again.
func TestSession_whatCannotPassIsRemembered(t *testing.T) {
	for name, failure := range map[string]error{
		"an answer that is not verified":          &bunq.SignatureError{Call: bunq.Call{Method: "POST", Endpoint: "/session-server"}, Err: bunq.ErrUnsigned},
		"an answer that is not understood":        &bunq.DecodeError{Call: bunq.Call{Method: "POST", Endpoint: "/session-server"}, Err: errors.New("it has no Token")},
		"an installation token that is not taken": &bunq.APIError{Status: 403, Envelope: true, Descriptions: []string{"Insufficient authentication."}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bk := &bank{refuse: func(n int) error {
					if n == 1 {
						return failure
					}
					return nil
				}}
				s := process(bk, t.TempDir()).For(testContext())
				start := time.Now()
				for range 5 {
					if _, err := s.Session(t.Context()); !errors.Is(err, failure) {
						t.Errorf("got %v, want %v", err, failure)
					}
				}
				if took := time.Since(start); took != 0 {
					t.Errorf("it took %v", took)
				}
				bk.wantOpenings(t, 1)

				s.ForgetRefusal()
				mustSession(t, s)
			})
		})
	}
}

func TestRefused_aNewSessionIsNotOpenedAgain(t *testing.T) {
	refusal := &bunq.APIError{Status: 403, Envelope: true, Descriptions: []string{"Insufficient authentication."}}
	for name, c := range map[string]struct {
		age  time.Duration // of the new session when it is refused
		want int           // openings after it
	}{
		"at once":              {0, 0},
		"after it was of use":  {time.Hour, 1},
		"a moment before that": {time.Minute - 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dir, bk := t.TempDir(), &bank{}
				s := process(bk, dir).For(testContext())
				second := mustReplace(t, s, mustSession(t, s))
				time.Sleep(c.age)
				for range 5 { // all who noticed
					s.Refused(t.Context(), second, refusal)
				}

				for range 5 {
					session, err := s.Session(t.Context())
					if c.want == 0 && !errors.Is(err, refusal) || c.want > 0 && (err != nil || session.ID != 1003) {
						t.Errorf("got %v, %v", session, err)
					}
				}
				bk.wantOpenings(t, 2+c.want)
				if kept := process(bk, dir).For(testContext()).cache.session(t.Context()); kept != nil && kept.session.Token == second.Token {
					t.Error("the refused session is kept for the next run")
				}
			})
		})
	}
}

func TestSource_formattedShowsNoSecret(t *testing.T) {
	broker := process(&bank{}, t.TempDir())
	s := broker.For(testContext())
	token := mustSession(t, s).Token.Reveal()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		for _, value := range []any{s, broker, s.cache.vault, []any{s}, map[string]any{"b": broker}} {
			text := fmt.Sprintf(verb, value)
			for _, secret := range []string{testKey, testToken, token} {
				if strings.Contains(text, secret) {
					t.Errorf("%s of %T shows %q: %s", verb, value, secret, text)
				}
			}
		}
	}
}

func TestSession_endedContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	bk := &bank{}
	if _, err := process(bk, "").For(testContext()).Session(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	bk.wantOpenings(t, 0)
}

// How long a session lives that announces no timeout is not known: the run that opened it uses it,
// and no later one.
func TestSource_sessionWithoutTimeoutIsNotKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bk, dir := &bank{forever: true}, t.TempDir()
		first := process(bk, dir)
		mustSession(t, first.For(testContext()))
		mustSession(t, first.For(testContext()))
		bk.wantOpenings(t, 1)
		mustSession(t, process(bk, dir).For(testContext()))
		bk.wantOpenings(t, 2)
	})
}
