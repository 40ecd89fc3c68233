package sdkconf

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

// longAgo is when the session that is written has expired, in the SDKs' form of a time.
const longAgo = "1970-01-01 00:00:00.000000"

type writtenContext struct {
	Environment  string           `json:"environment_type"`
	APIKey       string           `json:"api_key"`
	Installation fileInstallation `json:"installation_context"`
	Session      writtenSession   `json:"session_context"`
	ProxyURL     *string          `json:"proxy_url"`
}

type writtenSession struct {
	Token      string `json:"token"`
	ExpiryTime string `json:"expiry_time"`
	UserID     int64  `json:"user_id"`
}

// Marshal gives c as a context file that bunq's SDKs load. It is full of secrets. PublicKeyPEM may be empty, as it follows
// from the private key.
//
// There is no session in c, but the file has one, which expired long ago: the PHP SDK cannot load a file without one, and
// every SDK opens a new session in place of an expired one (read in their sources, UNKNOWN for versions to come).
func Marshal(c Context) ([]byte, error) {
	private, err := signing.ParsePrivateKey(c.PrivateKeyPEM.Reveal())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", memberPrivateKey, err)
	}
	public, err := signing.MarshalPublicKey(&private.PublicKey)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", memberPublicKey, err)
	}
	w := writtenContext{
		Environment: strings.ToUpper(string(c.Environment)),
		APIKey:      c.APIKey.Reveal(),
		Installation: fileInstallation{
			Token:      c.InstallationToken.Reveal(),
			PrivateKey: c.PrivateKeyPEM.Reveal(),
			PublicKey:  public,
			ServerKey:  c.ServerPublicKeyPEM,
		},
		Session: writtenSession{ExpiryTime: longAgo, UserID: c.UserID},
	}
	if c.PublicKeyPEM != "" {
		w.Installation.PublicKey = c.PublicKeyPEM
	}
	data, err := json.MarshalIndent(w, "", "  ") //nolint:gosec // the secrets are what the file is for
	if err != nil {
		return nil, fmt.Errorf("write context file: %w", err)
	}
	data = append(data, '\n')
	// Nothing leaves here that Read would not take back.
	if _, err := Parse(data); err != nil {
		return nil, err
	}
	return data, nil
}
