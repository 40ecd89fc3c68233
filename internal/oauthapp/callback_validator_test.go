package oauthapp

import (
	"strings"
	"testing"
)

func TestCallbackProblem(t *testing.T) {
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
		"http is refused also for this machine":                {"http://localhost:8080/callback", "plain http"},
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
			got := callbackProblem(tc.url)
			if tc.want == "" && got != "" || !strings.Contains(got, tc.want) {
				t.Errorf("%q %s; want %q", tc.url, got, tc.want)
			}
		})
	}
}
