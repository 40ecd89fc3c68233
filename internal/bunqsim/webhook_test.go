package bunqsim_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// receiver is where webhooks go in these tests: it keeps what came, and answers as told.
type receiver struct {
	mu     sync.Mutex
	got    []string // "URL body"
	answer func() (int, error)
}

func (r *receiver) Do(req *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.got = append(r.got, fmt.Sprintf("%s %s %s %s", req.Method, req.URL, req.Header.Get("Content-Type"), body))
	status := http.StatusOK
	if r.answer != nil {
		if status, err = r.answer(); err != nil {
			return nil, err
		}
	}
	return &http.Response{StatusCode: status, Body: io.NopCloser(bytes.NewReader(nil))}, nil
}

func (r *receiver) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.got)
}

func hookedApp(t testing.TB, set bunqsim.Settings) (*app, *receiver) {
	t.Helper()
	to := &receiver{}
	clock := bunqsim.NewFakeClock(start)
	return appOf(t, bunqsim.NewTest(t, bunqsim.Config{Clock: clock, Settings: set, Webhooks: to}), clock, "Test App AISP PISP"), to
}

// Filters of category OAUTH hear of a consent when it is given and when it is withdrawn; others
// don't, and nobody else's do.
func TestConsentIsNotified(t *testing.T) {
	a, to := hookedApp(t, bunqsim.Settings{})
	a.ok(a.in("POST", urlFilters, filterBody("OAUTH "+hook, "OAUTH "+hook+"/2", "PAYMENT "+hook+"/3")))
	a.ok(a.in("POST", pushFilters, filterBody("OAUTH")))
	other := appOf(t, a.sim, a.clock, "Another App PISP")
	other.ok(other.in("POST", urlFilters, filterBody("OAUTH "+hook+"/other")))

	a.browser.answer(a.ask(), "new-person", "deny")
	if to.count() != 0 {
		t.Errorf("a no was notified: %q", to.got)
	}
	a.consent()
	snap := a.sim.Snapshot()
	conn := snap.Connections[0]
	if to.count() != 2 {
		t.Fatalf("%d notifications: %q", to.count(), to.got)
	}
	for i, target := range []string{hook, hook + "/2"} {
		begin := fmt.Sprintf(`POST %s application/json {"NotificationUrl":{"target_url":"%s","category":"OAUTH","event_type":"OAUTH_CONNECTION_CREATED",`+
			`"object":{"UserApiKey":{"id":%d,"created":"2026-03-04 05:06:07.123456","updated":"2026-03-04 05:06:07.123456",`+
			`"requested_by_user":{"UserPaymentServiceProvider":{"id":%d,`, target, strings.ReplaceAll(target, "/", `\/`), conn.UserID, a.user)
		if !strings.HasPrefix(to.got[i], begin) || !strings.Contains(to.got[i], fmt.Sprintf(`"granted_by_user":{"UserPerson":{"id":%d,`, conn.GrantedBy)) {
			t.Errorf("got  %s\nwant %s", to.got[i], begin)
		}
		for name, secret := range map[string]string{"code": conn.Code, "client secret": a.secret} {
			if strings.Contains(to.got[i], secret) {
				t.Errorf("the %s is in it", name)
			}
		}
	}

	a.token(conn.Code)
	if to.count() != 2 {
		t.Errorf("the exchange was notified: %q", to.got[2:])
	}
	if err := a.sim.RevokeConnection(conn.ID); err != nil {
		t.Fatal(err)
	}
	if to.count() != 4 || !strings.Contains(to.got[2], `"event_type":"OAUTH_CONNECTION_REVOKED"`) {
		t.Errorf("withdrawing: %q", to.got[2:])
	}
	for _, d := range a.sim.Snapshot().Deliveries {
		if d.Status != bunqsim.DeliveryDelivered || d.Attempts != 1 || d.ResponseCode != 200 || d.Problem != "" {
			t.Errorf("delivery %+v", d)
		}
	}
	a.consent()
	if err := a.sim.CancelOAuthClient(a.oauth); err != nil {
		t.Fatal(err)
	}
	if a.sim.Deliver(t.Context()) != 0 || to.count() != 6 {
		t.Error("a client cancelled by its owner is notified to its owner")
	}
}

