package probe

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

const (
	keyPending = "PENDING_FIRST_USE"
	keyActive  = "ACTIVE"
)

func credentialQuestions() []question {
	return []question{
		{setting: "credential_with_installation_token", answers: []any{accepted, refused}, refusal: refused,
			leaves: "nothing", ask: askCredentialRead},
		{setting: "first_use", answers: []any{"device-server", "session-server"},
			leaves: "a user, its key, a device", sessions: 1, ask: askFirstUse},
		{setting: "old_keys", answers: []any{accepted, refused},
			leaves: "a user, two keys, a device", sessions: 2, ask: askOldKeys},
		{setting: "revoked_key_status", answers: []any{"REVOKED", "CANCELLED"}, open: true,
			leaves: "a device, if a new key of a user ends the old one", sessions: 1, ask: askRevokedKey},
		{setting: "expired_certificate", answers: []any{refused, accepted}, refusal: refused,
			leaves: "a user and its key, if it is accepted", ask: askExpiredCertificate},
		{setting: "ec_certificate", answers: []any{refused, accepted}, refusal: refused,
			leaves: "a user and its key, if it is accepted", ask: askECCertificate},
		{setting: "expired_key_status", answers: []any{"EXPIRED", "OBSOLETE"}, open: true, long: "needs an hour",
			leaves: "with -long a user, two keys, a device", ask: askExpiredKey},
	}
}

// readCredential asks for a key with the token of its installation.
func (r *run) readCredential(ctx context.Context, p *party) (*exchange, error) {
	return r.withToken(ctx, p.inst, call{method: http.MethodGet, path: fmt.Sprintf("/payment-service-provider-credential/%d", p.credential),
		wrongKind: true})
}

func credentialOf(x *exchange, id int64) (object, error) {
	o, err := x.object("CredentialPasswordIp", "id", "created", "updated", "status", "expiry_time", "token_value", "permitted_device")
	if err == nil && o.id() != id {
		return nil, unforeseen(x, "it is another key than the one asked for")
	}
	return o, err
}

// ownCredential reads a key of the party's user with the party's session.
func (r *run) ownCredential(ctx context.Context, p *party, id int64) (object, *exchange, error) {
	x, err := r.get(ctx, p, p.userPath("/credential-password-ip/%d", id))
	if err != nil {
		return nil, nil, err
	}
	o, err := credentialOf(x, id)
	return o, x, err
}

func askCredentialRead(ctx context.Context, r *run) (*finding, error) {
	p, err := r.party(ctx, "base")
	if err != nil {
		return nil, err
	}
	x, err := r.readCredential(ctx, p)
	if err != nil {
		return nil, err
	}
	if x.dead() {
		return settled(refused, x)
	}
	if _, err := credentialOf(x, p.credential); err != nil {
		return nil, err
	}
	return settled(accepted, x)
}

// askFirstUse looks at a key between device-server and session-server. Where it cannot be read
// there, the time at which it was changed last tells which of the two changed it.
func askFirstUse(ctx context.Context, r *run) (*finding, error) {
	p, err := r.newParty(ctx, "first-use", "")
	if err != nil {
		return nil, err
	}
	if p.status != keyPending {
		return nil, &unsettled{"a new key is " + p.status + " at once"}
	}
	if err := r.addDevice(ctx, p); err != nil {
		return nil, err
	}
	r.parties[p.name] = p
	x, err := r.readCredential(ctx, p)
	if err != nil {
		return nil, err
	}
	if !x.dead() {
		return firstUseByStatus(x, p)
	}

	if err := r.clock.Sleep(ctx, 3*time.Second); err != nil {
		return nil, err
	}
	if err := r.openSession(ctx, p); err != nil {
		return nil, err
	}
	opened := p.session
	o, x, err := r.ownCredential(ctx, p, p.credential)
	if err != nil {
		return nil, err
	}
	updated, ok := parseTime(o.text("updated"))
	if !ok || o.text("status") != keyActive {
		return nil, unforeseen(x, "a key with a session is not "+keyActive+", or has no time of its last change")
	}
	answer := "device-server"
	if opened.created.Sub(updated) < time.Second {
		answer = "session-server"
	}
	return &finding{answer: answer, shown: []*exchange{opened.x, x},
		how: "by the time of the key's last change, as it cannot be read before the session"}, nil
}

