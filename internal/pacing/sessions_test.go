package pacing_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest/core"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
	"github.com/openpsd2/terraform-provider-bunq/internal/ratelimit"
)

// Fifty operations that notice a dead session at the same time open one new session, which also serves
// the one that notices late. Each of their writes is then made once.
func TestDeadSession_noticedByManyIsReplacedOnce(t *testing.T) {
	t.Parallel()
	for _, cache := range []bool{true, false} {
		t.Run(fmt.Sprintf("session_cache is %v", cache), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const n = 50
				ctx := t.Context()
				b := newBank(t, 100*time.Millisecond)
				// Without limits on both sides, else only five at a time could notice.
				must(t, b.SetLimits(bunqsim.LimitsOff))
				unpaced := func(c *bunq.Config) { c.Limits = ratelimit.New(nil) }
				r := b.provider(ctx, nil)
				p := r.onboard(ctx)
				r.addClient(ctx, p)
				client, cacheDir := p.client.id(t), ""
				if cache {
					cacheDir = b.cacheDir
				}
				// The provider changes the URLs of a client one after the other, so it could not notice at once.
				m := newMachine(t, baseURL, b.RoundTripper(), cacheDir, p.context(t), 0, unpaced)
				_, err := m.calls.User(ctx) // a session is there
				must(t, err)
				must(t, b.ExpireSessions())
				b.ResetJournal()
				b.Fail(bunqsim.Fault{Route: callCallback, Nth: n, Kind: bunqsim.FaultSlow, Stage: bunqsim.AfterCommit, Wait: 5 * time.Second})

				mustAll(t, each(n, n, func(i int) error {
					_, err := m.calls.CreateCallbackURL(ctx, client, fmt.Sprintf("https://app.example.com/callback/%d", i))
					return err
				}))
				noticed, made := 0, 0
				for _, e := range b.Calls(callCallback) {
					switch {
					case e.Status == 401:
						noticed++
					case e.Committed:
						made++
					}
				}
				if noticed != n {
					t.Errorf("%d operations noticed, want %d", noticed, n)
				}
				if made != n || len(b.Snapshot().CallbackURLs) != n {
					t.Errorf("%d requests made %d URLs; want %d each", made, len(b.Snapshot().CallbackURLs), n)
				}
				if got := b.openings(); got != 1 {
					t.Errorf("%d sessions were opened in its place", got)
				}
			})
		})
	}
}

// The same with limits on both sides: bunq refuses nothing, and no second session is opened, although the
// operations notice in groups of five.
func TestDeadSession_isReplacedWithinTheLimits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const n = 20
		ctx := t.Context()
		b := newBank(t, 20*time.Millisecond)
		r := b.provider(ctx, nil)
		p := r.onboard(ctx)
		r.addClient(ctx, p)
		must(t, b.ExpireSessions())
		r.addURLs(ctx, p, n)
		if got := b.openings(); got != 2 {
			t.Errorf("%d sessions were opened, want the first and one in its place", got)
		}
		if got := len(b.Snapshot().CallbackURLs); got != n {
			t.Errorf("%d URLs, want %d", got, n)
		}
		b.mustBeUnderLimits()
	})
}

// A run after an apply uses its session; without the cache it opens a new one, after a wait. Neither
// fails.
func TestRuns_shareTheSession(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		block    core.Args
		openings int
		waits    bool
	}{
		"with the cache":    {nil, 1, false},
		"without the cache": {core.Args{"session_cache": core.Bool(false)}, 2, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				b := newBank(t, 0)
				r := b.provider(ctx, c.block)
				p := r.onboard(ctx)
				r.addClient(ctx, p)
				begin := time.Now()
				if _, err := b.provider(ctx, c.block).refresh(ctx, p.client); err != nil {
					t.Fatal(err)
				}
				if got := len(b.Snapshot().Sessions); got != c.openings {
					t.Errorf("%d sessions, want %d", got, c.openings)
				}
				waited := time.Since(begin)
				// Without the cache the whole interval counts from the refusal, and the repetition
				// leaves a small margin.
				if c.waits != (waited >= 30*time.Second) || waited > 31*time.Second {
					t.Errorf("the second run waited %v", waited)
				}
			})
		})
	}
}

