package probe_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqprobe/probe"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// decisive names, for each question, the request whose answer decides it: the nth of a route when
// the question is asked alone.
var decisive = map[string]struct {
	route string
	nth   int
}{
	"installation_key_reuse":              {"POST /installation", 2},
	"sign_installation_reads":             {"GET /installation", 1},
	"used_request_id":                     {"GET /user", 3},
	"old_keys":                            {"POST /session-server", 2},
	"second_device_of_installation":       {"POST /device-server", 2},
	"session_without_device":              {"POST /session-server", 2},
	"pending_key_elsewhere":               {"POST /device-server", 1},
	"first_use":                           {"GET /user/{id}/credential-password-ip/{id}", 1},
	"device_list":                         {"GET /device-server", 1},
	"device_list_with_installation_token": {"GET /device-server", 1},
	"lone_wildcard":                       {"POST /device-server", 2},
	"wildcard_after_concrete":             {"POST /device-server", 3},
	"ipv6":                                {"POST /user/{id}/credential-password-ip/{id}/ip", 1},
	"ip_text":                             {"GET /user/{id}/credential-password-ip/{id}/ip/{id}", 1},
	"ip_in_permitted_ip_update":           {"PUT /user/{id}/credential-password-ip/{id}/ip/{id}", 1},
	"parallel_sessions":                   {"POST /session-server", 2},
	"dead_session_status":                 {"GET /user", 1},
	"oauth_client_fields":                 {"GET /user/{id}/oauth-client/{id}", 1},
	"second_oauth_client":                 {"POST /user/{id}/oauth-client", 2},
	"cancel_pending":                      {"GET /user/{id}/oauth-client/{id}", 1},
	"cancelled_oauth_client":              {"GET /user/{id}/oauth-client/{id}", 1},
	"http_callback":                       {"POST /user/{id}/oauth-client/{id}/callback-url", 1},
	"duplicate_callback":                  {"POST /user/{id}/oauth-client/{id}/callback-url", 2},
	"max_callback_length":                 {"PUT /user/{id}/oauth-client/{id}/callback-url/{id}", 2},
	"max_callbacks":                       {"POST /user/{id}/oauth-client/{id}/callback-url", 7},
	"delete_body":                         {"DELETE /user/{id}/oauth-client/{id}/callback-url/{id}", 1},
	"first_session_lifetime":              {"GET /user", 1},
	"unknown_notification_category":       {"POST /user/{id}/notification-filter-url", 1},
	"notification_filter_fields":          {"GET /user/{id}/notification-filter-url", 1},
	"notification_filter_list":            {"GET /user/{id}/notification-filter-url", 1},
	"rate_limit_status":                   {"GET /user/{id}", 4},
	"rate_limit_text":                     {"GET /user/{id}", 4},
}

// undecided are questions whose answer no single request decides, each with the reason.
var undecided = map[string]string{
	"server_key": "two installations, whose answers cannot be signed",
}

const (
	otherText   = `{"Error":[{"error_description":"Er ging iets mis.","error_description_translated":"Er ging iets mis."}]}`
	missingText = `{"Error":[{"error_description_translated":"Insufficient authorisation."}]}`
	otherObject = `{"Response":[{"SomethingElse":{"number":1}}]}`
	emptyFields = `{"Response":[{"Id":{}},{"OauthClient":{"id":633}},{"PermittedIp":{"id":42}},{"CredentialPasswordIp":{"id":184760}},` +
		`{"DeviceServer":{"id":2523}},{"UserPaymentServiceProvider":{}}]}`
)

// An answer that no choice foresees is a surprise with its raw exchange, and never settles the
// question.
func TestSurprises(t *testing.T) {
	for _, s := range probe.Settings() {
		if undecided[s.Name] != "" {
			continue
		}
		at, ok := decisive[s.Name]
		if !ok {
			t.Errorf("no decisive request is named for %s", s.Name)
			continue
		}
		for script, fault := range map[string]bunqsim.Fault{
			"other status":    {Kind: bunqsim.FaultStatus, Status: 418, Body: otherText},
			"other text":      {Kind: bunqsim.FaultStatus, Status: 400, Body: otherText},
			"no text":         {Kind: bunqsim.FaultStatus, Status: 400, Body: missingText},
			"other object":    {Kind: bunqsim.FaultStatus, Status: 200, Body: otherObject},
			"missing field":   {Kind: bunqsim.FaultStatus, Status: 200, Body: emptyFields},
			"unsigned":        {Kind: bunqsim.FaultNoSignature},
			"wrong signature": {Kind: bunqsim.FaultWrongSignature},
		} {
			if expected(s.Name, script) {
				continue
			}
			t.Run(s.Name+"/"+script, func(t *testing.T) {
				t.Parallel()
				fault := fault
				fault.Route, fault.Nth = at.route, at.nth
				o := askOne(t, s.Name, fault)
				if len(o.Settled) > 0 {
					t.Fatalf("settled as %v", o.Settled[0].Answer)
				}
				if len(o.Surprises) != 1 || o.Surprises[0].Setting != s.Name {
					t.Fatalf("no surprise, but %v", o.Unsettled)
				}
				if x := o.Surprises[0].Exchange; !strings.Contains(x, "HTTP ") || !strings.Contains(x, strings.Fields(at.route)[0]+" /") {
					t.Errorf("no raw exchange: %s", x)
				}
			})
		}
	}
}

// expected are the scripts that are no surprise: an answer that has no signature anyway, or whose
// content no answer hangs on.
func expected(setting, script string) bool {
	switch setting {
	case "installation_key_reuse": // brings the key, and so cannot be verified
		return script == "unsigned" || script == "wrong signature"
	case "sign_installation_reads": // that it may be unsigned is the setting
		return script == "unsigned"
	case "device_list_with_installation_token": // refused without a signature
		return script == "unsigned"
	case "rate_limit_status", "rate_limit_text": // 429 is unsigned; what the others say is not looked at
		return script == "unsigned" || script == "other object" || script == "missing field"
	case "first_session_lifetime": // that it is taken is what is asked
		return script == "other object" || script == "missing field"
	default:
		return false
	}
}

// askOne asks one question, with a fault.
func askOne(t *testing.T, setting string, fault bunqsim.Fault) *observed {
	t.Helper()
	var armed *bunqsim.Armed
	o := ask(t, bunqsim.Config{Limits: bunqsim.LimitsPublished, Settings: bunqsim.Settings{IPv6: bunqsim.Accepted}}, func(sim *bunqsim.Sim, c *probe.Config) {
		c.Only = []string{setting}
		armed = sim.Fail(fault)
	})
	if armed.Fired() != 1 {
		t.Fatalf("the fault happened %d times:\n%s%s", armed.Fired(), o.progress, fmt.Sprint(o.sim.Journal()))
	}
	return o
}