func firstUseByStatus(x *exchange, p *party) (*finding, error) {
	o, err := credentialOf(x, p.credential)
	if err != nil {
		return nil, err
	}
	switch o.text("status") {
	case keyActive:
		return settled("device-server", x)
	case keyPending:
		return settled("session-server", x)
	default:
		return nil, unforeseen(x, "the key is neither pending nor active")
	}
}

// askOldKeys registers the certificate of a user again, and tries the key that it had before.
func askOldKeys(ctx context.Context, r *run) (*finding, error) {
	old, err := r.open(ctx, "old-keys")
	if err != nil {
		return nil, err
	}
	r.endSession(ctx, old)
	if r.newerKey, err = r.newParty(ctx, "newer-key", old.cert); err != nil {
		return nil, err
	}
	x, err := r.trySession(ctx, old)
	if err != nil {
		return nil, err
	}
	switch {
	case x.ok() && old.session != nil:
		return settled(accepted, x)
	case x.says(http.StatusBadRequest, textCredentials):
		return settled(refused, x)
	default:
		return nil, other(x)
	}
}

// askRevokedKey can be asked only where registering again revokes the old key: no call revokes one.
func askRevokedKey(ctx context.Context, r *run) (*finding, error) {
	was, err := r.answer(ctx, "old_keys")
	if err != nil {
		return nil, err
	}
	if was == accepted {
		return nil, &unsettled{"no call revokes a key, and registering its certificate again leaves it alone"}
	}
	old, p := r.parties["old-keys"], r.newerKey
	if old == nil || p == nil {
		return nil, errReset
	}
	if err := r.addDevice(ctx, p); err != nil {
		return nil, err
	}
	r.parties[p.name] = p
	if err := r.openSession(ctx, p); err != nil {
		return nil, err
	}
	o, x, err := r.ownCredential(ctx, p, old.credential)
	if err != nil {
		return nil, err
	}
	return deadStatus(o, x)
}

// deadStatus settles the status of a key that takes no use any more.
func deadStatus(o object, x *exchange) (*finding, error) {
	switch s := o.text("status"); s {
	case keyActive, keyPending, "":
		return nil, unforeseen(x, "a key that has ended is "+s)
	default:
		return settled(s, x)
	}
}

func askExpiredCertificate(ctx context.Context, r *run) (*finding, error) {
	i, err := r.installation(ctx, 1)
	if err != nil {
		return nil, err
	}
	cert, err := r.certificate(r.clock.Now().AddDate(0, 0, -1))
	if err != nil {
		return nil, err
	}
	x, err := r.register(ctx, i, cert)
	if err != nil {
		return nil, err
	}
	return certificateTaken(x)
}

// certificateTaken settles whether a certificate is refused or accepted.
func certificateTaken(x *exchange) (*finding, error) {
	if x.says(http.StatusBadRequest, textCertificate) {
		return settled(refused, x)
	}
	if _, err := x.object("CredentialPasswordIp", "id", "status", "token_value"); err != nil {
		return nil, err
	}
	return settled(accepted, x)
}

// askExpiredKey lets a key run out unused, and reads it with a second key of the same user.
func askExpiredKey(ctx context.Context, r *run) (*finding, error) {
	if !r.Long {
		return nil, &unsettled{"needs an hour"}
	}
	idle, err := r.newParty(ctx, "idle-key", "")
	if err != nil {
		return nil, err
	}
	// By our own clock: bunq's may be set otherwise.
	expires, ok := parseTime(idle.expires)
	if !ok {
		return nil, &unsettled{"a new key says no time at which it runs out"}
	}
	resets := r.resets
	life := expires.Sub(r.bunqNow()) + time.Minute
	return nil, &waiting{reason: func() string { return "needs an hour" }, at: r.clock.Now().Add(life), poll: func(ctx context.Context) (*finding, time.Time, error) {
		if r.resets != resets {
			return nil, time.Time{}, errReset
		}
		p, err := r.newParty(ctx, "idle-key-reader", idle.cert)
		if err != nil {
			return nil, time.Time{}, err
		}
		if err := r.addDevice(ctx, p); err != nil {
			return nil, time.Time{}, err
		}
		r.parties[p.name] = p
		if err := r.openSession(ctx, p); err != nil {
			return nil, time.Time{}, err
		}
		o, x, err := r.ownCredential(ctx, p, idle.credential)
		if err != nil {
			return nil, time.Time{}, err
		}
		f, err := deadStatus(o, x)
		return f, time.Time{}, err
	}}
}
