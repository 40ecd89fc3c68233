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
	if state != nil && !state.cancelled() {
		r.run.clients.checkPrior(state.key(), plan != nil, &resp.Diagnostics)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	switch {
	case plan == nil:
		r.planDestroy(state, &resp.Diagnostics)
	case state != nil:
		r.planKept(ctx, plan, state, resp)
	case hasPrivate(ctx, req.Private, privateProtected):
		plan.reportProtected(&resp.Diagnostics)
	case hasPrivate(ctx, req.Private, privatePlanned):
		// Its own client is no other one.
	default:
		r.planNew(ctx, plan, &resp.Diagnostics)
	}
}

// planDestroy stops the destroy of a protected client. Terraform also plans the destroy of a deposed
// object in the apply: a client that its replacement has adopted by then is not cancelled.
func (r *ClientResource) planDestroy(state *clientModel, diags *diag.Diagnostics) {
	switch {
	case state.cancelled() || r.hasIt(state):
	case state.DeletionProtection.ValueBool():
		state.reportProtected(diags)
	default:
		r.checkRemoval(state.object, diags)
	}
}

// hasIt reports whether another resource of this run has the client of m.
func (r *ClientResource) hasIt(m *clientModel) bool {
	had, _ := r.run.clients.had.get(m.UserID.ValueString())
	return had == m.key()
}

// planKept marks the object, so that the planning of its replacement knows it, and proposes to
// replace a cancelled client.
func (r *ClientResource) planKept(ctx context.Context, plan, state *clientModel, resp *resource.ModifyPlanResponse) {
	r.checkContext(ctx, plan.object, state.object, &resp.Diagnostics)
	setPrivate(ctx, resp.Private, privatePlanned, true, &resp.Diagnostics)
	setPrivate(ctx, resp.Private, privateProtected, state.DeletionProtection.ValueBool() && !state.cancelled(), &resp.Diagnostics)
	if resp.Diagnostics.HasError() || !state.cancelled() {
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
	ctx, done := r.operation(ctx, "plan", diags)
	defer done()

	access, user, ok := r.run.clients.planNew(ctx, r.Data, plan.APIContext, diags)
	if !ok {
		return
	}
	g := registrationOf(access, user)
	active, err := g.active(ctx)
	switch {
	case err != nil || active == nil:
	case plan.AdoptExisting.ValueBool():
		diags.AddAttributeWarning(path.Root("adopt_existing"), "The user's OAuth client will be adopted", g.describe(active)+
			"\n\nApplying adopts it. "+g.importBlocks("To manage its callback URLs as well, import them:", active, false))
	default:
		r.run.clients.warned.note(providerdata.FormatID(user.ID), true)
		diags.AddAttributeWarning(path.Root("adopt_existing"), "bunq_oauth_client will not be made", g.describe(active)+
			"\n\nSo an apply makes neither this client nor what needs it.\n\n"+g.nextSteps(active))
	}
}
