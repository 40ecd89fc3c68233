package bunq

import (
	"context"

	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

// CreatedInstallation is what POST /installation returns, once: the token can never
// be read again.
type CreatedInstallation struct {
	ID                 int64
	Token              Secret
	ServerPublicKeyPEM string
}

// CreateInstallation registers a public key (SubjectPublicKeyInfo PEM, RSA 2048).
// It is the one call without token and signature, and only TLS can verify its answer,
// which brings the key that verifies all others (DOCUMENTED in bunq's OpenAPI export;
// that clients do not verify the answer is OBSERVED). Not idempotent.
func (c *Client) CreateInstallation(ctx context.Context, clientPublicKeyPEM string) (*CreatedInstallation, error) {
	return onboard(ctx, c, request{
		route: routeInstallation(), unsigned: true,
		payload: struct {
			Key string `json:"client_public_key"`
		}{clientPublicKeyPEM},
	}, Installation{}, installationOf)
}

func installationOf(elements []element) (*CreatedInstallation, error) {
	n, err := createdID(elements)
	if err != nil {
		return nil, err
	}
	token, err := tokenOf(elements)
	if err != nil {
		return nil, err
	}

	key, err := one[struct {
		PEM string `json:"server_public_key"`
	}](elements, "ServerPublicKey")
	if err != nil {
		return nil, err
	}
	if _, err := signing.ParsePublicKey(key.PEM); err != nil {
		return nil, err
	}

	return &CreatedInstallation{ID: n, Token: Secret(token.Token), ServerPublicKeyPEM: key.PEM}, nil
}

// CredentialRequest has what a PSD2 credential is made with. ClientPublicKeySignature
// is the QSEAL key's base64 signature over the installation's canonical public
// key PEM and its token.
type CredentialRequest struct {
	CertificatePEM, ChainPEM, ClientPublicKeySignature string
}

// CreateCredential registers a QSEAL certificate and returns the API key. Not
// idempotent; bunq shows TokenValue until the key's first use only (DOCUMENTED).
// TokenValue is empty if bunq showed none.
func (c *Client) CreateCredential(ctx context.Context, inst Installation, r CredentialRequest) (*Credential, error) {
	return onboard(ctx, c, request{
		route: routePSPCredential(),
		payload: struct {
			Certificate string `json:"client_payment_service_provider_certificate"`
			Chain       string `json:"client_payment_service_provider_certificate_chain"`
			Signature   string `json:"client_public_key_signature"`
		}{r.CertificatePEM, r.ChainPEM, r.ClientPublicKeySignature},
	}, inst, func(elements []element) (*Credential, error) {
		// The full object, not the Id of the OpenAPI export (OBSERVED).
		return object(elements, typeCredential, wireCredential.credential)
	})
}

// DeviceServerRequest binds an API key (Secret) to addresses. Without
// PermittedIPs, bunq binds it to the caller's (DOCUMENTED). The caller knows how "*"
// must be sent.
type DeviceServerRequest struct {
	Description  string
	Secret       Secret
	PermittedIPs []string
}

// CreateDeviceServer registers the API key on the installation. Not idempotent.
// IsCredentialsRefused matches a key that bunq refuses.
func (c *Client) CreateDeviceServer(ctx context.Context, inst Installation, r DeviceServerRequest) (int64, error) {
	return onboard(ctx, c, request{
		route: routeDeviceServers(), secrets: []Secret{r.Secret},
		payload: struct {
			Description  string   `json:"description"`
			Secret       string   `json:"secret"`
			PermittedIPs []string `json:"permitted_ips,omitempty"`
		}{r.Description, r.Secret.Reveal(), r.PermittedIPs},
	}, inst, createdID)
}

// OpenSession opens a session. It is the one call here that bunq wants signed (466
// without a signature, 400 with a wrong one), and the one with a limit of its own (1 in
// 30 s), which is waited for. IsCredentialsRefused matches a key or an address that
// bunq refuses.
func (c *Client) OpenSession(ctx context.Context, ac APIContext) (*Session, error) {
	return onboard(ctx, c, request{
		route: routeSessionServer(), attempts: 2, secrets: []Secret{ac.APIKey},
		payload: struct {
			Secret string `json:"secret"`
		}{ac.APIKey.Reveal()},
	}, ac.Installation, sessionOf)
}

func sessionOf(elements []element) (*Session, error) {
	n, err := createdID(elements)
	if err != nil {
		return nil, err
	}
	token, err := tokenOf(elements)
	if err != nil {
		return nil, err
	}
	w, err := userOf(elements)
	return &Session{ID: n, Token: Secret(token.Token), Created: token.Created.Time, Timeout: w.timeout(), User: w.User}, err
}
