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

// noteClient is the note that this machine began to make a client and has not
// seen it in the state yet. It is kept with the session, encrypted: the state
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

// owns reports whether a resource of this run got that client.
func (t *clientTurn) owns(id int64) bool {
	t.turn <- struct{}{}
	defer func() { <-t.turn }()
	return id != 0 && t.owned == id
}

// turnKey is the user that a clientTurn belongs to.
type turnKey string

// registrationOf prepares a registration.
func registrationOf(data *providerdata.Data, access *providerdata.Access, adopt bool) *clientRegistration {
	return &clientRegistration{data: data, calls: access.Calls, notes: data.Sessions.For(access.Context), adopt: adopt}
}

// turnOf returns the one turn of a user of this run.
func turnOf(data *providerdata.Data, user string) *clientTurn {
	return providerdata.Share(data, turnKey(user), func() *clientTurn { return &clientTurn{turn: make(chan struct{}, 1)} })
}

// register returns the id of the user's active client, and the client itself
// where it was read on the way. One resource of a run gets it.
func (g *clientRegistration) register(ctx context.Context, diags *diag.Diagnostics) (int64, *bunq.OAuthClient, bool) {
	failed := tfdiag.Failure{Summary: "bunq_oauth_client was not made", State: "nothing was made and nothing was stored."}
	var err error
	if g.user, err = g.calls.User(ctx); err != nil {
		failed.Error(diags, err)
		return 0, nil, false
	}
	one := turnOf(g.data, itoa(g.user.ID))
	select {
	case one.turn <- struct{}{}:
		defer func() { <-one.turn }()
	case <-ctx.Done():
		failed.Error(diags, ctx.Err())
		return 0, nil, false
	}

	if one.owned != 0 {
		diags.AddError("Two resources declare the OAuth client of one user", fmt.Sprintf(
			"bunq allows one active OAuth client per user, and another bunq_oauth_client of this run has client %d of bunq user %d.\n\n"+
				"State: nothing was made and nothing was stored for this one.\n\nNext step: remove one of them.", one.owned, g.user.ID))
		return 0, nil, false
	}
	id, found, ok := g.find(ctx, failed, diags)
	if ok {
		one.owned = id
	}
	return id, found, ok
}

// find adopts the user's client or makes it.
func (g *clientRegistration) find(ctx context.Context, failed tfdiag.Failure, diags *diag.Diagnostics) (int64, *bunq.OAuthClient, bool) {
	active, err := g.active(ctx)
	if err != nil {
		failed.State = "nothing was made and nothing was stored: the user's clients are looked up first, because bunq allows one."
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
		// Which client a second POST answers with is UNKNOWN.
		g.notes.ClearNote(ctx, noteClient)
		failed.Next = g.nextForPending()
		failed.Error(diags, fmt.Errorf("bunq made no OAuth client: it answered with the one that is being cancelled, %d", id))
		return 0, nil, false
	case err == nil:
		g.notes.Note(ctx, noteClient, itoa(id))
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

	// There was none a moment ago: the one that is there now is the one whose
	// answer was lost.
	err = bunq.Confirm(err, func() (bool, error) {
		var lookErr error
		active, lookErr = g.active(ctx)
		return active != nil, lookErr
	})
	if err == nil {
		g.notes.Note(ctx, noteClient, itoa(active.ID))
		return active.ID, active, true
	}
	failed.State = "nothing was stored, and bunq has no active client of this user."
	if bunq.OutcomeUnknown(err) {
		failed.State = "nothing was stored. bunq may have made the client; it could not be asked."
		failed.Next = "apply again: the client is looked up before another one is made. If it is found and refused, import it, as the error shows."
	}
	failed.Error(diags, err)
	return 0, nil, false
}

func (g *clientRegistration) nextForPending() string {
	return fmt.Sprintf("bunq still lists OAuth client %d as %s, and allows one client per user: apply again when it is %s.",
		g.pending, statusCancelledPending, statusCancelled)
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

// mayAdopt decides what to do with a client that is there already.
func (g *clientRegistration) mayAdopt(ctx context.Context, active *bunq.OAuthClient, diags *diag.Diagnostics) bool {
	switch {
	case isOfThePlan(g.data, active.ID):
		diags.AddError("Another object of this state is the OAuth client", fmt.Sprintf(
			"bunq allows one active OAuth client per user, and user %d has client %d, which this state has as the object that is being replaced or destroyed.\n\n"+
				"State: nothing was made, nothing was stored, nothing was changed at bunq.\n\n"+
				"Next step: if the client is being replaced, remove create_before_destroy from it and from what depends on it (such as its "+
				"bunq_oauth_callback_url, which pass it on), and apply again: the old client is cancelled first. If the resource was renamed, keep the client "+
				"with a moved block instead.", g.user.ID, active.ID))
		return false
	case g.adopt:
		return true
	case g.interrupted(ctx, active.ID):
		diags.AddWarning("Existing OAuth client adopted", fmt.Sprintf(
			"bunq already has OAuth client %d, and an interrupted run on this machine had begun to make it. It is used; no second one was made.", active.ID))
		return true
	}
	diags.AddAttributeError(path.Root("adopt_existing"), "The user has an OAuth client already", g.there(active)+
		"\n\nState: nothing was made, nothing was stored, nothing was changed at bunq.\n\n"+g.ways(active))
	return false
}

// interrupted reports whether this machine began to make the client and has not
// seen it in the state.
func (g *clientRegistration) interrupted(ctx context.Context, id int64) bool {
	note, noted := g.notes.Noted(ctx, noteClient)
	return noted && (note == noteBegun || note == itoa(id))
}

// noteStored forgets the note once a client is read from the state: it got there.
func noteStored(ctx context.Context, notes *session.Source, id int64) {
	if note, ok := notes.Noted(ctx, noteClient); ok && note == itoa(id) {
		notes.ClearNote(ctx, noteClient)
	}
}
