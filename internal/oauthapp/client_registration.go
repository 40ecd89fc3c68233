package oauthapp

import (
	"context"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/tfdiag"
)

var clientNotMade = tfdiag.Failure{Summary: "bunq_oauth_client was not made", State: "nothing was made and nothing was stored."}

// register returns the ID of the user's active client, and the client itself if it was read. It looks
// before it makes one, because what bunq does with a second one is UNKNOWN and a client cannot be
// removed.
func register(ctx context.Context, access *providerdata.Access, user bunq.User, adopt bool, diags *diag.Diagnostics) (int64, *bunq.OAuthClient, bool) {
	failed := clientNotMade
	all, err := access.Calls.OAuthClients(ctx)
	active := activeOf(all)
	switch {
	case err != nil:
		failed.State = "nothing was made and nothing was stored. The user's clients are read first, because bunq allows only one."
		failed.Error(diags, err)
		return 0, nil, false
	case active != nil && !adopt:
		diags.AddAttributeError(path.Root("adopt_existing"), "The user already has an OAuth client", fmt.Sprintf("User %d has client %d.\n\n"+
			"State: nothing was stored, and nothing was made or changed at bunq.\n\n"+
			"Next step: if it was renamed, add a moved block. Otherwise import it, or set adopt_existing = true. The warning \"bunq_oauth_client will not be made\" says more.\n\n%s\n\n"+
			"If that client is being replaced, remove create_before_destroy from it and from everything that depends on it (such as its "+
			"bunq_oauth_callback_url, from which it is inherited), so that it is cancelled first.",
			user.ID, active.ID, importBlock("bunq_oauth_client.NAME", fmt.Sprintf("%d/%d", user.ID, active.ID))))
		return 0, nil, false
	case active != nil:
		return active.ID, active, true
	}

	id, err := access.Calls.CreateOAuthClient(ctx)
	old := slices.IndexFunc(all, func(c bunq.OAuthClient) bool { return c.ID == id })
	switch {
	case err == nil && old < 0:
		return id, nil, true
	case err == nil: // which client a POST returns while one is being cancelled is UNKNOWN
		failed.Next = "bunq allows one client per user: apply again in a few minutes."
		failed.Error(diags, fmt.Errorf("bunq made no OAuth client: it returned client %d, which is %s", id, all[old].Status))
		return 0, nil, false
	}

	// There was none a moment ago, so an active one is the one whose answer was lost.
	if bunq.OutcomeUnknown(err) {
		failed.State = "nothing was stored, and bunq has no active client of this user."
		err = bunq.Confirm(err, func() (done bool, err error) {
			active, err = activeClient(ctx, access.Calls)
			return active != nil, err
		})
	}
	if err == nil {
		return active.ID, active, true
	}
	if bunq.OutcomeUnknown(err) {
		failed.State = "nothing was stored. bunq may have made the client; this could not be checked."
		failed.Next = "apply again: the client is looked up before another one is made. If the error then says that the user already has a client, import it."
	}
	failed.Error(diags, err)
	return 0, nil, false
}

// activeClient returns the user's active client, nil if there is none.
func activeClient(ctx context.Context, calls *bunq.UserClient) (*bunq.OAuthClient, error) {
	all, err := calls.OAuthClients(ctx)
	return activeOf(all), err
}

func activeOf(all []bunq.OAuthClient) *bunq.OAuthClient {
	if at := slices.IndexFunc(all, func(c bunq.OAuthClient) bool { return c.Status == bunq.StatusActive }); at >= 0 {
		return &all[at]
	}
	return nil
}

// warnOfClient warns that the user has a client, which a new resource adopts or is stopped by.
func warnOfClient(env bunq.Environment, user bunq.User, active *bunq.OAuthClient, adopt bool, diags *diag.Diagnostics) {
	said := fmt.Sprintf("%s, and user %d has client %d (client_id %s).", clientKind.rule, user.ID, active.ID, active.ClientID)
	if env == bunq.Sandbox {
		said += " In the sandbox, everyone whose certificate has the same subject is the same user."
	}

	id := fmt.Sprintf("%d/%d", user.ID, active.ID)
	var urls string
	for _, u := range active.CallbackURLs {
		urls += "\n\n    # " + bunq.Printable(u.URL) + "\n" + importBlock("bunq_oauth_callback_url.NAME", fmt.Sprintf("%s/%d", id, u.ID))
	}
	if adopt {
		if urls != "" {
			urls = " A bunq_oauth_callback_url that declares one of its URLs adopts that, too. To see it in the plan, import it:" + urls
		}
		diags.AddAttributeWarning(path.Root("adopt_existing"), "The user's OAuth client will be adopted", said+"\n\nApplying adopts it."+urls)
		return
	}
	diags.AddAttributeWarning(path.Root("adopt_existing"), "bunq_oauth_client will not be made", said+
		"\n\nSo an apply makes neither this client nor what needs it.\n\n"+
		"Next step: if it is that of a bunq_oauth_client that was renamed, add a moved block. Otherwise import it. It may be one that an "+
		"interrupted apply made:\n\n"+
		importBlock("bunq_oauth_client.NAME", id)+urls+
		"\n\nOr set adopt_existing = true. If another configuration manages it, use that one.")
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
