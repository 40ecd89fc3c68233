package bunq_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

func TestParseEnvironment(t *testing.T) {
	for text, base := range map[string]string{
		"sandbox": "https://public-api.sandbox.bunq.com/v1", "production": "https://api.bunq.com/v1",
	} {
		e, err := bunq.ParseEnvironment(text)
		if err != nil || e.BaseURL() != base {
			t.Errorf("%s: got %s, %v", text, e.BaseURL(), err)
		}
		if _, err := bunq.ParseBaseURL(base); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, text := range []string{"", "Sandbox", "SANDBOX", "prod", " sandbox"} {
		if e, err := bunq.ParseEnvironment(text); err == nil || e.BaseURL() != "" || !strings.Contains(err.Error(), `"sandbox"`) {
			t.Errorf("%q: got %q, %v", text, e, err)
		}
	}
}

func TestParseBaseURL(t *testing.T) {
	for _, s := range []string{
		"https://api.bunq.com/v1", "https://gate.example:8443/bunq/v2", "http://127.0.0.1:8080/v1", "http://127.9.9.9/v1",
		"http://[::1]:8080/v1", "http://localhost:8080/v1", "https://10.0.0.1/v10",
		"https://xn--bcher-kva.example/v1", "https://gate_way.example/v1",
	} {
		u, err := bunq.ParseBaseURL(s)
		if err != nil || u.String() != s {
			t.Errorf("%s: got %v, %v", s, u, err)
		}
	}
}

func TestParseBaseURL_refuses(t *testing.T) {
	for name, c := range map[string]struct{ url, says string }{
		"nothing":                              {"", "https://public-api.sandbox.bunq.com/v1"},
		"a host alone":                         {"api.bunq.com/v1", "https://public-api.sandbox.bunq.com/v1"},
		"another scheme":                       {"ftp://api.bunq.com/v1", "http(s)"},
		"no host":                              {"https:///v1", "http(s)"},
		"a port without a host":                {"https://:443/v1", "http(s)"},
		"an opaque URL":                        {"https:api.bunq.com/v1", "http(s)"},
		"plain http to the world":              {"http://api.bunq.com/v1", `"https://api.bunq.com/v1"`},
		"plain http to a private network":      {"http://10.0.0.1/v1", `"https://10.0.0.1/v1"`},
		"a name that begins as localhost does": {"http://localhost.evil.test/v1", "loopback"},
		"no path":                              {"https://api.bunq.com", `"https://api.bunq.com/v1"`},
		"no version":                           {"https://api.bunq.com/api", `"https://api.bunq.com/api/v1"`},
		"a final slash":                        {"https://api.bunq.com/v1/", `"https://api.bunq.com/v1"`},
		"a version without a number":           {"https://api.bunq.com/v", `/v1"`},
		"more after the version":               {"https://api.bunq.com/v1/user", "version"},
		"a way upwards":                        {"https://api.bunq.com/x/../v1", "version"},
		"an escaped path":                      {"https://api.bunq.com/a%2Fb/v1", "version"},
		"a slip in a name of bunq's":           {"https://public-api.sandbx.bunq.com/v1", "public-api.sandbox.bunq.com and api.bunq.com"},
		"bunq's domain alone":                  {"https://BUNQ.com/v1", "public-api.sandbox.bunq.com and api.bunq.com"},
		"a name below an API's":                {"https://x.api.bunq.com/v1", "public-api.sandbox.bunq.com and api.bunq.com"},
		"an ideographic full stop":             {"https://api.bunq。com/v1", "xn--"},
		"full-width letters":                   {"https://ａｐｉ.bunq.com/v1", "xn--"},
		"escaped full-width letters":           {"https://%EF%BD%81pi.bunq.com/v1", "xn--"},
		"a zero-width blank":                   {"https://api.bu\u200bnq.com/v1", "xn--"},
		"two dots at the end":                  {"https://api.bunq.com../v1", "single dots"},
		"one dot at the end":                   {"https://api.bunq.com./v1", "single dots"},
		"an empty label":                       {"https://api..bunq.com/v1", "single dots"},
		"a blank at the end":                   {"https://api.bunq.com/v1 ", "a blank or a line end in it"},
		"a line end":                           {"https://api.bunq.com/v1\n", "a blank or a line end in it"},
		"a query":                              {"https://api.bunq.com/v1?x=1", `"https://api.bunq.com/v1"`},
		"an empty query":                       {"https://api.bunq.com/v1?", "query"},
		"a fragment":                           {"https://api.bunq.com/v1#x", "fragment"},
		"an empty fragment":                    {"https://api.bunq.com/v1#", "fragment"},
		"a password":                           {"https://joe:hunter2@api.bunq.com/v1", "before the @"},
		"a password in what is no URL":         {"https://joe:hunter2@api.bunq.com:port/v1", "write for example"},
		"a password in a broken escape":        {"https://joe:hunter2%zz@api.bunq.com/v1", "write for example"},
		"a password in plain http":             {"http://joe:hunter2@api.bunq.com/v1", "before the @"},
	} {
		t.Run(name, func(t *testing.T) {
			u, err := bunq.ParseBaseURL(c.url)
			if err == nil {
				t.Fatalf("got %s", u)
			}
			if !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("got %v, which should say %s", err, c.says)
			}
		})
	}
}

// Only bunq's own hosts belong to an environment.
func TestEnvironmentOf(t *testing.T) {
	for host, want := range map[string]bunq.Environment{
		"api.bunq.com": bunq.Production, "API.bunq.com": bunq.Production, "public-api.sandbox.bunq.com": bunq.Sandbox,
		"sandbox.public.api.bunq.com": "", "public-api.sandbx.bunq.com": "", "bunq.example.com": "", "notbunq.com": "", "127.0.0.1:8080": "", "sandbox.example.com": "",
	} {
		got, ok := bunq.EnvironmentOf(&url.URL{Scheme: "https", Host: host, Path: "/v1"})
		if got != want || ok != (want != "") {
			t.Errorf("%s: %q, %v", host, got, ok)
		}
	}
}
