package bunq_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/ratelimit"
	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

var (
	errReset = &net.OpError{Op: "read", Net: "tcp", Err: errors.New("connection reset by peer")}
	errDial  = &net.OpError{Op: "dial", Net: "tcp", Err: errors.New("connection refused")}
)

func byMethod(ctx context.Context, u *bunq.UserClient, method string) error {
	switch method {
	case http.MethodGet:
		_, err := u.OAuthClient(ctx, 633)
		return err
	case http.MethodPost:
		_, err := u.CreateOAuthClient(ctx)
		return err
	case http.MethodPut:
		return u.CancelOAuthClient(ctx, 633)
	default:
		return u.DeleteCallbackURL(ctx, 633, 1)
	}
}

func success(method string) reply {
	if method == http.MethodGet {
		return ok(oauthClientBody)
	}
	return ok(madeID)
}

// Every fault at every moment, counted where the requests arrive. "safe" is what
// any method repeats, "reads" what only a GET does, "never" nobody.
func TestRetry_countsAtTheServer(t *testing.T) {
	const safe, reads, never = "safe", "reads", "never"
	for name, c := range map[string]struct {
		fault reply
		who   string
		maybe bool // what a write that is not repeated may have done
	}{
		"no connection":               {reply{err: errDial}, safe, false},
		"429":                         {refusal(429, "Too many requests."), safe, false},
		"429 of a gateway":            {html(429), safe, false},
		"409 in the sandbox":          {refusal(409, "Too many requests."), safe, false},
		"the connection dies":         {reply{err: errReset}, reads, true},
		"the answer is cut off":       {reply{err: io.ErrUnexpectedEOF}, reads, true},
		"no answer in time":           {reply{after: time.Hour, status: 200, body: madeID}, reads, true},
		"500":                         {refusal(500, "x"), reads, true},
		"502":                         {html(502), reads, true},
		"503":                         {html(503), reads, true},
		"504":                         {html(504), reads, true},
		"491":                         {html(491), reads, true},
		"400":                         {refusal(400, "x"), never, false},
		"404":                         {refusal(404, "x"), never, false},
		"404 of a proxy":              {html(404), never, true},
		"a signature that is missing": {reply{status: 200, body: oauthClientBody, unsigned: true}, never, true},
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete} {
			for faults := 1; faults <= 3; faults++ {
				t.Run(name+" "+method, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						script := func(n int, _ request) reply {
							if n <= faults {
								return c.fault
							}
							return success(method)
						}
						u, b := signedIn(t, script, func(c *bunq.Config) { c.Environment = bunq.Sandbox })
						ctx := bunq.WithStats(t.Context())
						err := byMethod(ctx, u, method)
						repeats := c.who == safe || c.who == reads && method == http.MethodGet
						want := 1
						if repeats {
							want = faults + 1
						}
						if (err == nil) != repeats || b.count() != want {
							t.Fatalf("%d requests came, want %d; %v", b.count(), want, err)
						}
						if got := bunq.OutcomeUnknown(err); got != (!repeats && c.maybe && method != http.MethodGet) {
							t.Errorf("may have been done: %v after %v", got, err)
						}
						if got := bunq.StatsFrom(ctx).Fields()["retries"]; got != want-1 {
							t.Errorf("%v retries counted, want %d", got, want-1)
						}
						freshAttempts(t, b.requests())
					})
				})
			}
		}
	}
}

// Each attempt has an id of its own, the same body, and a signature over it.
func freshAttempts(t *testing.T, seen []request) {
	t.Helper()
	ids := map[string]bool{}
	for _, r := range seen {
		ids[r.header.Get("X-Bunq-Client-Request-Id")] = true
		if r.body != seen[0].body {
			t.Errorf("an attempt had another body: %s", r.body)
		}
		if r.body == "" {
			continue
		}
		if err := signing.Verify(&clientKey().PublicKey, []byte(r.body), r.header.Get("X-Bunq-Client-Signature")); err != nil {
			t.Error(err)
		}
	}
	if len(ids) != len(seen) {
		t.Errorf("%d request ids in %d attempts", len(ids), len(seen))
	}
}

func TestRetry_givesUpWithoutAnAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u, b := signedIn(t, always(reply{err: errReset}))
		start := time.Now()
		_, err := u.OAuthClient(t.Context(), 633)
		var e *bunq.TransportError
		if !errorsAs(err, &e) || !e.Sent || e.Attempts != 8 || b.count() != 8 || !errors.Is(err, errReset) {
			t.Fatalf("got %v after %d requests", err, b.count())
		}
		if d := time.Since(start); d < 30*time.Second || d > 90*time.Second {
			t.Errorf("it took %v", d)
		}
	})
}

