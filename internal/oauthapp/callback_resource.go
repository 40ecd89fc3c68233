package oauthapp

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
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

// CallbackURLResource is bunq_oauth_callback_url: an address that end users
// may be sent back to.
type CallbackURLResource struct {
	providerdata.Base
}

// NewCallbackURLResource makes the resource for the provider's list.
func NewCallbackURLResource() resource.Resource { return &CallbackURLResource{} }

// Metadata names the resource.
func (r *CallbackURLResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_oauth_callback_url"
	resp.ResourceBehavior.MutableIdentity = true // see ModifyPlan
}

// IdentitySchema names what identifies a callback URL at bunq.
func (r *CallbackURLResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identityschema.Schema{
		Attributes: map[string]identityschema.Attribute{
			"user_id":         identityschema.StringAttribute{RequiredForImport: true, Description: "bunq's number of the user."},
			"oauth_client_id": identityschema.StringAttribute{RequiredForImport: true, Description: "bunq's number of the OAuth client."},
			"id":              identityschema.StringAttribute{RequiredForImport: true, Description: "bunq's number of the callback URL."},
		},
	}
}

// Schema describes the resource.
func (r *CallbackURLResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	keep := []planmodifier.String{stringplanmodifier.UseStateForUnknown()}
	resp.Schema = schema.Schema{
		MarkdownDescription: "An address that bunq may send end users back to (`/user/{id}/oauth-client/{id}/callback-url`). bunq compares the " +
			"`redirect_uri` of an authorisation with it byte by byte. A client needs at least one before authorisation works.",
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				Computed: true, MarkdownDescription: "bunq's number of the callback URL.", PlanModifiers: keep,
			},
			"api_context": apiContextAttribute(),
			"oauth_client_id": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "`id` of the `bunq_oauth_client` (the number, not the `client_id`). Another client replaces the callback URL.",
				PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
				Validators: []validator.String{stringvalidator.RegexMatches(regexp.MustCompile(`^[1-9][0-9]{0,18}$`),
					"must be the number of the client, bunq_oauth_client.main.id; the client_id of OAuth is something else")},
			},
			"url": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "The address: absolute, https, without a fragment. Changed in place. How long it may be, bunq does not say.",
				Validators:          []validator.String{callbackAddress{}},
			},
			"user_id": schema.StringAttribute{
				Computed: true, MarkdownDescription: "bunq's number of the user that the client belongs to.", PlanModifiers: keep,
			},
		},
	}
}

// ModifyPlan leaves the id open where the URL changes. It stays, as bunq changes
// URLs in place; unless another resource of the same apply takes this one up,
// because it declares the URL that this one gives up.
func (r *CallbackURLResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return
	}
	var plan, state callbackModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	needsContext(ctx, r.Data, plan.APIContext, &resp.Diagnostics)
	if req.State.Raw.IsNull() {
		return
	}
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() || plan.URL.Equal(state.URL) {
		return
	}
	resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("id"), types.StringUnknown())...)
}

// Create adds the URL, unless the client has it already.
func (r *CallbackURLResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	ctx, done := providerdata.Operation(ctx, "bunq_oauth_callback_url: create")
	defer done()

	var m callbackModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	failed := tfdiag.Failure{Summary: "bunq_oauth_callback_url was not added", State: "nothing was added and nothing was stored."}
	c, ok := r.call(ctx, &m, failed, &resp.Diagnostics)
	if !ok {
		return
	}
	url := m.URL.ValueString()
	view := viewOf(r.Data, c.user.ID, c.client)
	id, err := view.claim(ctx, url, c.read)
	switch {
	case errors.Is(err, errDeclaredTwice):
		c.declaredTwice(url, &resp.Diagnostics)
		return
	case err != nil:
		failed.Error(&resp.Diagnostics, err)
		return
	case id != 0:
		resp.Diagnostics.AddWarning("A callback URL that was there is taken up", fmt.Sprintf(
			"OAuth client %d already has %q, as callback URL %d. It is used; no second one was made. "+
				"If another resource declares the same URL, remove one of them.", c.client, url, id))
	default:
		if id, err = c.add(ctx, url); err != nil {
			view.release(url)
			if bunq.MayHaveBeenDone(err) {
				failed.State = "nothing was stored. bunq may have added the URL; it could not be asked."
				failed.Next = "apply again: the client is read first, and a URL that is there is taken up."
			}
			failed.Error(&resp.Diagnostics, err)
			return
		}
	}
	m.ID = types.StringValue(itoa(id))
	m.UserID = types.StringValue(itoa(c.user.ID))
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, m.identity())...)
}

