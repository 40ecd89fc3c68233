package oauthapp

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/tfdiag"
)

// ModifyPlan plans the id as unknown if the URL changes. bunq changes URLs in place, so it usually
// stays, but not if URLs move between resources; only the apply can tell, see callbackURLs.
func (r *CallbackURLResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if r.Data == nil {
		return // Terraform only validates
	}

	plan, state := planAndState[callbackModel](ctx, req, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}

	switch {
	case plan == nil && !state.ID.IsNull():
		removal{data: r.Data, kind: "bunq_oauth_callback_url", apiContext: state.APIContext, user: state.UserID}.check(&resp.Diagnostics)
	case plan != nil && state == nil:
		resp.Diagnostics.Append(r.Data.Check(ctx, plan.APIContext, apiContextPath)...)
	case plan != nil:
		checkContext(ctx, r.Data, "bunq_oauth_callback_url", plan.APIContext, state.APIContext, &resp.Diagnostics)
	}

	run := r.notePlan(plan, state, &resp.Diagnostics)
	switch {
	case plan == nil && run != "":
		resp.Diagnostics.Append(resp.Private.SetKey(ctx, privatePlan, []byte(strconv.Quote(run)))...)
	case plan != nil && state != nil && !plan.URL.Equal(state.URL):
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("id"), types.StringUnknown())...)
	}
}

// notePlan notes for the apply what the plan does with one resource, and returns the run. It
// reports two resources of the plan that declare the same URL.
func (r *CallbackURLResource) notePlan(plan, state *callbackModel, diags *diag.Diagnostics) (run string) {
	if r.Data.Sessions == nil {
		return "" // the provider's settings are not known yet
	}

	var e entry
	if state != nil {
		id, err := idOf(state.ID)
		if err != nil {
			return "" // reported when bunq is called with it
		}
		e.ID, e.From = id, state.URL.ValueString()
		if plan == nil || !plan.OAuthClientID.Equal(state.OAuthClientID) {
			e.Gone = true
			l := callbackLedger(r.Data, state.OAuthClientID.ValueString())
			l.note(e)
			return l.run // on another client it is planned again, as a new resource
		}
	}
	if plan.OAuthClientID.IsUnknown() {
		return "" // no resource of the state belongs to a client that is not known
	}

	e.To, e.Open = plan.URL.ValueString(), plan.URL.IsUnknown()
	l := callbackLedger(r.Data, plan.OAuthClientID.ValueString())
	// A resource that is replaced is planned once as it was and once as a new one. So one of each
	// may be the same resource, and only the apply can tell.
	same := l.planned(func(other entry) bool { return !e.Open && other.To == e.To && (other.ID == 0) == (e.ID == 0) })
	if len(same) > 0 {
		declaredTwice(e.To, plan.OAuthClientID.ValueString(), diags)
	}
	l.note(e)
	return l.run
}

func declaredTwice(url, client string, diags *diag.Diagnostics) {
	diags.AddAttributeError(path.Root("url"), "Two resources declare the same callback URL", fmt.Sprintf(
		"Another bunq_oauth_callback_url of this run declares %q for OAuth client %s, and a client can only have a URL once.\n\n"+
			"Next step: remove one of the two resources.", url, client))
}

// readKey marks a callback URL that a resource of this run was read as.
type readKey int64

// noteRead warns about a second resource of the state that is the same callback URL.
func (r *CallbackURLResource) noteRead(client int64, u bunq.CallbackURL, diags *diag.Diagnostics) {
	if again := providerdata.Keep(r.Data, readKey(u.ID), true); !again {
		return
	}
	diags.AddWarning("Two resources are one callback URL", fmt.Sprintf(
		"Two bunq_oauth_callback_url in the state are callback URL %d of OAuth client %d (%q). A change of one of them changes the other.\n\n"+
			"Next step: if the configuration gives them different URLs, apply: each gets its own. Otherwise delete one of them from the configuration, and "+
			"make Terraform forget it without touching bunq:\n\n"+
			"    removed {\n      from = bunq_oauth_callback_url.NAME\n      lifecycle {\n        destroy = false\n      }\n    }\n\n"+
			"For one instance of a resource with count or for_each, use terraform state rm 'bunq_oauth_callback_url.NAME[KEY]'.", u.ID, client, u.URL))
}

// reportUnplaced reports that the resource did not get the URL of m.
func (c *callbackClient) reportUnplaced(failed tfdiag.Failure, m *callbackModel, err error, diags *diag.Diagnostics) {
	var taken *takenError
	switch {
	case errors.As(err, &taken) && taken.kept:
		diags.AddAttributeError(path.Root("url"), "Another resource has this callback URL", fmt.Sprintf(
			"OAuth client %d has %q as callback URL %d, and a bunq_oauth_callback_url of this run keeps it. A client can only have a URL once.\n\n"+
				"State: %s\n\n"+
				"Next step: if two resources declare this URL, remove one of them. If this resource is being replaced with create_before_destroy (perhaps "+
				"inherited from a resource that depends on it), replacing it would change nothing at bunq: apply without -replace, or run terraform untaint.",
			c.clientID, m.URL.ValueString(), taken.id, failed.State))
	case errors.As(err, &taken):
		diags.AddAttributeError(path.Root("url"), "The client already has this callback URL", fmt.Sprintf(
			"OAuth client %d has %q as callback URL %d, and no resource of this plan gives it up. It was not adopted, because it may be another resource "+
				"of the state.\n\n"+
				"State: %s\n\n"+
				"Next step: if you applied with -target, apply without it. If another resource declares the URL, remove one of the two. If this resource is "+
				"tainted and has create_before_destroy (perhaps inherited from a resource that depends on it), run terraform untaint. If the callback URL is "+
				"not in the state, import it (Terraform ignores the block while the state has this resource; then apply once more):\n\n"+
				"    import {\n      to = bunq_oauth_callback_url.NAME\n      id = \"%d/%d/%d\"\n    }",
			c.clientID, m.URL.ValueString(), taken.id, failed.State, c.user.ID, c.clientID, taken.id))
	default:
		failed.Error(diags, err)
	}
}

// warnAdopted warns that a new resource adopted an existing callback URL.
func (c *callbackClient) warnAdopted(id int64, m *callbackModel, diags *diag.Diagnostics) {
	diags.AddWarning("Existing callback URL adopted", fmt.Sprintf(
		"OAuth client %d already has %q, as callback URL %d. It was adopted; no second one was made. "+
			"If another resource declares the same URL, remove one of the two.", c.clientID, m.URL.ValueString(), id))
}
