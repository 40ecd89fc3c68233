package bunqsim_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// The whole way, over HTTP: seven calls from a key pair to a callback URL, every 200 verified over
// its raw bytes.
func TestOnboardingOverHTTP(t *testing.T) {
	sim, srv := bunqsim.NewServer(t, bunqsim.Config{Clock: bunqsim.NewFakeClock(start)})
	c := newClient(t, sim)
	c.http, c.base = &http.Client{}, srv.BaseURL()
	c.onboard()
	id := c.addOAuthClient()
	const url = "https://app.example.com/bunq/callback"
	cb := c.addCallback(id, url)

	res := c.send(c.in("GET", fmt.Sprintf("/oauth-client/%d", id), nil))
	c.mustVerify(res)
	if want := `"url":"https:\/\/app.example.com\/bunq\/callback"`; !bytes.Contains(res.raw, []byte(want)) {
		t.Errorf("slashes are not escaped as bunq does: %s", res.raw)
	}
	var decoded any
	if err := json.Unmarshal(res.raw, &decoded); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(decoded)
	if err != nil {
		t.Fatal(err)
	}
	if (&result{raw: again, header: res.header}).verify(c.serverKey) == nil {
		t.Error("the signature also fits a body that was decoded and encoded again")
	}

	snap := sim.Snapshot()
	if len(snap.Installations) != 1 || len(snap.Credentials) != 1 || len(snap.Devices) != 1 || len(snap.Sessions) != 1 || len(snap.Users) != 1 {
		t.Errorf("more exists than was made: %d installations, %d credentials, %d devices, %d sessions, %d users", len(snap.Installations),
			len(snap.Credentials), len(snap.Devices), len(snap.Sessions), len(snap.Users))
	}
	if snap.Devices[0].IP != "127.0.0.1" {
		t.Errorf("device was made from %s", snap.Devices[0].IP)
	}
	if got := snap.CallbackURLsOf(id); len(got) != 1 || got[0] != url || snap.CallbackURLs[0].ID != cb {
		t.Errorf("callback URLs are %q", got)
	}

	var calls []string
	for _, e := range sim.Journal() {
		calls = append(calls, e.Call())
		if e.Status != http.StatusOK || !e.Done || e.Committed != (e.Method != http.MethodGet) {
			t.Errorf("journal: %+v", e)
		}
	}
	want := []string{
		"POST /installation", "POST /payment-service-provider-credential", "POST /device-server", "POST /session-server",
		"POST /user/{id}/oauth-client", "POST /user/{id}/oauth-client/{id}/callback-url", "GET /user/{id}/oauth-client/{id}",
	}
	if strings.Join(calls, "\n") != strings.Join(want, "\n") {
		t.Errorf("journal has\n%s\nwant\n%s", strings.Join(calls, "\n"), strings.Join(want, "\n"))
	}
}
