package bunqsim_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

func TestJournalTellsWhatCameAndHoldsNoSecrets(t *testing.T) {
	var observed []bunqsim.Entry
	sim := bunqsim.NewTest(t, bunqsim.Config{Clock: bunqsim.NewFakeClock(start), Observer: func(e bunqsim.Entry) { observed = append(observed, e) }})
	c := newClient(t, sim).onboard()
	c.addOAuthClient()
	r := c.in("GET", "/oauth-client?count=5&secret="+c.apiKey, nil)
	r.header = map[string]string{"X-Bunq-Client-Request-Id": "abc"}
	c.ok(r)
	c.refused(c.in("POST", "/oauth-client", `{"`+c.apiKey[:8]+`":1}`), 400, `Superfluous field "`+c.apiKey[:8]+`".`)
	c.refused(c.get("/user/1"), 404, `User for id "1" not found.`)
	c.refused(c.get("/else"), 404, "Route not found.")
	j := sim.Journal()
	text := fmt.Sprintf("%+v", j)
	for name, secret := range secretsOf(sim.Snapshot()) {
		if strings.Contains(text, secret) {
			t.Errorf("%s is in the journal", name)
		}
	}
	list := j[len(j)-4]
	want := bunqsim.Entry{Time: start, Method: "GET", Path: fmt.Sprintf("/v1/user/%d/oauth-client", c.user), Query: "count=5",
		Route: "/user/{id}/oauth-client", Status: 200, ClientIP: home, RequestID: "abc", Done: true}
	if fmt.Sprint(list) != fmt.Sprint(want) {
		t.Errorf("got  %+v\nwant %+v", list, want)
	}
	if last := j[len(j)-1]; last.Route != "" || last.Path != "/v1/else" || last.Status != 404 || last.Errors[0] != "Route not found." {
		t.Errorf("unknown path: %+v", last)
	}
	if s := sim.Calls("POST /session-server"); len(s) != 1 || !s[0].Signed {
		t.Errorf("session-server: %+v", s)
	}
	if fmt.Sprint(observed) != fmt.Sprint(j) {
		t.Error("the observer saw something else than the journal")
	}
}

func TestCallerAddresses(t *testing.T) {
	sim, srv := bunqsim.NewServer(t, bunqsim.Config{ClientIP: func(r *http.Request) string { return r.Header.Get("X-Bunq-Region") }})
	c := newClient(t, sim)
	c.http, c.base = &http.Client{}, srv.BaseURL()
	from := func(ip string) request {
		return request{method: "GET", path: "/user", header: map[string]string{"X-Bunq-Region": ip}}
	}
	c.send(from("198.51.100.1"))
	c.send(from("::ffff:198.51.100.2"))
	sim.SetCallerIP("198.51.100.3")
	c.send(from("198.51.100.1"))
	other, _ := sandbox(t, bunqsim.Settings{})
	d := newClient(t, other)
	d.ip = ""
	d.send(request{method: "GET", path: "/user"})
	d.http.Transport = other.RoundTripper(bunqsim.FromIP("2001:db8::1"))
	d.send(request{method: "GET", path: "/user"})
	d.ip = "198.51.100.4"
	d.send(request{method: "GET", path: "/user"})
	var got []string
	for _, e := range append(sim.Journal(), other.Journal()...) {
		got = append(got, e.ClientIP)
	}
	if s := strings.Join(got, " "); s != "198.51.100.1 198.51.100.2 198.51.100.3 127.0.0.1 2001:db8::1 198.51.100.4" {
		t.Errorf("callers %s", s)
	}
}

// Many callers at once, beside tests that look and change: for the race detector, and for the rule
// of one client a user.
func TestManyAtOnce(t *testing.T) {
	sim, srv := bunqsim.NewServer(t, bunqsim.Config{})
	c := newClient(t, sim)
	c.http, c.base = &http.Client{}, srv.BaseURL()
	c.onboard()
	armed := sim.Fail(bunqsim.Fault{Route: "GET /user", Kind: bunqsim.FaultStatus, Status: 500, Nth: 3})
	var wg sync.WaitGroup
	made := make(chan bool, 16)
	for range 16 {
		wg.Go(func() {
			res, err := c.try(t.Context(), c.in("POST", "/oauth-client", `{}`))
			made <- err == nil && res.status == 200
			_, _ = c.try(t.Context(), c.get("/user"))
			_ = sim.Journal()
			_ = sim.Snapshot()
			_ = sim.SetPermittedIP(c.credential, "198.51.100.1", bunqsim.PermittedIPActive)
			_ = sim.SetSettings(bunqsim.Settings{})
		})
	}
	wg.Wait()
	close(made)
	n := 0
	for ok := range made {
		if ok {
			n++
		}
	}
	if n != 1 || len(sim.Snapshot().OAuthClients) != 1 || armed.Fired() != 1 {
		t.Errorf("%d callers were told that they made the client, %d exist; fault fired %d times", n, len(sim.Snapshot().OAuthClients), armed.Fired())
	}
	ids := map[int64]bool{}
	for _, p := range sim.Snapshot().PermittedIPs {
		if ids[p.ID] {
			t.Errorf("id %d twice", p.ID)
		}
		ids[p.ID] = true
	}
}

func TestOnlyLoopbackIsServed(t *testing.T) {
	sim, _ := sandbox(t, bunqsim.Settings{})
	for _, addr := range []string{":0", "0.0.0.0:0", "[::]:0", "198.51.100.1:0", "nonsense"} {
		if srv, err := bunqsim.Listen(sim, addr); err == nil {
			t.Errorf("%s: listens", addr)
			_ = srv.Close()
		}
	}
	srv, err := bunqsim.Listen(sim, "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = srv.Close() }()
	if !strings.HasPrefix(srv.BaseURL(), "http://127.0.0.1:") || !strings.HasSuffix(srv.BaseURL(), "/v1") {
		t.Errorf("base URL %s", srv.BaseURL())
	}
}
