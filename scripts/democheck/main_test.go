package main

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/witness"
)

const (
	sessionAnswer = `{"Response":[{"Id":{"id":7}},{"Token":{"id":7,"token":"session"}},{"UserPaymentServiceProvider":{"id":42}}]}`
	noClients     = `{"Response":[]}`
	twoURLs       = `{"Response":[{"OauthClient":{"id":9,"status":"ACTIVE","callback_url":[{"url":"https:\/\/a.example"},{"url":"https:\/\/b.example"}]}}]}`
	cancelled     = `{"Response":[{"OauthClient":{"id":9,"status":"CANCELLED","callback_url":[]}}]}`
)

func TestRun_believesWhatBunqSigned(t *testing.T) {
	clientKey, serverKey := newKey(t), newKey(t)
	otherKey := newKey(t)
	for name, tc := range map[string]struct {
		clients  string
		signedBy *rsa.PrivateKey
		wantURLs int
		wantNone bool
		wantErr  string // "" for success
		wantOut  string
	}{
		"an active client is shown with its callback URLs": {
			clients: twoURLs, signedBy: serverKey, wantURLs: -1,
			wantOut: "user 42 has OAuth client 9, ACTIVE, with 2 callback URLs\n      https://a.example\n      https://b.example\n",
		},
		"the right number of callback URLs is accepted":   {clients: twoURLs, signedBy: serverKey, wantURLs: 2},
		"a wrong number of callback URLs is an error":     {clients: twoURLs, signedBy: serverKey, wantURLs: 3, wantErr: "has 2 callback URLs, not 3"},
		"no client where one is expected is an error":     {clients: noClients, signedBy: serverKey, wantURLs: -1, wantErr: "0 OAuth clients are active"},
		"a cancelled client is not an active one":         {clients: cancelled, signedBy: serverKey, wantURLs: -1, wantErr: "0 OAuth clients are active"},
		"a cancelled client is gone":                      {clients: cancelled, signedBy: serverKey, wantURLs: -1, wantNone: true},
		"a client that should be gone and is not":         {clients: twoURLs, signedBy: serverKey, wantURLs: -1, wantNone: true, wantErr: "still active"},
		"an answer that somebody else signed is an error": {clients: twoURLs, signedBy: otherKey, wantURLs: -1, wantErr: "does not fit the answer"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				answer, signedBy := sessionAnswer, serverKey
				switch r.Method + " " + r.URL.Path + " " + r.Header.Get("X-Bunq-Client-Authentication") {
				case "POST /v1/session-server installation":
					body, err := io.ReadAll(r.Body)
					if err != nil || string(body) != `{"secret":"key"}` {
						t.Errorf("the session was asked for with %q (%v)", body, err)
					}
					if err := witness.Verify(publicPEM(t, clientKey), body, r.Header.Get("X-Bunq-Client-Signature")); err != nil {
						t.Errorf("the session was asked for with a bad signature: %v", err)
					}
				case "GET /v1/user/42/oauth-client session":
					answer, signedBy = tc.clients, tc.signedBy
				default:
					http.Error(w, "unexpected", http.StatusNotFound)
					return
				}
				signature, err := witness.Sign(privatePEM(t, signedBy), []byte(answer))
				if err != nil {
					t.Error(err)
				}
				w.Header().Set("X-Bunq-Server-Signature", signature)
				_, _ = io.WriteString(w, answer)
			}))
			defer server.Close()

			var out strings.Builder
			err := run(t.Context(), server.URL+"/v1", "", tc.wantURLs, tc.wantNone, stateWith(t, clientKey, serverKey), &out)
			switch {
			case tc.wantErr == "" && err != nil:
				t.Fatal(err)
			case tc.wantErr != "" && (err == nil || !strings.Contains(err.Error(), tc.wantErr)):
				t.Fatalf("error %v does not say %q", err, tc.wantErr)
			case !strings.Contains(out.String(), tc.wantOut):
				t.Errorf("printed %q, not %q", out.String(), tc.wantOut)
			}
		})
	}
}

func TestState_namesTheDeviceWithAccess(t *testing.T) {
	for name, tc := range map[string]struct {
		state   string
		wantKey string // "" for an error
	}{
		"in the root module": {
			`{"values":{"root_module":{"resources":[{"type":"other","values":{}},{"type":"bunq_device_server","values":{"api_context":{"api_key":"k"}}}]}}}`, "k",
		},
		"in a child module": {
			`{"values":{"root_module":{"child_modules":[{"resources":[{"type":"bunq_device_server","values":{"api_context":{"api_key":"k"}}}]}]}}}`, "k",
		},
		"not in an empty state":         {`{"format_version":"1.0"}`, ""},
		"not where it is still unknown": {`{"values":{"root_module":{"resources":[{"type":"bunq_device_server","values":{}}]}}}`, ""},
		"not in what is no JSON":        {`Error:`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := readState(strings.NewReader(tc.state))
			if tc.wantKey == "" {
				if err == nil {
					t.Fatalf("found %+v", s)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if a := s.access; a.APIKey != tc.wantKey {
				t.Errorf("found the key %q, not %q", a.APIKey, tc.wantKey)
			}
		})
	}
}

func stateWith(t *testing.T, clientKey, serverKey *rsa.PrivateKey) io.Reader {
	t.Helper()
	context, err := json.Marshal(map[string]string{
		"environment": "sandbox", "api_key": "key", "installation_token": "installation",
		"private_key_pem": privatePEM(t, clientKey), "server_public_key_pem": publicPEM(t, serverKey),
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.NewReader(`{"values":{"root_module":{"resources":[{"type":"bunq_device_server","values":{"api_context":` + string(context) + `}}]}}}`)
}

func newKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func privatePEM(t *testing.T, key *rsa.PrivateKey) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

func publicPEM(t *testing.T, key *rsa.PrivateKey) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}
