package oauthapp

import (
	"context"
	"fmt"
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
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

// Statuses of a client (bunq docs, oauth-client).
const (
	statusActive           = "ACTIVE"
	statusCancelled        = "CANCELLED"
	statusCancelledPending = "CANCELLED_PENDING"
)

// ClientResource is bunq_oauth_client: the one OAuth client of a bunq user.
type ClientResource struct {
	providerdata.Base
}

// NewClientResource makes the resource for the provider's list.
func NewClientResource() resource.Resource { return &ClientResource{} }

// Metadata names the resource.
func (r *ClientResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_oauth_client"
}

// IdentitySchema names what identifies a client at bunq.
func (r *ClientResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{
		Attributes: map[string]identityschema.Attribute{
			"user_id": identityschema.StringAttribute{RequiredForImport: true, Description: "ID of the bunq user."},
			"id":      identityschema.StringAttribute{RequiredForImport: true, Description: "ID of the OAuth client (not its client_id)."},
		},
	}
}

// Schema describes the resource.
func (r *ClientResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	keep := []planmodifier.String{stringplanmodifier.UseNonNullStateForUnknown()}
	resp.Schema = schema.Schema{
		MarkdownDescription: "The OAuth client of a bunq user (`/user/{id}/oauth-client`): its `client_id` and `client_secret` are what an application " +
			"needs to send bunq users to the authorisation page. bunq allows one active client per user.\n\n" +
			"~> Destroying this resource cancels the client, which ends the connections of **all** its end users and cannot be undone. It is " +
			"therefore protected until `deletion_protection = false` has been applied. To forget the client and keep it at bunq, use a `removed` block with " +
			"`destroy = false`.",
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				Computed: true, MarkdownDescription: "ID of the client. It is not the `client_id`.", PlanModifiers: keep,
			},
			"api_context": apiContextAttribute(),
			"adopt_existing": schema.BoolAttribute{
				Optional: true, Computed: true, Default: booldefault.StaticBool(false),
				MarkdownDescription: "Adopt the active client that the user already has, instead of failing. `false` by default. With a known `api_context`, " +
					"a plan names the client that is there and prints the import blocks for it and its callback URLs. The client of an object that is being " +
					"replaced is never adopted: a client cannot be replaced with `create_before_destroy`.",
			},
			"deletion_protection": schema.BoolAttribute{
				Optional: true, Computed: true, Default: booldefault.StaticBool(true),
				MarkdownDescription: "Plans that would destroy or replace the client fail. `true` by default. To cancel it, set `false`, apply, and destroy then.",
			},
			"user_id": schema.StringAttribute{
				Computed: true, MarkdownDescription: "ID of the bunq user that the client belongs to.", PlanModifiers: keep,
			},
			"client_id": schema.StringAttribute{
				Computed: true, MarkdownDescription: "The `client_id` of OAuth.", PlanModifiers: keep,
			},
			"client_secret": schema.StringAttribute{
				Computed: true, Sensitive: true, PlanModifiers: keep,
				MarkdownDescription: "The `client_secret` of OAuth. bunq can change it only by cancelling the client and making another.",
			},
			"status": schema.StringAttribute{
				Computed: true, MarkdownDescription: "`ACTIVE`, `CANCELLED` or `CANCELLED_PENDING`.", PlanModifiers: keep,
			},
		},
	}
}

// ModifyPlan protects the client, proposes another one in place of one that was
// cancelled elsewhere, and tells of one that is there already.
func (r *ClientResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if r.Data == nil {
		return // Terraform only validates
	}
	var plan, state *clientModel
	if !req.Plan.Raw.IsNull() {
		resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	}
	if !req.State.Raw.IsNull() {
		resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}

	if run := r.notePlan(plan, state); run != "" && plan == nil {
		resp.Diagnostics.Append(resp.Private.SetKey(ctx, privatePlan, []byte(strconv.Quote(run)))...)
	}
	switch {
	case plan == nil:
		state.protect(&resp.Diagnostics)
	case state == nil:
		needsContext(ctx, r.Data, plan.APIContext, noContext(), refusedKey{}, &resp.Diagnostics)
		if !resp.Diagnostics.HasError() {
			r.foretell(ctx, plan, &resp.Diagnostics)
		}
	default:
		needsContext(ctx, r.Data, plan.APIContext, state.APIContext, state.refusedKey(), &resp.Diagnostics)
		if state.cancelled() && !resp.Diagnostics.HasError() {
			replaceCancelled(ctx, state, resp)
		}
	}
}

// protect reports that a destroy is not allowed.
func (m *clientModel) protect(diags *diagnostics) {
	if !m.DeletionProtection.ValueBool() || m.cancelled() {
		return
	}
	diags.AddAttributeError(path.Root("deletion_protection"), "The OAuth client is protected", fmt.Sprintf(
		"This plan would cancel OAuth client %s of bunq user %s. That ends the connections of all its end users and cannot be undone.\n\n"+
			"Next step: if the resource has another name or place now, add a moved block (from = the old address, to = the new one). To keep the client "+
			"otherwise, undo the change that removes it, or forget it with a removed block (destroy = false). To cancel it for good, "+
			"set deletion_protection = false, apply, and destroy then.", m.ID.ValueString(), m.UserID.ValueString()))
}

