package oauthapp

import (
	"context"
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
			"user_id":         identityschema.StringAttribute{RequiredForImport: true, Description: "ID of the bunq user."},
			"oauth_client_id": identityschema.StringAttribute{RequiredForImport: true, Description: "ID of the OAuth client."},
			"id":              identityschema.StringAttribute{RequiredForImport: true, Description: "ID of the callback URL."},
		},
	}
}

// Schema describes the resource.
func (r *CallbackURLResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	keep := []planmodifier.String{stringplanmodifier.UseStateForUnknown()}
	resp.Schema = schema.Schema{
		MarkdownDescription: "An address that bunq may send end users back to (`/user/{id}/oauth-client/{id}/callback-url`). bunq compares the " +
			"`redirect_uri` of an authorisation with it byte by byte. A client needs at least one before authorisation works.\n\n" +
			"URLs may move between resources: in a list that grows at its front, when two change places, or when a resource is renamed. A URL that is declared " +
			"before and after the apply is never missing at bunq, and no object at bunq ends up in two resources. The plan leaves what the apply must know for " +
			"that in the cache folder of this machine; where there is none (`session_cache = false`), or a saved plan is applied on another machine, a URL may be " +
			"missing between two calls of the apply.",
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				Computed: true, MarkdownDescription: "ID of the callback URL.", PlanModifiers: keep,
			},
			"api_context": apiContextAttribute(),
			"oauth_client_id": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "`id` of the `bunq_oauth_client` (not its `client_id`). Changing this replaces the callback URL.",
				PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
				Validators: []validator.String{stringvalidator.RegexMatches(regexp.MustCompile(`^[1-9][0-9]{0,18}$`),
					"must be the ID of the client, bunq_oauth_client.main.id, which is not the client_id of OAuth")},
			},
			"url": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "The address: absolute, https, without a fragment. Changed in place. bunq documents no maximum length.",
				Validators:          []validator.String{callbackAddress{}},
			},
			"user_id": schema.StringAttribute{
				Computed: true, MarkdownDescription: "ID of the bunq user that the client belongs to.", PlanModifiers: keep,
			},
		},
	}
}

// ModifyPlan leaves the id open where the URL changes: it stays, as bunq changes
// URLs in place, unless the URLs of the client move between resources. For that
// the apply must know them all, see callbackURLs.
func (r *CallbackURLResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if r.Data == nil {
		return // Terraform only validates
	}
	var plan, state *callbackModel
	if !req.Plan.Raw.IsNull() {
		resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	}
	if !req.State.Raw.IsNull() {
		resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}

	if plan != nil {
		had := noContext()
		if state != nil {
			had = state.APIContext
		}
		needsContext(ctx, r.Data, plan.APIContext, had, state.refusedKey(), &resp.Diagnostics)
	}
	run := r.notePlan(plan, state, &resp.Diagnostics)
	switch {
	case plan == nil && run != "":
		resp.Diagnostics.Append(resp.Private.SetKey(ctx, privatePlan, []byte(strconv.Quote(run)))...)
	case plan != nil && state != nil && !plan.URL.Equal(state.URL):
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("id"), types.StringUnknown())...)
	}
}

// Create adds the URL, or takes over the callback URL that has it.
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
	c, err := callsOf(ctx, access, &m)
	if err != nil {
		failed.Error(&resp.Diagnostics, err)
		return
	}
	now, _, err := callbacksOf(r.Data, c).place(ctx, c, 0, m.URL.ValueString())
	if bunq.OutcomeUnknown(err) {
		failed.State = "nothing was stored. bunq may have added the URL; it could not be asked."
		failed.Next = "apply again: the client is read first, and a URL that is there is adopted."
	}
	if err != nil {
		c.reportPlace(failed, &m, err, &resp.Diagnostics)
		return
	}
	if now.found {
		c.warnOfFound(now.id, &m, &resp.Diagnostics)
	}

	m.ID = types.StringValue(itoa(now.id))
	m.UserID = types.StringValue(itoa(c.user.ID))
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, m.identity())...)
}

