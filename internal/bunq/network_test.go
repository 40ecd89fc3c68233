package bunq_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/ratelimit"
)

// timeoutError is the error of a dialer whose time is over. Like net's own, it passes for
// the end of a context.
type timeoutError struct{}

func (timeoutError) Error() string        { return "i/o timeout" }
func (timeoutError) Is(target error) bool { return target == context.DeadlineExceeded }

// deaths are the ways in which a network is dead, as an attempt meets them.
var deaths = map[string]reply{
	"connection refused":      {err: errDial},
	"packets are swallowed":   {err: &net.OpError{Op: "dial", Net: "tcp", Err: timeoutError{}}, after: 10 * time.Second},
	"a name is not resolved":  {err: errDial, after: 5 * time.Second},
	"a network is not routed": {err: fmt.Errorf("proxy: %w", errDial)},
}

// A dead network is told within a minute, for a hundred resources that are read ten
// at a time, and each error names the cause.
func TestNetwork_isReportedOnceForAll(t *testing.T) {
	for name, death := range deaths {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			t.Run(name+" "+method, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					u, _ := signedIn(t, always(death), func(c *bunq.Config) { c.Limits = ratelimit.New(ratelimit.Published) })
					start := time.Now()
					var all sync.WaitGroup
					places := make(chan struct{}, 10)
					for id := range int64(100) {
						places <- struct{}{}
						all.Go(func() {
							defer func() { <-places }()
							ctx := bunq.WithStats(t.Context())
							var err error
							if method == http.MethodGet {
								_, err = u.OAuthClient(ctx, id+1)
							} else {
								_, err = u.CreateOAuthClient(ctx)
							}
							if !bunq.NeverSent(err) || !errors.Is(err, death.err) {
								t.Errorf("got %v", err)
							}
						})
					}
					all.Wait()
					if took := time.Since(start); took < 15*time.Second || took > time.Minute {
						t.Errorf("it took %v", took)
					}
				})
			})
		}
	}
}

// Dead in the middle of an apply: what was on its way is lost, and nothing else gets through.
func TestNetwork_thatDiesInTheMiddle(t *testing.T) {
	for name, death := range deaths {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				u, _ := signedIn(t, func(n int, _ request) reply {
					switch {
					case n == 1:
						return ok(oauthClientBody)
					case n <= 4:
						return reply{after: time.Hour} // no answer any more
					default:
						return death
					}
				})
				if _, err := u.OAuthClient(t.Context(), 633); err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				var all sync.WaitGroup
				for id := range int64(10) {
					all.Go(func() {
						if _, err := u.DeviceServer(bunq.WithStats(t.Context()), id+1); err == nil {
							t.Error("no error")
						}
					})
				}
				all.Wait()
				if took := time.Since(start); took > time.Minute {
					t.Errorf("it took %v", took)
				}
			})
		})
	}
}

// A network that was away and came back is used again, at once by those who still
// try, and soon by those who come later.
func TestNetwork_thatComesBack(t *testing.T) {
	for name, c := range map[string]struct {
		away time.Duration
		want bool // for a call that began when it went
	}{
		"a short time": {15 * time.Second, true},
		"a long time":  {5 * time.Minute, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				u, b := signedIn(t, func(int, request) reply {
					if time.Since(start) < c.away {
						return reply{err: errDial}
					}
					return ok(madeID)
				})
				if _, err := u.CreateOAuthClient(t.Context()); (err == nil) != c.want {
					t.Errorf("got %v after %v", err, time.Since(start))
				}
				if !c.want {
					asked := b.count()
					if _, err := u.CreateOAuthClient(t.Context()); !bunq.NeverSent(err) || b.count() != asked {
						t.Errorf("%d requests more, %v", b.count()-asked, err)
					}
				}

				time.Sleep(c.away)
				for range 3 {
					if _, err := u.CreateOAuthClient(t.Context()); err != nil {
						t.Error(err)
					}
				}
			})
		})
	}
}

// The wait for a slot is no time without a connection.
func TestNetwork_isNotJudgedByTheWaitForASlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		u, b := signedIn(t, inTurn(ok(madeID), reply{err: errDial}, ok(madeID)), func(c *bunq.Config) {
			c.Limits = ratelimit.New(func(ratelimit.Key) (ratelimit.Limit, bool) { return ratelimit.Limit{Max: 1, Window: time.Minute}, true })
		})
		for range 2 {
			if _, err := u.CreateOAuthClient(t.Context()); err != nil {
				t.Errorf("got %v after %d requests", err, b.count())
			}
		}
	})
}

// hole swallows the packets that would make a connection.
type hole struct{}

func (hole) RoundTrip(r *http.Request) (*http.Response, error) {
	select {
	case <-time.After(10 * time.Second):
	case <-r.Context().Done():
	}
	return nil, errDial
}

// Where an operation has less time than a connection takes to fail, the next ones
// go on from there: a hundred of them do not try a hundred times.
func TestNetwork_isLearntFromAttemptsThatWereCutOff(t *testing.T) {
	for _, maxWait := range []time.Duration{5 * time.Second, 11 * time.Second, 20 * time.Second, 15 * time.Minute} {
		t.Run(maxWait.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				u, _ := signedIn(t, nil, func(c *bunq.Config) { c.MaxWait, c.Transport = maxWait, hole{} })
				start := time.Now()
				for range 100 {
					begun := time.Now()
					if _, err := u.CreateOAuthClient(t.Context()); err == nil || bunq.OutcomeUnknown(err) {
						t.Errorf("got %v", err)
					}
					if took := time.Since(begun); took > maxWait {
						t.Errorf("one of them took %v", took)
					}
				}
				if took := time.Since(start); took > time.Minute {
					t.Errorf("it took %v", took)
				}
			})
		})
	}
}
