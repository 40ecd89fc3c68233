package sdkconf

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

// longAgo is when the written session expired, in the SDKs' format for times. The format has no
// zone, and the SDKs read it as local time: this one is past in every zone.
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
	// User and UserPHP are the same PSD2 user, under the name that Python and Java read and under
	// PHP's.
	User    *writtenUser `json:"user_payment_service_provider,omitempty"`
	UserPHP *writtenUser `json:"userPaymentServiceProvider,omitempty"`
}

type writtenUser struct {
	ID int64 `json:"id"`
}

// Marshal returns c as a context file that bunq's SDKs load. It contains secrets. The keys may have any
// form that [bunq.NewInstallation] takes; PublicKeyPEM is not read, as it follows from the private key.
//
// c has no session, but the file has one that expired long ago: the PHP SDK cannot load a file
// without one, and every SDK replaces an expired session with a new one (read in their sources,
// UNKNOWN for later versions). They only load a session with a user object (OBSERVED by running
// those for Python and PHP), which needs UserID.
func Marshal(c Context) ([]byte, error) {
	installation, err := bunq.NewInstallation(c.InstallationToken, c.PrivateKeyPEM, c.ServerPublicKeyPEM)
	if err != nil {
		return nil, err
	}
	private, public, server, err := installation.PEM()
	if err != nil {
		return nil, err
	}

	w := writtenContext{
		Environment: strings.ToUpper(string(c.Environment)),
		APIKey:      c.APIKey.Reveal(),
		Installation: fileInstallation{
			Token:      c.InstallationToken.Reveal(),
			PrivateKey: private.Reveal(),
			PublicKey:  public,
			ServerKey:  server,
		},
		Session: writtenSession{ExpiryTime: longAgo, UserID: c.UserID},
	}
	if c.UserID != 0 {
		user := &writtenUser{c.UserID}
		w.Session.User, w.Session.UserPHP = user, user
	}

	data, err := json.MarshalIndent(w, "", "  ") //nolint:gosec // the secrets are what the file is for
	if err != nil {
		return nil, fmt.Errorf("write context file: %w", err)
	}
	data = append(data, '\n')

	// Never return what Read would not accept.
	if _, err := Parse(data); err != nil {
		return nil, err
	}
	return data, nil
}
