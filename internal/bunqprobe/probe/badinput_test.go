package probe_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqprobe/probe"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

const tenADay = `{"Error":[{"error_description":"Too many requests. You can do a maximum of 10 calls per 86400 second to this endpoint.",` +
	`"error_description_translated":"Too many requests. You can do a maximum of 10 calls per 86400 second to this endpoint."}]}`

// Whatever stands in the way from some request on is named, hangs nothing, and settles nothing that
// is not so.
func TestBadInput(t *testing.T) {
	for name, tc := range map[string]struct {
		fault bunqsim.Fault
		named string
	}{
		"no network":                          {bunqsim.Fault{Kind: bunqsim.FaultRefuse}, "no network"},
		"connections are lost":                {bunqsim.Fault{Kind: bunqsim.FaultDrop}, "no network"},
		"no answer ever comes":                {bunqsim.Fault{Kind: bunqsim.FaultSlow}, "no network"},
		"half an answer":                      {bunqsim.Fault{Kind: bunqsim.FaultTruncate}, "no network"},
		"a proxy's bad gateway":               {bunqsim.Fault{Kind: bunqsim.FaultStatus, Status: 502}, "HTML"},
		"a proxy's login page":                {bunqsim.Fault{Kind: bunqsim.FaultStatus, Status: 200, Body: "<html>Sign in</html>", ContentType: "text/html"}, "HTML"},
		"a page that calls itself JSON":       {bunqsim.Fault{Kind: bunqsim.FaultStatus, Status: 200, Body: "<html>Sign in</html>"}, "HTML"},
		"an empty answer":                     {bunqsim.Fault{Kind: bunqsim.FaultStatus, Status: 200, Body: " "}, "not JSON"},
		"a redirect":                          {bunqsim.Fault{Kind: bunqsim.FaultStatus, Status: 302, Body: "{}"}, "redirect"},
		"maintenance":                         {bunqsim.Fault{Kind: bunqsim.FaultStatus, Status: 491}, "maintenance"},
		"maintenance, as the gateway says it": {bunqsim.Fault{Kind: bunqsim.FaultStatus, Status: 503}, "maintenance"},
	} {
		for _, nth := range []int{1, 2, 40, 150} {
			t.Run(fmt.Sprintf("%s from request %d on", name, nth), func(t *testing.T) {
				t.Parallel()
				o := ask(t, bunqsim.Config{Limits: bunqsim.LimitsPublished}, func(sim *bunqsim.Sim, c *probe.Config) {
					fault := tc.fault
					fault.Nth, fault.Every = nth, true
					sim.Fail(fault)
				})
				o.checkTrue(t, bunqsim.Settings{})
				if len(o.Surprises) > 0 {
					t.Errorf("surprise %+v", o.Surprises[0])
				}
				if !slices.ContainsFunc(o.Problems, func(p string) bool { return strings.Contains(p, tc.named) }) {
					t.Errorf("the report does not name %q: %q", tc.named, o.Problems)
				}
				if nth < 3 && len(o.Settled) > 0 {
					t.Errorf("settled %v", o.Settled)
				}
				if last := o.Unsettled[len(o.Unsettled)-1].Reason; !strings.Contains(last, tc.named) && !strings.Contains(last, "needs") {
					t.Errorf("the last question is not settled because of %q", last)
				}
				if o.Took > 30*time.Minute {
					t.Errorf("took %s", o.Took)
				}
			})
		}
	}
}

// checkTrue fails for everything that was settled otherwise than the simulator is set.
func (o *observed) checkTrue(t *testing.T, set bunqsim.Settings) {
	t.Helper()
	want, got := drawn(t, set), o.settledAs(t)
	for name, value := range got {
		if want[name] != value {
			t.Errorf("%s is %s, settled as %s", name, want[name], value)
		}
	}
	if n := len(o.Settled) + len(o.Unsettled) + len(o.Surprises); n != len(probe.Settings()) {
		t.Errorf("%d outcomes for %d questions", n, len(probe.Settings()))
	}
}

