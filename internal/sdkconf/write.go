package sdkconf

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

// longAgo is when the session that is written has expired, in the SDKs' form of a time. The form has no zone, and the SDKs
// take it as local time: this one is over in every zone.
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
	// User and UserPHP are the same PSD2 user, under the name that Python and Java read and under PHP's.
	User    *writtenUser `json:"user_payment_service_provider,omitempty"`
	UserPHP *writtenUser `json:"userPaymentServiceProvider,omitempty"`
}

type writtenUser struct {
	ID int64 `json:"id"`
}

// Marshal gives c as a context file that bunq's SDKs load. It is full of secrets. PublicKeyPEM may be empty, as it follows
// from the private key.
//
// There is no session in c, but the file has one, which expired long ago: the PHP SDK cannot load a file without one, and
// every SDK opens a new session in place of an expired one (read in their sources, UNKNOWN for versions to come). They load
// it only with a user object in it (OBSERVED by running those for Python and PHP), so UserID must be known for that.
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

	if c.UserID != 0 {
		user := &writtenUser{c.UserID}
		w.Session.User, w.Session.UserPHP = user, user
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