func replaceCancelled(ctx context.Context, state *clientModel, resp *resource.ModifyPlanResponse) {
	resp.Diagnostics.AddAttributeWarning(path.Root("status"), "The OAuth client was cancelled at bunq", fmt.Sprintf(
		"bunq lists OAuth client %s as %s; it cannot be made active again. Applying makes another one, with another client_id and secret: "+
			"every end user must connect again.", state.ID.ValueString(), state.Status.ValueString()))
	for _, name := range []string{"id", "client_id", "client_secret", "status"} {
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root(name), types.StringUnknown())...)
	}
	resp.RequiresReplace = append(resp.RequiresReplace, path.Root("status"))
}

// Create makes the client, after looking whether the user has one: what bunq
// does with a second one is UNKNOWN, and a client cannot be removed.
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

	reg := registrationOf(r.Data, access, m.AdoptExisting.ValueBool())
	id, found, ok := reg.register(ctx, &resp.Diagnostics)
	if !ok {
		return
	}
	m.setIDs(reg.user.ID, id)
	m.unread()
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, m.identity())...)

	if found == nil {
		var err error
		if found, err = access.Calls.OAuthClient(ctx, id); err != nil {
			tfdiag.Failure{
				Summary: "bunq_oauth_client: made, but client_id and client_secret could not be read yet",
				State:   fmt.Sprintf("OAuth client %d is stored and stays; client_id and client_secret are null until they are read.", id),
				Next:    "apply again: a refresh reads them. Nothing is made a second time.",
			}.Warning(&resp.Diagnostics, err)
			return
		}
	}
	m.fromAPI(found)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// Read looks the client up. A cancelled one is still there: it stays in the
// state, and the plan proposes another.
func (r *ClientResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	ctx, done := r.Data.Operation(ctx, "bunq_oauth_client: read", &resp.Diagnostics)
	defer done()

	var m clientModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	// Also where it turns out to be gone: a Terraform before 1.12 keeps no identity,
	// and the framework wants one in every answer.
	resp.Diagnostics.Append(resp.Identity.Set(ctx, m.identity())...)
	unreadable := tfdiag.Failure{
		Summary: "bunq_oauth_client cannot be read",
		State:   "the client stays in the state as it was.",
	}
	id, err := number(m.ID)
	if err != nil {
		unreadable.Error(&resp.Diagnostics, err)
		return
	}
	r.noteRead(&m, id)

	var found *bunq.OAuthClient
	from := refresh{data: r.Data, context: m.APIContext, user: m.UserID, failed: unreadable, first: m.Status.IsNull(), key: m.refusedKey(), private: resp.Private}
	read, err := from.read(ctx, &resp.Diagnostics, func(a *providerdata.Access) (err error) {
		if found, err = a.Calls.OAuthClient(ctx, id); err == nil {
			noteStored(ctx, r.Data.Sessions.For(a.Context), id)
		}
		return err
	})
	switch {
	case !read:
		return
	case bunq.IsNotFound(err):
		resp.State.RemoveResource(ctx)
		return
	case err != nil:
		unreadable.Error(&resp.Diagnostics, err)
		return
	}
	m.fromAPI(found)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// Update stores what concerns Terraform only. Another context must belong to
// the same user: a client cannot move to another one.
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
		access, diags := r.Data.Access(ctx, m.APIContext, apiContextPath)
		resp.Diagnostics.Append(diags...)
		if resp.Diagnostics.HasError() {
			return
		}
		if err := sameUser(ctx, access, state.UserID); err != nil {
			report(moved("bunq_oauth_client"), &resp.Diagnostics, err)
			return
		}
	}

	for _, v := range []*types.String{&m.ClientID, &m.ClientSecret, &m.Status} {
		if v.IsUnknown() {
			// Not read yet since it was made; the next refresh does.
			*v = types.StringNull()
		}
	}
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
	if m.DeletionProtection.ValueBool() {
		// A plan never gets here; a replacement planned by an older state could.
		resp.Diagnostics.AddAttributeError(path.Root("deletion_protection"), "The OAuth client is protected",
			"Set deletion_protection = false, apply, and destroy then. Nothing was sent.")
		return
	}

	failed := tfdiag.Failure{Summary: "bunq_oauth_client was not cancelled", State: "the client stays in the state."}
	id, err := number(m.ID)
	if err != nil {
		failed.Error(&resp.Diagnostics, err)
		return
	}
	run, more := planRun(ctx, req.Private)
	resp.Diagnostics.Append(more...)
	useSubstitute(ctx, r.Data, req.Private, &resp.Diagnostics)
	if r.hasAnotherOwner(&m, id, run) {
		resp.Diagnostics.AddWarning("The OAuth client was not cancelled", fmt.Sprintf(
			"Another bunq_oauth_client of this state is OAuth client %d too, and keeps it. It was not cancelled; this object is only forgotten.", id))
		return
	}
	access, diags := r.Data.Access(ctx, m.APIContext, apiContextPath)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}

	// The key of the state may have gone with this very apply.
	err = withAnotherContext(ctx, r.Data, access, m.UserID, func(a *providerdata.Access) error {
		if err := sameUser(ctx, a, m.UserID); err != nil {
			return err
		}
		return cancel(ctx, a.Calls, id)
	})
	if err != nil {
		report(failed, &resp.Diagnostics, err)
	}
}

// cancel cancels a client; one that is gone or cancelled is done.
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