// Read finds the URL in its client, so that all URLs of a client are read with
// one call.
func (r *CallbackURLResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	ctx, done := providerdata.Operation(ctx, "bunq_oauth_callback_url: read")
	defer done()

	var m callbackModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	// Also where it turns out to be gone: a Terraform before 1.12 keeps no identity,
	// and the framework wants one in every answer.
	resp.Diagnostics.Append(resp.Identity.Set(ctx, m.identity())...)
	unreadable := tfdiag.Failure{Summary: "bunq_oauth_callback_url cannot be read", State: "the callback URL stays in the state as it was."}
	access, diags := accessFor(ctx, r.Data, m.APIContext, m.UserID, unreadable, !m.URL.IsNull())
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() || access == nil || !sameUser(ctx, access, m.UserID, unreadable, &resp.Diagnostics) {
		return
	}
	client, err := strconv.ParseInt(m.OAuthClientID.ValueString(), 10, 64)
	if err != nil {
		unreadable.Error(&resp.Diagnostics, err)
		return
	}
	found, err := access.Calls.OAuthClient(ctx, client)
	switch {
	case bunq.IsNotFound(err):
		resp.State.RemoveResource(ctx)
		return
	case err != nil:
		unreadable.Error(&resp.Diagnostics, err)
		return
	}
	for _, u := range found.CallbackURLs {
		if itoa(u.ID) == m.ID.ValueString() {
			if _, again := r.Data.Shared.LoadOrStore(readKey(u.ID), true); again {
				resp.Diagnostics.AddWarning("Two resources are one callback URL", fmt.Sprintf(
					"Two bunq_oauth_callback_url in the state are callback URL %d of OAuth client %d (%q). What one of them changes, the other sees changed.\n\n"+
						"Next step: keep one of them, and forget the other with a removed block (destroy = false) or terraform state rm.", u.ID, client, u.URL))
			}
			m.fromAPI(u)
			resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
			return
		}
	}
	resp.State.RemoveResource(ctx)
}

// Update changes the URL in place. Another context of the same user needs no
// call.
func (r *CallbackURLResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	ctx, done := providerdata.Operation(ctx, "bunq_oauth_callback_url: update")
	defer done()

	var m, state callbackModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	failed := tfdiag.Failure{Summary: "bunq_oauth_callback_url was not changed", State: "the state stays as it was."}
	if m.URL.Equal(state.URL) {
		failed = moved("bunq_oauth_callback_url")
	}
	c, ok := r.call(ctx, &m, failed, &resp.Diagnostics)
	if !ok || !sameUser(ctx, c.access, state.UserID, moved("bunq_oauth_callback_url"), &resp.Diagnostics) {
		return
	}
	if !m.URL.Equal(state.URL) {
		url := m.URL.ValueString()
		id, err := idOf(&state)
		var lost bool
		if err == nil {
			id, lost, err = viewOf(r.Data, c.user.ID, c.client).move(ctx, id, url, c.all())
		}
		if lost && err != nil {
			// To leave it would have two resources of the state share one callback URL,
			// and an update cannot take a resource out of the state.
			failed.State = "another resource of this apply declares the URL that this one had, and has its callback URL " + state.ID.ValueString() +
				" now. This one has none in the state; the next apply makes it."
			state.ID = types.StringNull()
			resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
		}
		switch {
		case errors.Is(err, errDeclaredTwice):
			c.declaredTwice(url, &resp.Diagnostics)
			return
		case err != nil:
			failed.Error(&resp.Diagnostics, err)
			return
		}
		m.ID = types.StringValue(itoa(id))
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, m.identity())...)
}

// Delete removes the URL. One that is gone is gone, and so is one whose client
// was cancelled: bunq takes no more changes to it (UNKNOWN what a delete
// answers then).
func (r *CallbackURLResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	ctx, done := providerdata.Operation(ctx, "bunq_oauth_callback_url: delete")
	defer done()

	var m callbackModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	failed := tfdiag.Failure{Summary: "bunq_oauth_callback_url was not removed", State: "the callback URL stays in the state."}
	c, ok := r.call(ctx, &m, failed, &resp.Diagnostics)
	if !ok || !sameUser(ctx, c.access, m.UserID, failed, &resp.Diagnostics) {
		return
	}
	id, err := idOf(&m)
	if err == nil && id != 0 {
		err = viewOf(r.Data, c.user.ID, c.client).remove(ctx, id, c.all())
	}
	if err != nil {
		failed.Error(&resp.Diagnostics, err)
	}
}

// idOf is the number of a callback URL in state; 0 for one that lost its own to
// another resource (see Update).
func idOf(m *callbackModel) (int64, error) {
	if m.ID.IsNull() {
		return 0, nil
	}
	return strconv.ParseInt(m.ID.ValueString(), 10, 64)
}
