package oauthapp

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// ModifyPlan plans the id as unknown if the URL changes: bunq changes URLs in place, so it usually
// stays, but a URL that another resource gives up brings its object along. It reports what two
// resources of the plan cannot both have.
func (r *CallbackURLResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if r.Data == nil {
		return // Terraform only validates
	}
	plan, state := planAndState[callbackModel](ctx, req, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}

	if state != nil {
		r.checkObject(plan, state, &resp.Diagnostics)
	}
	switch {
	case plan == nil:
		r.checkRemoval(state.object, &resp.Diagnostics)
	case state != nil:
		setPrivate(ctx, resp.Private, privatePlanned, true, &resp.Diagnostics)
		r.checkContext(ctx, plan.object, state.object, &resp.Diagnostics)
		r.checkDeclared(plan, &resp.Diagnostics)
		if !plan.URL.Equal(state.URL) {
			resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("id"), types.StringUnknown())...)
		}
	default:
		resp.Diagnostics.Append(r.Data.Check(ctx, plan.APIContext, apiContextPath)...)
		if !hasPrivate(ctx, req.Private, privatePlanned) {
			r.checkDeclared(plan, &resp.Diagnostics)
		}
		r.warnOfExisting(ctx, plan, &resp.Diagnostics)
	}
}

// checkObject reports a second resource of the plan with the same object, if the plan keeps one of the
// two. After a refresh there is none.
func (r *CallbackURLResource) checkObject(plan, state *callbackModel, diags *diag.Diagnostics) {
	urls, own := r.urlsOf(state), number(state.ID)
	keeps := plan != nil && plan.OAuthClientID.Equal(state.OAuthClientID)
	if _, refreshed := urls.owned.get(own); !keptTwice(&urls.planned, own, keeps) || refreshed {
		return
	}

	diags.AddError("Two resources are one callback URL", fmt.Sprintf("Another bunq_oauth_callback_url of this plan is callback URL %d of OAuth client %s, too, and the plan keeps one of them.\n\n"+
		"State: nothing was changed.\n\n"+
		"Next step: plan with a refresh (without -refresh=false). It takes one of the two out of the state, and the same plan makes it again.%s",
		own, state.OAuthClientID.ValueString(), instead))
}

// checkDeclared reports a second resource of the plan with the same URL.
func (r *CallbackURLResource) checkDeclared(plan *callbackModel, diags *diag.Diagnostics) {
	if plan.OAuthClientID.IsUnknown() || plan.URL.IsUnknown() {
		return
	}
	if _, first := r.urlsOf(plan).declared.note(plan.URL.ValueString(), true); first {
		return
	}
	diags.AddAttributeError(path.Root("url"), "Two resources declare the same callback URL", fmt.Sprintf(
		"Another bunq_oauth_callback_url of this plan declares %q for OAuth client %s, and a client can only have a URL once.\n\n"+
			"State: nothing was changed.\n\nNext step: remove one of the two resources.%s", plan.URL.ValueString(), plan.OAuthClientID.ValueString(), instead))
}

// warnOfExisting warns of a URL that bunq already has for a new resource. If bunq cannot be asked now,
// it says nothing. In an apply this is the warning of Create, and costs no call: Create needs the list
// as well.
func (r *CallbackURLResource) warnOfExisting(ctx context.Context, plan *callbackModel, diags *diag.Diagnostics) {
	if diags.HasError() || plan.OAuthClientID.IsUnknown() || plan.URL.IsUnknown() {
		return
	}
	ctx, done := r.operation(ctx, "plan", diags)
	defer done()

	access, more := r.Data.Access(ctx, plan.APIContext, apiContextPath)
	if more.HasError() {
		return
	}
	if id := r.urlsOf(plan).existing(ctx, access.Calls, plan.URL.ValueString()); id != 0 {
		diags.AddAttributeWarning(path.Root("url"), "Existing callback URL adopted", fmt.Sprintf(
			"OAuth client %s already has %q, as callback URL %d. This resource adopts it, and no second one is made.\n\n"+
				"That is right if another resource of this configuration gives the URL up, or if an interrupted run or somebody by hand made it. If another "+
				"state has it as well, keep it in one of the two: a destroy in one removes it for both.",
			plan.OAuthClientID.ValueString(), plan.URL.ValueString(), id))
	}
}

// claim makes the object of a resource that is read that resource's; false, with the reason, if another
// one was read with it before.
func (r *CallbackURLResource) claim(m *callbackModel, importing bool, diags *diag.Diagnostics) bool {
	imported, first := r.urlsOf(m).owned.note(number(m.ID), importing)
	object := fmt.Sprintf("callback URL %s of OAuth client %s", m.ID.ValueString(), m.OAuthClientID.ValueString())
	switch {
	case first:
	case importing || imported:
		diags.AddError("Two resources are one callback URL", "This plan imports "+object+", and another bunq_oauth_callback_url of this run is that one already.\n\n"+
			"State: nothing was imported, and nothing was changed.\n\n"+
			"Next step: remove the import block. If the other resource was renamed, use a moved block instead."+instead)
	default:
		diags.AddWarning("Two resources are one callback URL", "Another bunq_oauth_callback_url of the state is "+object+", too. An object at bunq belongs to one resource: this one was "+
			"taken out of the state. Nothing was changed at bunq. If the configuration has the resource, this plan makes it again.")
	}
	return first
}
