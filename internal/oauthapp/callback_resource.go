package oauthapp

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/tfdiag"
)

var (
	_ resource.ResourceWithConfigure   = (*CallbackURLResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*CallbackURLResource)(nil)
	_ resource.ResourceWithImportState = (*CallbackURLResource)(nil)
	_ resource.ResourceWithIdentity    = (*CallbackURLResource)(nil)
)

// CallbackURLResource is bunq_oauth_callback_url: an address that end users may be sent back to.
type CallbackURLResource struct {
	base
}

// NewCallbackURLResource returns the resource for the provider's list.
func NewCallbackURLResource() resource.Resource { return &CallbackURLResource{} }

// Metadata names the resource.
func (r *CallbackURLResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_oauth_callback_url"
	resp.ResourceBehavior.MutableIdentity = true // see ModifyPlan
}

// IdentitySchema describes what identifies a callback URL at bunq.
func (r *CallbackURLResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{
		Attributes: map[string]identityschema.Attribute{
			"user_id": identityschema.StringAttribute{
				RequiredForImport: true,
				Description:       "ID of the bunq user.",
			},
			"oauth_client_id": identityschema.StringAttribute{
				RequiredForImport: true,
				Description:       "ID of the OAuth client.",
			},
			"id": identityschema.StringAttribute{
				RequiredForImport: true,
				Description:       "ID of the callback URL.",
			},
		},
	}
}

// Schema describes the resource.
func (r *CallbackURLResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	keep := []planmodifier.String{stringplanmodifier.UseStateForUnknown()}

	resp.Schema = schema.Schema{
		MarkdownDescription: "An address that bunq may send end users back to (`/user/{id}/oauth-client/{id}/callback-url`). bunq compares the " +
			"`redirect_uri` of an authorisation with it byte by byte. A client needs at least one before authorisation works.\n\n" +
			"URLs may move between resources, for example if a list grows at its front or a resource is renamed. A URL that is declared before and after " +
			"the apply is never missing at bunq, and no object at bunq ends up in two resources. For this, the plan writes what the apply must know to the " +
			"cache folder of this machine. Without the folder (`session_cache = false`), or if a saved plan is applied on another machine, a URL may be " +
			"missing between two calls of the apply.",

		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "ID of the callback URL.",
				PlanModifiers:       keep,
			},
			"api_context": apiContextAttribute(),
			"oauth_client_id": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "`id` of the `bunq_oauth_client` (not its `client_id`). Changing this replaces the callback URL.",
				Validators: []validator.String{stringvalidator.RegexMatches(providerdata.IDPattern,
					"must be the ID of the client (bunq_oauth_client.main.id), not its client_id")},
				PlanModifiers: []planmodifier.String{stringplanmodifier.RequiresReplace()},
			},
			"url": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "The address: an absolute https URL without a fragment. Changed in place. bunq documents no maximum length.",
				Validators:          []validator.String{callbackAddress{}},
			},
			"user_id": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "ID of the bunq user that the client belongs to.",
				PlanModifiers:       keep,
			},
		},
	}
}

// Create adds the URL, or takes the callback URL that has it.
func (r *CallbackURLResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	ctx, done := r.Data.Operation(ctx, "bunq_oauth_callback_url: create", &resp.Diagnostics)
	defer done()

	var m callbackModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}

	access, diags := r.Data.Access(ctx, m.APIContext, apiContextPath)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}

	failed := tfdiag.Failure{Summary: "bunq_oauth_callback_url was not added", State: "nothing was added and nothing was stored."}
	c, err := newCallbackClient(ctx, access, &m)
	if err != nil {
		failed.Error(&resp.Diagnostics, err)
		return
	}

	p, _, err := callbackURLsOf(r.Data, c.user.ID, c.clientID).place(ctx, c, 0, m.URL.ValueString())
	if bunq.OutcomeUnknown(err) {
		failed.State = "nothing was stored. bunq may have added the URL; this could not be checked."
		failed.Next = "apply again: the client is read first, and an existing URL is adopted."
	}
	if err != nil {
		c.reportUnplaced(failed, &m, err, &resp.Diagnostics)
		return
	}
	if p.adopted {
		c.warnAdopted(p.id, &m, &resp.Diagnostics)
	}

	m.ID = types.StringValue(providerdata.FormatID(p.id))
	m.UserID = types.StringValue(providerdata.FormatID(c.user.ID))
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, m.identity())...)
}

