package oauthapp

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/tfdiag"
)

var _ managed = (*CallbackURLResource)(nil)

// CallbackURLResource is bunq_oauth_callback_url: an address that end users may be sent back to.
type CallbackURLResource struct {
	base
}

// NewCallbackURLResource returns the resource for the provider's list.
func NewCallbackURLResource() resource.Resource {
	return &CallbackURLResource{base{kind: callbackKind}}
}

// Metadata names the resource.
func (r *CallbackURLResource) Metadata(ctx context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	r.base.Metadata(ctx, req, resp)
	resp.ResourceBehavior.MutableIdentity = true // see ModifyPlan
}

// Schema describes the resource.
func (r *CallbackURLResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "An address that bunq may send end users back to (`/user/{id}/oauth-client/{id}/callback-url`). bunq compares the " +
			"`redirect_uri` of an authorisation with it byte by byte. A client needs at least one before authorisation works.\n\n" +
			"Use `for_each` with the URLs as keys, as the examples do: then no URL ever moves from one resource to another. If one does (a list with `count` " +
			"that grows at its front, a resource renamed without a `moved` block), the apply ends with every URL in place, but a URL may be missing at bunq " +
			"between two calls.\n\n" +
			"A new resource whose URL bunq already has adopts it, with a warning. Declare a URL in one state only: a destroy in one removes it for both.",

		Attributes: map[string]schema.Attribute{
			"id":          computed("ID of the callback URL."),
			"api_context": apiContextAttribute(),
			"oauth_client_id": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "`id` of the `bunq_oauth_client` (not its `client_id`). Changing this replaces the callback URL.",
				Validators:          []validator.String{isClientID},
				PlanModifiers:       []planmodifier.String{stringplanmodifier.RequiresReplace()},
			},
			"url": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "The address: an absolute https URL without a fragment. `http` is accepted for a loopback host, with a warning: bunq may " +
					"refuse it. Changed in place. bunq documents no maximum length.",
				Validators: []validator.String{text{"callback URL", anAddress + "callback", bunq.CallbackURLProblem, bunq.CallbackURLDoubt}},
			},
			"user_id": computed("ID of the bunq user that the client belongs to."),
		},
	}
}

// ModifyPlan plans the id as unknown if the URL changes: bunq changes URLs in place, so it usually
// stays, but a URL that another resource gives up brings its object along. It reports what two
// resources of the plan cannot both have.
func (r *CallbackURLResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	plan, state, ok := planAndState[callbackModel](ctx, r.Data, req, &resp.Diagnostics)
	if !ok {
		return
	}

	if state != nil {
		r.checkObject(plan, state, &resp.Diagnostics)
	}
	switch {
	case plan == nil:
		r.checkRemoval(state.object, &resp.Diagnostics)
		return
	case state == nil:
		resp.Diagnostics.Append(r.Data.Check(plan.APIContext, apiContextPath)...)
	default:
		setPrivate(ctx, resp.Private, privatePlanned, true, &resp.Diagnostics)
		r.checkContext(plan.object, state.object, &resp.Diagnostics)
		if !plan.URL.Equal(state.URL) {
			resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("id"), types.StringUnknown())...)
		}
	}

	if plan.OAuthClientID.IsUnknown() || plan.URL.IsUnknown() {
		return
	}
	// A replacement is planned twice: with the state, and then as if it were new.
	if state != nil || !hasPrivate(ctx, req.Private, privatePlanned) {
		r.checkDeclared(plan, &resp.Diagnostics)
	}
	if state == nil && !resp.Diagnostics.HasError() {
		r.warnOfExisting(ctx, plan, &resp.Diagnostics)
	}
}

