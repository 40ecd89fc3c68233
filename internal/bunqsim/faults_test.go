package bunqsim_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

const deviceRoute = "POST /device-server"

// Every fault, in-process and over HTTP: what the client sees, what the journal says, and whether
// it took effect.
func TestFaults(t *testing.T) {
	before, after := bunqsim.BeforeCommit, bunqsim.AfterCommit
	for _, tc := range []struct {
		rule      string
		fault     bunqsim.Fault
		err       bool // the client gets no whole answer
		status    int
		text      string // in the body
		html      bool
		signed    bool
		committed bool
		journal   string
	}{
		{rule: "dropped unread", fault: bunqsim.Fault{Kind: bunqsim.FaultDrop}, err: true, journal: "drop before commit"},
		{rule: "answer lost", fault: bunqsim.Fault{Kind: bunqsim.FaultDrop, Stage: after}, err: true, committed: true, journal: "drop after commit"},
		{rule: "half a body", fault: bunqsim.Fault{Kind: bunqsim.FaultTruncate}, err: true, committed: true, journal: "truncate after commit"},
		{rule: "wrong signature", fault: bunqsim.Fault{Kind: bunqsim.FaultWrongSignature}, status: 200, committed: true, journal: "wrong signature after commit"},
		{rule: "no signature", fault: bunqsim.Fault{Kind: bunqsim.FaultNoSignature}, status: 200, committed: true, journal: "no signature after commit"},
		{rule: "500 before", fault: bunqsim.Fault{Kind: bunqsim.FaultStatus, Status: 500}, status: 500, text: "internal error", journal: "status 500 before commit"},
		{rule: "500 after", fault: bunqsim.Fault{Kind: bunqsim.FaultStatus, Status: 500, Stage: after}, status: 500, text: "internal error",
			committed: true, journal: "status 500 after commit"},
		{rule: "502 is a gateway's page", fault: bunqsim.Fault{Kind: bunqsim.FaultStatus, Status: 502}, status: 502, text: "502 Bad Gateway", html: true, journal: "status 502 before commit"},
		{rule: "502 after", fault: bunqsim.Fault{Kind: bunqsim.FaultStatus, Status: 502, Stage: after}, status: 502, html: true, committed: true, journal: "status 502 after commit"},
		{rule: "491 is a page", fault: bunqsim.Fault{Kind: bunqsim.FaultStatus, Status: 491}, status: 491, html: true, journal: "status 491 before commit"},
		{rule: "404 is a page", fault: bunqsim.Fault{Kind: bunqsim.FaultStatus, Status: 404}, status: 404, html: true, journal: "status 404 before commit"},
		{rule: "429", fault: bunqsim.Fault{Kind: bunqsim.FaultStatus, Status: 429}, status: 429, text: "maximum of 5 calls per 3 second", journal: "status 429 before commit"},
		{rule: "409", fault: bunqsim.Fault{Kind: bunqsim.FaultStatus, Status: 409}, status: 409, text: "maximum of 5 calls per 3 second", journal: "status 409 before commit"},
		{rule: "401", fault: bunqsim.Fault{Kind: bunqsim.FaultStatus, Status: 401}, status: 401, text: textAuthorisation, signed: true, journal: "status 401 before commit"},
		{rule: "403", fault: bunqsim.Fault{Kind: bunqsim.FaultStatus, Status: 403}, status: 403, text: textAuthentication, journal: "status 403 before commit"},
		{rule: "400", fault: bunqsim.Fault{Kind: bunqsim.FaultStatus, Status: 400, Stage: before}, status: 400, text: textCredentials, signed: true, journal: "status 400 before commit"},
		{rule: "a body of one's own", fault: bunqsim.Fault{Kind: bunqsim.FaultStatus, Status: 200, Body: "{}", Stage: after}, status: 200, text: "{}", signed: true,
			committed: true, journal: "status 200 after commit"},
		{rule: "slow, then answered", fault: bunqsim.Fault{Kind: bunqsim.FaultSlow, Wait: time.Millisecond}, status: 200, signed: true, committed: true, journal: "slow before commit"},
		{rule: "hook only", fault: bunqsim.Fault{Kind: bunqsim.FaultHook, Stage: after}, status: 200, signed: true, committed: true, journal: "hook after commit"},
	} {
		for _, over := range []string{"in-process", "HTTP"} {
			t.Run(tc.rule+"/"+over, func(t *testing.T) {
				sim, srv := bunqsim.NewServer(t, bunqsim.Config{})
				c := newClient(t, sim)
				if over == "HTTP" {
					c.http, c.base = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}, srv.BaseURL()
				}
				c.install()
				c.register()
				f := tc.fault
				f.Route = deviceRoute
				var hooked bunqsim.Entry
				f.Hook = func(e bunqsim.Entry) {
					hooked = e
					if got := len(sim.Snapshot().Devices) == 1; got != (f.Stage == after || f.Kind == bunqsim.FaultTruncate || strings.HasSuffix(string(f.Kind), "signature")) {
						t.Errorf("in the hook a device exists: %t", got)
					}
				}
				armed := sim.Fail(f)
				res, err := c.try(t.Context(), c.deviceRequest())
				switch {
				case tc.err:
					if err == nil {
						t.Fatalf("answered %d: %s", res.status, res.raw)
					}
				case err != nil:
					t.Fatal(err)
				default:
					if res.status != tc.status || !strings.Contains(string(res.raw), tc.text) {
						t.Errorf("answered %d: %s", res.status, res.raw)
					}
					if html := strings.HasPrefix(res.header.Get("Content-Type"), "text/html"); html != tc.html || html && res.header.Get("X-Bunq-Client-Response-Id") != "" {
						t.Errorf("headers %v", res.header)
					}
					if ok := res.verify(c.serverKey) == nil; ok != tc.signed {
						t.Errorf("signature fits: %t", ok)
					}
				}
				if n := len(sim.Snapshot().Devices); (n == 1) != tc.committed {
					t.Errorf("%d devices", n)
				}
				e := sim.Calls(deviceRoute)
				if len(e) != 1 || e[0].Fault != tc.journal || e[0].Committed != tc.committed || !e[0].Done {
					t.Errorf("journal %+v", e)
				}
				if want := tc.status; e[0].Status != want && tc.rule != "half a body" {
					t.Errorf("journal has status %d, want %d", e[0].Status, want)
				}
				if armed.Fired() != 1 || hooked.Call() != deviceRoute || hooked.Fault != tc.journal {
					t.Errorf("fired %d times, hook got %+v", armed.Fired(), hooked)
				}
				c.install()
				c.ok(c.deviceRequest()) // the next one is not touched
			})
		}
	}
}

