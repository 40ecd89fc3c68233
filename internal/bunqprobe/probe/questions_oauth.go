package probe

import (
	"context"
	"net/http"
)

const (
	clientActive    = "ACTIVE"
	clientCancelled = "CANCELLED"
	clientPending   = "CANCELLED_PENDING"
)

func oauthQuestions() []question {
	return []question{
		{setting: "oauth_client_fields", answers: []any{"with-display-name", "bare", "with-timestamps"},
			leaves: "a client, which is cancelled at the end", ask: askClientFields},
		{setting: "second_oauth_client", answers: []any{refused, accepted, existing}, refusal: refused,
			leaves: "a cancelled client, if there can be two", ask: askSecondClient},
	}
}

var clientFields = []string{"id", "status", "client_id", "secret", "callback_url"}

// baseClient returns the active client of the base user, made when it is first asked for.
func (r *run) baseClient(ctx context.Context) (*party, int64, error) {
	p, err := r.base(ctx)
	if err != nil || r.activeClient != 0 {
		return p, r.activeClient, err
	}
	x, err := r.post(ctx, p, p.userPath("/oauth-client"), struct{}{})
	if err != nil {
		return nil, 0, err
	}
	r.activeClient, err = x.id()
	return p, r.activeClient, err
}

func askClientFields(ctx context.Context, r *run) (*finding, error) {
	p, client, err := r.baseClient(ctx)
	if err != nil {
		return nil, err
	}
	x, err := r.get(ctx, p, p.userPath("/oauth-client/%d", client))
	if err != nil {
		return nil, err
	}
	o, err := x.object("OauthClient", clientFields...)
	if err != nil {
		return nil, err
	}
	name, created, updated := o.has("display_name"), o.has("created"), o.has("updated")
	switch {
	case name && created && updated:
		return settled("with-timestamps", x)
	case name && !created && !updated:
		return settled("with-display-name", x)
	case !name && !created && !updated:
		return settled("bare", x)
	default:
		return nil, unforeseen(x, "it has some of display_name, created and updated")
	}
}

func askSecondClient(ctx context.Context, r *run) (*finding, error) {
	p, client, err := r.baseClient(ctx)
	if err != nil {
		return nil, err
	}
	x, err := r.post(ctx, p, p.userPath("/oauth-client"), struct{}{})
	if err != nil {
		return nil, err
	}
	if x.says(http.StatusBadRequest, textClientExists) {
		return settled(refused, x)
	}
	if x.status != http.StatusOK {
		return nil, other(x)
	}
	id, err := x.id()
	if err != nil {
		return nil, err
	}
	if id == client {
		return settled(existing, x)
	}
	_, _ = r.put(ctx, p, p.userPath("/oauth-client/%d", id), map[string]string{"status": clientCancelled})
	return settled(accepted, x)
}
