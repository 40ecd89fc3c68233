package bunq

import (
	"strings"
	"testing"
)

func TestCallbackURLProblem(t *testing.T) {
	for name, tc := range map[string]struct {
		url  string
		want string // part of the problem; "" for none
	}{
		"https is taken":                                       {"https://app.example.com/bunq/callback", ""},
		"a port is taken":                                      {"https://localhost:8443/callback", ""},
		"a query is taken":                                     {"https://app.example.com/callback?tenant=1", ""},
		"no path is taken: bunq compares bytes":                {"https://app.example.com", ""},
		"the scheme's case does not matter":                    {"HTTPS://app.example.com/", ""},
		"an address of IPv6 is taken":                          {"https://[2001:db8::1]/callback", ""},
		"http is refused":                                      {"http://app.example.com/callback", "plain http"},
		"http is taken for this machine":                       {"http://localhost:8080/callback", ""},
		"http is taken for this machine's address":             {"http://127.0.0.1:8080/callback", ""},
		"http is taken for this machine's address of IPv6":     {"HTTP://[::1]:8080/callback", ""},
		"http is refused for a host that only begins like it":  {"http://localhost.example.com/callback", "plain http"},
		"http without a host is not absolute":                  {"http:///callback", "not absolute"},
		"a path alone is relative":                             {"/bunq/callback", "not absolute"},
		"a host without scheme is relative":                    {"app.example.com/callback", "not absolute"},
		"a scheme without host is not absolute":                {"https:///callback", "not absolute"},
		"bunq's longest is not known: length is its to refuse": {"https://a.example/" + strings.Repeat("x", 1000), ""},
		"a name that is not ASCII is bunq's to refuse":         {"https://bücher.example/", ""},
		"a port without host is not absolute":                  {"https://:8443/callback", "not absolute"},
		"nothing is not absolute":                              {"", "not absolute"},
		"a scheme of an app is refused":                        {"myapp://callback", "a scheme other than https"},
		"a fragment is refused":                                {"https://app.example.com/#callback", "fragment"},
		"an empty fragment is one too":                         {"https://app.example.com/#", "fragment"},
		"white space before it is seen":                        {" https://app.example.com/", "white space"},
		"white space after it is seen":                         {"https://app.example.com/\n", "white space"},
		"a space within it is refused":                         {"https://app.example.com/a b", "white space"},
		"a password is refused":                                {"https://user:pass@app.example.com/", "user name or password"},
		"a bad escape is no URL":                               {"https://app.example.com/%zz", "not a URL"},
		"a control character is refused":                       {"https://app.example.com/\x01", "not a URL"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := CallbackURLProblem(tc.url)
			if tc.want == "" && got != "" || !strings.Contains(got, tc.want) {
				t.Errorf("%q %s; want %q", tc.url, got, tc.want)
			}
		})
	}
}

func TestCallbackURLDoubt(t *testing.T) {
	for name, tc := range map[string]struct {
		url  string
		want string // part of the doubt; "" for none
	}{
		"https":                                     {"https://app.example.com/bunq/callback", ""},
		"http for this machine":                     {"http://localhost:8080/callback", "plain http"},
		"a wildcard in the host":                    {"https://*.example.nl/cb", "no wildcards"},
		"a * elsewhere is just a character":         {"https://app.example.nl/*?a=*", ""},
		"a name that is not ASCII":                  {"https://bücher.example/", "xn--"},
		"its ASCII form":                            {"https://xn--bcher-kva.example/", ""},
		"a path that is not ASCII":                  {"https://app.example.com/zurück", "percent-encoded"},
		"a path that is percent-encoded":            {"https://app.example.com/zur%C3%BCck", ""},
		"what is no URL has a problem, not a doubt": {"https://app.example.com/%zz", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := CallbackURLDoubt(tc.url)
			if tc.want == "" && got != "" || !strings.Contains(got, tc.want) {
				t.Errorf("%q %s; want %q", tc.url, got, tc.want)
			}
		})
	}
}

// The hosts are those of bunq's documentation, "OAuth", written out by hand.
func TestAuthorizeURL(t *testing.T) {
	for e, want := range map[Environment]string{
		Sandbox: "https://oauth.sandbox.bunq.com/auth", Production: "https://oauth.bunq.com/auth", "staging": "",
	} {
		if got := e.AuthorizeURL(); got != want {
			t.Errorf("%s: %q", e, got)
		}
	}
}

func TestParseAuthorizeURL(t *testing.T) {
	for name, tc := range map[string]struct {
		address string
		want    string // part of the error; "" for none
	}{
		"a simulator on this machine":           {"http://127.0.0.1:8080/auth", ""},
		"its name":                              {"http://localhost:8080/auth", ""},
		"another host":                          {"https://bunq.example.com/oauth/auth", ""},
		"bunq's page for the sandbox":           {"https://oauth.sandbox.bunq.com/auth", ""},
		"bunq's page for production":            {"https://oauth.bunq.com/auth", ""},
		"the API of the sandbox":                {"https://public-api.sandbox.bunq.com/v1", `write "sandbox" or "production"`},
		"the API of production":                 {"https://api.bunq.com/v1", `write "sandbox" or "production"`},
		"bunq's token address":                  {"https://api.oauth.bunq.com/v1/token", `write "sandbox" or "production"`},
		"bunq's page with another path":         {"https://oauth.bunq.com/", `write "sandbox" or "production"`},
		"plain http to another machine":         {"http://bunq.example.com/auth", `write "https://bunq.example.com/auth"`},
		"a host alone":                          {"oauth.bunq.com", `write for example "https://oauth.sandbox.bunq.com/auth"`},
		"a query":                               {"https://bunq.example.com/auth?x=1", `write "https://bunq.example.com/auth"`},
		"a fragment":                            {"https://bunq.example.com/auth#", `write "https://bunq.example.com/auth"`},
		"a password, which is not shown":        {"https://user:5ecret@bunq.example.com/auth", "user name or password"},
		"a password in no URL is not shown too": {"https://user:5ecret@bunq.example.com/%zz", "not a URL"},
	} {
		t.Run(name, func(t *testing.T) {
			u, err := ParseAuthorizeURL(tc.address)
			switch {
			case tc.want == "":
				if err != nil || u.String() != tc.address {
					t.Errorf("%v, %v", u, err)
				}
			case err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "5ecret"):
				t.Errorf("%v", err)
			}
		})
	}
}
