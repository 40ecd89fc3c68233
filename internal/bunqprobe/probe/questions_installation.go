package probe

import (
	"context"
	"net/http"

	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

const (
	refused  = "refused"
	accepted = "accepted"
	ignored  = "ignored"
	existing = "existing"
)

func installationQuestions() []question {
	return []question{
		{setting: "installation_key_reuse", answers: []any{accepted, refused}, refusal: refused,
			leaves: "an installation", ask: askKeyReuse},
		{setting: "server_key", answers: []any{"per-installation", "process"},
			leaves: "a second installation", ask: askServerKey},
		{setting: "sign_installation_reads", answers: []any{accepted, refused},
			leaves: "the user that most questions share", sessions: 1, ask: askSignedReads},
		{setting: "optional_signature", answers: []any{refused, ignored}, refusal: refused,
			leaves: "nothing: the URL it may add is deleted", ask: askOptionalSignature},
		{setting: "used_request_id", answers: []any{accepted, refused}, refusal: refused,
			leaves: "nothing", ask: askRequestID},
	}
}

func askKeyReuse(ctx context.Context, r *run) (*finding, error) {
	first, err := r.installation(ctx, 1)
	if err != nil {
		return nil, err
	}
	x, err := r.install(ctx, first.key)
	if err != nil {
		return nil, err
	}
	if x.says(http.StatusBadRequest, textKeyUsed) {
		return settled(refused, x)
	}
	if x.status != http.StatusOK {
		return nil, other(x)
	}
	again, err := r.readInstallation(x, first.key)
	if err != nil {
		return nil, err
	}
	if again.id == first.id || again.token == first.token {
		return nil, unforeseen(x, "the second installation with the same key is the first")
	}
	return settled(accepted, x)
}

func askServerKey(ctx context.Context, r *run) (*finding, error) {
	a, err := r.installation(ctx, 1)
	if err != nil {
		return nil, err
	}
	b, err := r.installation(ctx, 2)
	if err != nil {
		return nil, err
	}
	if a.serverKey.Equal(b.serverKey) {
		return settled("process", a.made, b.made)
	}
	return settled("per-installation", a.made, b.made)
}

func askSignedReads(ctx context.Context, r *run) (*finding, error) {
	p, err := r.base(ctx)
	if err != nil {
		return nil, err
	}
	x, err := r.get(ctx, p, "/installation")
	if err != nil {
		return nil, err
	}
	id, err := x.id()
	if err != nil {
		return nil, err
	}
	if id != p.inst.id {
		return nil, unforeseen(x, "it is another installation than the session's")
	}
	if x.signature == signedValid {
		return settled(accepted, x)
	}
	return settled(refused, x)
}

// askOptionalSignature sends a well-formed signature over other bytes with a POST that needs none.
func askOptionalSignature(ctx context.Context, r *run) (*finding, error) {
	p, client, err := r.baseClient(ctx)
	if err != nil {
		return nil, err
	}
	forged, err := r.forgedSignature(p)
	if err != nil {
		return nil, err
	}
	urls := p.userPath("/oauth-client/%d/callback-url", client)
	x, err := r.withSession(ctx, p, call{method: http.MethodPost, path: urls, forged: forged,
		content: map[string]string{"url": drawURL()}})
	if err != nil {
		return nil, err
	}
	if x.says(http.StatusBadRequest, textSignature) {
		return settled(refused, x)
	}
	if x.status != http.StatusOK {
		return nil, other(x)
	}
	id, err := x.id()
	if err != nil {
		return nil, err
	}
	_ = r.removeURL(ctx, p, client, id)
	return settled(ignored, x)
}

func askRequestID(ctx context.Context, r *run) (*finding, error) {
	p, err := r.base(ctx)
	if err != nil {
		return nil, err
	}
	// A session that has ended would be noticed here, and not between the two.
	if _, err := r.get(ctx, p, "/user"); err != nil {
		return nil, err
	}
	twice := call{method: http.MethodGet, path: "/user", requestID: newUUID()}
	first, err := r.withSession(ctx, p, twice)
	if err != nil {
		return nil, err
	}
	if !first.ok() {
		return nil, other(first)
	}
	x, err := r.withSession(ctx, p, twice)
	if err != nil {
		return nil, err
	}
	switch {
	case x.says(http.StatusBadRequest, textRequestID):
		return settled(refused, first, x)
	case x.ok():
		if _, err := x.object("UserPaymentServiceProvider", "id"); err != nil {
			return nil, err
		}
		return settled(accepted, first, x)
	default:
		return nil, other(x)
	}
}

// forgedSignature is well-formed, and over other bytes than any body.
func (r *run) forgedSignature(p *party) (string, error) {
	return signing.Sign(p.inst.key, []byte("not the body"))
}
