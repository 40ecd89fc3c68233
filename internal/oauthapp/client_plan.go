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
	case hasPrivate(ctx, req.Private, privateProtected):
		plan.reportProtected(&resp.Diagnostics)
	case isReplacement(ctx, req.Private):
		// Its own client is no other one.
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
		state.reportProtected(diags)
		return
	}
	removal{data: r.Data, kind: "bunq_oauth_client", apiContext: state.APIContext, user: state.UserID}.check(diags)
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
