package oauthapp

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/tfdiag"
)

// clientRegistration is one POST /user/{id}/oauth-client.
type clientRegistration struct {
	calls   *bunq.UserClient
	user    bunq.User
	sandbox bool
	// pending is a client whose cancellation is not complete; 0 for none.
	pending int64
}

func registrationOf(access *providerdata.Access, user bunq.User) *clientRegistration {
	return &clientRegistration{calls: access.Calls, user: user, sandbox: access.Context.Environment == bunq.Sandbox}
}

// register returns the ID of the user's active client, and the client itself if it was read. It looks
// before it makes one, because what bunq does with a second one is UNKNOWN and a client cannot be
// removed.
//
// warned: this run has said what to do if the user has a client, and it is not said again.
func (g *clientRegistration) register(ctx context.Context, adopt, warned bool, failed tfdiag.Failure, diags *diag.Diagnostics) (int64, *bunq.OAuthClient, bool) {
	active, err := g.active(ctx)
	switch {
	case err != nil:
		failed.State = "nothing was made and nothing was stored. The user's clients are read first, because bunq allows only one."
		failed.Error(diags, err)
		return 0, nil, false
	case active != nil && !adopt:
		g.reportExisting(active, warned, diags)
		return 0, nil, false
	case active != nil:
		return active.ID, active, true
	}

	id, err := g.calls.CreateOAuthClient(ctx)
	if err == nil && id == g.pending {
		// Which client a second POST returns is UNKNOWN.
		err = fmt.Errorf("bunq made no OAuth client: it returned client %d, which is being cancelled", id)
	}
	if err == nil {
		return id, nil, true
	}

	// There was none a moment ago, so an active one is the one whose answer was lost.
	if bunq.OutcomeUnknown(err) {
		failed.State = "nothing was stored, and bunq has no active client of this user."
		err = bunq.Confirm(err, func() (bool, error) {
			var lookErr error
			active, lookErr = g.active(ctx)
			return active != nil, lookErr
		})
	}
	switch {
	case err == nil:
		return active.ID, active, true
	case bunq.OutcomeUnknown(err):
		failed.State = "nothing was stored. bunq may have made the client; this could not be checked."
		failed.Next = "apply again: the client is looked up before another one is made. If the error then says that the user already has a client, import it."
	case g.pending != 0:
		failed.Next = fmt.Sprintf("bunq still lists OAuth client %d as %s, and allows one client per user: apply again once it is %s.",
			g.pending, bunq.ClientCancelledPending, bunq.ClientCancelled)
	}
	failed.Error(diags, err)
	return 0, nil, false
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

// reportExisting reports the client that the user has. warned: the details have been said.
func (g *clientRegistration) reportExisting(active *bunq.OAuthClient, warned bool, diags *diag.Diagnostics) {
	said, next := g.describe(active), g.nextSteps(active)
	if warned {
		said = fmt.Sprintf("User %d has client %d.", g.user.ID, active.ID)
		next = "Next step: paste the import blocks of the warning \"bunq_oauth_client will not be made\", or set adopt_existing = true."
	}
	diags.AddAttributeError(path.Root("adopt_existing"), "The user already has an OAuth client", said+
		"\n\nState: nothing was stored, and nothing was made or changed at bunq.\n\n"+next+
		" If that client is being replaced, remove create_before_destroy from it and from everything that depends on it (such as its "+
		"bunq_oauth_callback_url, from which it is inherited), so that it is cancelled first.")
}

// describe says which client the user has.
func (g *clientRegistration) describe(active *bunq.OAuthClient) string {
	text := fmt.Sprintf("%s, and user %d has client %d (client_id %s).", clientKind.rule, g.user.ID, active.ID, active.ClientID)
	if g.sandbox {
		text += " In the sandbox, everyone whose certificate has the same subject is the same user."
	}
	return text
}

// nextSteps returns the next steps if the user already has a client.
func (g *clientRegistration) nextSteps(active *bunq.OAuthClient) string {
	return g.importBlocks("Next step: to manage that client with this configuration, import it. It may be one that an interrupted apply made:", active, true) +
		"\n\nOr set adopt_existing = true. If another configuration manages it, use that one."
}

// importBlocks returns import blocks, ready to be pasted, for the callback URLs and, if wanted, for
// the client itself; "" for none.
func (g *clientRegistration) importBlocks(before string, active *bunq.OAuthClient, withClient bool) string {
	id := fmt.Sprintf("%d/%d", g.user.ID, active.ID)
	var blocks []string
	if withClient {
		blocks = append(blocks, importBlock("bunq_oauth_client.NAME", id))
	}
	for _, u := range active.CallbackURLs {
		blocks = append(blocks, "    # "+oneLine(u.URL)+"\n"+importBlock("bunq_oauth_callback_url.NAME", fmt.Sprintf("%s/%d", id, u.ID)))
	}

	if len(blocks) == 0 {
		return ""
	}
	return before + "\n\n" + strings.Join(blocks, "\n\n")
}

// cancel cancels a client, and succeeds if it is gone or cancelled already.
func cancel(ctx context.Context, calls *bunq.UserClient, id int64) error {
	err := calls.CancelOAuthClient(ctx, id)
	if bunq.IsNotFound(err) {
		return nil
	}
	return bunq.Confirm(err, func() (bool, error) {
		found, err := calls.OAuthClient(ctx, id)
		if bunq.IsNotFound(err) {
			return true, nil
		}
		return err == nil && isCancelled(found.Status), err
	})
}
