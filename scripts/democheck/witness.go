package main

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

// witness talks to bunq with the access of somebody else.
type witness struct {
	baseURL string
	access  *access
	session string // token, once openSession has been there
}

type oauthClient struct {
	ID           int64  `json:"id"`
	Status       string `json:"status"`
	CallbackURLs []struct {
		URL string `json:"url"`
	} `json:"callback_url"`
}

// openSession signs POST /session-server for a key, whose user must be of a kind, and returns the
// user's id. Source: bunq's documentation, "Sessions".
func (w *witness) openSession(ctx context.Context, key, wantKind string) (user int64, err error) {
	body, err := json.Marshal(map[string]string{"secret": key})
	if err != nil {
		return 0, fmt.Errorf("writing the request: %w", err)
	}
	elements, err := w.call(ctx, http.MethodPost, "/session-server", w.access.InstallationToken, body)
	if err != nil {
		return 0, err
	}
	for _, element := range elements {
		for kind, raw := range element {
			var member struct {
				ID    int64  `json:"id"`
				Token string `json:"token"`
			}
			if err := json.Unmarshal(raw, &member); err != nil {
				return 0, fmt.Errorf("reading %s of the session: %w", kind, err)
			}
			switch kind {
			case "Token":
				w.session = member.Token
			case wantKind:
				user = member.ID
			}
		}
	}
	if w.session == "" || user == 0 {
		return 0, errors.New("the session came without token or user")
	}
	return user, nil
}

func (w *witness) oauthClients(ctx context.Context, user int64) ([]oauthClient, error) {
	elements, err := w.call(ctx, http.MethodGet, fmt.Sprintf("/user/%d/oauth-client", user), w.session, nil)
	if err != nil {
		return nil, err
	}
	var clients []oauthClient
	for _, element := range elements {
		var c oauthClient
		if err := json.Unmarshal(element["OauthClient"], &c); err != nil {
			return nil, fmt.Errorf("reading an OAuth client: %w", err)
		}
		clients = append(clients, c)
	}
	return clients, nil
}

// call sends one request and returns the elements of a 200 whose signature fits the server's public
// key.
func (w *witness) call(ctx context.Context, method, path, token string, body []byte) ([]map[string]json.RawMessage, error) {
	request, err := http.NewRequestWithContext(ctx, method, w.baseURL+path, bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	request.Header.Set("User-Agent", "democheck")
	request.Header.Set("Cache-Control", "no-cache")
	request.Header.Set("X-Bunq-Client-Authentication", token)
	request.Header.Set("X-Bunq-Client-Request-Id", rand.Text())
	request.Header.Set("X-Bunq-Geolocation", "0 0 0 0 000")
	request.Header.Set("X-Bunq-Language", "en_US")
	request.Header.Set("X-Bunq-Region", "en_US")
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
		signature, err := sign(w.access.PrivateKeyPEM, body)
		if err != nil {
			return nil, fmt.Errorf("%s %s: %w", method, path, err)
		}
		request.Header.Set("X-Bunq-Client-Signature", signature)
	}

	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	defer func() { _ = response.Body.Close() }()
	raw, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s %s: %s: %s", method, path, response.Status, raw)
	}
	if err := verify(w.access.ServerPublicKeyPEM, raw, response.Header.Get("X-Bunq-Server-Signature")); err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	var answer struct {
		Response []map[string]json.RawMessage `json:"Response"`
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		return nil, fmt.Errorf("%s %s: %w", method, path, err)
	}
	return answer.Response, nil
}

func sign(privateKeyPEM string, message []byte) (string, error) {
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

func verify(publicKeyPEM string, message []byte, signature string) error {
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
