package oauthapp

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
)

// privateProtected is set by the planning of a protected client, for that of its replacement.
const privateProtected = "protected"

// ModifyPlan protects the client, reports a second one of the user, proposes to replace one that was
// cancelled elsewhere, and warns about one that the user already has.
func (r *ClientResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if r.Data == nil {
		return // Terraform only validates
	}

	plan, state := planAndState[clientModel](ctx, req, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}

	if state != nil && !state.cancelled() && r.run.clients.notePrior(state.object(), plan != nil) {
		clientOnly.reportTwice(state.object(), &resp.Diagnostics)
		return
	}
	switch {
	case plan == nil:
		r.planDestroy(state, &resp.Diagnostics)
	case state != nil:
		r.planKept(ctx, plan, state, resp)
	case isReplacement(ctx, req.Private):
		planReplacement(ctx, req.Private, &resp.Diagnostics)
	default:
		r.planNew(ctx, plan, &resp.Diagnostics)
	}
}

// planDestroy stops the destroy of a protected client. Terraform also plans the destroy of a deposed
// object in the apply: a client that its replacement has adopted by then is not cancelled.
func (r *ClientResource) planDestroy(state *clientModel, diags *diag.Diagnostics) {
	if state.cancelled() || r.run.clients.taken(state.UserID.ValueString()) == state.object() {
		return
	}
	if state.DeletionProtection.ValueBool() {
		reportProtected(fmt.Sprintf("This plan would cancel OAuth client %s of bunq user %s.", state.ID.ValueString(), state.UserID.ValueString()), diags)
		return
	}
	removal{data: r.Data, kind: "bunq_oauth_client", apiContext: state.APIContext, user: state.UserID}.check(diags)
}

// reportProtected reports what would cancel a protected client.
func reportProtected(what string, diags *diag.Diagnostics) {
	diags.AddAttributeError(path.Root("deletion_protection"), "The OAuth client is protected", what+
		" That ends the connections of all its end users and cannot be undone. Nothing was sent.\n\n"+
		"Next step: if the resource was renamed or moved, add a moved block (from = the old address, to = the new one); if the new address is in the "+
		"state already, make Terraform forget the old one with a removed block (destroy = false). If it is being replaced, apply without -replace, or run "+
		"terraform untaint bunq_oauth_client.NAME. Otherwise, to keep the client, "+
		"undo the change that removes it, or use a removed block as well. To cancel it for good, "+
		"set deletion_protection = false and apply, then destroy.")
}

// planKept marks the object, so that the planning of its replacement knows it, and proposes to
// replace a cancelled client.
func (r *ClientResource) planKept(ctx context.Context, plan, state *clientModel, resp *resource.ModifyPlanResponse) {
	checkContext(ctx, r.Data, "bunq_oauth_client", plan.APIContext, state.APIContext, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}

	notePlanned(ctx, resp.Private, &resp.Diagnostics)
	var protected []byte
	if state.DeletionProtection.ValueBool() && !state.cancelled() {
		protected = []byte("true")
	}
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, privateProtected, protected)...)
	if !state.cancelled() {
		return
	}

	resp.Diagnostics.AddAttributeWarning(path.Root("status"), "The OAuth client was cancelled at bunq", fmt.Sprintf(
		"bunq lists OAuth client %s as %s, and it cannot be made active again. Applying makes another one with another client_id and secret: "+
			"every end user must connect again.", state.ID.ValueString(), state.Status.ValueString()))
	for _, name := range []string{"id", "client_id", "client_secret", "status"} {
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root(name), types.StringUnknown())...)
	}
	resp.RequiresReplace = append(resp.RequiresReplace, path.Root("status"))
}

// planReplacement stops the replacement of a protected client.
func planReplacement(ctx context.Context, private privateReader, diags *diag.Diagnostics) {
	if hasPrivate(ctx, private, privateProtected) {
		reportProtected("This plan would replace the OAuth client, and so cancel it.", diags)
	}
}

// planNew reports a second client of the user, and warns about one that bunq has. If bunq cannot be
// asked, it says nothing: the apply looks again. In an apply it costs no call, as Create needs the same
// read.
func (r *ClientResource) planNew(ctx context.Context, plan *clientModel, diags *diag.Diagnostics) {
	diags.Append(r.Data.Check(ctx, plan.APIContext, apiContextPath)...)
	if diags.HasError() {
		return
	}
	ctx, done := r.Data.Operation(ctx, "bunq_oauth_client: plan", diags)
	defer done()

	access, more := r.Data.Access(ctx, plan.APIContext, apiContextPath)
	if more.HasError() {
		return
	}
	g, err := registrationOf(ctx, access)
	if err != nil {
		return
	}
	if user := providerdata.FormatID(g.user.ID); r.run.clients.noteNew(user) {
		clientOnly.reportNew(user, diags)
		return
	}

	active, err := g.active(ctx)
	switch {
	case err != nil || active == nil:
	case plan.AdoptExisting.ValueBool():
		diags.AddAttributeWarning(path.Root("adopt_existing"), "The user's OAuth client will be adopted", g.describe(active)+
			"\n\nApplying adopts it. "+g.importBlocks("To manage its callback URLs as well, import them:", active, false))
	default:
		diags.AddAttributeWarning(path.Root("adopt_existing"), "The user already has an OAuth client", g.describe(active)+
			"\n\nSo this bunq_oauth_client will not be made, and nothing that needs it.\n\n"+g.nextSteps(active))
	}
}
