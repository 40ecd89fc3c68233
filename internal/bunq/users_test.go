package bunq_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

func TestUserDetails(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		body string
		want bunq.UserDetails
	}{
		"a PSD2 user as it was recorded": {
			`{"UserPaymentServiceProvider":{"id":28196,"created":"2020-02-04 09:31:10.150359","updated":"2020-02-04 09:31:11.000000",` +
				`"alias":[{"type":"CERTIFICATE_DISTINGUISHED_NAME","value":"\/CN=An alias\/C=NL","name":"An alias"}],"status":"ACTIVE","sub_status":"NONE",` +
				`"display_name":"My App PISP AISP","session_timeout":324000,"certificate_distinguished_name":"\/CN=My App PISP AISP\/C=NL"}}`,
			bunq.UserDetails{
				User:    bunq.User{ID: userID, Kind: "UserPaymentServiceProvider", DisplayName: "My App PISP AISP", Status: "ACTIVE"},
				Created: at("2020-02-04 09:31:10.150359"), Updated: at("2020-02-04 09:31:11.000000"), DistinguishedName: "/CN=My App PISP AISP/C=NL",
			},
		},
		"the subject among the aliases only": {
			`{"UserPaymentServiceProvider":{"id":28196,"created":"2020-02-04 09:31:10.150359","updated":"2020-02-04 09:31:10.150359",` +
				`"alias":[{"type":"EMAIL","value":"a@b.test"},{"type":"CERTIFICATE_DISTINGUISHED_NAME","value":"\/CN=An alias\/C=NL"}],"status":"BLOCKED"}}`,
			bunq.UserDetails{
				User:    bunq.User{ID: userID, Kind: "UserPaymentServiceProvider", Status: "BLOCKED"},
				Created: at("2020-02-04 09:31:10.150359"), Updated: at("2020-02-04 09:31:10.150359"), DistinguishedName: "/CN=An alias/C=NL",
			},
		},
		"a user of another kind": {
			`{"UserPerson":{"id":28196,"display_name":"P. Son","alias":null}}`,
			bunq.UserDetails{User: bunq.User{ID: userID, Kind: "UserPerson", DisplayName: "P. Son"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u, b := signedIn(t, always(ok(`{"Response":[`+tc.body+`]}`)))
			got, err := u.UserDetails(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(&tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			if r := b.only(); r.method != http.MethodGet || r.path != "/v1/user/28196" {
				t.Errorf("sent %s %s", r.method, r.path)
			}
		})
	}
}

func TestUserDetails_refusesDamage(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"another user":        `{"Response":[{"UserPerson":{"id":5}}]}`,
		"no user":             `{"Response":[{"Id":{"id":28196}}]}`,
		"a list of no object": `{"Response":[{"UserPerson":{"id":28196,"alias":{}}}]}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u, _ := signedIn(t, always(ok(body)))
			_, err := u.UserDetails(t.Context())
			var decode *bunq.DecodeError
			if !errors.As(err, &decode) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// A session that is handed on was accepted by bunq a moment before: each time it is
// asked, and a dead one is replaced.
func TestCheckedSession(t *testing.T) {
	t.Parallel()
	fine := ok(`{"Response":[` + pspUser + `]}`)
	u, b := signedIn(t, inTurn(fine, fine, refusal(http.StatusUnauthorized, "Insufficient authorisation."), fine))
	for i, want := range []string{sessionToken, sessionToken, secondToken} {
		s, err := u.CheckedSession(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if s.Token.Reveal() != want {
			t.Errorf("check %d gave another session", i+1)
		}
	}
	var tokens []string
	for _, r := range b.requests() {
		if r.method+" "+r.path != "GET /v1/user/28196" {
			t.Errorf("sent %s %s", r.method, r.path)
		}
		tokens = append(tokens, r.header.Get("X-Bunq-Client-Authentication"))
	}
	if diff := cmp.Diff([]string{sessionToken, sessionToken, sessionToken, secondToken}, tokens); diff != "" {
		t.Errorf("tokens (-want +got):\n%s", diff)
	}
}

// bunq's word that the session cannot be had is no session.
func TestCheckedSession_refused(t *testing.T) {
	t.Parallel()
	u, b := signedIn(t, always(refusal(http.StatusForbidden, "Insufficient authentication.")))
	if s, err := u.CheckedSession(t.Context()); !bunq.IsSessionDead(err) || s != nil {
		t.Errorf("got %v, %v", s, err)
	}
	if b.count() != 2 {
		t.Errorf("%d requests were sent, want the first and one with another session", b.count())
	}
}

func TestBaseURL(t *testing.T) {
	t.Parallel()
	c, _ := open(t, always(ok("")))
	if got := c.BaseURL(); got != "https://bank.test/v1" {
		t.Errorf("got %q", got)
	}
}
