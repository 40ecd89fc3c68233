package main

import (
	"cmp"
	"crypto/rsa"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/witness"
)

const (
	sentBackTo  = "https://app.example.com/callback"
	consentPage = `<!DOCTYPE html><html><head><meta charset="utf-8"><style>h1 { margin: 0 }</style></head><body>
<h1>Example asks</h1><form method="post" action="/auth"><input type="hidden" name="ticket" value="t&amp;1">
<input type="radio" name="user" value="12"><input type="radio" name="user" value="new" checked>
<button name="decision" value="allow">Yes, allow access</button><button name="decision" value="deny">No</button></form></body></html>`
	connectedSession = `{"Response":[{"Id":{"id":8}},{"Token":{"id":8,"token":"users"}},{"UserApiKey":{"id":43}}]}`
	connected        = `{"Response":[{"UserApiKey":{"id":43,"requested_by_user":{"UserPaymentServiceProvider":{"id":42,"display_name":"Example"}},` +
		`"granted_by_user":{"UserPerson":{"id":12,"display_name":"A. Person"}}}}]}`
)

func TestConsent_goesTheWholeWay(t *testing.T) {
	clientKey, serverKey := newKey(t), newKey(t)
	// back, status and token: where the page sends the user, and what the token endpoint answers.
	for name, tc := range map[string]struct {
		page, back, token string
		status            int
		wantErr           string // "" for success
	}{
		"the connected user is shown":                      {back: sentBackTo + "?code=c%2F1&state=STATE"},
		"a page without a yes is an error":                 {page: `<h1>This does not work</h1>`, wantErr: "This does not work, and no form"},
		"a no is an error":                                 {back: sentBackTo + "?error=access_denied&state=STATE", wantErr: "with a code and the state"},
		"another state is an error":                        {back: sentBackTo + "?code=c%2F1&state=other", wantErr: "with a code and the state"},
		"another address than the callback URL":            {back: "https://app.example.com/callback/?code=c%2F1&state=STATE", wantErr: "does not send the user to"},
		"the words of the token endpoint are in the error": {back: sentBackTo + "?code=c%2F1&state=STATE", status: 401, token: `{"error":"invalid_grant","error_description":"expired"}`, wantErr: "invalid_grant: expired"},
	} {
		t.Run(name, func(t *testing.T) {
			var state string
			mux := http.NewServeMux()
			mux.HandleFunc("GET /auth", func(w http.ResponseWriter, r *http.Request) {
				state = r.URL.Query().Get("state")
				if r.URL.Query().Get("client_id") != "id" || state == "" {
					t.Errorf("the page was asked for with %v", r.URL.Query())
				}
				_, _ = io.WriteString(w, cmp.Or(tc.page, consentPage))
			})
			mux.HandleFunc("POST /auth", func(w http.ResponseWriter, r *http.Request) {
				want := url.Values{"ticket": {"t&1"}, "user": {"new"}, "decision": {"allow"}}.Encode()
				if err := r.ParseForm(); err != nil || r.PostForm.Encode() != want {
					t.Errorf("the form was sent as %v, want %s", r.PostForm, want)
				}
				w.Header().Set("Location", strings.Replace(tc.back, "STATE", state, 1))
				w.WriteHeader(http.StatusSeeOther)
			})
			mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
				want := url.Values{"grant_type": {"authorization_code"}, "code": {"c/1"}, "redirect_uri": {sentBackTo}, "client_id": {"id"}, "client_secret": {"hidden"}}
				if body, err := io.ReadAll(r.Body); err != nil || len(body) > 0 || r.URL.RawQuery != want.Encode() {
					t.Errorf("the token was asked for with %s and %q, want %s and no body", r.URL.RawQuery, body, want.Encode())
				}
				if tc.status != 0 {
					w.WriteHeader(tc.status)
				}
				_, _ = io.WriteString(w, cmp.Or(tc.token, `{"access_token":"access","token_type":"bearer"}`))
			})
			mux.HandleFunc("POST /v1/session-server", func(w http.ResponseWriter, r *http.Request) {
				body, err := io.ReadAll(r.Body)
				if err != nil || string(body) != `{"secret":"access"}` || r.Header.Get("X-Bunq-Client-Authentication") != "installation" {
					t.Errorf("the session was asked for with %q (%v)", body, err)
				}
				answerSigned(t, w, serverKey, connectedSession)
			})
			mux.HandleFunc("GET /v1/user", func(w http.ResponseWriter, r *http.Request) {
				if got := r.Header.Get("X-Bunq-Client-Authentication"); got != "users" {
					t.Errorf("the user was asked for with the token %q", got)
				}
				answerSigned(t, w, serverKey, connected)
			})
			server := httptest.NewServer(mux)
			defer server.Close()

			outputs := fmt.Sprintf(`"outputs":{"client_id":{"value":"id"},"client_secret":{"value":"hidden","sensitive":true},"authorize_urls":{"value":{%q:%q,"https://z.example.com":"http://127.0.0.1:1/"}}}`,
				sentBackTo, server.URL+"/auth?response_type=code&client_id=id")
			raw, err := io.ReadAll(stateWith(t, clientKey, serverKey))
			if err != nil {
				t.Fatal(err)
			}
			in := strings.Replace(string(raw), `{"values":{`, `{"values":{`+outputs+`,`, 1)
			var out strings.Builder
			err = run(t.Context(), server.URL+"/v1", server.URL+"/token", -1, false, strings.NewReader(in), &out)
			switch {
			case tc.wantErr != "" && (err == nil || !strings.Contains(err.Error(), tc.wantErr) || strings.Contains(err.Error(), "hidden")):
				t.Errorf("error %v does not say %q", err, tc.wantErr)
			case tc.wantErr == "" && err != nil:
				t.Error(err)
			case tc.wantErr == "" && !strings.Contains(out.String(), "Connected: A. Person (UserPerson 12) to Example, as UserApiKey 43\n"):
				t.Errorf("printed %q", out.String())
			}
		})
	}
}

func answerSigned(t *testing.T, w http.ResponseWriter, key *rsa.PrivateKey, answer string) {
	t.Helper()
	signature, err := witness.Sign(privatePEM(t, key), []byte(answer))
	if err != nil {
		t.Error(err)
	}
	w.Header().Set("X-Bunq-Server-Signature", signature)
	_, _ = io.WriteString(w, answer)
}
