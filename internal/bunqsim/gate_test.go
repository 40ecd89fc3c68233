package bunqsim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

const (
	textDevice         = "A device already exists for the current installation."
	textCredentials    = "User credentials are incorrect. Incorrect API key or IP address."
	textAuthentication = "Insufficient authentication."
	textAuthorisation  = "Insufficient authorisation."
	textSignature      = "The request signature is invalid."
	textRequired       = "For this operation a request signature is required. Check the urls for more information."
)

// Each case repairs what the one before failed at, so the checks are proved to come in this order.
func TestGateChecksInOrder(t *testing.T) {
	clock := bunqsim.NewFakeClock(start)
	sim := bunqsim.NewTest(t, bunqsim.Config{Clock: clock, Limits: bunqsim.LimitsPublished})
	c := newClient(t, sim).onboard()
	client := c.addOAuthClient()
	const away = "198.51.100.99"

	good := c.in("PUT", fmt.Sprintf("/oauth-client/%d", client), `{"status":"ACTIVE"}`)
	other := strings.Replace(good.path, fmt.Sprintf("/user/%d/", c.user), "/user/1/", 1)
	bad := request{method: "PATCH", path: other + "/x", token: "nonsense", ip: away, body: `{"status":`,
		header: map[string]string{"User-Agent": "", "X-Bunq-Client-Signature": "d3Jvbmc="}}

	steps := []struct {
		rule   string
		repair func(*request)
		status int
		texts  []string
	}{
		{"route comes first", func(*request) {}, 404, []string{"Route not found."}},
		{"then method", func(r *request) { r.path = other }, 405, []string{"Method not allowed."}},
		{"then rate limit", func(r *request) {
			r.method = "PUT"
			for range 2 { // a refused request uses the limit up, too
				c.refused(*r, 400, `Missing required header "User-Agent".`)
			}
		}, 429, []string{"Too many requests. You can do a maximum of 2 calls per 3 second to this endpoint."}},
		{"then user agent", func(*request) { clock.Advance(minute) }, 400, []string{`Missing required header "User-Agent".`}},
		{"then token", func(r *request) { delete(r.header, "User-Agent") }, 403, []string{textAuthentication}},
		{"then permitted address", func(r *request) { r.token = c.sessionToken }, 400, []string{textCredentials}},
		{"then signature", func(r *request) { r.ip = home }, 400, []string{textSignature}},
		{"then JSON syntax", func(r *request) { delete(r.header, "X-Bunq-Client-Signature") }, 400, []string{"The request body is not valid JSON."}},
		{"then every superfluous field", func(r *request) { r.body = `{"x":1,"status":7,"y":2}` }, 400,
			[]string{`Superfluous field "x".`, `Superfluous field "y".`}},
		{"then types", func(r *request) { r.body = `{"status":7}` }, 400, []string{`Invalid type for field "status" (expected STRING).`}},
		{"then ownership of the path", func(r *request) { r.body = `{"status":"SLEEPING"}` }, 404, []string{`User for id "1" not found.`}},
		{"then the rules of business", func(r *request) { r.path = good.path }, 400, []string{`Invalid value for field "status".`}},
	}
	for _, s := range steps {
		s.repair(&bad)
		c.refused(bad, s.status, s.texts...)
		if s.status != 429 {
			clock.Advance(minute)
		}
	}
	bad.body = good.body
	c.ok(bad)
	for _, e := range sim.Journal() {
		if e.Committed && e.Status != 200 {
			t.Errorf("a refused request changed something: %+v", e)
		}
	}
}

func TestTokens(t *testing.T) {
	sim, _ := sandbox(t, bunqsim.Settings{})
	c := newClient(t, sim).onboard()
	unknown := strings.Repeat("0", 64)
	for _, tc := range []struct {
		rule   string
		req    request
		token  string
		status int
		text   string
	}{
		{"no token at all", c.get("/user"), "", 403, textAuthentication},
		{"a session token never given out", c.get("/user"), unknown, 403, textAuthentication},
		{"an installation token where a session is needed", c.get("/user"), c.installationToken, 403, textAuthentication},
		{"an installation token never given out", c.sessionRequest(), unknown, 403, textAuthentication},
		{"a session token where an installation's is needed", c.deviceRequest(), c.sessionToken, 403, textAuthentication},
		{"an API key is no token", c.get("/user"), c.apiKey, 403, textAuthentication},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			tc.req.token = tc.token
			res := c.refused(tc.req, tc.status, tc.text)
			if res.header.Get("X-Bunq-Server-Signature") != "" {
				t.Error("403 is signed")
			}
		})
	}
}

