package bunq_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

func TestReads_shareOneExchange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := ok(oauthClientBody)
		r.after = time.Second
		u, b := signedIn(t, always(r))
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				c, err := u.OAuthClient(t.Context(), 633)
				if err != nil {
					t.Error(err)
					return
				}
				// Another's copy must not change with this one.
				c.Status, c.CallbackURLs[0].URL = "BROKEN", "BROKEN"
			})
		}
		wg.Wait()
		c, err := u.OAuthClient(t.Context(), 633)
		if err != nil || c.Status != "ACTIVE" || c.CallbackURLs[0].URL != "https://yolt.com/callback" {
			t.Errorf("got %+v, %v", c, err)
		}
		if b.count() != 1 {
			t.Errorf("%d requests, want 1", b.count())
		}
	})
}

func TestReads_differ(t *testing.T) {
	c, b := open(t, func(_ int, r request) reply {
		switch {
		case strings.HasSuffix(r.path, "/633"):
			return ok(oauthClientBody)
		case strings.HasSuffix(r.path, "/634"):
			return ok(strings.Replace(oauthClientBody, `"id":633`, `"id":634`, 1))
		}
		return ok(list())
	})
	other := apiContext()
	other.APIKey = "another"
	for _, u := range []*bunq.UserClient{c.WithSession(apiContext(), newDesk()), c.WithSession(apiContext(), newDesk()), c.WithSession(other, newDesk())} {
		for range 2 {
			if _, err := u.OAuthClient(t.Context(), 633); err != nil {
				t.Fatal(err)
			}
			if _, err := u.OAuthClient(t.Context(), 634); err != nil {
				t.Fatal(err)
			}
			if _, err := u.OAuthClients(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	if b.count() != 6 {
		t.Errorf("%d requests, want 3 for each of the two API contexts", b.count())
	}
}

func TestReads_aWriteMakesThemAnew(t *testing.T) {
	type do = func(context.Context, *bunq.Client, *bunq.UserClient) error
	readClient := func(ctx context.Context, _ *bunq.Client, u *bunq.UserClient) error {
		_, err := u.OAuthClient(ctx, 633)
		return err
	}
	readCredentials := func(ctx context.Context, _ *bunq.Client, u *bunq.UserClient) error {
		_, err := u.Credentials(ctx)
		return err
	}
	readDevices := func(ctx context.Context, _ *bunq.Client, u *bunq.UserClient) error {
		_, err := u.DeviceServers(ctx)
		return err
	}
	for name, c := range map[string]struct {
		read, write do
		answer      reply
		again       bool
	}{
		"a callback URL of the client": {readClient, func(ctx context.Context, _ *bunq.Client, u *bunq.UserClient) error {
			_, err := u.CreateCallbackURL(ctx, 633, "x")
			return err
		}, ok(madeID), true},
		"a callback URL changed": {readClient, func(ctx context.Context, _ *bunq.Client, u *bunq.UserClient) error {
			return u.UpdateCallbackURL(ctx, 633, 1, "x")
		}, ok(madeID), true},
		"a callback URL removed": {readClient, func(ctx context.Context, _ *bunq.Client, u *bunq.UserClient) error {
			return u.DeleteCallbackURL(ctx, 633, 1)
		}, ok(madeID), true},
		"the client itself": {readClient, func(ctx context.Context, _ *bunq.Client, u *bunq.UserClient) error {
			return u.CancelOAuthClient(ctx, 633)
		}, ok(madeID), true},
		"a new client": {readClient, func(ctx context.Context, _ *bunq.Client, u *bunq.UserClient) error {
			_, err := u.CreateOAuthClient(ctx)
			return err
		}, ok(madeID), true},
		"a refused write: it may be half true": {readClient, func(ctx context.Context, _ *bunq.Client, u *bunq.UserClient) error {
			_ = u.CancelOAuthClient(ctx, 633)
			return nil
		}, html(502), true},
		"a lost write": {readClient, func(ctx context.Context, _ *bunq.Client, u *bunq.UserClient) error {
			_ = u.CancelOAuthClient(ctx, 633)
			return nil
		}, reply{err: errReset}, true},
		"another client": {readClient, func(ctx context.Context, _ *bunq.Client, u *bunq.UserClient) error {
			return u.CancelOAuthClient(ctx, 634)
		}, ok(madeID), false},
		"an address of a credential": {readClient, func(ctx context.Context, _ *bunq.Client, u *bunq.UserClient) error {
			_, err := u.CreatePermittedIP(ctx, 1, "x")
			return err
		}, ok(madeID), false},
		"a device among the credentials": {readCredentials, func(ctx context.Context, c *bunq.Client, _ *bunq.UserClient) error {
			_, err := c.CreateDeviceServer(ctx, installation(), bunq.DeviceServerRequest{})
			return err
		}, ok(madeID), true},
		"a credential among the credentials": {readCredentials, func(ctx context.Context, c *bunq.Client, _ *bunq.UserClient) error {
			_, err := c.CreateCredential(ctx, installation(), bunq.CredentialRequest{})
			return err
		}, ok(`{"Response":[` + pendingCredential + `]}`), true},
		"a device among the devices": {readDevices, func(ctx context.Context, c *bunq.Client, _ *bunq.UserClient) error {
			_, err := c.CreateDeviceServer(ctx, installation(), bunq.DeviceServerRequest{})
			return err
		}, ok(madeID), true},
		"a device does not concern a client": {readClient, func(ctx context.Context, c *bunq.Client, _ *bunq.UserClient) error {
			_, err := c.CreateDeviceServer(ctx, installation(), bunq.DeviceServerRequest{})
			return err
		}, ok(madeID), false},
		"the same user under another key's name": {readClient, func(ctx context.Context, c *bunq.Client, _ *bunq.UserClient) error {
			other := apiContext()
			other.APIKey = "another"
			return c.WithSession(other, newDesk()).CancelOAuthClient(ctx, 633)
		}, ok(madeID), true},
	} {
		t.Run(name, func(t *testing.T) {
			client, b := open(t, func(_ int, r request) reply {
				switch {
				case r.method != http.MethodGet:
					return c.answer
				case strings.HasSuffix(r.path, "/633"):
					return ok(oauthClientBody)
				}
				return ok(list())
			})
			u := client.WithSession(apiContext(), newDesk())
			for _, f := range []do{c.read, c.read, c.write, c.read, c.read} {
				if err := f(t.Context(), client, u); err != nil {
					t.Fatal(err)
				}
			}
			want := 2
			if c.again {
				want = 3
			}
			if b.count() != want {
				t.Errorf("%d requests, want %d", b.count(), want)
			}
		})
	}
}

// The read is under way when the write is made, and brings what was before it.
func TestReads_inFlightDuringAWriteAreNotForThoseAfterIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		status := "ACTIVE"
		gets := 0
		u, b := signedIn(t, func(_ int, r request) reply {
			mu.Lock()
			defer mu.Unlock()
			if r.method == http.MethodPut {
				status = "CANCELLED"
				return reply{status: 200, body: madeID, after: time.Second}
			}
			gets++
			a := ok(strings.Replace(oauthClientBody, `"ACTIVE"`, `"`+status+`"`, 1)) // as it is now; it arrives later
			a.after = time.Minute / 3
			return a
		})
		var wg sync.WaitGroup
		before := func() {
			c, err := u.OAuthClient(t.Context(), 633)
			if err != nil || c.Status != "ACTIVE" {
				t.Errorf("who asked before the write got %+v, %v", c, err)
			}
		}
		wg.Go(before)
		synctest.Wait()
		if err := u.CancelOAuthClient(t.Context(), 633); err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second finds what the first one brought, and not what came in between
			c, err := u.OAuthClient(t.Context(), 633)
			if err != nil || c.Status != "CANCELLED" {
				t.Errorf("who asked after the write got %+v, %v", c, err)
			}
		}
		wg.Wait()
		c, err := u.OAuthClient(t.Context(), 633)
		if err != nil || c.Status != "CANCELLED" {
			t.Errorf("the late answer was kept: %+v, %v", c, err)
		}
		if b.count() != 3 || gets != 2 {
			t.Errorf("%d requests, %d of them reads", b.count(), gets)
		}
	})
}