// One failure costs one question, and no other.
func TestOneFailureStopsNothing(t *testing.T) {
	o := ask(t, bunqsim.Config{Limits: bunqsim.LimitsPublished}, func(sim *bunqsim.Sim, c *probe.Config) {
		sim.Fail(bunqsim.Fault{Route: "POST /user/{id}/credential-password-ip/{id}/ip", Nth: 2, Kind: bunqsim.FaultStatus, Status: 502})
	})
	o.checkTrue(t, bunqsim.Settings{})
	standard := invisible(drawn(t, bunqsim.Settings{}))
	if want := len(probe.Settings()) - len(standard) - 1; len(o.Settled) != want {
		t.Errorf("%d settled, not %d: %v", len(o.Settled), want, o.Unsettled)
	}
	if r := o.reasons()["ip_in_permitted_ip_update"]; !strings.Contains(r, "HTML") {
		t.Errorf("reason %q", r)
	}
}

// The sandbox forgets everything at some request: what is asked then is not settled by it, and the
// rest is asked again.
func TestReset(t *testing.T) {
	for nth := 2; nth < 190; nth += 37 { // a run makes some 200 calls, and cleans up with the last
		t.Run(fmt.Sprint(nth), func(t *testing.T) {
			t.Parallel()
			o := ask(t, bunqsim.Config{Limits: bunqsim.LimitsPublished}, func(sim *bunqsim.Sim, c *probe.Config) {
				sim.Fail(bunqsim.Fault{Nth: nth, Kind: bunqsim.FaultHook, Hook: func(bunqsim.Entry) {
					if err := sim.Wipe(); err != nil {
						t.Error(err)
					}
				}})
			})
			o.checkTrue(t, bunqsim.Settings{})
			for _, s := range o.Surprises {
				t.Errorf("surprise at %s: %s", s.Setting, s.Exchange)
			}
			named, lost := 0, 0
			for _, u := range o.Unsettled {
				if strings.Contains(u.Reason, "reset") {
					named++
				} else if !strings.HasPrefix(u.Reason, "needs an hour") && !strings.Contains(u.Reason, "takes no IPv6") {
					lost++
					t.Logf("%s: %s", u.Setting, u.Reason)
				}
			}
			if named+lost > 4 {
				t.Errorf("%d questions were lost with one reset: %v", named+lost, o.Unsettled)
			}
			if !slices.ContainsFunc(o.Problems, func(p string) bool { return strings.Contains(p, "reset") }) {
				t.Errorf("the report does not name the reset: %q", o.Problems)
			}
		})
	}
}

// A limit of ten installations a day, all used up or nearly so: no question waits for tomorrow.
func TestInstallationsPerDay(t *testing.T) {
	for nth := 1; nth <= 3; nth++ {
		o := ask(t, bunqsim.Config{Limits: bunqsim.LimitsPublished}, func(sim *bunqsim.Sim, c *probe.Config) {
			sim.Fail(bunqsim.Fault{Route: "POST /installation", Nth: nth, Every: true, Kind: bunqsim.FaultStatus, Status: 429, Body: tenADay})
		})
		o.checkTrue(t, bunqsim.Settings{})
		if len(o.Surprises) > 0 {
			t.Errorf("surprise %v", o.Surprises)
		}
		if n := len(o.sim.Calls("POST /installation")); n != nth {
			t.Errorf("%d installations were asked for, not %d", n, nth)
		}
		if nth == 1 && len(o.Settled) > 0 {
			t.Errorf("settled %v", o.Settled)
		}
		if !strings.Contains(o.Markdown(), "10 calls per 86400 second") {
			t.Error("the report does not name the limit")
		}
		if !strings.Contains(fmt.Sprint(o.Unsettled), "limit for POST /installation is used up") {
			t.Errorf("reasons %v", o.Unsettled)
		}
	}
}