func TestEveryRouteRefusesOtherVerbsAndUnknownPaths(t *testing.T) {
	sim, _ := sandbox(t, bunqsim.Settings{})
	c := newClient(t, sim).onboard()
	for _, tc := range []struct {
		method, path string
		status       int
		text         string
	}{
		{"GET", "/device-server/", 404, "Route not found."},
		{"GET", "/nowhere", 404, "Route not found."},
		{"GET", "/user/abc", 404, "Route not found."},
		{"GET", "/user/-1", 404, "Route not found."},
		{"GET", "/user/99999999999999999999", 404, "Route not found."},
		{"GET", "/user/%31", 404, "Route not found."},
		{"DELETE", "/installation", 405, "Method not allowed."},
		{"PUT", "/device-server/1", 405, "Method not allowed."},
		{"GET", "/session/1", 405, "Method not allowed."},
		{"DELETE", "/user/1/oauth-client/1", 405, "Method not allowed."},
		{"POST", "/user/1/credential-password-ip", 405, "Method not allowed."},
		{"DELETE", "/user/1/credential-password-ip/1/ip/1", 405, "Method not allowed."},
		{"PUT", "/payment-service-provider-credential/1", 405, "Method not allowed."},
	} {
		t.Run(tc.method+" "+tc.path, func(t *testing.T) {
			c.mustVerify(c.refused(request{method: tc.method, path: tc.path, token: c.sessionToken}, tc.status, tc.text))
		})
	}
	c.base = "https://bunq.test"
	c.refused(request{method: "GET", path: "/user", token: c.sessionToken}, 404, "Route not found.")
}

func TestRequestSignature(t *testing.T) {
	sim, _ := sandbox(t, bunqsim.Settings{})
	c := newClient(t, sim).onboard()
	body := fmt.Sprintf(`{"secret":%q}`, c.apiKey)
	sig := func(s string) map[string]string { return map[string]string{"X-Bunq-Client-Signature": s} }
	session := request{method: "POST", path: "/session-server", token: c.installationToken, body: body}
	ended := session
	ended.body = body + "\n"
	read := c.get("/user")
	for _, tc := range []struct {
		rule   string
		req    request
		header map[string]string
		status int
		text   string
	}{
		{"session-server without one is 466", session, nil, 466, textRequired},
		{"session-server with an empty one is 466", session, sig(" "), 466, textRequired},
		{"over other bytes", session, sig(signed(t, c.key, body+"\n")), 400, textSignature},
		{"by another key", session, sig(signed(t, c.seal, body)), 400, textSignature},
		{"not base64", session, sig("%"), 400, textSignature},
		{"without padding", session, sig(strings.TrimRight(signed(t, c.key, body), "=")), 400, textSignature},
		{"over the raw body", session, sig(signed(t, c.key, body)), 200, ""},
		{"over the raw body with its line end", ended, sig(signed(t, c.key, body+"\n")), 200, ""},
		{"over the body without the line end it was sent with", ended, sig(signed(t, c.key, body)), 400, textSignature},
		{"a GET's is not looked at", read, sig("nonsense"), 200, ""},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			tc.req.header = tc.header
			if tc.status == 200 {
				c.ok(tc.req)
				return
			}
			c.mustVerify(c.refused(tc.req, tc.status, tc.text))
		})
	}
	res := c.refused(session, 466, textRequired)
	if want := `"error_additional_parameter":[{"url_together_post":"https:\/\/together.bunq.com\/d\/15399"}]`; !strings.Contains(string(res.raw), want) {
		t.Errorf("466 is %s", res.raw)
	}

	c.install() // device-server needs none, and refuses a wrong one
	device := c.deviceRequest()
	device.header = sig(signed(t, c.key, "x"))
	c.mustVerify(c.refused(device, 400, textSignature))
	c.ok(c.deviceRequest())
}

func TestBodies(t *testing.T) {
	sim, _ := sandbox(t, bunqsim.Settings{})
	c := newClient(t, sim)
	c.install()
	c.register()
	invalid := "The request body is not valid JSON."
	for _, tc := range []struct {
		rule, body string
		texts      []string
	}{
		{"empty", "", []string{invalid}},
		{"not JSON", "{", []string{invalid}},
		{"two values", "{} {}", []string{invalid}},
		{"an array where an object is needed", "[]", []string{invalid}},
		{"a string", `"x"`, []string{invalid}},
		{"every missing field", "{}", []string{`Missing required field "description".`, `Missing required field "secret".`}},
		{"null is missing", `{"description":null,"secret":"x"}`, []string{`Missing required field "description".`}},
		{"names are case sensitive", `{"Description":"x","secret":"x"}`, []string{`Superfluous field "Description".`}},
		{"every wrong type", `{"description":1,"secret":true,"permitted_ips":"x"}`, []string{
			`Invalid type for field "description" (expected STRING).`, `Invalid type for field "secret" (expected STRING).`,
			`Invalid type for field "permitted_ips" (expected ARRAY containing STRING).`}},
		{"wrong type inside an array", `{"description":"x","secret":"x","permitted_ips":[1]}`,
			[]string{`Invalid type for field "permitted_ips" (expected ARRAY containing STRING).`}},
		{"null inside an array", `{"description":"x","secret":"x","permitted_ips":[null]}`,
			[]string{`Invalid type for field "permitted_ips" (expected ARRAY containing STRING).`}},
		{"null for an unknown field", `{"description":"x","secret":"x","status":null}`, []string{`Superfluous field "status".`}},
		{"read-only fields", `{"id":1,"description":"x","secret":"x","status":"ACTIVE"}`,
			[]string{`Superfluous field "id".`, `Superfluous field "status".`}},
		{"more than a body can be", strings.Repeat(" ", 1<<20) + "{}", []string{"The request body is too large."}},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			c.refused(request{method: "POST", path: "/device-server", token: c.installationToken, body: tc.body}, 400, tc.texts...)
		})
	}
	if n := len(sim.Snapshot().Devices); n != 0 {
		t.Errorf("%d devices were made by refused requests", n)
	}
}

