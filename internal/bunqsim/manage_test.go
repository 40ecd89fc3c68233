package bunqsim_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// manage sends one request to the management interface.
func manage(sim *bunqsim.Sim, method, path, body string, header ...string) (int, string) {
	r := httptest.NewRequestWithContext(context.Background(), method, path, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	sim.Manage().ServeHTTP(w, r)
	return w.Code, strings.TrimSpace(w.Body.String())
}

// What cannot be is refused, and changes nothing. What can is on the page for other languages, whose
// blocks the command's test runs.
func TestManage_refuses(t *testing.T) {
	sim, clock := sandbox(t, bunqsim.Settings{})
	c := newClient(t, sim).onboard()
	before := sim.Snapshot()
	for body, want := range map[string]string{
		`{"status":429,"drop":true}`:                   "a fault is one of",
		`{}`:                                           "a fault is one of",
		`{"signature":"odd"}`:                          "a fault is one of",
		`{"status":429,"signature":"odd"}`:             "a fault is one of",
		`{"delay":"soon"}`:                             "neither a time",
		`{"delay":"-1s"}`:                              "neither a time",
		`{"status":99}`:                                "status 99",
		`{"status":200,"text":"x"}`:                    "status of 400 or more",
		`{"drop":true,"text":"x"}`:                     "status of 400 or more",
		`{"drop":true,"nth":-1}`:                       "negative",
		`{"drop":true,"route":"GET /v1/user"}`:         "is not a route",
		`{"drop":true,"after_all":true}`:               "unknown field",
		`{"drop":true} {"drop":true}`:                  "more in the body",
		`drop`:                                         "cannot be read as JSON",
		`{"drop":true,"route":"POST /device-server "}`: "is not a route",
	} {
		if status, got := manage(sim, "POST", "/faults", body); status != 400 || !strings.Contains(got, want) {
			t.Errorf("POST /faults %s: %d %s", body, status, got)
		}
	}
	for _, tc := range []struct{ method, path, body, want string }{
		{"PUT", "/settings", `{"first_use":"never"}`, "FirstUse"},
		{"PUT", "/settings", `{"firstuse":"never"}`, "unknown field"},
		{"POST", "/clock", `{"advance":"soon"}`, "must be a time"},
		{"POST", "/clock", `{"advance":"-1h"}`, "must be a time"},
		{"PUT", "/state", `{}`, "is of environment"},
		{"PUT", "/state", `{"version":2,"environment":"sandbox"}`, "is of version 2"},
		{"PUT", "/state", `{"version":1,"environment":"production"}`, "production"},
		{"PUT", "/state", `{"version":1,"environment":"sandbox"}`, "server key"},
		{"PUT", "/state", `{"versions":1}`, "unknown field"},
		{"PUT", "/caller-ip", `{"ip":"home"}`, "must be an address"},
	} {
		if status, got := manage(sim, tc.method, tc.path, tc.body); status != 400 || !strings.Contains(got, tc.want) {
			t.Errorf("%s %s %s: %d %s", tc.method, tc.path, tc.body, status, got)
		}
	}
	if status, _ := manage(sim, "GET", "/", ""); status != 404 {
		t.Errorf("GET /: %d", status)
	}
	if status, _ := manage(sim, "DELETE", "/clock", ""); status != 405 {
		t.Errorf("DELETE /clock: %d", status)
	}
	for _, header := range [][]string{{"Origin", "http://127.0.0.1:8081"}, {"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-origin"}} {
		if status, got := manage(sim, "GET", "/state", "", header...); status != 403 || strings.Contains(got, c.apiKey) {
			t.Errorf("%s: %d %s", header, status, got)
		}
	}
	if status, got := manage(sim, "GET", "/state", "", "Sec-Fetch-Site", "none"); status != 200 || !strings.Contains(got, c.apiKey) {
		t.Errorf("an address typed by hand: %d %s", status, got)
	}

	if status, got := manage(sim, "GET", "/faults", ""); status != 200 || got != "[]" {
		t.Errorf("faults are armed: %s", got)
	}
	if after := sim.Snapshot(); len(after.Sessions) != len(before.Sessions) || !clock.Now().Equal(start) {
		t.Error("something has changed")
	}
	c.ok(c.get("/user"))
}

// A state that was put back is the one that was read, with sessions and server keys; what was
// remembered of requests since is forgotten.
func TestManage_state(t *testing.T) {
	sim, _ := sandbox(t, bunqsim.Settings{UsedRequestID: bunqsim.Refused, BrakeAfterWrongKeys: 1})
	c := newClient(t, sim).onboard()
	_, state := manage(sim, "GET", "/state", "")
	once := c.get("/user")
	once.header = map[string]string{"X-Bunq-Client-Request-Id": "1"}
	c.ok(once)
	c.addOAuthClient()

	if status, got := manage(sim, "PUT", "/state", state); status != 200 {
		t.Fatalf("%d %s", status, got)
	}
	if n := len(sim.Snapshot().OAuthClients); n != 0 {
		t.Errorf("%d clients", n)
	}
	c.ok(once) // the session lives, and its answers are signed by the same key
}

// The simulator's time is the clock's: a test may move it while an answer waits for it.
func TestShiftedClock(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		clock := bunqsim.NewShiftedClock()
		began := clock.Now()
		woken := make(chan error)
		go func() { woken <- clock.Sleep(t.Context(), time.Hour) }()
		synctest.Wait()
		clock.Advance(59 * time.Minute)
		synctest.Wait()
		select {
		case err := <-woken:
			t.Fatalf("woken too early: %v", err)
		default:
		}
		clock.Advance(time.Minute)
		if err := <-woken; err != nil || clock.Now().Sub(began) != time.Hour {
			t.Errorf("%v after %v", err, clock.Now().Sub(began))
		}

		if err := clock.Sleep(t.Context(), time.Minute); err != nil || clock.Now().Sub(began) != time.Hour+time.Minute {
			t.Errorf("by itself: %v after %v", err, clock.Now().Sub(began))
		}
		ctx, cancel := context.WithCancel(t.Context())
		go func() { woken <- clock.Sleep(ctx, time.Hour) }()
		synctest.Wait()
		cancel()
		if err := <-woken; err == nil {
			t.Error("slept on when nobody waited")
		}
	})
}

// Beyond loopback the simulator listens only where it is told to, and management is served apart.
func TestListen_anywhere(t *testing.T) {
	sim, _ := sandbox(t, bunqsim.Settings{})
	if _, err := bunqsim.Listen(sim, "0.0.0.0:0", bunqsim.Management()); err == nil || !strings.Contains(err.Error(), "-listen-anywhere") {
		t.Errorf("management beyond loopback: %v", err)
	}
	for _, opts := range [][]bunqsim.ListenOption{{bunqsim.Anywhere()}, {bunqsim.Anywhere(), bunqsim.Management()}} {
		srv, err := bunqsim.Listen(sim, "0.0.0.0:0", opts...)
		if err != nil {
			t.Fatal(err)
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, srv.ManageURL()+"/clock", http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		_ = resp.Body.Close()
		if managed := strings.Contains(string(body), `"now"`); err != nil || managed != (len(opts) == 2) || !strings.HasPrefix(srv.BaseURL(), "http://127.0.0.1:") {
			t.Errorf("%s answers %s, %v", srv.BaseURL(), body, err)
		}
		if err := srv.Close(); err != nil {
			t.Error(err)
		}
	}
}