func TestRateLimit_isKeptAndCloses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, b := open(t, inTurn(refusal(429, "Too many requests."), ok(`{"Response":[`+sessionHead+`,`+pspUser+`]}`)), func(c *bunq.Config) {
			c.Limits = ratelimit.New(ratelimit.Published)
		})
		for range 2 {
			if _, err := c.OpenSession(t.Context(), apiContext()); err != nil {
				t.Fatal(err)
			}
		}
		seen := b.requests()
		if len(seen) != 3 {
			t.Fatalf("%d requests", len(seen))
		}
		for i := 1; i < len(seen); i++ {
			if d := seen[i].at.Sub(seen[i-1].at); d < 30*time.Second {
				t.Errorf("request %d came after %v", i+1, d)
			}
		}
	})
}

// A slot lasts a window from the answer on, not from the request: bunq counts at some
// moment between the two.
func TestRateLimit_lastsFromTheAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const latency = 20 * time.Second
		slow := ok(`{"Response":[` + sessionHead + `,` + pspUser + `]}`)
		slow.after = latency
		c, b := open(t, always(slow), func(c *bunq.Config) { c.Limits = ratelimit.New(ratelimit.Published) })
		for range 2 {
			if _, err := c.OpenSession(t.Context(), apiContext()); err != nil {
				t.Fatal(err)
			}
		}
		if seen := b.requests(); seen[1].at.Sub(seen[0].at) != latency+30*time.Second {
			t.Errorf("the second went %v after the first", seen[1].at.Sub(seen[0].at))
		}
	})
}

// What was never sent keeps no slot: the next attempt waits for its pause only.
func TestRateLimit_isNotUsedUpByWhatWasNeverSent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refused := reply{err: errDial}
		c, b := open(t, inTurn(refused, refused, ok(`{"Response":[`+sessionHead+`,`+pspUser+`]}`)), func(c *bunq.Config) {
			c.Limits = ratelimit.New(ratelimit.Published)
		})
		start := time.Now()
		if _, err := c.OpenSession(t.Context(), apiContext()); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(start); took > 3*time.Second || b.count() != 3 {
			t.Errorf("%d attempts took %v", b.count(), took)
		}
	})
}

// Without limits of its own, the scheduler learns from a 429: it is closed.
func TestRateLimit_ofTheSandboxIs409Too(t *testing.T) {
	for name, c := range map[string]struct {
		env  bunq.Environment
		want int
	}{
		"sandbox":            {bunq.Sandbox, 2},
		"production":         {bunq.Production, 1},
		"neither is claimed": {"", 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				u, b := signedIn(t, inTurn(refusal(409, "x"), ok(madeID)), func(conf *bunq.Config) {
					conf.Environment = c.env
				})
				start := time.Now()
				_, err := u.CreateOAuthClient(t.Context())
				if (err == nil) != (c.want == 2) || b.count() != c.want {
					t.Errorf("%d requests, %v", b.count(), err)
				}
				if err == nil && time.Since(start) < 3*time.Second {
					t.Errorf("the window was not closed: %v", time.Since(start))
				}
			})
		})
	}
}

func TestCancellation_endsEveryWaitAtOnce(t *testing.T) {
	for name, c := range map[string]struct {
		script func(int, request) reply
		change func(*bunq.Config, *desk)
		after  time.Duration // when the caller goes
		sent   bool
	}{
		"before a repetition": {always(reply{err: errDial}), nil, 10 * time.Second, false},
		"for the window":      {always(refusal(429, "x")), nil, 2 * time.Second, false},
		"for the answer":      {always(reply{after: time.Hour}), nil, 5 * time.Second, true},
		"for a session":       {always(ok(madeID)), func(_ *bunq.Config, d *desk) { d.after = time.Hour }, 5 * time.Second, false},
		"for a slot": {always(ok(madeID)), func(c *bunq.Config, _ *desk) {
			c.Limits = ratelimit.New(func(ratelimit.Key) (ratelimit.Limit, bool) { return ratelimit.Limit{Max: 1, Window: time.Hour}, true })
			slot, err := c.Limits.Acquire(context.Background(), ratelimit.Key{Method: "POST", Endpoint: "/user/{id}/oauth-client"})
			if err != nil {
				panic(err)
			}
			slot.Done()
		}, 5 * time.Second, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := newDesk()
				client, _ := open(t, c.script, func(conf *bunq.Config) {
					if c.change != nil {
						c.change(conf, d)
					}
				})
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(c.after, cancel)
				start := time.Now()
				_, err := client.WithSession(apiContext(), d).CreateOAuthClient(ctx)
				if took := time.Since(start); took != c.after {
					t.Errorf("it ended %v after the caller left", took-c.after)
				}
				var e *bunq.TransportError
				if !errorsAs(err, &e) || !errors.Is(err, context.Canceled) || e.Sent != c.sent || bunq.OutcomeUnknown(err) != c.sent {
					t.Errorf("got %#v", err)
				}
			})
		})
	}
}

func TestRequestTimeout_isNotTheCallersDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u, _ := signedIn(t, always(reply{after: time.Hour}), func(c *bunq.Config) { c.RequestTimeout = 7 * time.Second })
		start := time.Now()
		_, err := u.CreateOAuthClient(t.Context())
		if errors.Is(err, context.DeadlineExceeded) || !bunq.OutcomeUnknown(err) || time.Since(start) != 7*time.Second {
			t.Errorf("got %v after %v", err, time.Since(start))
		}
	})
}

