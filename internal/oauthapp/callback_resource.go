package oauthapp

import (
	"context"
	"errors"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
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

const callbackKind = "bunq_oauth_callback_url"

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
	id := func(description string) identityschema.StringAttribute {
		return identityschema.StringAttribute{RequiredForImport: true, Description: description}
	}
	resp.IdentitySchema = identityschema.Schema{Attributes: map[string]identityschema.Attribute{
		"user_id":         id("ID of the bunq user."),
		"oauth_client_id": id("ID of the OAuth client."),
		"id":              id("ID of the callback URL."),
	}}
}

// Schema describes the resource.
func (r *CallbackURLResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	keep := []planmodifier.String{stringplanmodifier.UseStateForUnknown()}

	resp.Schema = schema.Schema{
		MarkdownDescription: "An address that bunq may send end users back to (`/user/{id}/oauth-client/{id}/callback-url`). bunq compares the " +
			"`redirect_uri` of an authorisation with it byte by byte. A client needs at least one before authorisation works.\n\n" +
			"Use `for_each` with the URLs as keys, as the examples do: then no URL ever moves from one resource to another. If one does (a list with `count` " +
			"that grows at its front, a resource renamed without a `moved` block), the apply ends with every URL in place, but a URL may be missing at bunq " +
			"between two calls.\n\n" +
			"A new resource whose URL bunq already has adopts it, with a warning. Declare a URL in one state only: a destroy in one removes it for both.",

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
				Required: true,
				MarkdownDescription: "The address: an absolute https URL without a fragment. `http` is accepted for a loopback host, with a warning: bunq may " +
					"refuse it. Changed in place. bunq documents no maximum length.",
				Validators: []validator.String{callbackAddress{}},
			},
			"user_id": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "ID of the bunq user that the client belongs to.",
				PlanModifiers:       keep,
			},
		},
	}
}

// Create adds the URL, or adopts the object that has it: ModifyPlan warns of that.
func (r *CallbackURLResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	ctx, done := r.Data.Operation(ctx, callbackKind+": create", &resp.Diagnostics)
	defer done()

	var m callbackModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	access, more := r.Data.Access(ctx, m.APIContext, apiContextPath)
	resp.Diagnostics.Append(more...)
	if resp.Diagnostics.HasError() {
		return
	}

	failed := tfdiag.Failure{Summary: "bunq_oauth_callback_url was not added", State: "nothing was added and nothing was stored."}
	user, err := access.Calls.User(ctx)
	if err != nil {
		failed.Error(&resp.Diagnostics, err)
		return
	}

	m.UserID = types.StringValue(providerdata.FormatID(user.ID))
	if r.place(ctx, access, &m, 0, failed, &resp.Diagnostics) {
		resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
		resp.Diagnostics.Append(resp.Identity.Set(ctx, m.identity())...)
	}
}

// Read finds the URL in its client, so that one call reads all URLs of a client.
func (r *CallbackURLResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	ctx, done := r.Data.Operation(ctx, callbackKind+": read", &resp.Diagnostics)
	defer done()

	var m callbackModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	// Set it even if the URL turns out to be gone: Terraform before 1.12 keeps no identity, and the
	// framework wants one in every answer.
	resp.Diagnostics.Append(resp.Identity.Set(ctx, m.identity())...)

	// Before the call: whose it is does not depend on whether bunq can be asked.
	importing := isImport(ctx, req.Private)
	if !r.claim(&m, importing, &resp.Diagnostics) {
		resp.State.RemoveResource(ctx)
		return
	}

	var urls []bunq.CallbackURL
	from := refresh{
		data: r.Data, kind: callbackKind, apiContext: m.APIContext, user: m.UserID, importing: importing,
		failed: tfdiag.Failure{Summary: "bunq_oauth_callback_url cannot be read", State: "the callback URL stays in the state as it was."},
	}
	if !from.find(ctx, resp, func(a *providerdata.Access) (err error) {
		urls, err = newCallbackClient(a, &m).read(ctx)
		return err
	}) {
		return
	}

	at := slices.IndexFunc(urls, func(u bunq.CallbackURL) bool { return u.ID == number(m.ID) })
	if at < 0 {
		resp.State.RemoveResource(ctx)
		return
	}
	m.fromAPI(urls[at])
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	endImport(ctx, resp.Private, &resp.Diagnostics)
}

// Update changes the URL. Another context of the same user needs no call.
func (r *CallbackURLResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	ctx, done := r.Data.Operation(ctx, callbackKind+": update", &resp.Diagnostics)
	defer done()

	var m, state callbackModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}

	access, ok := checkMove(ctx, r.Data, callbackKind, m.APIContext, state.UserID, &resp.Diagnostics)
	if ok && m.URL.Equal(state.URL) {
		r.urlsOf(&m).claim(number(m.ID))
	} else if ok {
		failed := tfdiag.Failure{Summary: "bunq_oauth_callback_url was not changed", State: "unchanged."}
		ok = r.place(ctx, access, &m, number(state.ID), failed, &resp.Diagnostics)
	}
	if ok {
		resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
		resp.Diagnostics.Append(resp.Identity.Set(ctx, m.identity())...)
	}
}

// place gives the resource of m, whose callback URL is own so far, its URL, and sets its ID.
func (r *CallbackURLResource) place(ctx context.Context, access *providerdata.Access, m *callbackModel, own int64, failed tfdiag.Failure, diags *diag.Diagnostics) bool {
	id, err := r.urlsOf(m).place(ctx, newCallbackClient(access, m), own, m.URL.ValueString())
	if err == nil {
		m.ID = types.StringValue(providerdata.FormatID(id))
		return true
	}

	switch {
	case errors.Is(err, errTaken):
		failed.Summary, failed.At, failed.Next = "Two resources declare the same callback URL", path.Root("url"), "remove one of the two resources, and apply again."
	case own == 0 && bunq.OutcomeUnknown(err):
		failed.State = "nothing was stored. bunq may have added the URL; this could not be checked."
		failed.Next = "apply again: the client is read first, and an existing URL is adopted."
	}
	failed.Error(diags, err)
	return false
}

// Delete removes the URL, unless another resource has it.
func (r *CallbackURLResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	ctx, done := r.Data.Operation(ctx, callbackKind+": delete", &resp.Diagnostics)
	defer done()

	var m callbackModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}

	removal := r.removal(&m)
	err := r.urlsOf(&m).drop(ctx, number(m.ID), func() bool {
		return removal.do(ctx, &resp.Diagnostics, func(a *providerdata.Access) error { return newCallbackClient(a, &m).remove(ctx, number(m.ID)) })
	})
	if err != nil {
		removal.failed.Error(&resp.Diagnostics, err)
	}
}

// removal is the destroy of the callback URL of m.
func (r *CallbackURLResource) removal(m *callbackModel) removal {
	failed := tfdiag.Failure{Summary: "bunq_oauth_callback_url was not removed", State: "the callback URL stays in the state."}
	return removal{data: r.Data, kind: callbackKind, apiContext: m.APIContext, user: m.UserID, failed: failed}
}

// urlsOf returns what this run knows of the callback URLs of the client of m.
func (r *CallbackURLResource) urlsOf(m *callbackModel) *callbackURLs {
	urls, _ := r.run.callbacks.note(m.OAuthClientID.ValueString(), newCallbackURLs())
	return urls
}
