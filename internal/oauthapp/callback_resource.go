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
	id, taken, err := view.claim(ctx, c.calls, c.client, url)
	switch {
	case err != nil:
		failed.Error(&resp.Diagnostics, err)
		return
	case taken:
		resp.Diagnostics.AddAttributeError(path.Root("url"), "Two resources declare the same callback URL", fmt.Sprintf(
			"Another bunq_oauth_callback_url of this run has %q on OAuth client %d. bunq keeps a URL once.\n\nNext step: remove one of them.", url, c.client))
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
	unreadable := tfdiag.Failure{Summary: "bunq_oauth_callback_url cannot be read", State: "the callback URL stays in the state as it was."}
	access, diags := accessFor(ctx, r.Data, m.APIContext, m.UserID)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() || !sameUser(ctx, access, m.UserID, unreadable, &resp.Diagnostics) {
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
			m.fromAPI(u)
			resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
			resp.Diagnostics.Append(resp.Identity.Set(ctx, m.identity())...)
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
		id, err := strconv.ParseInt(m.ID.ValueString(), 10, 64)
		if err == nil {
			err = c.change(ctx, id, m.URL.ValueString())
		}
		if err != nil {
			failed.Error(&resp.Diagnostics, err)
			return
		}
		viewOf(r.Data, c.user.ID, c.client).forget(id)
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
	id, err := strconv.ParseInt(m.ID.ValueString(), 10, 64)
	if err == nil {
		err = c.remove(ctx, id)
	}
	if err != nil {
		failed.Error(&resp.Diagnostics, err)
		return
	}
	viewOf(r.Data, c.user.ID, c.client).forget(id)
}

// callbackCall is what a write to the URLs of a client needs.
type callbackCall struct {
	access *providerdata.Access
	calls  *bunq.UserClient
	user   bunq.User
	client int64
}

func (r *CallbackURLResource) call(ctx context.Context, m *callbackModel, failed tfdiag.Failure, diags *diagnostics) (*callbackCall, bool) {
	access, more := r.Data.Access(ctx, m.APIContext, apiContextPath)
	diags.Append(more...)
	if diags.HasError() {
		return nil, false
	}
	c := &callbackCall{access: access, calls: access.Calls}
	var err error
	if c.client, err = strconv.ParseInt(m.OAuthClientID.ValueString(), 10, 64); err == nil {
		c.user, err = access.Calls.User(ctx)
	}
	if err != nil {
		failed.Error(diags, err)
		return nil, false
	}
	return c, true
}

// add makes the URL, once: where the answer is lost, the client tells whether
// it is there.
func (c *callbackCall) add(ctx context.Context, url string) (int64, error) {
	id, err := c.calls.CreateCallbackURL(ctx, c.client, url)
	if !bunq.MayHaveBeenDone(err) {
		return id, err
	}
	found, lookErr := c.calls.OAuthClient(ctx, c.client)
	if lookErr != nil {
		return 0, errors.Join(err, lookErr)
	}
	for _, u := range found.CallbackURLs {
		if u.URL == url {
			return u.ID, nil
		}
	}
	return 0, err
}

func (c *callbackCall) change(ctx context.Context, id int64, url string) error {
	err := c.calls.UpdateCallbackURL(ctx, c.client, id, url)
	if !bunq.MayHaveBeenDone(err) {
		return err
	}
	found, lookErr := c.calls.OAuthClient(ctx, c.client)
	if lookErr != nil {
		return errors.Join(err, lookErr)
	}
	for _, u := range found.CallbackURLs {
		if u.ID == id && u.URL == url {
			return nil
		}
	}
	return err
}

func (c *callbackCall) remove(ctx context.Context, id int64) error {
	err := c.calls.DeleteCallbackURL(ctx, c.client, id)
	if err == nil || bunq.IsNotFound(err) {
		return nil
	}
	found, lookErr := c.calls.OAuthClient(ctx, c.client)
	switch {
	case bunq.IsNotFound(lookErr):
		return nil
	case lookErr != nil:
		return err
	case isCancelled(found.Status):
		return nil
	}
	for _, u := range found.CallbackURLs {
		if u.ID == id {
			return err
		}
	}
	return nil
}
