package oauthapp

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/session"
	"github.com/openpsd2/terraform-provider-bunq/internal/tfdiag"
)

// noteClient names the note that this machine began to make a client and has not seen it in the
// state yet. It is kept with the session, encrypted: after a killed run the state does not know,
// and bunq does not say who made a client.
const noteClient = "oauth-client"

const noteBegun = "begun"

// clientRegistration is one POST /user/{id}/oauth-client, made only once whatever happens.
type clientRegistration struct {
	data  *providerdata.Data
	calls *bunq.UserClient
	notes *session.Source
	adopt bool
	user  bunq.User
	// pending is a client whose cancellation is not complete; 0 for none.
	pending int64
}

// userClient is the OAuth client of a user, as this run knows it. One resource at a time looks for
// it, makes it or cancels it: two that look at the same time would both find none, or one would
// adopt what the other is about to cancel.
type userClient struct {
	turn turn
	// owned is the client that a resource of this run got; 0 for none. Whoever has the turn may use
	// it.
	owned int64
}

type userClientKey string

// userClientOf returns the one userClient of a user in this run.
func userClientOf(data *providerdata.Data, user string) *userClient {
	return providerdata.Share(data, userClientKey(user), func() *userClient { return &userClient{turn: newTurn()} })
}

// registrationOf returns a registration that has not begun.
func registrationOf(data *providerdata.Data, access *providerdata.Access, adopt bool) *clientRegistration {
	return &clientRegistration{data: data, calls: access.Calls, notes: data.Sessions.For(access.Context), adopt: adopt}
}

// register returns the ID of the user's active client, and the client itself if it was read. Only
// one resource of a run gets it.
func (g *clientRegistration) register(ctx context.Context, diags *diag.Diagnostics) (int64, *bunq.OAuthClient, bool) {
	failed := tfdiag.Failure{Summary: "bunq_oauth_client was not made", State: "nothing was made and nothing was stored."}
	var err error
	if g.user, err = g.calls.User(ctx); err != nil {
		failed.Error(diags, err)
		return 0, nil, false
	}

	client := userClientOf(g.data, providerdata.FormatID(g.user.ID))
	endTurn, err := client.turn.wait(ctx)
	if err != nil {
		failed.Error(diags, err)
		return 0, nil, false
	}
	defer endTurn()

	if client.owned != 0 {
		diags.AddError("Two resources declare the OAuth client of one user", fmt.Sprintf(
			"bunq allows one active OAuth client per user, and another bunq_oauth_client of this run is client %d of bunq user %d.\n\n"+
				"State: nothing was made or stored for this resource.\n\nNext step: remove one of the two.", client.owned, g.user.ID))
		return 0, nil, false
	}
	id, found, ok := g.find(ctx, failed, diags)
	if ok {
		client.owned = id
	}
	return id, found, ok
}

// find adopts the user's client, or makes one.
func (g *clientRegistration) find(ctx context.Context, failed tfdiag.Failure, diags *diag.Diagnostics) (int64, *bunq.OAuthClient, bool) {
	active, err := g.active(ctx)
	if err != nil {
		failed.State = "nothing was made and nothing was stored. The user's clients are read first, because bunq allows only one."
		failed.Error(diags, err)
		return 0, nil, false
	}
	if active != nil {
		return active.ID, active, g.mayAdopt(ctx, active, diags)
	}

	g.notes.Note(ctx, noteClient, noteBegun)
	id, err := g.calls.CreateOAuthClient(ctx)
	switch {
	case err == nil && id == g.pending:
		// Which client a second POST returns is UNKNOWN.
		g.notes.ClearNote(ctx, noteClient)
		failed.Next = g.nextForPending()
		failed.Error(diags, fmt.Errorf("bunq made no OAuth client: it returned client %d, which is being cancelled", id))
		return 0, nil, false
	case err == nil:
		g.notes.Note(ctx, noteClient, providerdata.FormatID(id))
		return id, nil, true
	}
	if !bunq.OutcomeUnknown(err) {
		g.notes.ClearNote(ctx, noteClient)
		if g.pending != 0 {
			failed.Next = g.nextForPending()
		}
		failed.Error(diags, err)
		return 0, nil, false
	}

	// There was none a moment ago, so an active one is the one whose answer was lost.
	err = bunq.Confirm(err, func() (bool, error) {
		var lookErr error
		active, lookErr = g.active(ctx)
		return active != nil, lookErr
	})
	if err == nil {
		g.notes.Note(ctx, noteClient, providerdata.FormatID(active.ID))
		return active.ID, active, true
	}

	failed.State = "nothing was stored, and bunq has no active client of this user."
	if bunq.OutcomeUnknown(err) {
		failed.State = "nothing was stored. bunq may have made the client; this could not be checked."
		failed.Next = "apply again: the client is looked up before another one is made. If the error then says that the user already has a client, import it."
	}
	failed.Error(diags, err)
	return 0, nil, false
}

func (g *clientRegistration) nextForPending() string {
	return fmt.Sprintf("bunq still lists OAuth client %d as %s, and allows one client per user: apply again once it is %s.",
		g.pending, bunq.ClientCancelledPending, bunq.ClientCancelled)
}

// active returns the user's active client, nil if there is none.
func (g *clientRegistration) active(ctx context.Context) (*bunq.OAuthClient, error) {
	all, err := g.calls.OAuthClients(ctx)
	if err != nil {
		return nil, err
	}
	for i := range all {
		switch all[i].Status {
		case bunq.StatusActive:
			return &all[i], nil
		case bunq.ClientCancelledPending:
			g.pending = all[i].ID
		}
	}
	return nil, nil
}

// mayAdopt reports whether a client that the user already has may be adopted, and adds the warning
// or the error.
func (g *clientRegistration) mayAdopt(ctx context.Context, active *bunq.OAuthClient, diags *diag.Diagnostics) bool {
	switch {
	case isOfThePlan(g.data, active.ID):
		diags.AddError("Another object of this state is the OAuth client", fmt.Sprintf(
			"bunq allows one active OAuth client per user, and user %d has client %d, which is in this state as the object that is being replaced or "+
				"destroyed.\n\n"+
				"State: nothing was stored, and nothing was made or changed at bunq.\n\n"+
				"Next step: if the client is being replaced, remove create_before_destroy from it and from everything that depends on it (such as its "+
				"bunq_oauth_callback_url, from which it is inherited), and apply again: the old client is then cancelled first. If the resource was renamed, "+
				"keep the client with a moved block instead.", g.user.ID, active.ID))
		return false
	case g.adopt:
		return true
	case g.interrupted(ctx, active.ID):
		diags.AddWarning("Existing OAuth client adopted", fmt.Sprintf(
			"bunq already has OAuth client %d, which an interrupted run on this machine had begun to make. It was adopted; no second one was made.", active.ID))
		return true
	}
	diags.AddAttributeError(path.Root("adopt_existing"), "The user already has an OAuth client", g.describe(active)+
		"\n\nState: nothing was stored, and nothing was made or changed at bunq.\n\n"+g.nextSteps(active))
	return false
}

// interrupted reports whether this machine began to make the client and has not seen it in the
// state.
func (g *clientRegistration) interrupted(ctx context.Context, id int64) bool {
	note, noted := g.notes.Noted(ctx, noteClient)
	return noted && (note == noteBegun || note == providerdata.FormatID(id))
}

// noteStored clears the note once the client is read from the state.
func noteStored(ctx context.Context, notes *session.Source, id int64) {
	if note, ok := notes.Noted(ctx, noteClient); ok && note == providerdata.FormatID(id) {
		notes.ClearNote(ctx, noteClient)
	}
}
