package oauthapp

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/tfdiag"
)

var (
	_ resource.ResourceWithConfigure   = (*FiltersResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*FiltersResource)(nil)
	_ resource.ResourceWithImportState = (*FiltersResource)(nil)
	_ resource.ResourceWithIdentity    = (*FiltersResource)(nil)
)

// FiltersResource is bunq_notification_filters: the webhooks of a bunq user.
type FiltersResource struct {
	base
}

// NewFiltersResource returns the resource for the provider's list.
func NewFiltersResource() resource.Resource { return &FiltersResource{} }

// Metadata names the resource.
func (r *FiltersResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_notification_filters"
}

// IdentitySchema describes what identifies the filters at bunq.
func (r *FiltersResource) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	resp.IdentitySchema = identitySchema("user_id", "ID of the bunq user.")
}

// Schema describes the resource.
func (r *FiltersResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	keep := []planmodifier.String{stringplanmodifier.UseStateForUnknown()}

	resp.Schema = schema.Schema{
		MarkdownDescription: "The webhooks of a bunq user (`/user/{id}/notification-filter-url`): the addresses that bunq notifies of events. A PSD2 company needs " +
			"the category `OAUTH` to learn that a user has withdrawn consent.\n\n" +
			"bunq keeps one set per user and replaces it as a whole, so one resource declares all of it. What others have set is never removed without being " +
			"shown: creating the resource fails if bunq has filters that it does not declare, and an update fails if bunq has filters that the plan did not show. Destroying the resource removes " +
			"the filters that the state has.",

		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "ID of the bunq user, who has one set.",
				PlanModifiers:       keep,
			},
			"api_context": apiContextAttribute(),
			"adopt_existing": schema.BoolAttribute{
				Optional: true,
				Computed: true,
				Default:  booldefault.StaticBool(false),
				MarkdownDescription: "When the resource is created, replace the filters that the user already has, instead of failing. `false` by default. Those that are " +
					"removed are named: by the plan, with a known `api_context`, and by the apply. Filters that are declared are adopted in any case.",
			},
			"filters": schema.SetNestedAttribute{
				Required:            true,
				MarkdownDescription: "All filters of the user; `[]` for none. Changed in place, in one call.",
				NestedObject: schema.NestedAttributeObject{
					Attributes: map[string]schema.Attribute{
						"category": schema.StringAttribute{
							Required: true,
							MarkdownDescription: "What it is about: `" + strings.Join(filterCategories, "`, `") + "`. `OAUTH` is sent when consent was withdrawn. " +
								"bunq has more categories than it lists: another one is a warning. Each category may have two targets.",
							Validators: []validator.String{
								stringvalidator.RegexMatches(categoryPattern, "must be an upper-case name, such as OAUTH"), filterCategory{},
							},
						},
						"notification_target": schema.StringAttribute{
							Required:            true,
							MarkdownDescription: "Address that bunq sends it to: an absolute https URL without a fragment.",
							Validators:          []validator.String{filterTarget{}},
						},
						"verification_types": schema.SetAttribute{
							Optional:    true,
							ElementType: types.StringType,
							MarkdownDescription: "How bunq proves to the target that it is bunq: `BUNQ_CERTIFICATE` makes it present its client certificate. bunq loses what is " +
								"left out.",
							Validators: []validator.Set{
								setvalidator.SizeAtLeast(1),
								setvalidator.ValueStringsAre(stringvalidator.RegexMatches(categoryPattern, "must be an upper-case name, such as BUNQ_CERTIFICATE")),
							},
						},
					},
				},
				Validators: []validator.Set{fewTargets{}},
			},
			"user_id": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "ID of the bunq user.",
				PlanModifiers:       keep,
			},
		},
	}
}

// Create makes the declared filters the set of the user, unless others would be lost.
func (r *FiltersResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	ctx, done := r.Data.Operation(ctx, "bunq_notification_filters: create", &resp.Diagnostics)
	defer done()

	var m filtersModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	wanted, _ := declared(ctx, m.Filters, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}

	access, diags := r.Data.Access(ctx, m.APIContext, apiContextPath)
	resp.Diagnostics.Append(diags...)
	if resp.Diagnostics.HasError() {
		return
	}
	failed := tfdiag.Failure{Summary: "bunq_notification_filters was not created", State: "nothing was stored, and nothing was changed at bunq."}
	c, err := filtersCallOf(ctx, access)
	if err != nil {
		failed.Error(&resp.Diagnostics, err)
		return
	}
	endTurn, ok := r.run.filters.begin(ctx, filtersOnly, providerdata.FormatID(c.user.ID), failed, &resp.Diagnostics)
	if !ok {
		return
	}
	defer endTurn()

	adopt := m.AdoptExisting.ValueBool()
	others, err := c.set(ctx, wanted, nil, adopt)
	switch {
	case err != nil:
		reportUnset(failed, &resp.Diagnostics, err)
		return
	case len(others) > 0 && !adopt:
		resp.Diagnostics.AddAttributeError(path.Root("filters"), "The user has notification filters already", c.describe(others)+
			"\n\nState: "+failed.State+c.nextSteps())
		return
	case len(others) > 0:
		resp.Diagnostics.AddAttributeWarning(path.Root("adopt_existing"), "Notification filters of the user were removed", fmt.Sprintf(
			"User %d had filters that this resource does not declare. To have them back, add these lines to filters:\n\n%s", c.user.ID, filterLines(others)))
	}

	m.setUser(c.user.ID)
	r.run.filters.take(m.object())
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, m.identity())...)
}

