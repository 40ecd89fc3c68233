package acctest

import (
	"crypto/rsa"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/qseal"
	"github.com/openpsd2/terraform-provider-bunq/internal/ratelimit"
	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

// Party is a PSD2 party that was onboarded at bunq without Terraform: what an
// import finds, and what a test of the OAuth resources starts from.
type Party struct {
	UserID, InstallationID, CredentialID, DeviceID int64

	APIKey, Token                                   string
	PrivateKeyPEM, PublicKeyPEM, ServerPublicKeyPEM string
	// The certificate that it was registered with.
	CertificatePEM, CertificateKeyPEM string

	bunq *Bunq
}

// partyKeys are the keys of parties, shared by the simulators of a test process: each takes a sixth of
// a second to make.
var partyKeys struct {
	mu   sync.Mutex
	made []*rsa.PrivateKey
}

// newKey returns a key that no party of this simulator has.
func (b *Bunq) newKey(t *testing.T) *rsa.PrivateKey {
	t.Helper()
	partyKeys.mu.Lock()
	defer partyKeys.mu.Unlock()
	if b.keys == len(partyKeys.made) {
		key, err := signing.GenerateKey()
		if err != nil {
			t.Fatal(err)
		}
		partyKeys.made = append(partyKeys.made, key)
	}
	b.keys++
	return partyKeys.made[b.keys-1]
}

// Onboard makes a party of its own. The same name is the same bunq user.
func (b *Bunq) Onboard(t *testing.T, name string) *Party {
	t.Helper()
	key := b.newKey(t)
	keyPEM, err := signing.MarshalPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := qseal.NewPseudoCertificate(qseal.PseudoOptions{
		CommonName: name + " AISP PISP", Country: "NL", Key: key,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(365 * 24 * time.Hour),
	})
	if err != nil {
		t.Fatal(err)
	}
	p := &Party{CertificatePEM: certificate, CertificateKeyPEM: keyPEM, bunq: b}
	p.install(t)
	p.Register(t, "made by "+name)
	return p
}

func (p *Party) client(t *testing.T) *bunq.Client {
	t.Helper()
	u, err := bunq.ParseBaseURL(p.bunq.URL)
	if err != nil {
		t.Fatal(err)
	}
	unlimited := func(ratelimit.Key) (ratelimit.Limit, bool) { return ratelimit.Limit{}, false }
	c, err := bunq.NewClient(bunq.Config{BaseURL: u, Environment: bunq.Sandbox, Limits: ratelimit.New(unlimited)})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func (p *Party) install(t *testing.T) {
	t.Helper()
	key := p.bunq.newKey(t)
	var err error
	if p.PrivateKeyPEM, err = signing.MarshalPrivateKey(key); err != nil {
		t.Fatal(err)
	}
	if p.PublicKeyPEM, err = signing.MarshalPublicKey(&key.PublicKey); err != nil {
		t.Fatal(err)
	}
	made, err := p.client(t).CreateInstallation(t.Context(), p.PublicKeyPEM)
	if err != nil {
		t.Fatal(err)
	}
	p.InstallationID, p.Token, p.ServerPublicKeyPEM = made.ID, made.Token.Reveal(), made.ServerPublicKeyPEM
}

// Register registers the certificate once more, and a device with the new key, on an installation of
// their own: bunq registers one device for each. The party is what was registered last.
func (p *Party) Register(t *testing.T, description string) {
	t.Helper()
	if p.APIKey != "" {
		p.install(t)
	}
	client, installation := p.client(t), p.installation(t)
	certificate, err := qseal.Parse(p.CertificatePEM)
	if err != nil {
		t.Fatal(err)
	}
	key, err := signing.ParsePrivateKey(p.CertificateKeyPEM)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := qseal.RegistrationPayload(&installation.PrivateKey.PublicKey, p.Token)
	if err != nil {
		t.Fatal(err)
	}
	signature, err := qseal.SignRegistration(key, payload)
	if err != nil {
		t.Fatal(err)
	}
	made, err := client.CreateCredential(t.Context(), installation, bunq.CredentialRequest{
		CertificatePEM: certificate.PEM(), ChainPEM: certificate.PEM(), ClientPublicKeySignature: signature,
	})
	if err != nil {
		t.Fatal(err)
	}
	p.CredentialID, p.APIKey = made.ID, made.TokenValue.Reveal()
	if p.DeviceID, err = client.CreateDeviceServer(t.Context(), installation,
		bunq.DeviceServerRequest{Description: description, Secret: made.TokenValue}); err != nil {
		t.Fatal(err)
	}
	for _, c := range p.bunq.Sim.Snapshot().Credentials {
		if c.ID == p.CredentialID {
			p.UserID = c.UserID
		}
	}
}

func (p *Party) installation(t *testing.T) bunq.Installation {
	t.Helper()
	i, err := bunq.NewInstallation(bunq.Secret(p.Token), bunq.Secret(p.PrivateKeyPEM), p.ServerPublicKeyPEM)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// APIContext is the party's api_context in HCL.
func (p *Party) APIContext() string {
	return fmt.Sprintf("{\n  environment = %q\n  api_key = %q\n  installation_token = %q\n  private_key_pem = %q\n  server_public_key_pem = %q\n}\n",
		p.bunq.Sim.Environment(), p.APIKey, p.Token, p.PrivateKeyPEM, p.ServerPublicKeyPEM)
}

// Provider is a provider block with the party's context as the default.
func (p *Party) Provider() string {
	return p.bunq.Provider("  api_context = " + p.APIContext())
}

// OAuthClient makes the party's OAuth client behind Terraform's back.
func (p *Party) OAuthClient(t *testing.T, urls ...string) int64 {
	t.Helper()
	id, err := p.bunq.Sim.CreateOAuthClient(p.UserID)
	if err != nil {
		t.Fatal(err)
	}
	for _, url := range urls {
		if _, err := p.bunq.Sim.AddCallbackURL(id, url); err != nil {
			t.Fatal(err)
		}
	}
	return id
}
