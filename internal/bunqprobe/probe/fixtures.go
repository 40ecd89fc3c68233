package probe

import (
	"context"
	"crypto/rsa"
	"fmt"
	"net/http"
	"slices"
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
	device    bool // it has one: bunq was seen to take no second
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

// memory is what questions share of what they made or saw, and what is forgotten with a reset of
// the sandbox.
type memory struct {
	installations []*installation
	parties       map[string]*party
	ownAddress    string
	activeClient  int64 // of the base user
	cancelled     *cancelledClient
	burst         *burst
}

const bunqTime = "2006-01-02 15:04:05.999999"

func parseTime(s string) (time.Time, bool) {
	t, err := time.Parse(bunqTime, s)
	return t, err == nil
}

// send sends a call.
func (r *run) send(ctx context.Context, k call) *exchange { return must(r.client.send(ctx, k)) }

// install posts a public key.
func (r *run) install(ctx context.Context, key *rsa.PrivateKey) *exchange {
	pem := must(signing.MarshalPublicKey(&key.PublicKey))
	return r.send(ctx, call{method: http.MethodPost, path: "/installation", content: map[string]string{"client_public_key": pem}})
}

// keep takes an installation out of the answer to its POST.
func (r *run) keep(x *exchange, key *rsa.PrivateKey) *installation {
	id := x.id()
	token, server := x.object("Token", "token", "created"), x.object("ServerPublicKey", "server_public_key")
	i := &installation{id: id, token: token.text("token"), key: key, serverPEM: server.text("server_public_key"), made: x}
	var err error
	if i.serverKey, err = signing.ParsePublicKey(i.serverPEM); err != nil || i.token == "" {
		fail(unforeseen(x, "it has no token or no RSA key"))
	}
	r.noteClock(x, token.text("created"))
	r.installations = append(r.installations, i)
	return i
}

// spare returns an installation that has no device, and is none of those named. It is made where
// there is none: bunq may allow ten a day.
func (r *run) spare(ctx context.Context, not ...*installation) *installation {
	for _, i := range r.installations {
		if !i.device && !slices.Contains(not, i) {
			return i
		}
	}
	key := must(r.NewKey())
	return r.keep(r.install(ctx, key), key)
}

// withToken sends a call with the token of an installation. A refusal of the token itself is told
// apart from one of the call.
func (r *run) withToken(ctx context.Context, i *installation, k call) *exchange {
	k.token, k.serverKey = i.token, i.serverKey
	x := r.send(ctx, k)
	if x.status == http.StatusUnauthorized || x.status == http.StatusForbidden {
		r.mustKnow(ctx, i)
	}
	return x
}

// mustKnow fails with errReset if bunq no longer knows an installation's token. It asks with a body
// that is refused whatever else holds, and so leaves nothing.
func (r *run) mustKnow(ctx context.Context, i *installation) {
	x := r.send(ctx, call{method: http.MethodPost, path: "/device-server", token: i.token, serverKey: i.serverKey, content: struct{}{}})
	switch x.status {
	case http.StatusBadRequest:
	case http.StatusUnauthorized, http.StatusForbidden:
		r.forget()
		fail(errReset)
	default:
		fail(other(x))
	}
}

// newParty registers a certificate, and returns the user with its key, which is not used yet. cert
// "" makes a new user.
func (r *run) newParty(ctx context.Context, name, cert string) *party {
	i, key := r.spare(ctx), r.certificateKey()
	if cert == "" {
		cert = must(pseudoCertificate(key, commonName(), r.clock.Now().AddDate(0, 1, 0)))
	}
	public := must(signing.MarshalPublicKey(&i.key.PublicKey))
	x := r.withToken(ctx, i, call{method: http.MethodPost, path: "/payment-service-provider-credential", content: map[string]string{
		"client_payment_service_provider_certificate":       cert,
		"client_payment_service_provider_certificate_chain": cert,
		"client_public_key_signature":                       must(signing.Sign(key, []byte(public+i.token))),
	}})
	o := x.object("CredentialPasswordIp", "id", "status", "token_value", "expiry_time")
	p := &party{name: name, cert: cert, inst: i, credential: o.id(), key: o.text("token_value"), status: o.text("status")}
	if p.credential <= 0 || p.key == "" {
		fail(unforeseen(x, "it has no id or no key"))
	}
	r.redact.learn(p.key)
	return p
}

// postDevice registers the party's key on an installation. A sandbox that was reset in between
// refuses every key.
func (r *run) postDevice(ctx context.Context, i *installation, p *party, ips ...string) *exchange {
	body := map[string]any{"description": "tf-probe " + p.name, "secret": p.key}
	if len(ips) > 0 {
		body["permitted_ips"] = ips
	}
	x := r.withToken(ctx, i, call{method: http.MethodPost, path: "/device-server", content: body})
	if x.says(http.StatusBadRequest, textCredentials) && i != p.inst {
		r.mustKnow(ctx, p.inst)
	}
	i.device = i.device || x.status == http.StatusOK
	return x
}

// register registers the party's key on its own installation, and remembers the party.
func (r *run) register(ctx context.Context, p *party, ips ...string) *exchange {
	x := r.postDevice(ctx, p.inst, p, ips...)
	p.device = x.id()
	r.parties[p.name] = p
	return x
}

// party returns the user of a name, with a device, made when it is first asked for.
func (r *run) party(ctx context.Context, name string) *party {
	if r.parties[name] == nil {
		r.register(ctx, r.newParty(ctx, name, ""))
	}
	return r.parties[name]
}

// userPath is a path under the party's user.
func (p *party) userPath(format string, args ...any) string {
	return fmt.Sprintf("/user/%d", p.user) + fmt.Sprintf(format, args...)
}