func TestReads_aWaiterWhoLeavesTakesNothingAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := ok(oauthClientBody)
		r.after = 10 * time.Second
		u, b := signedIn(t, always(r))
		var wg sync.WaitGroup
		for _, leaves := range []bool{true, false, true} { // the one who began it leaves, too
			wg.Go(func() {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if leaves {
					time.AfterFunc(time.Second, cancel)
				}
				start := time.Now()
				_, err := u.OAuthClient(ctx, 633)
				if leaves && (!errors.Is(err, context.Canceled) || time.Since(start) != time.Second) {
					t.Errorf("the one who left got %v after %v", err, time.Since(start))
				}
				if !leaves && err != nil {
					t.Errorf("the one who stayed got %v", err)
				}
			})
			synctest.Wait()
		}
		wg.Wait()
		if b.count() != 1 {
			t.Errorf("%d requests", b.count())
		}
	})
}

func TestReads_endWhenTheLastWaiterLeaves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan struct{})
		r := reply{after: time.Hour}
		c, b := open(t, func(n int, _ request) reply {
			if n == 1 {
				return r
			}
			return ok(oauthClientBody)
		}, func(conf *bunq.Config) {
			inner := conf.Transport
			conf.Transport = roundTripper(func(r *http.Request) (*http.Response, error) {
				a, err := inner.RoundTrip(r)
				if err != nil {
					close(ended)
				}
				return a, err
			})
		})
		u := c.WithSession(apiContext(), newDesk())
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for range 3 {
			wg.Go(func() {
				if _, err := u.OAuthClient(ctx, 633); !errors.Is(err, context.Canceled) {
					t.Errorf("got %v", err)
				}
			})
		}
		synctest.Wait()
		cancel()
		wg.Wait()
		// At once, before the end of the dying exchange is even noticed:
		if _, err := u.OAuthClient(t.Context(), 633); err != nil {
			t.Errorf("who came after them joined what they cancelled: %v", err)
		}
		<-ended
		if b.count() != 2 {
			t.Errorf("%d requests", b.count())
		}
	})
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestReads_keepNoErrors(t *testing.T) {
	for name, fault := range map[string]reply{
		"refused":     refusal(404, "Oauth client for id 633 not found."),
		"unbelieved":  {status: 200, body: oauthClientBody, unsigned: true},
		"not decoded": ok(`{"Response":[]}`),
	} {
		t.Run(name, func(t *testing.T) {
			u, b := signedIn(t, inTurn(fault, ok(oauthClientBody)))
			if _, err := u.OAuthClient(t.Context(), 633); err == nil {
				t.Fatal("no error")
			}
			for range 2 {
				if _, err := u.OAuthClient(t.Context(), 633); err != nil {
					t.Error(err)
				}
			}
			if b.count() != 2 {
				t.Errorf("%d requests, want 2", b.count())
			}
		})
	}
}