// A limit that cannot pass within max_wait ends the call at once; one that can is waited out.
func TestRetry_aLongWindowIsNotWaitedFor(t *testing.T) {
	text := func(window string) string {
		return "Too many requests. You can do a maximum of 10 calls per " + window + " to this endpoint."
	}
	for name, c := range map[string]struct {
		window string
		sent   int
		took   time.Duration
	}{
		"a day":                            {"86400 second", 1, 0},
		"as long as max_wait, and a bit":   {"901 second", 1, 0},
		"as long as is left":               {"899 second", 2, time.Minute},
		"no window that could be read":     {"fortnight", 2, time.Minute},
		"a day, after a minute of waiting": {"870 second", 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, b := open(t, inTurn(refusal(429, text(c.window)), ok(madeID)))
				ctx := bunq.WithStats(t.Context())
				if strings.Contains(name, "after a minute") {
					time.Sleep(time.Minute) // the time of the operation runs
				}
				begun := time.Now()
				_, err := client.CreateDeviceServer(ctx, installation(), bunq.DeviceServerRequest{})

				var e *bunq.APIError
				if (err != nil) != (c.sent == 1) || err != nil && (!errorsAs(err, &e) || e.Status != 429) {
					t.Errorf("got %v", err)
				}
				if took := time.Since(begun); b.count() != c.sent || took > c.took {
					t.Errorf("%d requests in %s, want %d", b.count(), took, c.sent)
				}
				if bunq.OutcomeUnknown(err) {
					t.Error("it is said to have been done, perhaps")
				}
			})
		})
	}
}

// A page that is not bunq's, and stays the same, is not asked for until max_wait is over.
// bunq's own, and what changes, is.
func TestRetry_givesUpOnAStranger(t *testing.T) {
	stranger := func(status int, contentType string) reply {
		r := html(status)
		r.header = http.Header{"Content-Type": {contentType}, "X-Bunq-Client-Response-Id": nil}
		return r
	}
	page := stranger(502, "text/html")
	for name, c := range map[string]struct {
		script   func(int, request) reply
		sent     int
		attempts int // of the error; 0 for none
	}{
		"the same page again and again": {always(page), 3, 3},
		"twice, and then bunq":          {inTurn(page, page, ok(oauthClientBody)), 3, 0},
		"pages that take turns": {func(n int, _ request) reply {
			if n == 12 {
				return ok(oauthClientBody)
			}
			return stranger(502+n%2, "text/html")
		}, 12, 0},
		"another type of page in between": {inTurn(page, page, stranger(502, "text/plain"), page, page, page), 6, 6},
		"an answer of bunq's in between":  {inTurn(page, page, refusal(500, "x"), page, page, ok(oauthClientBody)), 6, 0},
		"no answer in between":            {inTurn(page, page, reply{err: errReset}, page, page, ok(oauthClientBody)), 6, 0},
		"a page of bunq's, by its id":     {inTurn(html(502), html(502), html(502), html(502), ok(oauthClientBody)), 5, 0},
		"a page of bunq's, by its status": {inTurn(stranger(491, ""), stranger(491, ""), stranger(491, ""), ok(oauthClientBody)), 4, 0},
		"a limit that a gateway keeps":    {inTurn(stranger(429, ""), stranger(429, ""), stranger(429, ""), ok(oauthClientBody)), 4, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				u, b := signedIn(t, c.script)
				begun := time.Now()
				_, err := u.OAuthClient(t.Context(), 633)
				var e *bunq.APIError
				switch {
				case (err == nil) != (c.attempts == 0), err != nil && (!errorsAs(err, &e) || e.Attempts != c.attempts):
					t.Errorf("got %v", err)
				case err != nil && (time.Since(begun) < 10*time.Second || time.Since(begun) > time.Minute):
					t.Errorf("given up after %s", time.Since(begun))
				}
				if b.count() != c.sent {
					t.Errorf("%d requests, want %d", b.count(), c.sent)
				}
			})
		})
	}
}

// After ten seconds the log says, once and before the wait is over, what is waited for.
func TestRetry_saysWhatItWaitsFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &notebook{}
		u, _ := signedIn(t, always(refusal(503, "x")), func(c *bunq.Config) { c.Logger, c.MaxWait = log, 5*time.Minute })
		said := func() (n int) {
			log.mu.Lock()
			defer log.mu.Unlock()
			for _, l := range log.lines {
				if l.text == "Still waiting for bunq" && l.level == "info" {
					n++
				}
			}
			return n
		}
		go func() {
			time.Sleep(12 * time.Second)
			if said() != 1 {
				t.Error("it was not said after ten seconds")
			}
		}()
		if _, err := u.OAuthClient(t.Context(), 633); err == nil {
			t.Fatal("no error")
		}
		if n := said(); n != 1 {
			t.Errorf("said %d times", n)
		}
	})
}
