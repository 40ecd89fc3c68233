package session

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/ratelimit"
)

// contexts are n API contexts that differ in their keys.
func contexts(n int) []bunq.APIContext {
	all := make([]bunq.APIContext, n)
	for i := range all {
		all[i] = testContext()
		all[i].APIKey = bunq.Secret(strings.Repeat(string(rune('a'+i)), 64))
	}
	return all
}

// The n-th of several openings that are wanted at once goes n times the interval
// and the latencies of those before it later.
func TestInterval_isWaitedExactly(t *testing.T) {
	const latency = 700 * time.Millisecond
	for name, c := range map[string]struct {
		interval  time.Duration // 0: the default
		want      time.Duration
		processes bool
	}{
		"contexts of one process, bunq's interval": {0, 30 * time.Second, false},
		"contexts of one process, another one":     {7 * time.Second, 7 * time.Second, false},
		"contexts of several processes":            {0, 30 * time.Second, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				bk := &bank{latency: latency}
				o := Options{CacheDir: t.TempDir(), BaseURL: testURL, OpenInterval: c.interval}
				shared := newBroker(bk, o)
				start := time.Now()
				var wg sync.WaitGroup
				for _, ac := range contexts(4) {
					broker := shared
					if c.processes {
						broker = newBroker(bk, o)
					}
					wg.Go(func() {
						if _, err := broker.For(ac).Session(t.Context()); err != nil {
							t.Error(err)
						}
					})
				}
				wg.Wait()
				bk.wantOpenings(t, 4)
				for n, at := range bk.asked {
					// The others find a lock free when they try it next.
					want := time.Duration(n) * (c.want + latency)
					if late := at.Sub(start) - want; late < 0 || late > pollInterval {
						t.Errorf("opening %d went at %v, want %v", n, at.Sub(start), want)
					}
				}
			})
		})
	}
}

func TestInterval_countsFromTheLastOpeningOfAnEarlierProcess(t *testing.T) {
	for name, c := range map[string]struct {
		apart, wait time.Duration
	}{
		"right after it":        {0, 30 * time.Second},
		"a while after it":      {12345 * time.Millisecond, 17655 * time.Millisecond},
		"at the very end of it": {30 * time.Second, 0},
		"long after it":         {time.Hour, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				dir, bk := t.TempDir(), &bank{}
				mustSession(t, process(bk, dir).For(testContext()))
				time.Sleep(c.apart)
				start := time.Now()
				mustSession(t, process(bk, dir).For(anotherContext()))
				if got := time.Since(start); got != c.wait {
					t.Errorf("waited %v, want %v", got, c.wait)
				}
			})
		})
	}
}

func TestInterval_otherAddressesOfTheAPIDoNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, bk := t.TempDir(), &bank{}
		mustSession(t, process(bk, dir).For(testContext()))
		start := time.Now()
		other := newBroker(bk, Options{CacheDir: dir, BaseURL: "http://127.0.0.1:8080/v1"})
		mustSession(t, other.For(anotherContext()))
		if got := time.Since(start); got != 0 {
			t.Errorf("waited %v", got)
		}
	})
}

// The process may die before the answer comes: the opening counts all the same.
func TestInterval_isKeptBeforeTheRequestGoesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		bk := &bank{}
		bk.refuse = func(int) error {
			a := newInterval(testURL, openInterval, &folder{path: dir, log: bunq.NoLogger{}})
			if got := a.remainder(t.Context()); got != 30*time.Second {
				t.Errorf("while the request is under way, %v are left for others, want 30s", got)
			}
			return nil
		}
		mustSession(t, process(bk, dir).For(testContext()))
		bk.wantOpenings(t, 1)
	})
}

func TestInterval_aRefusedOpeningCountsToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		bk := &bank{refuse: func(n int) error {
			if n == 1 {
				return refusedByBunq()
			}
			return nil
		}}
		if _, err := process(bk, dir).For(testContext()).Session(t.Context()); err == nil {
			t.Fatal("not refused")
		}
		start := time.Now()
		mustSession(t, process(bk, dir).For(testContext()))
		if got := time.Since(start); got != 30*time.Second {
			t.Errorf("waited %v", got)
		}
	})
}

// What never reached bunq, bunq has not counted: another process does not wait for it,
// but goes on waiting for the opening before it.
func TestInterval_anOpeningThatWasNeverSentDoesNotCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		fail := false
		bk := &bank{refuse: func(int) error {
			if fail {
				return &bunq.TransportError{Call: bunq.Call{Method: "POST", Endpoint: "/session-server"}, Err: errors.New("connection refused")}
			}
			return nil
		}}
		dir := t.TempDir()
		b := process(bk, dir)
		start := time.Now()
		sessions := contexts(3)
		mustSession(t, b.For(sessions[0]))

		fail = true
		if _, err := b.For(sessions[1]).Session(t.Context()); !bunq.NeverSent(err) {
			t.Errorf("got %v", err)
		}
		if got := time.Since(start); got != 30*time.Second {
			t.Errorf("the second opening was tried after %v", got)
		}

		fail = false
		mustSession(t, process(bk, dir).For(sessions[2]))
		if got := time.Since(start); got != 30*time.Second {
			t.Errorf("the next one waited %v for what was never sent", got-30*time.Second)
		}
	})
}