func TestWhichRequestAFaultMeets(t *testing.T) {
	fault := func(f bunqsim.Fault) bunqsim.Fault {
		f.Kind, f.Status = bunqsim.FaultStatus, 500
		return f
	}
	for _, tc := range []struct {
		rule  string
		fault bunqsim.Fault
		want  string // the statuses of five GET /user
	}{
		{"the first by default", bunqsim.Fault{Route: "GET /user"}, "500 200 200 200 200"},
		{"the third", bunqsim.Fault{Route: "GET /user", Nth: 3}, "200 200 500 200 200"},
		{"every", bunqsim.Fault{Route: "GET /user", Every: true}, "500 500 500 500 500"},
		{"every from the third", bunqsim.Fault{Route: "GET /user", Nth: 3, Every: true}, "200 200 500 500 500"},
		{"any route", bunqsim.Fault{Nth: 2}, "200 500 200 200 200"},
		{"another route's", bunqsim.Fault{Route: "GET /user/{id}"}, "200 200 200 200 200"},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			sim, _ := sandbox(t, bunqsim.Settings{})
			c := newClient(t, sim).onboard()
			armed := sim.Fail(fault(tc.fault)) // what came before is not counted
			var got []string
			for range 5 {
				got = append(got, strconv.Itoa(c.send(c.get("/user")).status))
			}
			if strings.Join(got, " ") != tc.want || armed.Fired() != strings.Count(tc.want, "500") {
				t.Errorf("got %s, fired %d times", got, armed.Fired())
			}
		})
	}
	sim, _ := sandbox(t, bunqsim.Settings{})
	c := newClient(t, sim).onboard()
	a := sim.Fail(fault(bunqsim.Fault{Route: "GET /user", Every: true}))
	sim.Fail(fault(bunqsim.Fault{Route: "GET /installation", Every: true}))
	a.Disarm()
	c.ok(c.get("/user"))
	sim.ClearFaults()
	c.ok(c.get("/installation"))
}