// Read finds the URL in its client, so that all URLs of a client are read with
// one call.
func (r *CallbackURLResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	ctx, done := r.Data.Operation(ctx, "bunq_oauth_callback_url: read", &resp.Diagnostics)
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
	client, err := number(m.OAuthClientID)
	if err != nil {
		unreadable.Error(&resp.Diagnostics, err)
		return
	}

	var found *bunq.OAuthClient
	from := refresh{data: r.Data, context: m.APIContext, user: m.UserID, failed: unreadable, first: m.URL.IsNull(), key: m.refusedKey(), private: resp.Private}
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
		if itoa(u.ID) == m.ID.ValueString() {
			r.noteRead(client, u, &resp.Diagnostics)
			m.fromAPI(u)
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
	access, diags := r.Data.Access(ctx, m.APIContext, apiContextPath)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	if err := sameUser(ctx, access, state.UserID); err != nil {
		report(moved("bunq_oauth_callback_url"), &resp.Diagnostics, err)
		return
	}

	if !m.URL.Equal(state.URL) {
		id, ok := r.change(ctx, access, &m, &state, resp)
		if !ok {
			return
		}
		m.ID = types.StringValue(itoa(id))
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, m.identity())...)
}

// change gives the resource of state the URL of m.
func (r *CallbackURLResource) change(ctx context.Context, access *providerdata.Access, m, state *callbackModel, resp *resource.UpdateResponse) (int64, bool) {
	failed := tfdiag.Failure{Summary: "bunq_oauth_callback_url was not changed", State: "the state stays as it was."}
	own, err := number(state.ID)
	if err != nil {
		failed.Error(&resp.Diagnostics, err)
		return 0, false
	}
	c, err := callsOf(ctx, access, m)
	if err != nil {
		failed.Error(&resp.Diagnostics, err)
		return 0, false
	}
	now, lost, err := callbacksOf(r.Data, c).place(ctx, c, own, m.URL.ValueString())
	if err == nil {
		return now.id, true
	}

	if lost {
		// To leave it would have two resources of the state share one callback URL,
		// and an update cannot take a resource out of the state.
		failed.State = "callback URL " + state.ID.ValueString() + " stays at bunq for another resource of this apply, which declares its URL. " +
			"This resource has none in the state; the next apply makes it."
		state.ID = types.StringNull()
		resp.Diagnostics.Append(resp.State.Set(ctx, state)...)
	}
	c.reportPlace(failed, m, err, &resp.Diagnostics)
	return 0, false
}

// Delete removes the URL. One that is gone is gone, and so is one whose client
// was cancelled: bunq takes no more changes to it (UNKNOWN what a delete
// answers then).
func (r *CallbackURLResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	ctx, done := r.Data.Operation(ctx, "bunq_oauth_callback_url: delete", &resp.Diagnostics)
	defer done()

	var m callbackModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() || m.ID.IsNull() {
		return
	}
	access, diags := r.Data.Access(ctx, m.APIContext, apiContextPath)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}

	failed := tfdiag.Failure{Summary: "bunq_oauth_callback_url was not removed", State: "the callback URL stays in the state."}
	run, more := planRun(ctx, req.Private)
	resp.Diagnostics.Append(more...)
	useSubstitute(ctx, r.Data, req.Private, &resp.Diagnostics)
	own, err := number(m.ID)
	if err == nil {
		// The key of the state may have gone with this very apply.
		err = withAnotherContext(ctx, r.Data, access, m.UserID, func(a *providerdata.Access) error {
			if err := sameUser(ctx, a, m.UserID); err != nil {
				return err
			}
			c, err := callsOf(ctx, a, &m)
			if err != nil {
				return err
			}
			return callbacksOf(r.Data, c).destroy(ctx, c, own, m.URL.ValueString(), run)
		})
	}
	if err != nil {
		report(failed, &resp.Diagnostics, err)
	}
}