// checkObject reports a second resource of the plan with the same object, if the plan keeps one of the
// two. After a refresh there is none.
func (r *CallbackURLResource) checkObject(plan, state *callbackModel, diags *diag.Diagnostics) {
	urls, own := r.urlsOf(state), number(state.ID)
	keeps := plan != nil && plan.OAuthClientID.Equal(state.OAuthClientID)
	if _, refreshed := urls.owned.get(own); !keptTwice(&urls.planned, own, keeps) || refreshed {
		return
	}

	diags.AddError("Two resources are one callback URL", fmt.Sprintf("Another bunq_oauth_callback_url of this plan is callback URL %d of OAuth client %s, too, and the plan keeps one of them.\n\n"+
		"State: nothing was changed.\n\n"+
		"Next step: plan with a refresh (without -refresh=false). It takes one of the two out of the state, and the same plan makes it again.%s",
		own, state.OAuthClientID.ValueString(), instead))
}

// checkDeclared reports a second resource of the plan with the same URL.
func (r *CallbackURLResource) checkDeclared(plan *callbackModel, diags *diag.Diagnostics) {
	if _, first := r.urlsOf(plan).declared.note(plan.URL.ValueString(), true); first {
		return
	}
	diags.AddAttributeError(path.Root("url"), "Two resources declare the same callback URL", fmt.Sprintf(
		"Another bunq_oauth_callback_url of this plan declares %q for OAuth client %s, and a client can only have a URL once.\n\n"+
			"State: nothing was changed.\n\nNext step: remove one of the two resources.%s", plan.URL.ValueString(), plan.OAuthClientID.ValueString(), instead))
}

// warnOfExisting warns of a URL that bunq already has for a new resource. If bunq cannot be asked now,
// it says nothing. In an apply this is the warning of Create, and costs no call: Create needs the list
// as well.
func (r *CallbackURLResource) warnOfExisting(ctx context.Context, plan *callbackModel, diags *diag.Diagnostics) {
	ctx, done := r.operation(ctx, "plan", diags)
	defer done()

	access, more := r.Data.Access(plan.APIContext, apiContextPath)
	if more.HasError() {
		return
	}
	if id := r.urlsOf(plan).existing(ctx, access.Calls, plan.URL.ValueString()); id != 0 {
		diags.AddAttributeWarning(path.Root("url"), "Existing callback URL adopted", fmt.Sprintf(
			"OAuth client %s already has %q, as callback URL %d. This resource adopts it, and no second one is made.\n\n"+
				"That is right if another resource of this configuration gives the URL up, or if an interrupted run or somebody by hand made it. If another "+
				"state has it as well, keep it in one of the two: a destroy in one removes it for both.",
			plan.OAuthClientID.ValueString(), plan.URL.ValueString(), id))
	}
}

// claim makes the object of a resource that is read that resource's; false, with the reason, if another
// one was read with it before.
func (r *CallbackURLResource) claim(m *callbackModel, importing bool, diags *diag.Diagnostics) bool {
	imported, first := r.urlsOf(m).owned.note(number(m.ID), importing)
	object := fmt.Sprintf("callback URL %s of OAuth client %s", m.ID.ValueString(), m.OAuthClientID.ValueString())
	switch {
	case first:
	case importing || imported:
		diags.AddError("Two resources are one callback URL", "This plan imports "+object+", and another bunq_oauth_callback_url of this run is that one already.\n\n"+
			"State: nothing was imported, and nothing was changed.\n\n"+
			"Next step: remove the import block. If the other resource was renamed, use a moved block instead."+instead)
	default:
		diags.AddWarning("Two resources are one callback URL", "Another bunq_oauth_callback_url of the state is "+object+", too. An object at bunq belongs to one resource: this one was "+
			"taken out of the state. Nothing was changed at bunq. If the configuration has the resource, this plan makes it again.")
	}
	return first
}