var uuid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

func TestHeadersOfAnswers(t *testing.T) {
	sim, _ := sandbox(t, bunqsim.Settings{})
	c := newClient(t, sim).onboard()
	id := map[string]string{"X-Bunq-Client-Request-Id": "any form at all"}
	seen := map[string]bool{}
	for _, r := range []request{c.get("/user"), c.get("/user/1"), {method: "GET", path: "/user"}, c.get("/nowhere"), c.get("/installation")} {
		r.header = id
		for range 2 { // a used id is no error by default
			res := c.send(r)
			rid := res.header.Get("X-Bunq-Client-Response-Id")
			if !uuid.MatchString(rid) || seen[rid] {
				t.Errorf("%s: response id %q", r.path, rid)
			}
			seen[rid] = true
			if got := res.header.Get("X-Bunq-Client-Request-Id"); got != id["X-Bunq-Client-Request-Id"] {
				t.Errorf("%s: request id echoed as %q", r.path, got)
			}
			if got := res.header.Get("Content-Type"); got != "application/json" {
				t.Errorf("%s: content type %q", r.path, got)
			}
		}
	}
	if got := sim.Journal()[len(sim.Journal())-1].RequestID; got != "any form at all" {
		t.Errorf("journal has request id %q", got)
	}
}

func TestLanguageOfErrors(t *testing.T) {
	sim, _ := sandbox(t, bunqsim.Settings{})
	c := newClient(t, sim).onboard()
	if err := sim.ExpireSessions(); err != nil {
		t.Fatal(err)
	}
	for lang, want := range map[string]string{"": textAuthorisation, "en_US": textAuthorisation, "nl_NL": "Onvoldoende autorisatie.", "fr_FR": textAuthorisation} {
		r := c.get("/user")
		if lang != "" {
			r.header = map[string]string{"X-Bunq-Language": lang}
		}
		res := c.refused(r, 401, textAuthorisation)
		var env struct {
			Error []struct {
				Translated string `json:"error_description_translated"`
			}
		}
		if err := json.Unmarshal(res.raw, &env); err != nil {
			t.Fatal(err)
		}
		if env.Error[0].Translated != want {
			t.Errorf("language %q: %q", lang, env.Error[0].Translated)
		}
	}
}

// Which answers bear a signature: 200 and 4xx, but not 403, 409, 429 and POST /installation.
func TestWhichAnswersAreSigned(t *testing.T) {
	sim, _ := sandbox(t, bunqsim.Settings{})
	c := newClient(t, sim).onboard()
	client := c.addOAuthClient()
	dead := c.get("/user")
	unsigned := c.sessionRequest()
	unsigned.sign = false
	install := request{method: "POST", path: "/installation", body: `{"client_public_key":"x"}`}
	for _, tc := range []struct {
		rule   string
		req    request
		status int
		signed bool
	}{
		{"200", c.get("/user"), 200, true},
		{"400", c.in("PUT", fmt.Sprintf("/oauth-client/%d", client), `{}`), 400, true},
		{"403", request{method: "GET", path: "/user"}, 403, false},
		{"404 of an object", c.get("/device-server/1"), 404, true},
		{"404 of a route", c.get("/x"), 404, true},
		{"405", request{method: "PUT", path: "/user", token: c.sessionToken}, 405, true},
		{"466", unsigned, 466, true},
		{"GET /installation", c.get("/installation"), 200, true},
		{"GET of the server's key", c.get(fmt.Sprintf("/installation/%d/server-public-key", c.installation)), 200, true},
		{"404 of GET /installation", c.get("/installation/1"), 404, true},
		{"400 of POST /installation", install, 400, false},
		{"DELETE", request{method: http.MethodDelete, path: "/session/0", token: c.sessionToken}, 200, true},
		{"401", dead, 401, true},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			res := c.send(tc.req)
			if res.status != tc.status {
				t.Fatalf("status %d: %s", res.status, res.raw)
			}
			if tc.signed {
				c.mustVerify(res)
			} else if s := res.header.Get("X-Bunq-Server-Signature"); s != "" {
				t.Errorf("signed: %s", s)
			}
		})
	}
}