// Read finds the URL in its client, so that one call reads all URLs of a client.
func (r *CallbackURLResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	ctx, done := r.Data.Operation(ctx, "bunq_oauth_callback_url: read", &resp.Diagnostics)
	defer done()

	var m callbackModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	// Set it even if the URL turns out to be gone: Terraform before 1.12 keeps no identity, and the
	// framework wants one in every answer.
	resp.Diagnostics.Append(resp.Identity.Set(ctx, m.identity())...)

	unreadable := tfdiag.Failure{Summary: "bunq_oauth_callback_url cannot be read", State: "the callback URL stays in the state as it was."}
	client, err := idOf(m.OAuthClientID)
	if err != nil {
		unreadable.Error(&resp.Diagnostics, err)
		return
	}

	var found *bunq.OAuthClient
	from := refresh{
		data: r.Data, kind: "bunq_oauth_callback_url", apiContext: m.APIContext, user: m.UserID, failed: unreadable,
		importing: isImport(ctx, req.Private),
	}
	read, err := from.read(ctx, &resp.Diagnostics, func(a *providerdata.Access) (err error) {
		found, err = a.Calls.OAuthClient(ctx, client)
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

	for _, u := range found.CallbackURLs {
		if providerdata.FormatID(u.ID) == m.ID.ValueString() {
			r.noteRead(client, u, &resp.Diagnostics)
			m.fromAPI(u)
			endImport(ctx, resp.Private, &resp.Diagnostics)
			resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
			return
		}
	}
	resp.State.RemoveResource(ctx)
}

// Update changes the URL. Another context of the same user needs no call.
func (r *CallbackURLResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	ctx, done := r.Data.Operation(ctx, "bunq_oauth_callback_url: update", &resp.Diagnostics)
	defer done()

	var m, state callbackModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}

	access, ok := checkMove(ctx, r.Data, "bunq_oauth_callback_url", m.APIContext, state.UserID, &resp.Diagnostics)
	if !ok {
		return
	}

	if !m.URL.Equal(state.URL) {
		id, ok := r.change(ctx, access, &m, &state, resp)
		if !ok {
			return
		}
		m.ID = types.StringValue(providerdata.FormatID(id))
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, m.identity())...)
}

// Delete removes the URL. It succeeds if the URL is gone, or if its client was cancelled: bunq
// accepts no more changes to it (UNKNOWN what it answers then).
func (r *CallbackURLResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	ctx, done := r.Data.Operation(ctx, "bunq_oauth_callback_url: delete", &resp.Diagnostics)
	defer done()

	var m callbackModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() || m.ID.IsNull() {
		return
	}

	failed := tfdiag.Failure{Summary: "bunq_oauth_callback_url was not removed", State: "the callback URL stays in the state."}
	run, more := planRun(ctx, req.Private)
	resp.Diagnostics.Append(more...)
	own, err := idOf(m.ID)
	if err == nil {
		err = r.destroy(ctx, failed, &m, own, run, &resp.Diagnostics)
	}
	if err != nil && !resp.Diagnostics.HasError() {
		reportFailure(failed, &resp.Diagnostics, err)
	}
}

// destroy removes the callback URL of m at bunq, unless another resource has or wants it. That is known
// without a call, and so needs no key that bunq accepts.
func (r *CallbackURLResource) destroy(ctx context.Context, failed tfdiag.Failure, m *callbackModel, own int64, run string, diags *diag.Diagnostics) error {
	user, err := idOf(m.UserID)
	if err != nil {
		return err
	}
	client, err := idOf(m.OAuthClientID)
	if err != nil {
		return err
	}

	return callbackURLsOf(r.Data, user, client).destroy(ctx, own, m.URL.ValueString(), run, func(ctx context.Context) error {
		end := removal{data: r.Data, kind: "bunq_oauth_callback_url", apiContext: m.APIContext, user: m.UserID, failed: failed}
		end.do(ctx, diags, func(a *providerdata.Access) error {
			c, err := newCallbackClient(ctx, a, m)
			if err == nil {
				err = c.remove(ctx, own)
			}
			return err
		})
		if diags.HasError() {
			return errors.New("the error is in diags")
		}
		return nil
	})
}

// change gives the resource the URL of m, and returns the ID of its callback URL.
func (r *CallbackURLResource) change(ctx context.Context, access *providerdata.Access, m, state *callbackModel, resp *resource.UpdateResponse) (int64, bool) {
	failed := tfdiag.Failure{Summary: "bunq_oauth_callback_url was not changed", State: "unchanged."}
	own, err := idOf(state.ID)
	if err != nil {
		failed.Error(&resp.Diagnostics, err)
		return 0, false
	}

	c, err := newCallbackClient(ctx, access, m)
	if err != nil {
		failed.Error(&resp.Diagnostics, err)
		return 0, false
	}

	p, lost, err := callbackURLsOf(r.Data, c.user.ID, c.clientID).place(ctx, c, own, m.URL.ValueString())
	if err == nil {
		return p.id, true
	}

	if lost {
		// Otherwise two resources of the state would be one callback URL, and an update cannot
		// remove a resource from the state.
		failed.State = "callback URL " + state.ID.ValueString() + " now belongs to another resource of this apply, which declares its URL. " +
			"This resource has no callback URL in the state; the next apply adds it."
		state.ID = types.StringNull()
		resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
	}
	c.reportUnplaced(failed, m, err, &resp.Diagnostics)
	return 0, false
}
