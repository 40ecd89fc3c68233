package oauthapp

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"

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
func NewClientResource() resource.Resource { return &ClientResource{} }

// Metadata names the resource.
func (r *ClientResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_oauth_client"
}

// IdentitySchema describes what identifies a client at bunq.
func (r *ClientResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identitySchema("user_id", "ID of the bunq user.", "id", "ID of the OAuth client (not its client_id).")
}

// Schema describes the resource.
func (r *ClientResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	keep := []planmodifier.String{stringplanmodifier.UseNonNullStateForUnknown()}

	resp.Schema = schema.Schema{
		MarkdownDescription: "The OAuth client of a bunq user (`/user/{id}/oauth-client`). An application needs its `client_id` and `client_secret` to " +
			"send bunq users to the authorisation page. bunq allows one active client per user.\n\n" +
			"~> Destroying this resource cancels the client, which ends the connections of **all** its end users and cannot be undone. It is " +
			"therefore protected until `deletion_protection = false` has been applied. To remove the client from the state and keep it at bunq, use a " +
			"`removed` block with `destroy = false`.",

		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "ID of the client (not its `client_id`).",
				PlanModifiers:       keep,
			},
			"api_context": apiContextAttribute(),
			"adopt_existing": schema.BoolAttribute{
				Optional: true,
				Computed: true,
				Default:  booldefault.StaticBool(false),
				MarkdownDescription: "Adopt the active client that the user already has, instead of failing. `false` by default. If the `api_context` is known, " +
					"a plan names the existing client and prints import blocks for it and its callback URLs. With `create_before_destroy`, a replacement takes " +
					"the same client over, and nothing changes at bunq.",
			},
			"deletion_protection": schema.BoolAttribute{
				Optional:            true,
				Computed:            true,
				Default:             booldefault.StaticBool(true),
				MarkdownDescription: "Make plans fail that would destroy or replace the client. `true` by default. To cancel the client, set `false` and apply, then destroy.",
			},
			"user_id": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "ID of the bunq user that the client belongs to.",
				PlanModifiers:       keep,
			},
			"client_id": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "The `client_id` of OAuth.",
				PlanModifiers:       keep,
			},
			"client_secret": schema.StringAttribute{
				Computed:            true,
				Sensitive:           true,
				MarkdownDescription: "The `client_secret` of OAuth. bunq can change it only by cancelling the client and making another.",
				PlanModifiers:       keep,
			},
			"status": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "`ACTIVE`, `CANCELLED` or `CANCELLED_PENDING`.",
				PlanModifiers:       keep,
			},
		},
	}
}

