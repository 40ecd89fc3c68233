package bunq_test

import (
	"context"
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/ratelimit"
)

// Whatever bunq or the network does, a call ends when max_wait is over: not
// later, and where the trouble lasts, not with an attempt that was cut off but
// not told of.
func TestMaxWait_endsTheOperation(t *testing.T) {
	troubles := map[string]struct {
		script func(int, request) reply
		sent   bool // what a POST may have done
	}{
		"a black hole":   {always(reply{after: 24 * time.Hour}), true},
		"the rate limit": {always(refusal(429, "x")), false},
	}
	for name, trouble := range troubles {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			for _, maxWait := range []time.Duration{5 * time.Second, 20 * time.Second, 15 * time.Minute} {
				t.Run(name+" "+method+" "+maxWait.String(), func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						u, _ := signedIn(t, trouble.script, func(c *bunq.Config) {
							c.MaxWait, c.RequestTimeout, c.Limits = maxWait, time.Hour, ratelimit.New(ratelimit.Published)
						})
						start := time.Now()
						err := byMethod(t.Context(), u, method)
						if took := time.Since(start); took != maxWait {
							t.Errorf("it took %v", took)
						}
						var e *bunq.WaitError
						if !errorsAs(err, &e) || e.Max != maxWait || e.Waited != maxWait {
							t.Errorf("got %v", err)
						}
						if got := bunq.OutcomeUnknown(err); got != (trouble.sent && method == http.MethodPost) {
							t.Errorf("may have been done: %v after %v", got, err)
						}
					})
				})
			}
		}
	}
}

// The end of max_wait cuts off an attempt. What an earlier one said is worth more than that, and if
// there was none, that a request was sent is all that is known.
func TestMaxWait_namesTheLastAttempt(t *testing.T) {
	hangs := reply{after: time.Hour}
	for name, c := range map[string]struct {
		script func(int, request) reply
		is     func(error) bool
	}{
		"the first one is cut off": {always(hangs), func(last error) bool {
			var e *bunq.TransportError
			return errors.As(last, &e) && e.Sent && e.Attempts == 1
		}},
		"a later one is cut off": {inTurn(refusal(429, "Too many requests."), hangs), func(last error) bool {
			var e *bunq.APIError
			return errors.As(last, &e) && e.Status == 429
		}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				u, _ := signedIn(t, c.script, func(c *bunq.Config) { c.MaxWait, c.RequestTimeout = 10*time.Second, time.Hour })
				_, err := u.CreateOAuthClient(t.Context())
				var e *bunq.WaitError
				if !errorsAs(err, &e) || !c.is(e.Last) || !bunq.OutcomeUnknown(err) {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}

// The calls of one operation have one deadline together, and the last of them
// names what took the time of the first.
func TestMaxWait_isOfTheOperation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := ok(oauthClientBody)
		slow.after = 8 * time.Second
		u, b := signedIn(t, inTurn(slow, reply{after: time.Hour}), func(c *bunq.Config) { c.MaxWait = 10 * time.Second })
		start := time.Now()
		ctx := bunq.WithStats(t.Context())
		if _, err := u.OAuthClient(ctx, 633); err != nil {
			t.Fatal(err)
		}
		_, err := u.CreateOAuthClient(ctx)
		if took := time.Since(start); took != 10*time.Second || !bunq.OutcomeUnknown(err) {
			t.Errorf("it took %v, %v", took, err)
		}

		// After the end, nothing is asked for any more.
		_, err = u.CreateOAuthClient(ctx)
		var e *bunq.WaitError
		if !errorsAs(err, &e) || e.Reason != "bunq to answer" || bunq.OutcomeUnknown(err) || b.count() != 2 || time.Since(start) != 10*time.Second {
			t.Errorf("got %v after %d requests", err, b.count())
		}

		// Another operation has its own time.
		b.script = always(ok(madeID))
		if _, err := u.CreateOAuthClient(bunq.WithStats(t.Context())); err != nil {
			t.Error(err)
		}
	})
}

// A read that two operations wait for ends for each with its own time, and not
// with that of the one who began it.
func TestMaxWait_ofASharedReadIsEachCallersOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := ok(oauthClientBody)
		slow.after = 15 * time.Second
		u, b := signedIn(t, always(slow), func(c *bunq.Config) { c.MaxWait = 10 * time.Second })
		var wg sync.WaitGroup
		read := func(ctx context.Context) error {
			_, err := u.OAuthClient(ctx, 633)
			return err
		}
		wg.Go(func() {
			var e *bunq.WaitError
			if err := read(bunq.WithStats(t.Context())); !errorsAs(err, &e) || e.Reason != "bunq to answer" {
				t.Errorf("got %v", err)
			}
		})
		time.Sleep(9 * time.Second)
		if err := read(bunq.WithStats(t.Context())); err != nil {
			t.Error(err)
		}
		wg.Wait()
		if b.count() != 1 {
			t.Errorf("%d requests", b.count())
		}
	})
}

// A caller with less time than max_wait is told that it was its own that ended.
func TestMaxWait_isNotTheCallersDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u, _ := signedIn(t, always(reply{after: time.Hour}))
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		start := time.Now()
		_, err := u.CreateOAuthClient(ctx)
		var e *bunq.TransportError
		if !errorsAs(err, &e) || !errors.Is(err, context.DeadlineExceeded) || !e.Sent || time.Since(start) != 3*time.Second {
			t.Errorf("got %v after %v", err, time.Since(start))
		}
	})
}

// Work that several operations wait for does not end with the time of the one that
// began it, but counts for that one.
func TestMaxWait_doesNotEndSharedWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := ok(`{"Response":[` + sessionHead + `,` + pspUser + `]}`)
		slow.after = 15 * time.Second
		c, _ := open(t, always(slow), func(c *bunq.Config) { c.MaxWait = 10 * time.Second })
		operation := bunq.WithStats(t.Context())
		work := bunq.Begin(operation, bunq.ReasonSession, func(ctx context.Context) (*bunq.Session, error) { return c.OpenSession(ctx, apiContext()) })
		if _, err := work.Wait(t.Context()); err != nil {
			t.Error(err)
		}
		if got := bunq.StatsFrom(operation).Fields()["calls"].(map[string]int)["POST /session-server"]; got != 1 {
			t.Errorf("%d calls were counted", got)
		}
	})
}
