package bunq_test

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

func TestDeadSession_isReplacedOnce(t *testing.T) {
	for name, refused := range map[string]reply{
		"401": refusal(401, "Insufficient authorisation."),
		"403": refusal(403, "Insufficient authentication."),
	} {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete} {
			t.Run(name+" "+method, func(t *testing.T) {
				d := newDesk()
				c, b := open(t, inTurn(refused, success(method)))
				if err := byMethod(t.Context(), c.WithSession(apiContext(), d), method); err != nil {
					t.Fatal(err)
				}
				seen := b.requests()
				if len(seen) != 2 || d.replaced != 1 || d.refused != 0 {
					t.Fatalf("%d requests, replaced %d times, %d told as refused", len(seen), d.replaced, d.refused)
				}
				for i, want := range []string{sessionToken, secondToken} {
					if got := seen[i].header.Get("X-Bunq-Client-Authentication"); got != want {
						t.Errorf("request %d went with another token", i+1)
					}
				}

				b.script = always(refused)
				err := byMethod(t.Context(), c.WithSession(apiContext(), d), method)
				if method == http.MethodGet && err == nil {
					return // kept from before
				}
				if !bunq.IsSessionDead(err) || b.count() != 4 || d.replaced != 2 || d.refused != 1 {
					t.Errorf("a second death in the same call: %d requests, replaced %d times, %v", b.count()-2, d.replaced-1, err)
				}
			})
		}
	}
}

func TestDeadSession_thatCannotBeReplaced(t *testing.T) {
	d := newDesk()
	c, b := open(t, func(int, request) reply {
		d.mu.Lock()
		defer d.mu.Unlock()
		d.err = errors.New("no more sessions")
		return refusal(401, "Insufficient authorisation.")
	})
	_, err := c.WithSession(apiContext(), d).CreateOAuthClient(t.Context())
	var e *bunq.SessionError
	if !errorsAs(err, &e) || !errors.Is(err, d.err) || bunq.OutcomeUnknown(err) || b.count() != 1 {
		t.Errorf("got %v after %d requests", err, b.count())
	}
}

func TestDeadSession_isNotWhatAProxySays(t *testing.T) {
	d := newDesk()
	c, b := open(t, always(html(403)))
	if _, err := c.WithSession(apiContext(), d).OAuthClient(t.Context(), 1); err == nil || b.count() != 1 || d.replaced != 0 {
		t.Errorf("%d requests, replaced %d times, %v", b.count(), d.replaced, err)
	}
}

func TestUser_makesNoCall(t *testing.T) {
	u, b := signedIn(t, always(ok(madeID)))
	user, err := u.User(t.Context())
	if err != nil || user.ID != userID || user.Kind != "UserPaymentServiceProvider" || b.count() != 0 {
		t.Errorf("got %+v, %v after %d requests", user, err, b.count())
	}
	d := newDesk()
	d.err = &bunq.APIError{Status: 404, Envelope: true}
	c, _ := open(t, always(ok(madeID)))
	if _, err := c.WithSession(apiContext(), d).User(t.Context()); err == nil || bunq.IsNotFound(err) {
		t.Errorf("got %v", err)
	}
}

// A session that takes its time counts for the call.
func TestMaxWait_endsTheWaitForASession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDesk()
		d.after = time.Hour
		c, b := open(t, always(ok(madeID)), func(c *bunq.Config) {
			c.MaxWait, c.RequestTimeout = 10*time.Second, 5*time.Second
		})
		u := c.WithSession(apiContext(), d)
		for name, call := range map[string]func() error{
			"a write":  func() error { _, err := u.CreateOAuthClient(t.Context()); return err },
			"a read":   func() error { _, err := u.OAuthClient(t.Context(), 633); return err },
			"the user": func() error { _, err := u.User(t.Context()); return err },
		} {
			start := time.Now()
			err := call()
			var e *bunq.WaitError
			if !errorsAs(err, &e) || e.Reason != "a session (bunq opens one every 30 seconds for an address, whichever configuration asks)" ||
				time.Since(start) != 10*time.Second || b.count() != 0 || bunq.OutcomeUnknown(err) {
				t.Errorf("%s: got %v after %v", name, err, time.Since(start))
			}
		}
	})
}
