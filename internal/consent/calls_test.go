package consent_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"net/http"
	"testing"
)

// apiContext is what an application takes from the state to call bunq with.
type apiContext struct {
	InstallationToken  string `json:"installation_token"`
	PrivateKeyPEM      string `json:"private_key_pem"`
	ServerPublicKeyPEM string `json:"server_public_key_pem"`
}

type element map[string]json.RawMessage

// userAPIKey is who an application is with an access token. Source: bunq's documentation, "OAuth".
type userAPIKey struct {
	ID        int64           `json:"id"`
	Requested map[string]user `json:"requested_by_user"`
	Granted   map[string]user `json:"granted_by_user"`
}

type user struct {
	ID   int64  `json:"id"`
	Name string `json:"display_name"`
}

// call sends one request to bunq, signed where it has a body. The elements of a 200 are what bunq
// has signed.
func (s *situation) call(t *testing.T, method, path, token, body string) (status int, elements []element) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.bunq.URL+path, bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"User-Agent": "consent-test", "Cache-Control": "no-cache", "X-Bunq-Client-Authentication": token,
		"X-Bunq-Client-Request-Id": rand.Text(), "X-Bunq-Geolocation": "0 0 0 0 000", "X-Bunq-Language": "en_US", "X-Bunq-Region": "en_US",
	} {
		req.Header.Set(name, value)
	}
	if body != "" {
		key, err := x509.ParsePKCS8PrivateKey(der(t, s.context.PrivateKeyPEM))
		if err != nil {
			t.Fatal(err)
		}
		digest := sha256.Sum256([]byte(body))
		signature, err := rsa.SignPKCS1v15(rand.Reader, key.(*rsa.PrivateKey), crypto.SHA256, digest[:])
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("X-Bunq-Client-Signature", base64.StdEncoding.EncodeToString(signature))
	}

	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	if resp.StatusCode != http.StatusOK {
		return resp.StatusCode, nil
	}
	key, err := x509.ParsePKIXPublicKey(der(t, s.context.ServerPublicKeyPEM))
	if err != nil {
		t.Fatal(err)
	}
	signature, err := base64.StdEncoding.DecodeString(resp.Header.Get("X-Bunq-Server-Signature"))
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256(raw)
	if err := rsa.VerifyPKCS1v15(key.(*rsa.PublicKey), crypto.SHA256, digest[:], signature); err != nil {
		t.Fatalf("%s %s: the answer is not signed with the server key of the state: %v", method, path, err)
	}
	var answer struct{ Response []element }
	if err := json.Unmarshal(raw, &answer); err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, answer.Response
}

func der(t *testing.T, text string) []byte {
	t.Helper()
	block, _ := pem.Decode([]byte(text))
	if block == nil {
		t.Fatal("the state has a key that is not PEM")
	}
	return block.Bytes
}

// session opens one with an access token, on the installation of the state.
func (s *situation) session(t *testing.T, accessToken string) (status int, token string, as userAPIKey) {
	t.Helper()
	body, err := json.Marshal(map[string]string{"secret": accessToken})
	if err != nil {
		t.Fatal(err)
	}
	status, elements := s.call(t, http.MethodPost, "/session-server", s.context.InstallationToken, string(body))
	for _, e := range elements {
		var opened struct{ Token string }
		if raw, ok := e["Token"]; ok && json.Unmarshal(raw, &opened) == nil {
			token = opened.Token
		}
	}
	return status, token, find(t, elements)
}

// user asks bunq whose session it is.
func (s *situation) user(t *testing.T, sessionToken string) (status int, as userAPIKey) {
	t.Helper()
	status, elements := s.call(t, http.MethodGet, "/user", sessionToken, "")
	return status, find(t, elements)
}

func find(t *testing.T, elements []element) (found userAPIKey) {
	t.Helper()
	for _, e := range elements {
		if raw, ok := e["UserApiKey"]; ok {
			if err := json.Unmarshal(raw, &found); err != nil {
				t.Fatal(err)
			}
		}
	}
	return found
}
