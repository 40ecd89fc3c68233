package bunq_test

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/ratelimit"
)

// notebook is a Logger that keeps what it hears.
type notebook struct {
	mu    sync.Mutex
	lines []line
}

type line struct {
	level, text string
	fields      map[string]any
}

func (n *notebook) add(level, msg string, fields map[string]any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lines = append(n.lines, line{level, msg, maps.Clone(fields)})
}

func (n *notebook) Info(_ context.Context, msg string, fields map[string]any) {
	n.add("info", msg, fields)
}
func (n *notebook) Debug(_ context.Context, msg string, fields map[string]any) {
	n.add("debug", msg, fields)
}

func (n *notebook) infos() []line {
	n.mu.Lock()
	defer n.mu.Unlock()
	var found []line
	for _, l := range n.lines {
		if l.level == "info" {
			found = append(found, l)
		}
	}
	return found
}

func TestStats_countCallsWaitsAndRetries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &notebook{}
		u, _ := signedIn(t, func(n int, r request) reply {
			if n == 2 {
				return refusal(429, "Too many requests.")
			}
			return ok(strings.Replace(oauthClientBody, "633", r.path[strings.LastIndex(r.path, "/")+1:], 1))
		}, func(c *bunq.Config) {
			c.Logger = log
			c.Limits = ratelimit.New(ratelimit.Published)
		})
		ctx := bunq.WithStats(t.Context())
		start := time.Now()
		for id := int64(1); id <= 4; id++ {
			for range 3 { // two of them from what is kept
				if _, err := u.OAuthClient(ctx, id); err != nil {
					t.Fatal(err)
				}
			}
		}
		got := bunq.StatsFrom(ctx).Fields()
		waited, err := time.ParseDuration(got["waited"].(string))
		if err != nil || waited != time.Since(start).Round(time.Millisecond) {
			t.Errorf("waited %v of %v, %v", got["waited"], time.Since(start), err)
		}
		delete(got, "waited")
		infos := log.infos()
		want := map[string]any{"calls": map[string]int{"GET /user/{id}/oauth-client/{id}": 5}, "waits": got["waits"], "retries": 1}
		if !reflect.DeepEqual(got, want) || got["waits"].(int) < len(infos) {
			t.Errorf("got %v", got)
		}
		if len(infos) == 0 {
			t.Fatal("no line about a wait of three seconds")
		}
		for _, l := range infos {
			d, err := time.ParseDuration(l.fields["waited"].(string))
			if err != nil || d <= 2*time.Second || l.fields["waited_for"] != "the rate limit of GET /user/{id}/oauth-client/{id}" ||
				l.fields["method"] != "GET" || l.fields["endpoint"] != "/user/{id}/oauth-client/{id}" {
				t.Errorf("got %+v", l)
			}
		}
	})
}

func TestWaits_upToTwoSecondsAreNotTold(t *testing.T) {
	for waits, want := range map[time.Duration]int{2 * time.Second: 0, 2*time.Second + 1: 1} {
		synctest.Test(t, func(t *testing.T) {
			log := &notebook{}
			d := newDesk()
			d.after = waits
			c, _ := open(t, always(ok(madeID)), func(c *bunq.Config) { c.Logger = log })
			if _, err := c.WithSession(apiContext(), d).CreateOAuthClient(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := log.infos(); len(got) != want || want == 1 && got[0].fields["waited_for"] != "a session (bunq opens one every 30 seconds for an address, whichever configuration asks)" {
				t.Errorf("a wait of %v: got %+v", waits, got)
			}
		})
	}
}

func TestStats_takingASessionThatIsThereIsNoWait(t *testing.T) {
	for took, want := range map[time.Duration]int{0: 0, 20*time.Millisecond - 1: 0, 20 * time.Millisecond: 1} {
		synctest.Test(t, func(t *testing.T) {
			d := newDesk()
			d.after = took
			c, _ := open(t, always(ok(madeID)))
			ctx := bunq.WithStats(t.Context())
			if _, err := c.WithSession(apiContext(), d).CreateOAuthClient(ctx); err != nil {
				t.Fatal(err)
			}
			if got := bunq.StatsFrom(ctx).Fields()["waits"]; got != want {
				t.Errorf("after %v: %v waits, want %d", took, got, want)
			}
		})
	}
}

func TestStats_ofAContextThatCollectsNothing(t *testing.T) {
	u, _ := signedIn(t, always(ok(madeID)))
	if _, err := u.CreateOAuthClient(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := bunq.StatsFrom(t.Context()).Fields()
	if fmt.Sprint(got) != "map[calls:map[] retries:0 waited:0s waits:0]" {
		t.Errorf("got %v", got)
	}
	if waits := bunq.StatsFrom(t.Context()).Waits(); len(waits) > 0 {
		t.Errorf("got %v", waits)
	}
}

// A wait ends with what was waited for.
func TestStats_waitsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := ok(madeID)
		slow.after = 3 * time.Second
		u, _ := signedIn(t, always(slow))
		ctx := bunq.WithStats(t.Context())
		if _, err := u.CreateOAuthClient(ctx); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Minute) // of the bubble's clock
		if got := bunq.StatsFrom(ctx).Waits()["bunq to answer"]; got != 3*time.Second {
			t.Errorf("waited %v for an answer that took 3 s", got)
		}
	})
}