// Create makes the client, or adopts the one that the user has.
func (r *ClientResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	ctx, done := r.Data.Operation(ctx, "bunq_oauth_client: create", &resp.Diagnostics)
	defer done()

	var m clientModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}

	access, diags := r.Data.Access(ctx, m.APIContext, apiContextPath)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}

	failed := tfdiag.Failure{Summary: "bunq_oauth_client was not made", State: "nothing was made and nothing was stored."}
	reg, err := registrationOf(ctx, access)
	if err != nil {
		failed.Error(&resp.Diagnostics, err)
		return
	}
	endTurn, ok := r.run.clients.begin(ctx, clientOnly, providerdata.FormatID(reg.user.ID), failed, &resp.Diagnostics)
	if !ok {
		return
	}
	defer endTurn()

	id, found, ok := reg.register(ctx, m.AdoptExisting.ValueBool(), &resp.Diagnostics)
	if !ok {
		return
	}

	m.setIDs(reg.user.ID, id)
	m.setUnread()
	r.run.clients.take(m.object())
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, m.identity())...)

	if found == nil {
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
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// Read looks up the client. A cancelled one stays in the state, and the plan proposes another.
func (r *ClientResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	ctx, done := r.Data.Operation(ctx, "bunq_oauth_client: read", &resp.Diagnostics)
	defer done()

	var m clientModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	// Set it even if the client turns out to be gone: Terraform before 1.12 keeps no identity, and
	// the framework wants one in every answer.
	resp.Diagnostics.Append(resp.Identity.Set(ctx, m.identity())...)

	var found *bunq.OAuthClient
	from := refresh{
		data: r.Data, kind: "bunq_oauth_client", apiContext: m.APIContext, user: m.UserID, importing: isImport(ctx, req.Private),
		failed: tfdiag.Failure{Summary: "bunq_oauth_client cannot be read", State: "the client stays in the state as it was."},
	}
	if !from.find(ctx, resp, func(a *providerdata.Access) (err error) {
		found, err = clientOf(ctx, a.Calls, m.ID)
		return err
	}) {
		return
	}

	m.fromAPI(found)
	if !m.cancelled() && r.run.clients.noteRead(m.object()) {
		clientOnly.reportNew(m.UserID.ValueString(), &resp.Diagnostics)
	}
	endImport(ctx, resp.Private, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// Update stores what concerns Terraform only. Another context must belong to the same user, as a
// client cannot move to another one.
func (r *ClientResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	ctx, done := r.Data.Operation(ctx, "bunq_oauth_client: update", &resp.Diagnostics)
	defer done()

	var m, state clientModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if !m.APIContext.Equal(state.APIContext) {
		if _, ok := checkMove(ctx, r.Data, "bunq_oauth_client", m.APIContext, state.UserID, &resp.Diagnostics); !ok {
			return
		}
	}

	for _, v := range []*types.String{&m.ClientID, &m.ClientSecret, &m.Status} {
		if v.IsUnknown() {
			// Not read yet since the client was made; the next refresh does.
			*v = types.StringNull()
		}
	}
	r.run.clients.take(m.object())
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, m.identity())...)
}

// Delete cancels the client: bunq has no other way, and no way back.
func (r *ClientResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	ctx, done := r.Data.Operation(ctx, "bunq_oauth_client: delete", &resp.Diagnostics)
	defer done()

	var m clientModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() || m.cancelled() {
		return
	}

	failed := tfdiag.Failure{Summary: "bunq_oauth_client was not cancelled", State: "the client stays in the state."}
	endTurn, ok := r.run.clients.wait(ctx, m.UserID.ValueString(), failed, &resp.Diagnostics)
	if !ok {
		return
	}
	defer endTurn()

	if r.run.clients.taken(m.UserID.ValueString()) == m.object() {
		resp.Diagnostics.AddWarning("The OAuth client was not cancelled", fmt.Sprintf(
			"Another bunq_oauth_client of this apply has OAuth client %s: with create_before_destroy and adopt_existing, a replacement takes over the client that it "+
				"should replace. So nothing changed at bunq, and Terraform only forgot the former object.", m.ID.ValueString()))
		return
	}
	if m.DeletionProtection.ValueBool() {
		// A plan does not see the state of a tainted resource.
		m.reportProtected(&resp.Diagnostics)
		return
	}

	end := removal{data: r.Data, kind: "bunq_oauth_client", apiContext: m.APIContext, user: m.UserID, failed: failed}
	end.do(ctx, &resp.Diagnostics, func(a *providerdata.Access) error { return cancel(ctx, a.Calls, m.ID) })
}

// ImportState takes USER_ID/OAUTH_CLIENT_ID; Read does the rest.
func (r *ClientResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	parts := importParts(ctx, req, &resp.Diagnostics, "USER_ID/OAUTH_CLIENT_ID", "user_id", "id")
	if parts == nil {
		return
	}

	m := clientModel{
		ID: types.StringValue(parts[1]), UserID: types.StringValue(parts[0]), APIContext: noContext(),
		AdoptExisting: types.BoolValue(false), DeletionProtection: types.BoolValue(true),
	}
	m.setUnread()
	beginImport(ctx, resp.Private, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, m.identity())...)
}