func TestImpossibleFaultsPanic(t *testing.T) {
	sim, _ := sandbox(t, bunqsim.Settings{})
	for rule, f := range map[string]bunqsim.Fault{
		"unknown route":      {Route: "POST /devices", Kind: bunqsim.FaultDrop},
		"route with numbers": {Route: "GET /user/1", Kind: bunqsim.FaultDrop},
		"unknown kind":       {Kind: "flood"},
		"unknown stage":      {Kind: bunqsim.FaultDrop, Stage: "during"},
		"truncate before":    {Kind: bunqsim.FaultTruncate, Stage: bunqsim.BeforeCommit},
		"refuse after":       {Kind: bunqsim.FaultRefuse, Stage: bunqsim.AfterCommit},
		"no status":          {Kind: bunqsim.FaultStatus},
		"hook without hook":  {Kind: bunqsim.FaultHook},
		"negative number":    {Kind: bunqsim.FaultDrop, Nth: -1},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: armed", rule)
				}
			}()
			sim.Fail(f)
		}()
	}
}

func TestFaultsFollowOneAnother(t *testing.T) {
	sim, _ := sandbox(t, bunqsim.Settings{})
	c := newClient(t, sim).onboard()
	var order []string
	hook := func(name string) func(bunqsim.Entry) {
		return func(bunqsim.Entry) { order = append(order, name) }
	}
	sim.Fail(bunqsim.Fault{Kind: bunqsim.FaultHook, Stage: bunqsim.AfterCommit, Hook: hook("after")})
	sim.Fail(bunqsim.Fault{Kind: bunqsim.FaultHook, Hook: hook("before")})
	sim.Fail(bunqsim.Fault{Kind: bunqsim.FaultDrop, Stage: bunqsim.AfterCommit, Hook: hook("drop")})
	sim.Fail(bunqsim.Fault{Kind: bunqsim.FaultWrongSignature, Hook: hook("never: nothing is sent")})
	sim.Fail(bunqsim.Fault{Kind: bunqsim.FaultStatus, Status: 500, Nth: 2, Hook: hook("500")})
	sim.Fail(bunqsim.Fault{Kind: bunqsim.FaultHook, Nth: 2, Hook: hook("never: already answered")})
	if _, err := c.try(t.Context(), c.get("/user")); err == nil {
		t.Error("answered")
	}
	if res := c.send(c.get("/user")); res.status != 500 {
		t.Errorf("status %d", res.status)
	}
	if got := strings.Join(order, " "); got != "before after drop 500" {
		t.Errorf("order %s", got)
	}
}

// A refused connection is a dial error in-process, so that a client can tell it was never sent.
func TestConnectionRefusedInProcess(t *testing.T) {
	sim, _ := sandbox(t, bunqsim.Settings{})
	c := newClient(t, sim).onboard()
	var wrote atomic.Bool
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { wrote.Store(true) }})
	sim.Fail(bunqsim.Fault{Kind: bunqsim.FaultRefuse})
	_, err := c.try(ctx, c.get("/user"))
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "dial" || wrote.Load() {
		t.Errorf("error %v, written %t", err, wrote.Load())
	}
	sim.Fail(bunqsim.Fault{Kind: bunqsim.FaultDrop})
	if _, err = c.try(ctx, c.get("/user")); !errors.As(err, &op) || op.Op != "read" || !wrote.Load() {
		t.Errorf("dropped: error %v, written %t", err, wrote.Load())
	}
}

func TestConnectionRefusedOverHTTP(t *testing.T) {
	sim, srv := bunqsim.NewServer(t, bunqsim.Config{})
	c := newClient(t, sim)
	c.http, c.base = &http.Client{}, srv.BaseURL()
	c.onboard()
	if err := srv.Refuse(); err != nil {
		t.Fatal(err)
	}
	_, err := c.try(t.Context(), c.get("/user"))
	var op *net.OpError
	if !errors.As(err, &op) || op.Op != "dial" {
		t.Errorf("error %v", err)
	}
	for range 2 { // the second is no mistake
		if err := srv.Accept(); err != nil {
			t.Fatal(err)
		}
	}
	c.ok(c.get("/user"))
	if err := srv.Close(); err != nil {
		t.Fatal(err)
	}
	if err := srv.Close(); err != nil {
		t.Fatal(err)
	}
	if err := srv.Accept(); err == nil {
		t.Error("a closed server listens again")
	}
}

