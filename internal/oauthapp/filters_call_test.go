package oauthapp

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/ratelimit"
	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

// oneSession is a SessionSource that always has the same one.
type oneSession struct{}

func (oneSession) Session(context.Context) (*bunq.Session, error) {
	return &bunq.Session{ID: 1, Token: "session", User: bunq.User{ID: 28196}}, nil
}

func (o oneSession) Replace(ctx context.Context, _ *bunq.Session) (*bunq.Session, error) {
	return o.Session(ctx)
}

func (oneSession) Refused(context.Context, *bunq.Session, error) {}

// signedAnswer answers every request with 200, a body and bunq's signature.
type signedAnswer func() (body, signature string)

func (a signedAnswer) RoundTrip(r *http.Request) (*http.Response, error) {
	body, signature := a()
	return &http.Response{
		StatusCode: http.StatusOK, Request: r, Body: io.NopCloser(bytes.NewReader([]byte(body))),
		Header: http.Header{"Content-Type": {"application/json"}, "X-Bunq-Server-Signature": {signature}},
	}, nil
}

// bunq accepts the filters and says that it has others: what it says is told, and
// where it says the same there is nothing to tell.
func TestFiltersCall_tellsWhatBunqMadeOfThem(t *testing.T) {
	t.Parallel()
	key, err := signing.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	base, err := bunq.ParseBaseURL("https://bank.test/v1")
	if err != nil {
		t.Fatal(err)
	}
	const element = `{"NotificationFilterUrl":{"category":"OAUTH","notification_target":"https:\/\/a.test\/x"}}`
	for name, tc := range map[string]struct {
		answer string
		says   string
	}{
		"the same":            {`{"Response":[` + element + `]}`, ""},
		"none":                {`{"Response":[]}`, "(none)"},
		"with another target": {`{"Response":[` + strings.Replace(element, `\/x`, `\/X`, 1) + `]}`, `{ category = "OAUTH", notification_target = "https://a.test/X" },`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			signature, err := signing.Sign(key, []byte(tc.answer))
			if err != nil {
				t.Fatal(err)
			}
			client, err := bunq.NewClient(bunq.Config{
				BaseURL: base, Limits: ratelimit.New(nil), Transport: signedAnswer(func() (string, string) { return tc.answer, signature }),
			})
			if err != nil {
				t.Fatal(err)
			}
			calls := client.WithSession(bunq.APIContext{
				Installation: bunq.Installation{Token: "token", PrivateKey: key, ServerPublicKey: &key.PublicKey},
			}, oneSession{})

			var diags diag.Diagnostics
			c := &filtersCall{calls: calls, user: bunq.User{ID: 28196}}
			if err := c.replace(t.Context(), nil, []bunq.NotificationFilter{{Category: "OAUTH", Target: "https://a.test/x"}}, &diags); err != nil {
				t.Fatal(err)
			}
			if tc.says == "" {
				if len(diags) > 0 {
					t.Errorf("said %v", diags)
				}
				return
			}
			if diags.WarningsCount() != 1 || !strings.Contains(diags[0].Detail(), tc.says) || !strings.Contains(diags[0].Detail(), "The next plan shows the difference") {
				t.Errorf("said %v, want %q in it", diags, tc.says)
			}
		})
	}
}

// What is printed can be pasted, whatever the address has in it.
func TestFilterLines(t *testing.T) {
	t.Parallel()
	got := filterLines([]bunq.NotificationFilter{{Category: "OAUTH", Target: `https://a.test/${x}%{y}"\` + "\n"}})
	want := `    { category = "OAUTH", notification_target = "https://a.test/$${x}%%{y}\"\\ " },`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