// A standard run needs few installations, one for each device and one more: bunq may allow ten a day.
func TestFewInstallations(t *testing.T) {
	o := ask(t, bunqsim.Config{Limits: bunqsim.LimitsPublished}, nil)
	if n := len(o.sim.Calls("POST /installation")); n > 9 {
		t.Errorf("%d installations", n)
	}
	if n := o.limitsHit(); n != 1 {
		t.Errorf("%d requests hit a limit, and one was announced", n)
	}
	if !strings.Contains(o.progress, "hitting a limit on purpose") {
		t.Error("the limit that is hit is not announced")
	}
}

// Somebody else on the same address uses up a limit: it is waited out, and named.
func TestLimitOfOthers(t *testing.T) {
	o := ask(t, bunqsim.Config{Limits: bunqsim.LimitsPublished}, func(sim *bunqsim.Sim, c *probe.Config) {
		c.Only = []string{"ipv6"}
		for nth := 1; nth <= 2; nth++ {
			sim.Fail(bunqsim.Fault{Route: "POST /session-server", Nth: nth, Kind: bunqsim.FaultStatus, Status: 429})
		}
	})
	if len(o.Settled) != 1 {
		t.Errorf("not settled: %v", o.Unsettled)
	}
	if !strings.Contains(o.Markdown(), "hit without having been looked for") {
		t.Error("the report does not name it")
	}
}

// Broken off at any time, a run ends soon, with what it has until then.
func TestInterrupted(t *testing.T) {
	for _, after := range []time.Duration{0, 20 * time.Second, 3 * time.Minute} {
		o := askWithin(t, after, bunqsim.Config{Limits: bunqsim.LimitsPublished}, nil)
		o.checkTrue(t, bunqsim.Settings{})
		if !o.Interrupted || !strings.Contains(o.Markdown(), "was interrupted") {
			t.Errorf("after %s: the report does not say that it was interrupted", after)
		}
		if o.Took < after || o.Took > after+20*time.Second {
			t.Errorf("after %s: ended after %s", after, o.Took)
		}
		if after == 0 && o.Calls > 0 {
			t.Errorf("%d calls", o.Calls)
		}
		if len(o.Surprises) > 0 {
			t.Errorf("surprise %v", o.Surprises)
		}
	}
}

// What can be taken away is taken away: clients, URLs, filters, sessions and addresses, also where
// sessions are short.
func TestCleansUp(t *testing.T) {
	for _, set := range []bunqsim.Settings{{}, {
		SecondOAuthClient: bunqsim.Accepted, HTTPCallback: bunqsim.Accepted, DuplicateCallback: bunqsim.Accepted,
		UnknownNotificationCategory: bunqsim.Accepted, IPInPermittedIPUpdate: bunqsim.Required,
		SessionLifetime: time.Minute, FirstSessionLifetime: 20 * time.Second,
	}} {
		o := ask(t, bunqsim.Config{Limits: bunqsim.LimitsPublished, Settings: set}, nil)
		now := o.sim.Snapshot()
		for _, c := range now.OAuthClients {
			if c.Status == bunqsim.OAuthClientActive {
				t.Errorf("client %d is left", c.ID)
			}
		}
		for _, u := range now.CallbackURLs {
			if u.OAuthClientID == now.OAuthClients[0].ID { // that of the questions about URLs
				t.Errorf("URL %s is left", u.URL)
			}
		}
		for _, s := range now.Sessions {
			if s.Status == bunqsim.SessionActive {
				t.Errorf("session %d is left", s.ID)
			}
		}
		for _, a := range now.PermittedIPs {
			if strings.HasPrefix(a.IP, "192.0.2.1") && a.IP != "192.0.2.1" && a.Status == bunqsim.PermittedIPActive {
				t.Errorf("address %s is left active", a.IP)
			}
		}
		if n := len(now.NotificationFilters); n > 0 {
			t.Errorf("%d notification filters are left", n)
		}
	}
}