// A process with another context at the same address waits exactly for what is left of the interval, and
// is never refused.
func TestProcesses_ofOneAddressKeepTheInterval(t *testing.T) {
	t.Parallel()
	for _, latency := range []time.Duration{0, 80 * time.Millisecond} {
		t.Run("answers take "+latency.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				b := newBank(t, latency)
				b.provider(ctx, nil).onboard(ctx)
				answered := time.Now().Add(-latency) // the device is read after the opening
				time.Sleep(7300 * time.Millisecond)

				b.provider(ctx, nil).onboard(ctx)
				opened := b.Calls("POST /session-server")
				if len(opened) != 2 {
					t.Fatalf("%d requests for a session, want 2", len(opened))
				}
				if got := opened[1].Time.Sub(answered); got != 30*time.Second {
					t.Errorf("the second opening came %v after the first was answered", got)
				}
				b.mustBeUnderLimits()
			})
		})
	}
}

// If another program has just used up the limit of the address, the provider waits, even though nothing
// on this machine knows about it.
func TestStranger_isWaitedOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		b := newBank(t, 10*time.Millisecond)
		r := b.provider(ctx, nil)
		p := r.onboard(ctx)
		r.addClient(ctx, p)
		time.Sleep(time.Minute)
		b.ResetJournal()

		stranger := b.stranger(ctx, p)
		read := func(ctx context.Context) { stranger.get(ctx, "/oauth-client/"+number(p.client.id(t))) }
		for range 3 {
			read(ctx)
		}
		begin := time.Now()
		changed, err := b.provider(ctx, nil).refresh(ctx, p.client)
		if err != nil || changed {
			t.Errorf("refresh: changed %v, %v", changed, err)
		}
		if len(b.refused()) != 1 {
			t.Errorf("%d requests were refused, want the first one only", len(b.refused()))
		}
		// The rest of the window, the margin of a repetition, and four answers.
		if took := time.Since(begin); took < 3*time.Second || took > 4*time.Second {
			t.Errorf("waited %v", took)
		}
	})
}

// Another program that keeps using half of the limit does not make an apply fail.
func TestStranger_whoStaysSlowsAnApplyOnly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const n = 20
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		b := newBank(t, 10*time.Millisecond)
		r := b.provider(ctx, nil)
		p := r.onboard(ctx)
		r.addClient(ctx, p)
		time.Sleep(time.Minute)
		stranger := b.stranger(ctx, p)
		done := make(chan struct{})
		go func() {
			defer close(done)
			for i := 0; ctx.Err() == nil; i++ {
				stranger.post(ctx, "/oauth-client/"+number(p.client.id(t))+"/callback-url", `{"url":"https://other.example.com/`+number(int64(i))+`"}`)
				time.Sleep(1500 * time.Millisecond)
			}
		}()
		r.addURLs(ctx, p, n)
		cancel()
		<-done
		if len(b.refused()) == 0 {
			t.Error("the neighbour was not felt, so this proves nothing")
		}
		made := map[string]int{}
		for _, u := range b.Snapshot().CallbackURLs {
			made[u.URL]++
		}
		for i := range n {
			url := textOf(t, p.callback(i)["url"])
			if made[url] != 1 {
				t.Errorf("%s was made %d times", url, made[url])
			}
		}
	})
}

// A session of another program at the same address means a wait of 30 s.
func TestStranger_whoOpensASessionIsWaitedOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx := t.Context()
		b := newBank(t, 0)
		r := b.provider(ctx, nil)
		p := r.onboard(ctx)
		r.addClient(ctx, p)
		time.Sleep(time.Minute)
		must(t, b.ExpireSessions())
		b.stranger(ctx, p) // opens one
		begin := time.Now()
		_, err := b.provider(ctx, nil).refresh(ctx, p.client)
		if err != nil {
			t.Error(err)
		}
		if took := time.Since(begin); took < 30*time.Second || took > 31*time.Second {
			t.Errorf("waited %v", took)
		}
	})
}