// For the race detector: readers, writers and leavers at once.
func TestReads_underFire(t *testing.T) {
	u, _ := signedIn(t, func(_ int, r request) reply {
		if r.method != http.MethodGet {
			return ok(madeID)
		}
		return ok(oauthClientBody)
	})
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			for range 20 {
				ctx, cancel := context.WithCancel(t.Context())
				switch i % 4 {
				case 0:
					if _, err := u.CreateCallbackURL(ctx, 633, "x"); err != nil {
						t.Error(err)
					}
				case 1:
					go cancel()
					if _, err := u.OAuthClient(ctx, 633); err != nil && !errors.Is(err, context.Canceled) {
						t.Error(err)
					}
				default:
					c, err := u.OAuthClient(ctx, 633)
					if err != nil {
						t.Error(err)
						break
					}
					c.CallbackURLs[0].URL = "mine"
				}
				cancel()
			}
		})
	}
	wg.Wait()
}

// An old read that ends late, in whatever way, must not take away what a newer one brought.
func TestReads_anOldOneThatFailsLateTakesNothingAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gets := 0
		u, b := signedIn(t, func(_ int, r request) reply {
			if r.method == http.MethodPut {
				return ok(madeID)
			}
			if gets++; gets == 1 {
				late := refusal(400, "x")
				late.after = 10 * time.Second
				return late
			}
			return ok(oauthClientBody)
		})
		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := u.OAuthClient(t.Context(), 633); err == nil {
				t.Error("the old read did not fail")
			}
		})
		synctest.Wait()
		if err := u.CancelOAuthClient(t.Context(), 633); err != nil {
			t.Fatal(err)
		}
		if _, err := u.OAuthClient(t.Context(), 633); err != nil {
			t.Fatal(err)
		}
		wg.Wait()
		if _, err := u.OAuthClient(t.Context(), 633); err != nil {
			t.Fatal(err)
		}
		if b.count() != 3 {
			t.Errorf("%d requests, want 3", b.count())
		}
	})
}

// A context with another key of bunq must not be told what only the right key
// has verified.
func TestReads_areNotSharedWithAContextThatVerifiesOtherwise(t *testing.T) {
	c, b := open(t, always(ok(oauthClientBody)))
	right, wrong := apiContext(), apiContext()
	wrong.Installation.ServerPublicKey = &clientKey().PublicKey

	if _, err := c.WithSession(right, newDesk()).OAuthClient(t.Context(), 633); err != nil {
		t.Fatal(err)
	}
	_, err := c.WithSession(wrong, newDesk()).OAuthClient(t.Context(), 633)
	var e *bunq.SignatureError
	if !errorsAs(err, &e) || b.count() != 2 {
		t.Errorf("got %v after %d requests", err, b.count())
	}
}
