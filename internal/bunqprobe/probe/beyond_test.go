package probe_test

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqprobe/probe"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// Each way in which an answer can differ from what is believed is listed, with its call.
func TestDifferences(t *testing.T) {
	const device = `"id":2523,"created":"2026-01-02 03:04:05.000006","updated":"2026-01-02 03:04:05.000006","description":"x","ip":"192.0.2.1"`
	for want, answer := range map[string]string{
		"`GET /device-server/{id}`: DeviceServer has no status":                       `{"Response":[{"DeviceServer":{` + device + `}}]}`,
		"`GET /device-server/{id}`: DeviceServer.status is number, not string":        `{"Response":[{"DeviceServer":{` + device + `,"status":1}}]}`,
		"`GET /device-server/{id}`: DeviceServer.status is null, not string":          `{"Response":[{"DeviceServer":{` + device + `,"status":null}}]}`,
		"`GET /device-server/{id}`: DeviceServer has a further field colour (string)": `{"Response":[{"DeviceServer":{` + device + `,"status":"ACTIVE","colour":"blue"}}]}`,
		"`GET /device-server/{id}`: DeviceServer.created is string, not time":         `{"Response":[{"DeviceServer":{` + strings.Replace(device, " 03:04:05.000006", "T03:04Z", 1) + `,"status":"ACTIVE"}}]}`,
		"`GET /device-server/{id}`: an element Device":                                `{"Response":[{"DeviceServer":{` + device + `,"status":"ACTIVE"}},{"Device":{}}]}`,
		"`GET /device-server/{id}`: no element DeviceServer":                          `{"Response":[]}`,
		"`GET /device-server/{id}`: a member Pagination beside Response":              `{"Response":[{"DeviceServer":{` + device + `,"status":"ACTIVE"}}],"Pagination":{}}`,
		"`GET /device-server/{id}`: no Response array of objects":                     `{"Response":1}`,
		"`GET /user/{id}/oauth-client`: no Pagination":                                `{"Response":[]}`,
	} {
		route := strings.Trim(strings.Split(want, "`")[1], "`")
		o := ask(t, bunqsim.Config{}, func(sim *bunqsim.Sim, c *probe.Config) {
			c.LimitsOff = true
			sim.Fail(bunqsim.Fault{Route: route, Kind: bunqsim.FaultStatus, Status: 200, Body: answer})
		})
		if !slices.Equal(o.Differences, []string{want}) {
			t.Errorf("differences %q, want %q", o.Differences, want)
		}
		if !strings.Contains(o.Markdown(), want) {
			t.Errorf("the report does not have %q", want)
		}
	}
}

// Headers and texts are compared, too.
func TestDifferences_ofHeadersAndErrors(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*http.Response)
		want   string
	}{
		"a warning":             {func(r *http.Response) { r.Header.Set("X-Bunq-Warning", "This call will end.") }, "`GET /user`: X-Bunq-Warning: This call will end."},
		"no response id":        {func(r *http.Response) { r.Header.Del("X-Bunq-Client-Response-Id") }, "`GET /user`: no X-Bunq-Client-Response-Id"},
		"another request id":    {func(r *http.Response) { r.Header.Set("X-Bunq-Client-Request-Id", "1") }, "`GET /user`: X-Bunq-Client-Request-Id is not given back"},
		"another kind of text":  {func(r *http.Response) { r.Header.Set("Content-Type", "text/json") }, "`GET /user`: Content-Type is \"text/json\""},
		"no signature":          {func(r *http.Response) { r.Header.Del("X-Bunq-Server-Signature") }, "`GET /user`: an answer with status 200: the signature is absent"},
		"an error in new words": {nil, "`POST /user/{id}/oauth-client`: status 400 says \"No more than N clients.\""},
	} {
		o := ask(t, bunqsim.Config{}, func(sim *bunqsim.Sim, c *probe.Config) {
			c.LimitsOff, c.Only = true, []string{"used_request_id", "second_oauth_client"}
			if tc.change != nil {
				c.Transport = changed{c.Transport, "/v1/user", tc.change}
				return
			}
			sim.Fail(bunqsim.Fault{Route: "POST /user/{id}/oauth-client", Nth: 2, Kind: bunqsim.FaultStatus, Status: 400,
				Body: `{"Error":[{"error_description":"No more than 1 clients.","error_description_translated":"No more than 1 clients."}]}`})
		})
		if !slices.Equal(o.Differences, []string{tc.want}) {
			t.Errorf("%s: differences %q, want %q", name, o.Differences, tc.want)
		}
	}
}

// changed changes the answers to one path.
type changed struct {
	http.RoundTripper
	path   string
	change func(*http.Response)
}

func (c changed) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := c.RoundTripper.RoundTrip(r)
	if err == nil && r.URL.Path == c.path {
		c.change(resp)
	}
	return resp, err
}

// slowClock is a clock of bunq's that is behind ours.
type slowClock struct{ by time.Duration }

func (c slowClock) Now() time.Time { return time.Now().Add(-c.by) }

func (c slowClock) Sleep(ctx context.Context, d time.Duration) error {
	return probe.SystemClock{}.Sleep(ctx, d)
}

// A clock of bunq's that differs is reported, and changes no answer.
func TestClockDifference(t *testing.T) {
	o := ask(t, bunqsim.Config{Limits: bunqsim.LimitsPublished, Clock: slowClock{90 * time.Second}},
		nil)
	o.check(t, bunqsim.Settings{})
	if !strings.Contains(o.Clock, "between -1m30s and -1m30s before") {
		t.Errorf("clock: %s", o.Clock)
	}
}

// Each call whose answer the provider believes to know is looked at in a run of all questions.
func TestEachCallIsLookedAt(t *testing.T) {
	o := ask(t, bunqsim.Config{}, func(_ *bunqsim.Sim, c *probe.Config) { c.LimitsOff = true })
	for _, call := range probe.BelievedCalls() {
		if len(o.sim.Calls(call)) == 0 {
			t.Errorf("%s was not made", call)
		}
	}
}

// What is printed as settings makes a simulator of which the same is found out.
func TestPrintedSettings(t *testing.T) {
	set := bunqsim.Settings{SecondOAuthClient: bunqsim.Existing, CancelPending: time.Second, MaxCallbacks: 20, RateLimitStatus: 409,
		FirstSessionLifetime: time.Minute, IPv6: bunqsim.Accepted, IPText: bunqsim.AsSent}
	first := ask(t, bunqsim.Config{Limits: bunqsim.LimitsPublished, Settings: set}, nil)
	again := ask(t, bunqsim.Config{Limits: bunqsim.LimitsPublished, Settings: parsed(t, first.SettingsJSON())}, nil)
	again.check(t, set)
	if first.SettingsJSON() != again.SettingsJSON() {
		t.Errorf("%s, and then %s", first.SettingsJSON(), again.SettingsJSON())
	}
}
