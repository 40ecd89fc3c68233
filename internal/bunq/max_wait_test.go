package bunq_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/ratelimit"
)

func TestMaxWait_boundsAllWaitsTogether(t *testing.T) {
	for name, c := range map[string]struct {
		answer   reply
		reason   string
		lastCode int
		sent     bool
	}{
		"maintenance":    {html(503), "bunq to recover from a server error or maintenance", 503, true},
		"the rate limit": {refusal(429, "Too many requests."), "", 429, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				u, b := signedIn(t, always(c.answer), func(c *bunq.Config) { c.MaxWait = 20 * time.Second })
				start := time.Now()
				_, err := u.OAuthClient(t.Context(), 633)
				var e *bunq.WaitError
				var last *bunq.APIError
				if !errorsAs(err, &e) || !errorsAs(err, &last) || last.Status != c.lastCode || e.Last == nil {
					t.Fatalf("got %v", err)
				}
				if e.Reason == "" || c.reason != "" && e.Reason != c.reason || e.Max != 20*time.Second || e.Sent != c.sent || bunq.OutcomeUnknown(err) {
					t.Errorf("got %#v", e)
				}
				if d := time.Since(start); d > 20*time.Second || d != e.Waited {
					t.Errorf("it took %v, and tells %v", d, e.Waited)
				}
				if b.count() < 3 {
					t.Errorf("only %d attempts", b.count())
				}
			})
		})
	}
}

func TestMaxWait_ofAWriteThatBunqNeverTook(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u, _ := signedIn(t, always(refusal(429, "Too many requests.")), func(c *bunq.Config) { c.MaxWait = 10 * time.Second })
		_, err := u.CreateOAuthClient(t.Context())
		var e *bunq.WaitError
		if !errorsAs(err, &e) || bunq.OutcomeUnknown(err) {
			t.Errorf("got %v", err)
		}
	})
}

func TestMaxWait_endsTheWaitForASlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, b := open(t, always(ok(`{"Response":[`+sessionHead+`,`+pspUser+`]}`)), func(c *bunq.Config) {
			c.Limits = ratelimit.New(ratelimit.Published)
			c.MaxWait = 12 * time.Second
		})
		if _, err := c.OpenSession(t.Context(), apiContext()); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		_, err := c.OpenSession(t.Context(), apiContext())
		var e *bunq.WaitError
		if !errorsAs(err, &e) || e.Reason != "a session (bunq opens one every 30 seconds for an address, whichever configuration asks)" || e.Last != nil || e.Sent || bunq.OutcomeUnknown(err) {
			t.Fatalf("got %v", err)
		}
		if d := time.Since(start); d != 12*time.Second || e.Waited != d || b.count() != 1 {
			t.Errorf("it took %v, and tells %v; %d requests", d, e.Waited, b.count())
		}
	})
}

// What an earlier attempt left open stays open, whatever the last one said.
func TestMaxWait_remembersEarlierAttempts(t *testing.T) {
	for name, c := range map[string]struct {
		script func(int, request) reply
		sent   bool
	}{
		"a server error, then the limit": {inTurn(html(503), refusal(429, "x")), true},
		"no connection, then the limit":  {inTurn(reply{err: errDial}, refusal(429, "x")), false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				u, _ := signedIn(t, c.script, func(c *bunq.Config) { c.MaxWait = 10 * time.Second })
				_, err := u.OAuthClient(t.Context(), 633)
				var e *bunq.WaitError
				if !errorsAs(err, &e) || e.Sent != c.sent {
					t.Errorf("got %#v", err)
				}
			})
		})
	}
}

// The reason that a user reads is the one that took the time, not the one that
// happened to come last.
func TestMaxWait_namesWhatTookTheTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// The five pauses after the 503s take 7.75 s at least, and the one after the 429 would take
		// 8 s more.
		answers := []reply{html(503), html(503), html(503), html(503), html(503), refusal(429, "Too many requests.")}
		u, _ := signedIn(t, inTurn(answers...), func(c *bunq.Config) { c.MaxWait = 14 * time.Second })
		_, err := u.OAuthClient(t.Context(), 633)
		var e *bunq.WaitError
		if !errorsAs(err, &e) || e.Reason != "bunq to recover from a server error or maintenance" {
			t.Errorf("got %#v", err)
		}
	})
}

func TestMaxWait_tellsTheLastAttemptWhenTheWindowIsTooLong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, b := open(t, always(refusal(429, "Too many requests.")), func(c *bunq.Config) {
			c.Limits = ratelimit.New(ratelimit.Published)
			c.MaxWait = 12 * time.Second
		})
		start := time.Now()
		_, err := c.OpenSession(t.Context(), apiContext())
		var e *bunq.WaitError
		var last *bunq.APIError
		if !errorsAs(err, &e) || !errorsAs(e.Last, &last) || last.Status != 429 || b.count() != 1 || time.Since(start) != 12*time.Second {
			t.Errorf("got %v after %v and %d requests", err, time.Since(start), b.count())
		}
	})
}