// reportUnset reports a failed write.
func reportUnset(failed tfdiag.Failure, diags *diag.Diagnostics, err error) {
	if bunq.OutcomeUnknown(err) {
		failed.State = "nothing was stored. Whether bunq has the new filters is not known: the next apply looks before it sends them."
	}
	failed.Error(diags, err)
}

// Read reads what bunq has, whoever set it.
func (r *FiltersResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	ctx, done := r.Data.Operation(ctx, "bunq_notification_filters: read", &resp.Diagnostics)
	defer done()

	var m filtersModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(resp.Identity.Set(ctx, m.identity())...)

	var found []bunq.NotificationFilter
	from := refresh{
		data: r.Data, kind: "bunq_notification_filters", apiContext: m.APIContext, user: m.UserID, importing: isImport(ctx, req.Private),
		failed: tfdiag.Failure{Summary: "bunq_notification_filters cannot be read", State: "the filters stay in the state as they were."},
	}
	read, err := from.read(ctx, &resp.Diagnostics, func(a *providerdata.Access) (err error) {
		found, err = a.Calls.NotificationFilters(ctx)
		return err
	})
	if err != nil {
		// Also a 404: the user is there, as the session says, and so is its set.
		from.failed.Error(&resp.Diagnostics, err)
	}
	if !read || err != nil {
		return
	}

	if r.run.filters.noteRead(m.object()) {
		filtersOnly.reportNew(m.UserID.ValueString(), &resp.Diagnostics)
	}
	m.fromAPI(ctx, found, &resp.Diagnostics)
	endImport(ctx, resp.Private, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// Update replaces the set, if bunq has nothing that the plan did not show.
func (r *FiltersResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	ctx, done := r.Data.Operation(ctx, "bunq_notification_filters: update", &resp.Diagnostics)
	defer done()

	var m, state filtersModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	wanted, _ := declared(ctx, m.Filters, &resp.Diagnostics)
	has, _ := declared(ctx, state.Filters, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}

	if !m.APIContext.Equal(state.APIContext) || !sameFilters(has, wanted) {
		access, ok := checkMove(ctx, r.Data, "bunq_notification_filters", m.APIContext, state.UserID, &resp.Diagnostics)
		if !ok || !r.update(ctx, access, has, wanted, &resp.Diagnostics) {
			return
		}
	}

	r.run.filters.take(m.object())
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, m.identity())...)
}

// update makes wanted the set of the user, which is has according to the state. It returns false if it
// could not.
func (r *FiltersResource) update(ctx context.Context, access *providerdata.Access, has, wanted []bunq.NotificationFilter, diags *diag.Diagnostics) bool {
	if sameFilters(has, wanted) {
		return true
	}

	failed := tfdiag.Failure{Summary: "bunq_notification_filters was not changed", State: "nothing was stored, and nothing was changed at bunq."}
	c, err := filtersCallOf(ctx, access)
	if err != nil {
		failed.Error(diags, err)
		return false
	}
	endTurn, ok := r.run.filters.wait(ctx, providerdata.FormatID(c.user.ID), failed, diags)
	if !ok {
		return false
	}
	defer endTurn()

	others, err := c.set(ctx, wanted, has, false)
	switch {
	case err != nil:
		reportUnset(failed, diags, err)
	case len(others) > 0:
		diags.AddAttributeError(path.Root("filters"), "The notification filters have changed since the plan", c.describe(others)+
			"\n\nThe plan did not show them. State: "+failed.State+"\n\nNext step: plan again, with a refresh. To keep them, add these lines to filters.")
	}
	return err == nil && len(others) == 0
}

// Delete removes the filters that the state has. It keeps what others have set since, and all of
// them if another resource of this run has the set of the user.
func (r *FiltersResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	ctx, done := r.Data.Operation(ctx, "bunq_notification_filters: delete", &resp.Diagnostics)
	defer done()

	var m filtersModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	has, _ := declared(ctx, m.Filters, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}

	failed := tfdiag.Failure{Summary: "bunq_notification_filters was not destroyed", State: "the filters stay in the state."}
	endTurn, ok := r.run.filters.wait(ctx, m.UserID.ValueString(), failed, &resp.Diagnostics)
	if !ok {
		return
	}
	defer endTurn()

	if r.run.filters.taken(m.UserID.ValueString()) != "" {
		return
	}
	var left []bunq.NotificationFilter
	end := removal{data: r.Data, kind: "bunq_notification_filters", apiContext: m.APIContext, user: m.UserID, failed: failed}
	removed := end.do(ctx, &resp.Diagnostics, func(a *providerdata.Access) error {
		c, err := filtersCallOf(ctx, a)
		if err == nil {
			left, err = c.remove(ctx, has)
		}
		return err
	})
	if removed && len(left) > 0 {
		resp.Diagnostics.AddWarning("Some notification filters of the user stay at bunq", fmt.Sprintf(
			"User %s has filters that the state did not have, so that the plan did not show them. They were kept:\n\n%s",
			m.UserID.ValueString(), filterLines(left)))
	}
}

// ImportState takes USER_ID; Read does the rest.
func (r *FiltersResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	parts := importParts(ctx, req, &resp.Diagnostics, "USER_ID", "user_id")
	if parts == nil {
		return
	}

	m := filtersModel{
		ID: types.StringValue(parts[0]), UserID: types.StringValue(parts[0]), APIContext: noContext(),
		AdoptExisting: types.BoolValue(false), Filters: types.SetNull(filterType()),
	}
	beginImport(ctx, resp.Private, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, m.identity())...)
}
