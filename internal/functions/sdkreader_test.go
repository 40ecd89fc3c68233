package functions

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
	"time"
)

// SDKFile is what bunq's SDKs need of a context file, read by their habits alone: it shares nothing
// with the provider's own reader and writer. OBSERVED in sdk_python, sdk_java and sdk_php.
type SDKFile struct {
	Environment, APIKey, Token string
	ClientKey                  *rsa.PrivateKey
	ServerKey                  *rsa.PublicKey
	UserID                     int64
}

// ReadSDKFile reads a context file as "restore" and "loadApiContext" do.
func ReadSDKFile(text string) (*SDKFile, error) {
	var raw struct {
		EnvironmentType string `json:"environment_type"`
		APIKey          string `json:"api_key"`
		Installation    struct {
			Token     string `json:"token"`
			ClientKey string `json:"private_key_client"`
			PublicKey string `json:"public_key_client"`
			ServerKey string `json:"public_key_server"`
		} `json:"installation_context"`
		Session *struct {
			Token      *string `json:"token"`
			ExpiryTime string  `json:"expiry_time"`
			UserID     int64   `json:"user_id"`
			User       *struct {
				ID int64 `json:"id"`
			} `json:"user_payment_service_provider"`
			UserPHP *struct {
				ID int64 `json:"id"`
			} `json:"userPaymentServiceProvider"`
		} `json:"session_context"`
	}
	if err := json.Unmarshal([]byte(text), &raw); err != nil {
		return nil, err
	}
	if raw.EnvironmentType != "SANDBOX" && raw.EnvironmentType != "PRODUCTION" {
		return nil, fmt.Errorf("environment_type %q", raw.EnvironmentType)
	}
	if raw.APIKey == "" || raw.Installation.Token == "" {
		return nil, errors.New("no API key or no installation token")
	}

	private, err := x509.ParsePKCS8PrivateKey(der(raw.Installation.ClientKey, "PRIVATE KEY"))
	if err != nil {
		return nil, fmt.Errorf("private_key_client: %w", err)
	}
	public, err := x509.ParsePKIXPublicKey(der(raw.Installation.PublicKey, "PUBLIC KEY"))
	if err != nil {
		return nil, fmt.Errorf("public_key_client: %w", err)
	}
	server, err := x509.ParsePKIXPublicKey(der(raw.Installation.ServerKey, "PUBLIC KEY"))
	if err != nil {
		return nil, fmt.Errorf("public_key_server: %w", err)
	}
	client := private.(*rsa.PrivateKey)
	if !client.PublicKey.Equal(public) {
		return nil, errors.New("the client's keys are no pair")
	}

	// A session that is absent does not load in PHP, one that lives would be used, and one without
	// the user's object does not load in any of them. The time has no zone: whatever the machine's,
	// it must be over.
	s := raw.Session
	if s == nil || s.Token == nil {
		return nil, errors.New("no session_context, or no token in it")
	}
	expiry, err := time.Parse("2006-01-02 15:04:05.000000", s.ExpiryTime)
	if err != nil || time.Since(expiry) < 48*time.Hour {
		return nil, fmt.Errorf("expiry_time %q (%w)", s.ExpiryTime, err)
	}
	if s.User == nil || s.UserPHP == nil || s.User.ID != s.UserID || s.UserPHP.ID != s.UserID || s.UserID == 0 {
		return nil, errors.New("the user is not under the name of each SDK")
	}
	return &SDKFile{raw.EnvironmentType, raw.APIKey, raw.Installation.Token, client, server.(*rsa.PublicKey), s.UserID}, nil
}

// der is the content of the one block of a PEM text; nil where it is of another type.
func der(text, kind string) []byte {
	block, rest := pem.Decode([]byte(text))
	if block == nil || block.Type != kind || len(rest) > 0 {
		return nil
	}
	return block.Bytes
}

// OpenSession opens a session with what the file holds, as an SDK does with one whose session has
// expired, and returns the user's id. Source: bunq's documentation, "Sessions" and "Signing".
func (f *SDKFile) OpenSession(ctx context.Context, baseURL string) (user int64, err error) {
	body, err := json.Marshal(map[string]string{"secret": f.APIKey})
	if err != nil {
		return 0, err
	}
	sum := sha256.Sum256(body)
	signature, err := rsa.SignPKCS1v15(rand.Reader, f.ClientKey, crypto.SHA256, sum[:])
	if err != nil {
		return 0, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, baseURL+"/session-server", bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	for name, value := range map[string]string{
		"User-Agent": "an SDK", "Cache-Control": "no-cache", "X-Bunq-Language": "en_US", "X-Bunq-Region": "nl_NL",
		"X-Bunq-Geolocation": "0 0 0 0 000", "X-Bunq-Client-Request-Id": rand.Text(), "X-Bunq-Client-Authentication": f.Token,
		"X-Bunq-Client-Signature": base64.StdEncoding.EncodeToString(signature), "Content-Type": "application/json",
	} {
		request.Header.Set(name, value)
	}

	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return 0, err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err
	}
	if response.StatusCode != http.StatusOK {
		return 0, fmt.Errorf("%s: %s", response.Status, answer)
	}
	theirs, err := base64.StdEncoding.DecodeString(response.Header.Get("X-Bunq-Server-Signature"))
	if err != nil {
		return 0, err
	}
	sum = sha256.Sum256(answer)
	if err := rsa.VerifyPKCS1v15(f.ServerKey, crypto.SHA256, sum[:], theirs); err != nil {
		return 0, fmt.Errorf("the answer is not signed with the file's server key: %w", err)
	}

	var opened struct {
		Response []struct {
			User struct {
				ID int64 `json:"id"`
			} `json:"UserPaymentServiceProvider"`
		}
	}
	if err := json.Unmarshal(answer, &opened); err != nil {
		return 0, err
	}
	for _, element := range opened.Response {
		user = max(user, element.User.ID)
	}
	return user, nil
}
