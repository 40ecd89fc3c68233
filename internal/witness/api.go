package witness

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// Access is what calls need: the api_context of a state.
type Access struct {
	APIKey             string `json:"api_key"`
	InstallationToken  string `json:"installation_token"`
	PrivateKeyPEM      string `json:"private_key_pem"`
	ServerPublicKeyPEM string `json:"server_public_key_pem"`
}

// Element is one member of an answer's Response, by its type.
type Element map[string]json.RawMessage

// StatusError is an answer that is no 200.
type StatusError struct {
	Call   string // method and path
	Status int
	Body   string
}

func (e *StatusError) Error() string { return fmt.Sprintf("%s: %d: %s", e.Call, e.Status, e.Body) }

// Call sends one request to the API at baseURL, signed if it has a body. The elements are those of a 200
// that bunq has signed; any other status is a *StatusError.
func (a *Access) Call(ctx context.Context, baseURL, method, path, token string, body []byte) ([]Element, error) {
	call := method + " " + path
	request, err := http.NewRequestWithContext(ctx, method, baseURL+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", call, err)
	}
	for name, value := range map[string]string{
		"User-Agent": "witness", "Cache-Control": "no-cache", "X-Bunq-Client-Authentication": token,
		"X-Bunq-Client-Request-Id": rand.Text(), "X-Bunq-Geolocation": "0 0 0 0 000", "X-Bunq-Language": "en_US", "X-Bunq-Region": "en_US",
	} {
		request.Header.Set(name, value)
	}
	if body != nil {
		signature, err := Sign(a.PrivateKeyPEM, body)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", call, err)
		}
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("X-Bunq-Client-Signature", signature)
	}

	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", call, err)
	}
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", call, err)
	}
	if response.StatusCode != http.StatusOK {
		return nil, &StatusError{Call: call, Status: response.StatusCode, Body: string(raw)}
	}
	if err := Verify(a.ServerPublicKeyPEM, raw, response.Header.Get("X-Bunq-Server-Signature")); err != nil {
		return nil, fmt.Errorf("%s: %w", call, err)
	}

	var answer struct {
		Response []Element `json:"Response"`
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return nil, fmt.Errorf("%s: %w", call, err)
	}
	return answer.Response, nil
}

// OpenSession opens a session with an API key or an access token. Source: bunq's documentation,
// "Sessions".
func (a *Access) OpenSession(ctx context.Context, baseURL, secret string) (token string, elements []Element, err error) {
	body, err := json.Marshal(map[string]string{"secret": secret})
	if err != nil {
		return "", nil, fmt.Errorf("writing the request: %w", err)
	}
	elements, err = a.Call(ctx, baseURL, http.MethodPost, "/session-server", a.InstallationToken, body)
	if err != nil {
		return "", nil, err
	}

	var opened struct{ Token string }
	if err := Find(elements, "Token", &opened); err != nil {
		return "", nil, fmt.Errorf("the session: %w", err)
	}
	return opened.Token, elements, nil
}

// UserAPIKey is who an application is with an access token. Source: bunq's documentation, "OAuth".
type UserAPIKey struct {
	ID        int64           `json:"id"`
	Requested map[string]User `json:"requested_by_user"`
	Granted   map[string]User `json:"granted_by_user"`
}

// User is a user of bunq.
type User struct {
	ID   int64  `json:"id"`
	Name string `json:"display_name"`
}

// Find decodes the first element of a type.
func Find(elements []Element, kind string, into any) error {
	for _, e := range elements {
		if raw, ok := e[kind]; ok {
			if err := json.Unmarshal(raw, into); err != nil {
				return fmt.Errorf("reading %s: %w", kind, err)
			}
			return nil
		}
	}
	return fmt.Errorf("there is no %s", kind)
}

// Sign signs a message as bunq wants it, with a key in PEM.
func Sign(privateKeyPEM string, message []byte) (string, error) {
	block, _ := pem.Decode([]byte(privateKeyPEM))
	if block == nil {
		return "", errors.New("the private key in the state is not PEM")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return "", fmt.Errorf("the private key in the state: %w", err)
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return "", errors.New("the private key in the state is not RSA")
	}

	digest := sha256.Sum256(message)
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
	if err != nil {
		return "", fmt.Errorf("signing: %w", err)
	}
	return base64.StdEncoding.EncodeToString(signature), nil
}

// Verify returns an error unless bunq signed the message with the key in PEM.
func Verify(publicKeyPEM string, message []byte, signature string) error {
	block, _ := pem.Decode([]byte(publicKeyPEM))
	if block == nil {
		return errors.New("the server's public key in the state is not PEM")
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return fmt.Errorf("the server's public key in the state: %w", err)
	}
	key, ok := parsed.(*rsa.PublicKey)
	if !ok {
		return errors.New("the server's public key in the state is not RSA")
	}

	raw, err := base64.StdEncoding.DecodeString(signature)
	if err != nil {
		return fmt.Errorf("the server's signature: %w", err)
	}
	digest := sha256.Sum256(message)
	if err := rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], raw); err != nil {
		return fmt.Errorf("the server's signature does not fit the answer: %w", err)
	}
	return nil
}
