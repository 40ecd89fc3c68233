package oauthapp

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/tfdiag"
)

var (
	_ resource.ResourceWithConfigure   = (*ClientResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*ClientResource)(nil)
	_ resource.ResourceWithImportState = (*ClientResource)(nil)
	_ resource.ResourceWithIdentity    = (*ClientResource)(nil)
)

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

// Create makes the client, or adopts the one that the user has.
func (r *ClientResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	ctx, done := r.operation(ctx, "create", &resp.Diagnostics)
	defer done()
	m, ok := decode[clientModel](ctx, req.Plan, &resp.Diagnostics)
	if !ok {
		return
	}

	clients := &r.run.clients
	failed := tfdiag.Failure{Summary: "bunq_oauth_client was not made", State: "nothing was made and nothing was stored."}
	access, user, endTurn, ok := clients.begin(ctx, r.Data, m.APIContext, failed, &resp.Diagnostics)
	if !ok {
		return
	}
	defer endTurn()

	_, warned := clients.warned.get(providerdata.FormatID(user.ID))
	id, found, ok := registrationOf(access, user).register(ctx, m.AdoptExisting.ValueBool(), warned, failed, &resp.Diagnostics)
	if !ok {
		return
	}

	m.UserID = idValue(user.ID)
	m.fromAPI(&bunq.OAuthClient{ID: id}) // the rest is null until it is read
	clients.had.note(m.UserID.ValueString(), m.key())
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
	endTurn, ok := r.run.clients.wait(ctx, m.UserID.ValueString(), failed, &resp.Diagnostics)
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

// ImportState takes USER_ID/OAUTH_CLIENT_ID.
func (r *ClientResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	if ids := importIDs(ctx, req, r.ids, &resp.Diagnostics); ids != nil {
		r.beginImport(ctx, newClientModel(ids[0], ids[1]), resp)
	}
}
