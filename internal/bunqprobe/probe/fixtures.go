package probe

import (
	"context"
	"crypto/rsa"
	"fmt"
	"net/http"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

// installation is one POST /installation.
type installation struct {
	id        int64
	token     string
	key       *rsa.PrivateKey
	serverPEM string
	serverKey *rsa.PublicKey
	made      *exchange
}

// party is a PSD2 user of its own: a certificate with a subject of its own, its key, and where it
// was registered a device and a session.
type party struct {
	name       string
	cert       string
	inst       *installation
	credential int64
	key        string
	status     string // of the key as registered
	expires    string
	device     int64

	session *session
	opened  int // sessions of this key so far
	user    int64
}

type session struct {
	token   string
	created time.Time // by bunq's clock
	x       *exchange
	ended   bool // by the probe
}

const bunqTime = "2006-01-02 15:04:05.999999"

func parseTime(s string) (time.Time, bool) {
	t, err := time.Parse(bunqTime, s)
	return t, err == nil
}

// install posts a public key.
func (r *run) install(ctx context.Context, key *rsa.PrivateKey) (*exchange, error) {
	pem, err := signing.MarshalPublicKey(&key.PublicKey)
	if err != nil {
		return nil, err
	}
	return r.client.send(ctx, call{method: http.MethodPost, path: "/installation", content: map[string]string{"client_public_key": pem}})
}

// readInstallation takes an installation out of the answer to its POST.
func (r *run) readInstallation(x *exchange, key *rsa.PrivateKey) (*installation, error) {
	id, err := x.id()
	if err != nil {
		return nil, err
	}
	token, err := x.object("Token", "token", "created")
	if err != nil {
		return nil, err
	}
	server, err := x.object("ServerPublicKey", "server_public_key")
	if err != nil {
		return nil, err
	}

	i := &installation{id: id, token: token.text("token"), key: key, serverPEM: server.text("server_public_key"), made: x}
	if i.serverKey, err = signing.ParsePublicKey(i.serverPEM); err != nil || i.token == "" {
		return nil, unforeseen(x, "it has no token or no RSA key")
	}
	r.noteClock(x, token.text("created"))
	return i, nil
}

// installation returns the n-th installation of this run that has no device, with a key pair of its
// own.
func (r *run) installation(ctx context.Context, n int) (*installation, error) {
	if i := r.installations[n]; i != nil {
		return i, nil
	}
	i, err := r.newInstallation(ctx)
	if err == nil {
		r.installations[n] = i
	}
	return i, err
}

// newInstallation makes an installation for one device: bunq was seen to take no second.
func (r *run) newInstallation(ctx context.Context) (*installation, error) {
	key, err := r.newKey()
	if err != nil {
		return nil, err
	}
	x, err := r.install(ctx, key)
	if err != nil {
		return nil, err
	}
	return r.readInstallation(x, key)
}

// withToken sends a call with the token of an installation. A refusal of the token itself is told
// apart from one of the call.
func (r *run) withToken(ctx context.Context, i *installation, k call) (*exchange, error) {
	k.token, k.serverKey = i.token, i.serverKey
	x, err := r.client.send(ctx, k)
	if err != nil {
		return nil, err
	}
	if x.status == http.StatusUnauthorized || x.status == http.StatusForbidden {
		return x, r.mustKnow(ctx, i)
	}
	return x, nil
}

// mustKnow returns errReset if bunq no longer knows an installation's token. It asks with a body
// that is refused whatever else holds, and so leaves nothing.
func (r *run) mustKnow(ctx context.Context, i *installation) error {
	x, err := r.client.send(ctx, call{method: http.MethodPost, path: "/device-server", token: i.token, serverKey: i.serverKey,
		content: struct{}{}})
	switch {
	case err != nil:
		return err
	case x.status == http.StatusBadRequest:
		return nil
	case x.status == http.StatusUnauthorized || x.status == http.StatusForbidden:
		r.forget()
		return errReset
	default:
		return other(x)
	}
}

// register posts a certificate for a new user, or with one that was made before for the same user.
func (r *run) register(ctx context.Context, i *installation, cert string) (*exchange, error) {
	public, err := signing.MarshalPublicKey(&i.key.PublicKey)
	if err != nil {
		return nil, err
	}
	certKey, err := r.certificateKey()
	if err != nil {
		return nil, err
	}
	signature, err := signing.Sign(certKey, []byte(public+i.token))
	if err != nil {
		return nil, err
	}
	return r.postCredential(ctx, i, cert, signature)
}

func (r *run) postCredential(ctx context.Context, i *installation, cert, signature string) (*exchange, error) {
	return r.withToken(ctx, i, call{method: http.MethodPost, path: "/payment-service-provider-credential", content: map[string]string{
		"client_payment_service_provider_certificate":       cert,
		"client_payment_service_provider_certificate_chain": cert,
		"client_public_key_signature":                       signature,
	}})
}

func (r *run) certificate(notAfter time.Time) (string, error) {
	key, err := r.certificateKey()
	if err != nil {
		return "", err
	}
	return pseudoCertificate(key, commonName(), notAfter)
}

// newParty registers a certificate on an installation of its own, and returns the user with its key, which is not used yet. cert
// "" makes a new user.
func (r *run) newParty(ctx context.Context, name, cert string) (*party, error) {
	i, err := r.newInstallation(ctx)
	if err != nil {
		return nil, err
	}
	if cert == "" {
		if cert, err = r.certificate(r.clock.Now().AddDate(0, 1, 0)); err != nil {
			return nil, err
		}
	}
	x, err := r.register(ctx, i, cert)
	if err != nil {
		return nil, err
	}
	o, err := x.object("CredentialPasswordIp", "id", "status", "token_value", "expiry_time")
	if err != nil {
		return nil, err
	}
	p := &party{name: name, cert: cert, inst: i, credential: o.id(), key: o.text("token_value"), status: o.text("status"),
		expires: o.text("expiry_time")}
	if p.credential <= 0 || p.key == "" {
		return nil, unforeseen(x, "it has no id or no key")
	}
	r.redact.learn(p.key)
	return p, nil
}

// postDevice registers a key on an installation.
func (r *run) postDevice(ctx context.Context, i *installation, key, description string, ips ...string) (*exchange, error) {
	body := map[string]any{"description": description, "secret": key}
	if len(ips) > 0 {
		body["permitted_ips"] = ips
	}
	return r.withToken(ctx, i, call{method: http.MethodPost, path: "/device-server", content: body})
}

// addDevice registers the party's key on its own installation.
func (r *run) addDevice(ctx context.Context, p *party, ips ...string) error {
	x, err := r.postDevice(ctx, p.inst, p.key, "tf-probe "+p.name, ips...)
	if err != nil {
		return err
	}
	p.device, err = x.id()
	return err
}

// party returns the user of a name, with a device, made when it is first asked for.
func (r *run) party(ctx context.Context, name string) (*party, error) {
	if p := r.parties[name]; p != nil {
		return p, nil
	}
	p, err := r.newParty(ctx, name, "")
	if err != nil {
		return nil, err
	}
	if err := r.addDevice(ctx, p); err != nil {
		return nil, err
	}
	r.parties[name] = p
	return p, nil
}

// userPath is a path under the party's user.
func (p *party) userPath(format string, args ...any) string {
	return fmt.Sprintf("/user/%d", p.user) + fmt.Sprintf(format, args...)
}