// Five more tries, a minute apart; then it is listed as failed, and can be tried again.
func TestNotificationsAreTriedAgain(t *testing.T) {
	a, to := hookedApp(t, bunqsim.Settings{})
	a.ok(a.in("POST", urlFilters, filterBody("OAUTH "+hook)))
	refused := errors.New("connection refused")
	answers := []func() (int, error){
		func() (int, error) { return 500, nil }, func() (int, error) { return 0, refused }, func() (int, error) { return 302, nil },
		func() (int, error) { return 404, nil }, func() (int, error) { return 0, refused }, func() (int, error) { return 503, nil },
	}
	to.answer = func() (int, error) { return answers[len(to.got)-1]() }
	a.consent()
	for n := 1; n < 6; n++ {
		d := a.sim.Snapshot().Deliveries[0]
		if to.count() != n || d.Attempts != n || d.Status != bunqsim.DeliveryPending || d.Problem == "" {
			t.Fatalf("after %d tries: %+v", n, d)
		}
		a.clock.Advance(time.Minute - time.Microsecond)
		if a.sim.Deliver(t.Context()) != 0 {
			t.Fatalf("try %d came too early", n+1)
		}
		a.clock.Advance(time.Microsecond)
		a.ok(a.get("/user")) // a request is occasion enough
	}
	a.clock.Advance(time.Hour)
	if n := a.sim.Deliver(t.Context()); n != 0 || to.count() != 6 {
		t.Errorf("%d tries after the sixth", n)
	}

	a.login()
	list := a.in("GET", "/notification-filter-failure", nil)
	d := a.sim.Snapshot().Deliveries[0]
	want := fmt.Sprintf(`{"Response":[{"NotificationFilterFailure":{"id":%d,"created":"2026-03-04 05:06:07.123456","updated":"2026-03-04 05:11:07.123456",`+
		`"user_id":%d,"user_requested_id":%[2]d,"category":"OAUTH","event_type":"OAUTH_CONNECTION_CREATED","object_id":%d,`+
		`"notification_target":"https:\/\/example.com\/hook",`+
		`"notification_filters":[{"notification_delivery_method":"URL","notification_target":"https:\/\/example.com\/hook","category":"OAUTH"}],`+
		`"exception_message":"answered with status 503","response_code":503}}],`, d.ID, a.user, d.ObjectID)
	if got := string(a.send(list).raw); !strings.HasPrefix(got, want) {
		t.Errorf("got  %s\nwant %s", got, want)
	}

	retry := func(ids string) request {
		return a.in("POST", "/notification-filter-failure", map[string]string{"notification_filter_failed_ids": ids})
	}
	a.refused(retry("1"), 404, `Notification filter failure for id "1" not found.`)
	for _, ids := range []string{"", "x", fmt.Sprintf("%d;%d", d.ID, d.ID), fmt.Sprintf("%d,", d.ID), fmt.Sprintf("%d, %d", d.ID, d.ID),
		strings.Repeat(fmt.Sprintf("%d,", d.ID), 100) + fmt.Sprint(d.ID)} {
		a.refused(retry(ids), 400, `Invalid value for field "notification_filter_failed_ids".`)
	}
	a.refused(a.in("POST", "/notification-filter-failure", `{}`), 400, `Missing required field "notification_filter_failed_ids".`)
	to.answer = nil
	if got := string(a.send(retry(strings.Repeat(fmt.Sprintf("%d,", d.ID), 99) + fmt.Sprint(d.ID))).raw); got != `{"Response":[]}` {
		t.Errorf("the retry answers %s", got)
	}
	if got := a.sim.Snapshot().Deliveries[0]; got.Status != bunqsim.DeliveryDelivered || to.count() != 7 {
		t.Errorf("after the retry: %+v", got)
	}
	if n := len(a.ok(list)); n != 0 {
		t.Errorf("%d failures are left", n)
	}
}

// handClock tells how long somebody wants to sleep, and lets him wait until he is woken.
type handClock struct {
	*bunqsim.FakeClock
	asked chan time.Duration
	wake  chan struct{}
}

func (c *handClock) Sleep(ctx context.Context, d time.Duration) error {
	select {
	case c.asked <- d:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-c.wake:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// On a server a retry needs no request: it comes when its time has come. The default sender reaches
// this machine only.
func TestServerDeliversByItself(t *testing.T) {
	tries := make(chan string, 9)
	shop := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
		tries <- r.URL.Path
	}))
	shop.Config.ErrorLog = log.New(io.Discard, "", 0) // of the handshake that fails below
	shop.StartTLS()
	defer shop.Close()
	clock := &handClock{bunqsim.NewFakeClock(start), make(chan time.Duration), make(chan struct{})}
	sim, srv := bunqsim.NewServer(t, bunqsim.Config{Clock: clock, Webhooks: shop.Client()})
	a := appOf(t, sim, clock.FakeClock, "Test App AISP PISP")
	a.browser.base = strings.TrimSuffix(srv.AuthorizeURL(), "/auth")
	a.browser.http.Transport = http.DefaultTransport
	a.ok(a.in("POST", urlFilters, filterBody("OAUTH "+shop.URL+"/hook")))
	if got := a.browser.open(a.ask()); got.status != 200 {
		t.Fatalf("status %d", got.status)
	}
	ticket := a.browser.ticket(a.browser.open(a.ask()))
	res := a.browser.do("POST", "/auth", "decision=allow&user=new-person&ticket="+ticket, map[string]string{"Origin": a.browser.base})
	if res.status != http.StatusSeeOther {
		t.Fatalf("status %d: %s", res.status, res.raw)
	}
	if path := <-tries; path != "/hook" {
		t.Errorf("first try at %s", path)
	}
	pause := <-clock.asked
	if pause != time.Minute {
		t.Errorf("the server waits for %v", pause)
	}
	clock.Advance(pause)
	clock.wake <- struct{}{}
	<-tries

	var called []string
	for _, target := range []string{"https://example.com/hook", "https://198.51.100.1/", "https://localhost.example.com/"} {
		alone, _ := sandbox(t, bunqsim.Settings{})
		b := appOf(t, alone, nil, "Test App AISP PISP")
		b.ok(b.in("POST", urlFilters, filterBody("OAUTH "+target)))
		b.consent()
		called = append(called, alone.Snapshot().Deliveries[0].Problem)
	}
	for _, problem := range called {
		if !strings.Contains(problem, "the simulator calls this machine only") {
			t.Errorf("problem %q", problem)
		}
	}
	alone, _ := sandbox(t, bunqsim.Settings{})
	b := appOf(t, alone, nil, "Test App AISP PISP")
	b.ok(b.in("POST", urlFilters, filterBody("OAUTH "+shop.URL+"/")))
	b.consent()
	if problem := alone.Snapshot().Deliveries[0].Problem; !strings.Contains(problem, "certificate") {
		t.Errorf("a certificate nobody trusts: %q", problem)
	}
}
