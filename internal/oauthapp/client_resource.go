package oauthapp

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/tfdiag"
)

var _ managed = (*ClientResource)(nil)

// ClientResource is bunq_oauth_client: the one OAuth client of a bunq user.
type ClientResource struct {
	base
}

// NewClientResource returns the resource for the provider's list.
func NewClientResource() resource.Resource { return &ClientResource{base{kind: clientKind}} }

// Schema describes the resource.
func (r *ClientResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	secret := computed("The `client_secret` of OAuth. bunq can change it only by cancelling the client and making another.")
	secret.Sensitive = true

	resp.Schema = schema.Schema{
		MarkdownDescription: "The OAuth client of a bunq user (`/user/{id}/oauth-client`). An application needs its `client_id` and `client_secret` to " +
			"send bunq users to the authorisation page. bunq allows one active client per user.\n\n" +
			"~> Destroying this resource cancels the client, which ends the connections of **all** its end users and cannot be undone. It is " +
			"therefore protected until `deletion_protection = false` has been applied. To remove the client from the state and keep it at bunq, use a " +
			"`removed` block with `destroy = false`.",

		Attributes: map[string]schema.Attribute{
			"id":          computed("ID of the client (not its `client_id`)."),
			"api_context": apiContextAttribute(),
			"adopt_existing": flag(false, "Adopt the active client that the user already has, instead of failing. `false` by default. If the `api_context` is known, "+
				"a plan names the existing client and prints import blocks for it and its callback URLs. With `create_before_destroy`, a replacement takes "+
				"the same client over, and nothing changes at bunq."),
			"deletion_protection": flag(true, "Make plans fail that would destroy or replace the client. `true` by default. To cancel the client, set `false` and apply, "+
				"then destroy."),
			"user_id":       computed("ID of the bunq user that the client belongs to."),
			"client_id":     computed("The `client_id` of OAuth."),
			"client_secret": secret,
			"status":        computed("`ACTIVE`, `CANCELLED` or `CANCELLED_PENDING`."),
		},
	}
}

// privateProtected is set by the planning of a protected client, for that of its replacement.
const privateProtected = "protected"

// ModifyPlan protects the client, reports a second one of the user, proposes to replace one that was
// cancelled elsewhere, and warns about one that the user already has.
func (r *ClientResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	plan, state, ok := planAndState[clientModel](ctx, r.Data, req, &resp.Diagnostics)
	if !ok {
		return
	}
	if state != nil && !state.cancelled() && !r.run.clients.checkPrior(state.key(), plan != nil, &resp.Diagnostics) {
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
	r.checkContext(plan.object, state.object, &resp.Diagnostics)
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

	access, user, ok := r.run.clients.planNew(ctx, &r.base, plan.APIContext, diags)
	if !ok {
		return
	}
	if active, err := activeClient(ctx, access.Calls); err == nil && active != nil {
		warnOfClient(access.Context.Environment, user, active, plan.AdoptExisting.ValueBool(), diags)
	}
}

// Create makes the client, or adopts the one that the user has.
func (r *ClientResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	ctx, done := r.operation(ctx, "create", &resp.Diagnostics)
	defer done()
	m, ok := decode[clientModel](ctx, req.Plan, &resp.Diagnostics)
	if !ok {
		return
	}

	access, user, endTurn, ok := r.run.clients.begin(ctx, &r.base, m.APIContext, clientNotMade, &resp.Diagnostics)
	if !ok {
		return
	}
	defer endTurn()

	id, found, ok := register(ctx, access, user, m.AdoptExisting.ValueBool(), &resp.Diagnostics)
	if !ok {
		return
	}

	m.UserID = idValue(user.ID)
	m.fromAPI(&bunq.OAuthClient{ID: id}) // the rest is null until it is read
	r.run.clients.had.note(m.UserID.ValueString(), m.key())
	r.store(ctx, m, &resp.State, resp.Identity, &resp.Diagnostics)

	if found == nil {
		var err error
		if found, err = access.Calls.OAuthClient(ctx, id); err != nil {
			tfdiag.Failure{
				Summary: "bunq_oauth_client: made, but client_id and client_secret could not be read yet",
				State:   fmt.Sprintf("OAuth client %d is stored; client_id and client_secret are null until they are read.", id),
				Next:    "apply again: the refresh reads them. No second client is made.",
			}.Warning(&resp.Diagnostics, err)
			return
		}
	}
	m.fromAPI(found)
	resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
}

// Read looks up the client. A cancelled one stays in the state, and the plan proposes another.
func (r *ClientResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	ctx, done := r.operation(ctx, "read", &resp.Diagnostics)
	defer done()
	m, ok := decode[clientModel](ctx, req.State, &resp.Diagnostics)
	if !ok || !r.read(ctx, m.object, req, resp, func(a *providerdata.Access) error {
		found, err := a.Calls.OAuthClient(ctx, number(m.ID))
		if err == nil {
			m.fromAPI(found)
		}
		return err
	}) {
		return
	}

	if !m.cancelled() {
		r.run.clients.checkRead(m.UserID.ValueString(), &resp.Diagnostics)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
}

// Update stores what concerns Terraform only. Another context must belong to the same user, as a
// client cannot move to another one.
func (r *ClientResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	ctx, done := r.operation(ctx, "update", &resp.Diagnostics)
	defer done()
	m, _ := decode[clientModel](ctx, req.Plan, &resp.Diagnostics)
	state, ok := decode[clientModel](ctx, req.State, &resp.Diagnostics)
	if !ok {
		return
	}

	if !m.APIContext.Equal(state.APIContext) {
		if _, ok := r.checkMove(ctx, m.object, state.object, &resp.Diagnostics); !ok {
			return
		}
	}
	r.run.clients.had.note(m.UserID.ValueString(), m.key())
	r.store(ctx, m, &resp.State, resp.Identity, &resp.Diagnostics)
}

// Delete cancels the client: bunq has no other way, and no way back.
func (r *ClientResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	ctx, done := r.operation(ctx, "delete", &resp.Diagnostics)
	defer done()
	m, ok := decode[clientModel](ctx, req.State, &resp.Diagnostics)
	if !ok || m.cancelled() {
		return
	}

	failed := r.unchanged("was not cancelled")
	endTurn, ok := r.run.clients.wait(ctx, failed, &resp.Diagnostics)
	if !ok {
		return
	}
	defer endTurn()

	switch {
	case r.hasIt(m):
		resp.Diagnostics.AddWarning("The OAuth client was not cancelled", fmt.Sprintf(
			"Another bunq_oauth_client of this apply has OAuth client %s: with create_before_destroy and adopt_existing, a replacement takes over the client that it "+
				"should replace. So nothing changed at bunq, and Terraform only forgot the former object.", m.ID.ValueString()))
	case m.DeletionProtection.ValueBool():
		// A plan does not see the state of a tainted resource.
		m.reportProtected(&resp.Diagnostics)
	default:
		r.remove(ctx, m.object, failed, &resp.Diagnostics, func(a *providerdata.Access) error { return cancel(ctx, a.Calls, number(m.ID)) })
	}
}