func TestInterval_neverWaitsLongerThanItself(t *testing.T) {
	for name, c := range map[string]struct {
		content string
		wait    time.Duration
	}{
		"the clock was set back an hour": {"2000-01-01T01:00:00Z\n", 30 * time.Second},
		"the clock was set back a bit":   {"2000-01-01T00:00:10Z\n", 30 * time.Second},
		"the file is from the far past":  {"0001-01-01T00:00:00Z\n", 0},
		"the file is damaged":            {"2000-01-01T00:00:00", 0},
		"the file is empty":              {"", 0},
		"the file is of another kind":    {"\x00\x01\x02", 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { // the clock stands at the beginning of 2000, UTC
				dir, bk := t.TempDir(), &bank{}
				b := process(bk, dir)
				path := filepath.Join(dir, b.interval.file+openedSuffix)
				if err := os.WriteFile(path, []byte(c.content), 0o600); err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				mustSession(t, b.For(testContext()))
				if got := time.Since(start); got != c.wait {
					t.Errorf("waited %v, want %v", got, c.wait)
				}
				// It is right again for the next one.
				mustSession(t, process(bk, dir).For(anotherContext()))
				if got := time.Since(start); got != c.wait+30*time.Second {
					t.Errorf("the next one waited %v", got-c.wait)
				}
			})
		})
	}
}

func TestInterval_fileHoldsATimeOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir := t.TempDir()
		b := process(&bank{}, dir)
		mustSession(t, b.For(testContext()))
		content, err := os.ReadFile(filepath.Join(dir, b.interval.file+openedSuffix))
		if err != nil {
			t.Fatal(err)
		}
		if want := []byte("2000-01-01T00:00:00Z\n"); !bytes.Equal(content, want) {
			t.Errorf("the file holds %q, want %q", content, want)
		}
		if strings.Contains(b.interval.file, "bunq") {
			t.Errorf("the name of the file tells something: %s", b.interval.file)
		}
	})
}

func TestLog_neverHoldsASecret(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		dir, bk, j := t.TempDir(), &bank{latency: time.Second}, &journal{}
		var tokens []string
		for range 3 {
			b := newBroker(bk, Options{CacheDir: dir, BaseURL: testURL, Logger: j})
			first := mustSession(t, b.For(testContext()))
			second := mustReplace(t, b.For(testContext()), first)
			tokens = append(tokens, first.Token.Reveal(), second.Token.Reveal())
		}
		all := j.all()
		if !strings.Contains(all, "DEBUG") {
			t.Fatalf("the log has too little in it to tell: %s", all)
		}
		for _, secret := range append(tokens, testKey, testToken) {
			if strings.Contains(all, secret) {
				t.Errorf("the log shows %s", secret)
			}
		}
	})
}

// limited is a bank behind the rate limits of the client.
type limited struct {
	*bank
	limits *ratelimit.Scheduler
	waited []time.Duration
}

func (l *limited) OpenSession(ctx context.Context, ac bunq.APIContext) (*bunq.Session, error) {
	begun := time.Now()
	slot, err := l.limits.Acquire(ctx, ratelimit.Key{Method: "POST", Endpoint: "/session-server"})
	if err != nil {
		return nil, err
	}
	defer slot.Done()
	l.waited = append(l.waited, time.Since(begun))
	return l.bank.OpenSession(ctx, ac)
}

func TestInterval_andTheRateLimitsDoNotAddUp(t *testing.T) {
	for name, cached := range map[string]bool{"with a cache": true, "without a cache": false} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const latency = 3 * time.Second
				l := &limited{bank: &bank{latency: latency}, limits: ratelimit.New(ratelimit.Published)}
				o := Options{BaseURL: testURL}
				if cached {
					o.CacheDir = t.TempDir()
				}
				b := newBroker(l, o)
				start := time.Now()
				for n, ac := range contexts(4) {
					mustSession(t, b.For(ac))
					if want := time.Duration(n)*(30*time.Second+latency) + latency; time.Since(start) != want {
						t.Errorf("session %d was there after %v, want %v", n, time.Since(start), want)
					}
				}
				// Without a cache, nobody else keeps the interval.
				for n, waited := range l.waited {
					if cached && waited != 0 {
						t.Errorf("opening %d waited %v more for the rate limit", n, waited)
					}
				}
			})
		})
	}
}
