package oauthapp

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/session"
	"github.com/openpsd2/terraform-provider-bunq/internal/tfdiag"
)

// noteClient is the note that this machine began to make a client and has not
// seen it in the state yet. It is kept beside the session, encrypted: the state
// cannot tell after a killed run, and bunq gives a client no mark of who made
// it.
const noteClient = "oauth-client"

const noteBegun = "begun"

// clientRegistration is one POST /user/{id}/oauth-client, made once whatever
// happens.
type clientRegistration struct {
	data  *providerdata.Data
	calls *bunq.UserClient
	notes *session.Source
	adopt bool
	user  bunq.User
	// pending is a client whose cancellation bunq has not finished; 0 for none.
	pending int64
}

// clientTurn lets one resource of a run at a time look for the client of a user
// and make it: two that look at once would both find none.
type clientTurn struct {
	// turn is a channel so that waiting for it can be cancelled.
	turn chan struct{}
	// owned is the client that a resource of this run got; 0 for none.
	owned int64
}

// turnKey is the user that a clientTurn belongs to.
type turnKey int64

// register returns the id of the user's active client, and the client itself
// where it was read on the way. One resource of a run gets it.
func (g *clientRegistration) register(ctx context.Context, diags *diag.Diagnostics) (int64, *bunq.OAuthClient, bool) {
	failed := tfdiag.Failure{Summary: "bunq_oauth_client was not made", State: "nothing was made and nothing was stored."}
	var err error
	if g.user, err = g.calls.User(ctx); err != nil {
		failed.Error(diags, err)
		return 0, nil, false
	}
	stored, _ := g.data.Shared.LoadOrStore(turnKey(g.user.ID), &clientTurn{turn: make(chan struct{}, 1)})
	one := stored.(*clientTurn) //nolint:forcetypeassert // nothing else is stored under this key
	select {
	case one.turn <- struct{}{}:
		defer func() { <-one.turn }()
	case <-ctx.Done():
		failed.Error(diags, ctx.Err())
		return 0, nil, false
	}
	if one.owned != 0 {
		diags.AddError("Two resources declare the OAuth client of one user", fmt.Sprintf(
			"bunq allows one active OAuth client a user, and another bunq_oauth_client of this run has client %d of bunq user %d.\n\n"+
				"State: nothing was made and nothing was stored for this one.\n\nNext step: remove one of them.", one.owned, g.user.ID))
		return 0, nil, false
	}
	id, found, ok := g.find(ctx, failed, diags)
	if ok {
		one.owned = id
	}
	return id, found, ok
}

// find takes up the user's client or makes it.
func (g *clientRegistration) find(ctx context.Context, failed tfdiag.Failure, diags *diag.Diagnostics) (int64, *bunq.OAuthClient, bool) {
	active, err := g.active(ctx)
	if err != nil {
		failed.State = "nothing was made and nothing was stored: the user's clients are looked up first, because bunq allows one."
		failed.Error(diags, err)
		return 0, nil, false
	}
	if active != nil {
		return active.ID, active, g.takeUp(ctx, active, diags)
	}

	g.notes.Note(ctx, noteClient, noteBegun)
	id, err := g.calls.CreateOAuthClient(ctx)
	if err == nil {
		g.notes.Note(ctx, noteClient, itoa(id))
		return id, nil, true
	}
	if !bunq.MayHaveBeenDone(err) {
		g.notes.Unnote(ctx, noteClient)
		if g.pending != 0 {
			failed.Next = fmt.Sprintf("bunq still lists OAuth client %d as %s, and allows one client a user: apply again when it is %s.",
				g.pending, statusCancelledPending, statusCancelled)
		}
		failed.Error(diags, err)
		return 0, nil, false
	}
	// There was none a moment ago: the one that is there now is the one whose
	// answer was lost.
	active, lookErr := g.active(ctx)
	if lookErr == nil && active != nil {
		g.notes.Note(ctx, noteClient, itoa(active.ID))
		return active.ID, active, true
	}
	failed.State = "nothing was stored, and bunq has no active client of this user."
	if lookErr != nil {
		failed.State = "nothing was stored. bunq may have made the client; it could not be asked."
		failed.Next = "apply again: the client is looked up before another one is made. If it is found and refused, set adopt_existing = true."
	}
	failed.Error(diags, &bunq.UnansweredError{Err: err, LookUp: lookErr})
	return 0, nil, false
}

// active is the user's active client, nil where there is none.
func (g *clientRegistration) active(ctx context.Context) (*bunq.OAuthClient, error) {
	all, err := g.calls.OAuthClients(ctx)
	if err != nil {
		return nil, err
	}
	for i := range all {
		switch all[i].Status {
		case statusActive:
			return &all[i], nil
		case statusCancelledPending:
			g.pending = all[i].ID
		}
	}
	return nil, nil
}

// takeUp decides what to do with a client that is there already.
func (g *clientRegistration) takeUp(ctx context.Context, active *bunq.OAuthClient, diags *diag.Diagnostics) bool {
	note, noted := g.notes.Noted(ctx, noteClient)
	switch {
	case g.adopt:
		return true
	case noted && (note == noteBegun || note == itoa(active.ID)):
		diags.AddWarning("An OAuth client that was there is taken up", fmt.Sprintf(
			"bunq already has OAuth client %d, and an earlier run of this machine that did not end well had begun to make it. It is used; no second one was made.",
			active.ID))
		return true
	}
	urls := make([]string, len(active.CallbackURLs))
	for i, u := range active.CallbackURLs {
		urls[i] = "\n  - " + u.URL
	}
	has := "It has no callback URLs."
	if len(urls) > 0 {
		has = "Its callback URLs:" + strings.Join(urls, "")
	}
	diags.AddAttributeError(path.Root("adopt_existing"), "The user has an OAuth client already", fmt.Sprintf(
		"bunq allows one active OAuth client a user, and user %d has client %d (client_id %s). %s\n\n"+
			"State: nothing was made, nothing was stored, nothing was changed at bunq.\n\n"+
			"Next step: to manage that client with this configuration, either import it:\n\n"+
			"    import {\n      to = bunq_oauth_client.NAME\n      id = \"%d/%d\"\n    }\n\n"+
			"or set adopt_existing = true. If another configuration manages it, use that one.",
		g.user.ID, active.ID, active.ClientID, has, g.user.ID, active.ID))
	return false
}

// noteStored forgets the note once a client is read from the state: it got there.
func noteStored(ctx context.Context, notes *session.Source, id int64) {
	if note, ok := notes.Noted(ctx, noteClient); ok && note == itoa(id) {
		notes.Unnote(ctx, noteClient)
	}
}
