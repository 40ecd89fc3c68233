package bunqsim_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// The published classic table, for each address and endpoint.
func TestPublishedLimits(t *testing.T) {
	clock := bunqsim.NewFakeClock(start)
	sim := bunqsim.NewTest(t, bunqsim.Config{Clock: clock})
	c := newClient(t, sim).onboard()
	id := c.addOAuthClient()
	cb := c.addCallback(id, "https://example.com/")
	client := fmt.Sprintf("/oauth-client/%d", id)
	n := 0
	for _, tc := range []struct {
		rule   string
		req    func() request
		max    int
		window time.Duration
		text   string
	}{
		{"GET 3 in 3 s", func() request { return c.in("GET", client, nil) }, 3, 3 * time.Second, "3 calls per 3 second"},
		{"POST 5 in 3 s", func() request {
			n++
			return c.in("POST", client+"/callback-url", fmt.Sprintf(`{"url":"https://example.com/%d"}`, n))
		}, 5, 3 * time.Second, "5 calls per 3 second"},
		{"PUT 2 in 3 s", func() request { return c.in("PUT", client, `{"status":"ACTIVE"}`) }, 2, 3 * time.Second, "2 calls per 3 second"},
		{"session-server 1 in 30 s", c.sessionRequest, 1, 30 * time.Second, "1 calls per 30 second"},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			if err := sim.SetLimits(bunqsim.LimitsPublished); err != nil {
				t.Fatal(err)
			}
			text := "Too many requests. You can do a maximum of " + tc.text + " to this endpoint."
			step := tc.window / time.Duration(tc.max+1)
			for range tc.max {
				c.ok(tc.req())
				clock.Advance(step)
			}
			before := len(sim.Snapshot().CallbackURLs)
			res := c.refused(tc.req(), 429, text)
			if res.header.Get("X-Bunq-Server-Signature") != "" || res.header.Get("Retry-After") != "" {
				t.Error("429 has a signature or Retry-After")
			}
			if len(sim.Snapshot().CallbackURLs) != before {
				t.Error("a refused request had an effect")
			}
			clock.Advance(step - time.Nanosecond)
			c.refused(tc.req(), 429, text)
			clock.Advance(time.Nanosecond) // the first one leaves the window, and only that
			c.ok(tc.req())
			c.refused(tc.req(), 429, text)
			other := tc.req()
			other.ip = "198.51.100.99"
			if res := c.send(other); res.status == 429 {
				t.Error("the limit is not for each address")
			}
		})
	}
	if err := sim.SetLimits(bunqsim.LimitsPublished); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		c.ok(c.in("GET", fmt.Sprintf("%s/callback-url/%d", client, cb), nil))
	}
	missing := c.send(c.in("GET", client+"/callback-url/1", nil)) // ids don't matter
	if missing.status != 429 {
		t.Errorf("another id of the same endpoint: %d", missing.status)
	}
	c.ok(c.in("GET", client+"/callback-url", nil))
	for range 9 { // no limit on what has no route
		c.refused(c.get("/nowhere"), 404, "Route not found.")
	}
	for i := range 6 {
		res := c.send(request{method: "DELETE", path: "/session/0", token: c.sessionToken})
		if (res.status == 429) != (i == 5) {
			t.Errorf("DELETE %d: %d", i+1, res.status)
		}
	}
}

func TestLimitsAreOffByDefault(t *testing.T) {
	sim, _ := sandbox(t, bunqsim.Settings{})
	c := newClient(t, sim).onboard()
	for range 20 {
		c.ok(c.get("/user"))
		c.login()
	}
}

// The newer page, for each device and endpoint.
func TestRecentLimits(t *testing.T) {
	clock := bunqsim.NewFakeClock(start)
	sim := bunqsim.NewTest(t, bunqsim.Config{Clock: clock})
	c := newClient(t, sim).onboard()
	id := c.addOAuthClient()
	cb := c.addCallback(id, "https://example.com/")
	client := fmt.Sprintf("/oauth-client/%d", id)
	n := 0
	for _, tc := range []struct {
		rule   string
		req    func() request
		max    int
		window time.Duration
		text   string
	}{
		{"GET 70 in 30 s", func() request { return c.in("GET", client, nil) }, 70, 30 * time.Second, "70 calls per 30 second"},
		{"POST 3 in 60 s", func() request {
			n++
			return c.in("POST", client+"/callback-url", fmt.Sprintf(`{"url":"https://example.com/%d"}`, n))
		}, 3, time.Minute, "3 calls per 60 second"},
		{"PUT 3 in 60 s", func() request { return c.in("PUT", client, `{"status":"ACTIVE"}`) }, 3, time.Minute, "3 calls per 60 second"},
		{"filters 3 in 60 s", func() request { return c.in("POST", urlFilters, filterBody()) }, 3, time.Minute, "3 calls per 60 second"},
		{"session-server 1 in 30 s", c.sessionRequest, 1, 30 * time.Second, "1 calls per 30 second"},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			if err := sim.SetLimits(bunqsim.LimitsRecent); err != nil {
				t.Fatal(err)
			}
			text := "Too many requests. You can do a maximum of " + tc.text + " to this endpoint."
			step := tc.window / time.Duration(tc.max+1)
			for range tc.max {
				c.ok(tc.req())
				clock.Advance(step)
			}
			rest := tc.window - step*time.Duration(tc.max)
			c.refused(tc.req(), 429, text)
			clock.Advance(rest - time.Nanosecond)
			c.refused(tc.req(), 429, text)
			moved := tc.req()
			moved.ip = "198.51.100.99"
			c.refused(moved, 429, text) // a device takes its limit along
			clock.Advance(time.Nanosecond)
			c.ok(tc.req())
			c.refused(tc.req(), 429, text)
		})
	}

	if err := sim.SetLimits(bunqsim.LimitsRecent); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		c.ok(c.in("PUT", fmt.Sprintf("%s/callback-url/%d", client, cb), `{"url":"https://example.com/"}`))
	}
	before := c.in("PUT", fmt.Sprintf("%s/callback-url/%d", client, cb), `{"url":"https://example.com/"}`)
	c.login()
	again := c.in("PUT", fmt.Sprintf("%s/callback-url/%d", client, cb), `{"url":"https://example.com/"}`)
	for _, r := range []request{before, again} {
		if got := c.send(r).status; got != 429 {
			t.Errorf("another session of the same key: %d", got)
		}
	}

	// Another installation is another device, also from the same address; without a token it is the
	// address that counts.
	d := newClient(t, sim)
	d.install()
	d.cert = pseudo(t, "Another PISP")
	d.chain = d.cert
	d.register()
	d.addDevice()
	d.login()
	if res := d.send(request{method: "POST", path: "/installation", body: `{}`}); res.status != 400 {
		t.Errorf("second installation: %d", res.status)
	}
	if res := d.send(request{method: "POST", path: "/installation", body: `{}`}); res.status != 400 {
		t.Errorf("third installation: %d", res.status)
	}
	if res := c.send(request{method: "POST", path: "/installation", body: `{}`}); res.status != 429 {
		t.Errorf("fourth installation: %d", res.status)
	}
	limited := sim.Fail(bunqsim.Fault{Route: "GET /user", Kind: bunqsim.FaultStatus, Status: 429})
	d.refused(d.get("/user"), 429, "Too many requests. You can do a maximum of 70 calls per 30 second to this endpoint.")
	if limited.Fired() != 1 {
		t.Error("the fault did not happen")
	}
}