// Slow answers end when the client gives up, over HTTP too; before commit they then have no effect.
func TestSlowUntilTheClientGivesUp(t *testing.T) {
	for _, stage := range []bunqsim.Stage{bunqsim.BeforeCommit, bunqsim.AfterCommit} {
		t.Run(string(stage), func(t *testing.T) {
			// The client hears nothing of the end, so the simulator tells.
			finished := make(chan struct{}, 1)
			sim, srv := bunqsim.NewServer(t, bunqsim.Config{Observer: func(e bunqsim.Entry) {
				if e.Call() == deviceRoute {
					finished <- struct{}{}
				}
			}})
			c := newClient(t, sim)
			c.http, c.base = &http.Client{}, srv.BaseURL()
			c.install()
			c.register()
			ctx, cancel := context.WithCancel(t.Context())
			sim.Fail(bunqsim.Fault{Route: deviceRoute, Kind: bunqsim.FaultSlow, Stage: stage, Hook: func(bunqsim.Entry) { cancel() }})
			if _, err := c.try(ctx, c.deviceRequest()); !errors.Is(err, context.Canceled) {
				t.Fatalf("error %v", err)
			}
			select {
			case <-finished:
			case <-time.After(5 * time.Second):
				t.Fatal("the handler still waits for a client that is gone")
			}
			e := sim.Calls(deviceRoute)[0]
			if want := stage == bunqsim.AfterCommit; e.Status != 0 || e.Committed != want || (len(sim.Snapshot().Devices) == 1) != want {
				t.Errorf("journal %+v, %d devices", e, len(sim.Snapshot().Devices))
			}
		})
	}
}

// In a bubble of synctest everything runs on the bubble's time, with no goroutine left at its end.
func TestInSynctestBubble(t *testing.T) {
	testKey(t, 2) // made outside, as this takes time of its own
	synctest.Test(t, func(t *testing.T) {
		sim := bunqsim.NewTest(t, bunqsim.Config{Limits: bunqsim.LimitsPublished})
		c := newClient(t, sim)
		c.onboard()
		begin := time.Now()
		sim.Fail(bunqsim.Fault{Route: "GET /user", Kind: bunqsim.FaultSlow, Wait: 10 * time.Second})
		c.ok(c.get("/user"))
		if d := time.Since(begin); d != 10*time.Second {
			t.Errorf("slow by %v", d)
		}
		sim.Fail(bunqsim.Fault{Route: "GET /user", Kind: bunqsim.FaultSlow})
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		if _, err := c.try(ctx, c.get("/user")); !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) != 40*time.Second {
			t.Errorf("error %v after %v", err, time.Since(begin))
		}
		c.login()
		time.Sleep(30*time.Second - time.Nanosecond)
		if res := c.send(c.sessionRequest()); res.status != 429 {
			t.Errorf("status %d", res.status)
		}
		time.Sleep(time.Nanosecond)
		c.login()
		time.Sleep(90 * time.Hour)
		c.refused(c.get("/user"), 401, textAuthorisation)
	})
}

func TestFakeClockWakesSleepers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := bunqsim.NewFakeClock(start)
		var woken atomic.Int32
		for _, d := range []time.Duration{time.Second, 2 * time.Second} {
			go func() {
				if clock.Sleep(t.Context(), d) == nil {
					woken.Add(1)
				}
			}()
		}
		synctest.Wait()
		for i, step := range []time.Duration{time.Second - 1, 1, time.Second} {
			clock.Advance(step)
			synctest.Wait()
			if got := woken.Load(); int(got) != i || clock.Sleepers() != 2-i {
				t.Errorf("after step %d: %d woken, %d asleep", i, got, clock.Sleepers())
			}
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- clock.Sleep(ctx, time.Hour) }()
		synctest.Wait()
		cancel()
		if err := <-done; !errors.Is(err, context.Canceled) || clock.Sleepers() != 0 {
			t.Errorf("cancelled: %v, %d asleep", err, clock.Sleepers())
		}
		if err := clock.Sleep(t.Context(), 0); err != nil {
			t.Error(err)
		}
	})
}