// Create adds the URL, or adopts the object that has it: ModifyPlan warns of that.
func (r *CallbackURLResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	ctx, done := r.operation(ctx, "create", &resp.Diagnostics)
	defer done()
	m, ok := decode[callbackModel](ctx, req.Plan, &resp.Diagnostics)
	if !ok {
		return
	}

	failed := tfdiag.Failure{Summary: "bunq_oauth_callback_url was not added", State: "nothing was added and nothing was stored."}
	access, user, ok := r.open(ctx, m.APIContext, failed, &resp.Diagnostics)
	if ok && r.place(ctx, access, m, 0, failed, &resp.Diagnostics) {
		m.UserID = idValue(user.ID)
		r.store(ctx, m, &resp.State, resp.Identity, &resp.Diagnostics)
	}
}

// Read finds the URL in its client, so that one call reads all URLs of a client.
func (r *CallbackURLResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	ctx, done := r.operation(ctx, "read", &resp.Diagnostics)
	defer done()
	m, ok := decode[callbackModel](ctx, req.State, &resp.Diagnostics)
	if !ok {
		return
	}

	// Before the call: whose it is does not depend on whether bunq can be asked.
	if !r.claim(m, hasPrivate(ctx, req.Private, privateImport), &resp.Diagnostics) {
		r.identify(ctx, req.State, resp.Identity, &resp.Diagnostics)
		providerdata.Gone(ctx, resp, privatePlanned)
		return
	}

	var client *bunq.OAuthClient
	if !r.read(ctx, m.object, req, resp, func(a *providerdata.Access) (err error) {
		client, err = a.Calls.OAuthClient(ctx, number(m.OAuthClientID))
		return err
	}) {
		return
	}

	at := slices.IndexFunc(client.CallbackURLs, func(u bunq.CallbackURL) bool { return u.ID == number(m.ID) })
	if at < 0 {
		providerdata.Gone(ctx, resp, privatePlanned)
		return
	}
	m.fromAPI(client.CallbackURLs[at])
	resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
}

// Update changes the URL. Another context of the same user needs no call.
func (r *CallbackURLResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	ctx, done := r.operation(ctx, "update", &resp.Diagnostics)
	defer done()
	m, _ := decode[callbackModel](ctx, req.Plan, &resp.Diagnostics)
	state, ok := decode[callbackModel](ctx, req.State, &resp.Diagnostics)
	if !ok {
		return
	}

	access, ok := r.checkMove(ctx, m.object, state.object, &resp.Diagnostics)
	if ok && m.URL.Equal(state.URL) {
		r.urlsOf(m).claim(number(m.ID))
	} else if ok {
		failed := tfdiag.Failure{Summary: "bunq_oauth_callback_url was not changed", State: "unchanged."}
		ok = r.place(ctx, access, m, number(state.ID), failed, &resp.Diagnostics)
	}
	if ok {
		r.store(ctx, m, &resp.State, resp.Identity, &resp.Diagnostics)
	}
}

// place gives the resource of m, whose callback URL is own so far, its URL, and sets its ID.
func (r *CallbackURLResource) place(ctx context.Context, access *providerdata.Access, m *callbackModel, own int64, failed tfdiag.Failure, diags *diag.Diagnostics) bool {
	id, err := r.urlsOf(m).place(ctx, access.Calls, own, m.URL.ValueString())
	if err == nil {
		m.ID = idValue(id)
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
	ctx, done := r.operation(ctx, "delete", &resp.Diagnostics)
	defer done()
	m, ok := decode[callbackModel](ctx, req.State, &resp.Diagnostics)
	if !ok {
		return
	}

	failed, urls, own := r.unchanged("was not removed"), r.urlsOf(m), number(m.ID)
	err := urls.drop(ctx, own, func() bool {
		return r.remove(ctx, m.object, failed, &resp.Diagnostics, func(a *providerdata.Access) error { return urls.remove(ctx, a.Calls, own) })
	})
	if err != nil {
		failed.Error(&resp.Diagnostics, err)
	}
}

// urlsOf returns what this run knows of the callback URLs of the client of m.
func (r *CallbackURLResource) urlsOf(m *callbackModel) *callbackURLs {
	client := number(m.OAuthClientID)
	urls, _ := r.run.callbacks.note(client, newCallbackURLs(client))
	return urls
}
