package functions

import (
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

const (
	clientID = "8f14e45fceea167a5a36dedd4bea2543d2d9e8a4b3c1f0e7a6b5c4d3e2f10918"
	redirect = "https://app.example.com/bunq/callback"
)

// The addresses are written by hand from bunq's documentation, "OAuth".
func TestAuthorizeURL(t *testing.T) {
	noState := types.StringNull()
	tests := map[string]struct {
		environment, client, redirect string
		state                         types.String
		want                          string
	}{
		"sandbox": {
			"sandbox", clientID, redirect, text("xyz"),
			"https://oauth.sandbox.bunq.com/auth?response_type=code&client_id=" + clientID +
				"&redirect_uri=https%3A%2F%2Fapp.example.com%2Fbunq%2Fcallback&state=xyz",
		},
		"production": {
			"production", clientID, redirect, text("xyz"),
			"https://oauth.bunq.com/auth?response_type=code&client_id=" + clientID +
				"&redirect_uri=https%3A%2F%2Fapp.example.com%2Fbunq%2Fcallback&state=xyz",
		},
		"a simulator": {
			"http://127.0.0.1:8080/auth", clientID, redirect, text("xyz"),
			"http://127.0.0.1:8080/auth?response_type=code&client_id=" + clientID +
				"&redirect_uri=https%3A%2F%2Fapp.example.com%2Fbunq%2Fcallback&state=xyz",
		},
		"no state": {
			"sandbox", clientID, redirect, noState,
			"https://oauth.sandbox.bunq.com/auth?response_type=code&client_id=" + clientID +
				"&redirect_uri=https%3A%2F%2Fapp.example.com%2Fbunq%2Fcallback",
		},
		"an empty state is none": {
			"sandbox", clientID, redirect, text(""),
			"https://oauth.sandbox.bunq.com/auth?response_type=code&client_id=" + clientID +
				"&redirect_uri=https%3A%2F%2Fapp.example.com%2Fbunq%2Fcallback",
		},
		"http for a loopback host": {
			"sandbox", clientID, "http://localhost:3000/callback", noState,
			"https://oauth.sandbox.bunq.com/auth?response_type=code&client_id=" + clientID +
				"&redirect_uri=http%3A%2F%2Flocalhost%3A3000%2Fcallback",
		},
		"whatever ends a value is escaped": {
			"sandbox", "a&b=c", "https://app.example.com/?tenant=1&x=a+b%20c", text("a b&c=d+é#%"),
			"https://oauth.sandbox.bunq.com/auth?response_type=code&client_id=a%26b%3Dc" +
				"&redirect_uri=https%3A%2F%2Fapp.example.com%2F%3Ftenant%3D1%26x%3Da%2Bb%2520c&state=a%20b%26c%3Dd%2B%C3%A9%23%25",
		},
		"64 digits are a client id": {
			"sandbox", strings.Repeat("1", 64), redirect, noState,
			"https://oauth.sandbox.bunq.com/auth?response_type=code&client_id=" + strings.Repeat("1", 64) +
				"&redirect_uri=https%3A%2F%2Fapp.example.com%2Fbunq%2Fcallback",
		},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got := mustCall(t, NewOAuthAuthorizeURL(), text(tc.environment), text(tc.client), text(tc.redirect), tc.state)
			if diff := cmp.Diff(text(tc.want), got); diff != "" {
				t.Fatalf("-want +got:\n%s", diff)
			}

			// A server reads what was given.
			u, err := url.Parse(tc.want)
			if err != nil {
				t.Fatal(err)
			}
			want := url.Values{"response_type": {"code"}, "client_id": {tc.client}, "redirect_uri": {tc.redirect}}
			if tc.state.ValueString() != "" {
				want.Set("state", tc.state.ValueString())
			}
			if diff := cmp.Diff(want, u.Query()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// One that is not known yet leaves the address unknown, and hides no mistake in another one.
func TestAuthorizeURL_unknown(t *testing.T) {
	good := []attr.Value{text("sandbox"), text(clientID), text(redirect), text("xyz")}
	bad := []attr.Value{text("staging"), text("633"), text("http://app.example.com/")}
	for i := range good {
		arguments := append([]attr.Value(nil), good...)
		arguments[i] = unknown
		if got := mustCall(t, NewOAuthAuthorizeURL(), arguments...); !got.IsUnknown() {
			t.Errorf("argument %d unknown: got %v", i, got)
		}
		for j := range bad {
			if i == j {
				continue
			}
			mistaken := append([]attr.Value(nil), arguments...)
			mistaken[j] = bad[j]
			if _, err := call(t, NewOAuthAuthorizeURL(), mistaken...); err == nil || err.FunctionArgument == nil || *err.FunctionArgument != int64(j) {
				t.Errorf("argument %d unknown, %d wrong: %v", i, j, err)
			}
		}
	}
}

func TestAuthorizeURL_messages(t *testing.T) {
	environment := func(s string) []attr.Value { return []attr.Value{text(s), text(clientID), text(redirect), text("")} }
	client := func(s string) []attr.Value { return []attr.Value{text("sandbox"), text(s), text(redirect), text("")} }
	uri := func(s string) []attr.Value { return []attr.Value{text("sandbox"), text(clientID), text(s), text("")} }
	messages(t, NewOAuthAuthorizeURL(), "oauth_authorize_url.golden", []string{"5ecret"}, []badCall{
		{"an unknown environment", environment("5ecret")},
		{"an empty environment", environment("")},
		{"an environment in capitals", environment("SANDBOX")},
		{"bunq's API", environment("https://public-api.sandbox.bunq.com/v1")},
		{"plain http", environment("http://bunq.example.com/auth")},
		{"an address with a password", environment("https://me:5ecret@bunq.example.com/auth")},
		{"an address with a query", environment("https://bunq.example.com/auth?client_id=5ecret")},
		{"an empty client id", client("")},
		{"the id of the client", client("633")},
		{"a client id with a line end", client(clientID + "\n")},
		{"an empty redirect URI", uri("")},
		{"a redirect URI over plain http", uri("http://app.example.com/callback")},
		{"a relative redirect URI", uri("/bunq/callback")},
		{"a redirect URI with a fragment", uri("https://app.example.com/#5ecret")},
		{"a redirect URI with a password", uri("https://me:5ecret@app.example.com/")},
		{"a redirect URI with white space", uri("https://app.example.com/ ")},
	})
}
