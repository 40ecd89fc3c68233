package pacing_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest/core"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// unavoidable is how long after the first one the last of n requests can come at
// the earliest, where each takes latency, one follows the other, and a server
// takes no more than limit in any window: request number i must be a whole window
// after request number i-limit. It is computed one by one, with nothing of the
// program's.
func unavoidable(n, limit int, window, latency time.Duration) time.Duration {
	at := make([]time.Duration, n)
	for i := range at {
		if i >= limit {
			at[i] = at[i-limit] + window
		}
		if i > 0 {
			at[i] = max(at[i], at[i-1]+latency)
		}
	}
	return at[n-1]
}

// The time that the apply of N callback URLs spends waiting is what bunq's
// windows make unavoidable. With answers that take a while, each window is
// longer by that while, because nobody can know when within it bunq counted.
func TestApply_waitsNoLongerThanTheWindowsAsk(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		n       int
		latency time.Duration
		share   float64 // that may come on top
	}{
		{5, 0, 0}, {20, 0, 0}, {100, 0, 0},
		{5, 50 * time.Millisecond, 0.05}, {100, 50 * time.Millisecond, 0.05},
	} {
		n, latency := c.n, c.latency
		t.Run(fmt.Sprintf("%d URLs, answers take %s", n, latency), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				b := newBank(t, latency)
				r := b.provider(ctx, nil)
				begin := time.Now()
				p := r.onboard(ctx)
				r.addClient(ctx, p)
				if took := time.Since(begin); took != latency*time.Duration(len(b.Journal())) {
					t.Errorf("%d calls before the URLs took %v: something was waited for", len(b.Journal()), took)
				}
				begin = time.Now()
				r.addURLs(ctx, p, n)
				took := time.Since(begin)

				posts := b.Calls("POST /user/{id}/oauth-client/{id}/callback-url")
				if len(posts) != n || len(b.Snapshot().CallbackURLs) != n {
					t.Fatalf("%d requests made %d URLs, want %d of both", len(posts), len(b.Snapshot().CallbackURLs), n)
				}
				b.mustBeUnderLimits()
				// A wait that a user notices is named, and only that.
				if told := r.waited(); len(told) > 1 || (len(told) == 1) != (took > 10*time.Second+latency) {
					t.Errorf("in an apply of %v, %d warnings of waiting: %s", took, len(told), told)
				}
				// The last request and its answer are no wait.
				waited, want := took-latency, unavoidable(n, 5, 3*time.Second, latency)
				if !within(waited, want, c.share) {
					t.Errorf("waited %v, the windows ask for %v", waited, want)
				}
				t.Logf("%d URLs: waited %v, unavoidable %v (%+.2f %%)", n, waited, want, percent(waited, want))
			})
		})
	}
}

// later is another apply, in a process of its own, when the windows of the first
// one are over. It has a session. It has read no callback URL: Terraform reads in the plan,
// in another process, and what a run has read with a resource is kept from the
// destroy of another one.
func (b *bank) later(ctx context.Context, p *party) *run {
	b.t.Helper()
	time.Sleep(time.Minute)
	r := b.provider(ctx, nil)
	_, err := r.refresh(ctx, p.client)
	must(b.t, err)
	time.Sleep(time.Minute)
	return r
}

// The same holds for what takes them away, whose limit is another one.
func TestDestroy_waitsNoLongerThanTheWindowsAsk(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const n, latency = 20, 50 * time.Millisecond
		ctx := t.Context()
		b := newBank(t, latency)
		r := b.provider(ctx, nil)
		p := r.onboard(ctx)
		r.addClient(ctx, p)
		r.addURLs(ctx, p, n)
		r = b.later(ctx, p)
		begin := time.Now()
		mustAll(t, each(n, parallelism, func(i int) error { return r.destroy(ctx, p.urls[i]) }))
		waited, want := time.Since(begin)-latency, unavoidable(n, 5, 3350*time.Millisecond, latency)
		if !within(waited, want, 0.05) {
			t.Errorf("waited %v, the windows ask for %v", waited, want)
		}
		if left := len(b.Snapshot().CallbackURLs); left != 0 {
			t.Errorf("%d URLs are left", left)
		}
		b.mustBeUnderLimits()
		t.Logf("%d URLs: waited %v, unavoidable %v (%+.2f %%)", n, waited, want, percent(waited, want))
	})
}

// A change of all URLs goes through the narrowest limit, two in three seconds.
func TestUpdate_waitsNoLongerThanTheWindowsAsk(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const n, latency = 20, 50 * time.Millisecond
		ctx := t.Context()
		b := newBank(t, latency)
		r := b.provider(ctx, nil)
		p := r.onboard(ctx)
		r.addClient(ctx, p)
		r.addURLs(ctx, p, n)
		r = b.later(ctx, p)
		begin := time.Now()
		mustAll(t, each(n, parallelism, func(i int) error {
			args := p.callback(i)
			args["url"] = core.String(fmt.Sprintf("https://new.example.com/callback/%d", i))
			_, err := r.change(ctx, p.urls[i], args)
			return err
		}))
		waited, want := time.Since(begin)-latency, unavoidable(n, 2, 3*time.Second, latency)
		if !within(waited, want, 0.05) {
			t.Errorf("waited %v, the windows ask for %v", waited, want)
		}
		b.mustBeUnderLimits()
		t.Logf("%d URLs: waited %v, unavoidable %v (%+.2f %%)", n, waited, want, percent(waited, want))
	})
}

// A plan with nothing to do asks for each thing once, however many callback URLs
// there are, and opens no session, because the one of the apply lives.
func TestPlan_costsTheSameForAnyNumberOfURLs(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 20, 100} {
		t.Run(fmt.Sprintf("%d URLs", n), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				b := newBank(t, 20*time.Millisecond)
				r := b.provider(ctx, nil)
				p := r.onboard(ctx)
				r.addClient(ctx, p)
				r.addURLs(ctx, p, n)
				time.Sleep(time.Minute) // the windows of the apply are over
				b.ResetJournal()

				r = b.provider(ctx, nil)
				all := p.all()
				mustAll(t, each(len(all), parallelism, func(i int) error {
					changed, err := r.refresh(ctx, all[i])
					if err == nil && changed {
						err = fmt.Errorf("%s would change", all[i].Type)
					}
					return err
				}))
				mustBeCalls(t, b.Journal(), map[string]int{
					"GET /user/{id}/credential-password-ip/{id}": 1,
					"GET /device-server/{id}":                    1,
					"GET /user/{id}/oauth-client/{id}":           1,
				})
				b.mustBeUnderLimits()
			})
		})
	}
}

func mustBeCalls(t *testing.T, journal []bunqsim.Entry, want map[string]int) {
	t.Helper()
	got := map[string]int{}
	for _, e := range journal {
		got[e.Call()]++
	}
	for call, n := range want {
		if got[call] != n {
			t.Errorf("%s was called %d times, want %d", call, got[call], n)
		}
		delete(got, call)
	}
	for call, n := range got {
		t.Errorf("%s was called %d times, want none", call, n)
	}
}

func percent(got, want time.Duration) float64 {
	if want == 0 {
		return 0
	}
	return 100 * float64(got-want) / float64(want)
}
