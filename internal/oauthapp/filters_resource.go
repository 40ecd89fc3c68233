package oauthapp

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
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
	resp.IdentitySchema = identityschema.Schema{
		Attributes: map[string]identityschema.Attribute{
			"user_id": identityschema.StringAttribute{
				RequiredForImport: true,
				Description:       "ID of the bunq user.",
			},
		},
	}
}

// Schema describes the resource.
func (r *FiltersResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	keep := []planmodifier.String{stringplanmodifier.UseStateForUnknown()}

	resp.Schema = schema.Schema{
		MarkdownDescription: "The webhooks of a bunq user (`/user/{id}/notification-filter-url`): the addresses that bunq notifies of events. A PSD2 company needs " +
			"the category `OAUTH` to learn that a user has withdrawn consent.\n\n" +
			"bunq keeps one set per user and replaces it as a whole, so one resource declares all of it. What others have set is never removed without being " +
			"shown: creating the resource fails if bunq has filters that it does not declare, and an update fails if bunq has filters that the plan did not show. Destroying the resource removes " +
			"the filters that the state has, unless another resource of the plan declares those of the user.",

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
							MarkdownDescription: "What it is about: `" + strings.Join(filterCategories, "`, `") + "`. `OAUTH` is sent when consent was withdrawn. Each " +
								"category may have two targets.",
							Validators: []validator.String{stringvalidator.OneOf(filterCategories...)},
						},
						"notification_target": schema.StringAttribute{
							Required:            true,
							MarkdownDescription: "Address that bunq sends it to: an absolute https URL without a fragment.",
							Validators:          []validator.String{filterTarget{}},
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

// ModifyPlan warns about filters that the user already has, and reports a second resource that
// declares those of the same user.
func (r *FiltersResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if r.Data == nil {
		return // Terraform only validates
	}

	plan, state := planAndState[filtersModel](ctx, req, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}

	var user string
	switch {
	case plan == nil:
		user = state.UserID.ValueString()
		checkDestroy(ctx, r.Data, state.APIContext, state.UserID, "bunq_notification_filters", resp.Private, &resp.Diagnostics)
	case state == nil:
		checkContext(ctx, r.Data, plan.APIContext, noContext(), refusedKey{}, &resp.Diagnostics)
		if !resp.Diagnostics.HasError() {
			user = r.warnOfExisting(ctx, plan, &resp.Diagnostics)
		}
	default:
		user = state.UserID.ValueString()
		checkContext(ctx, r.Data, plan.APIContext, state.APIContext, state.refusedKey(), &resp.Diagnostics)
	}

	kept := plan
	if plan != nil && state != nil && r.movesAway(ctx, plan, state, &resp.Diagnostics) {
		kept = nil
	}
	run := r.notePlan(ctx, kept, state, user, &resp.Diagnostics)
	if plan == nil && run != "" {
		resp.Diagnostics.Append(resp.Private.SetKey(ctx, privatePlan, []byte(strconv.Quote(run)))...)
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

	c := &filtersCall{data: r.Data, calls: access.Calls}
	if !c.create(ctx, m.AdoptExisting.ValueBool(), wanted, &resp.Diagnostics) {
		return
	}
	m.setUser(c.user.ID)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, m.identity())...)
}

// create makes wanted the set of the user, for a new resource. It returns false if it could not.
func (c *filtersCall) create(ctx context.Context, adopt bool, wanted []bunq.NotificationFilter, diags *diag.Diagnostics) bool {
	failed := tfdiag.Failure{Summary: "bunq_notification_filters was not created", State: "nothing was stored, and nothing was changed at bunq."}
	filters, endTurn, err := c.begin(ctx)
	if err != nil {
		failed.Error(diags, err)
		return false
	}
	defer endTurn()

	if filters.owned {
		diags.AddError("Two resources declare the notification filters of one user", fmt.Sprintf(
			"bunq keeps one set of notification filters per user, and another bunq_notification_filters of this run declares that of user %d.\n\n"+
				"State: nothing was stored for this one, and nothing was changed at bunq.\n\nNext step: join their filters in one resource.", c.user.ID))
		return false
	}

	there, err := c.calls.NotificationFilters(ctx)
	if err != nil {
		failed.Error(diags, err)
		return false
	}
	lost := without(there, wanted, c.hadBefore(there, wanted))
	if len(lost) > 0 && !adopt {
		diags.AddAttributeError(path.Root("filters"), "The user has notification filters already", c.describe(lost)+
			"\n\nState: nothing was stored, and nothing was changed at bunq.\n\n"+c.nextSteps())
		return false
	}

	if err := c.replace(ctx, there, wanted, diags); err != nil {
		failed.State = c.stateAfter(err)
		failed.Error(diags, err)
		return false
	}
	filters.owned = true
	if len(lost) > 0 {
		diags.AddAttributeWarning(path.Root("adopt_existing"), "Notification filters of the user were removed", fmt.Sprintf(
			"User %d had %s that this resource does not declare. To have them back, add these lines to filters:\n\n%s", c.user.ID, count(len(lost), "filter"), filterLines(lost)))
	}
	return true
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

	unreadable := tfdiag.Failure{Summary: "bunq_notification_filters cannot be read", State: "the filters stay in the state as they were."}
	if has, known := declared(ctx, knownSet(m.Filters), &resp.Diagnostics); known && !m.Filters.IsNull() {
		r.noteRead(&m, has)
	}

	var found []bunq.NotificationFilter
	from := refresh{
		data: r.Data, apiContext: m.APIContext, user: m.UserID, failed: unreadable, importing: m.Filters.IsNull(), key: m.refusedKey(), private: resp.Private,
	}
	read, err := from.read(ctx, &resp.Diagnostics, func(a *providerdata.Access) (err error) {
		found, err = a.Calls.NotificationFilters(ctx)
		return err
	})
	switch {
	case !read:
		return
	case err != nil:
		// Also a 404: the user is there, as the session says, and so is its set.
		unreadable.Error(&resp.Diagnostics, err)
		return
	}

	m.fromAPI(ctx, found, &resp.Diagnostics)
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
	has, _ := declared(ctx, knownSet(state.Filters), &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}

	if !m.APIContext.Equal(state.APIContext) || !sameFilters(has, wanted) {
		access, diags := r.Data.Access(ctx, m.APIContext, apiContextPath)
		resp.Diagnostics.Append(diags...)
		if resp.Diagnostics.HasError() {
			return
		}
		if err := sameUser(ctx, access, state.UserID); err != nil {
			reportFailure(failureOfMove("bunq_notification_filters"), &resp.Diagnostics, err)
			return
		}

		c := &filtersCall{data: r.Data, calls: access.Calls}
		if !sameFilters(has, wanted) && !c.update(ctx, has, wanted, &resp.Diagnostics) {
			return
		}
	}

	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, m.identity())...)
}

// update makes wanted the set of the user, which is has according to the state.
func (c *filtersCall) update(ctx context.Context, has, wanted []bunq.NotificationFilter, diags *diag.Diagnostics) bool {
	failed := tfdiag.Failure{Summary: "bunq_notification_filters was not changed", State: "nothing was stored, and nothing was changed at bunq."}
	filters, endTurn, err := c.begin(ctx)
	if err != nil {
		failed.Error(diags, err)
		return false
	}
	defer endTurn()

	there, err := c.calls.NotificationFilters(ctx)
	if err != nil {
		failed.Error(diags, err)
		return false
	}

	if lost := without(there, has, wanted); len(lost) > 0 {
		diags.AddAttributeError(path.Root("filters"), "The notification filters have changed since the plan", c.describe(lost)+
			"\n\nThe plan did not show them. State: nothing was stored, and nothing was changed at bunq.\n\n"+
			"Next step: plan again, with a refresh. To keep them, add these lines to filters.")
		return false
	}
	if err := c.replace(ctx, there, wanted, diags); err != nil {
		failed.State = c.stateAfter(err)
		failed.Error(diags, err)
		return false
	}
	filters.owned = true
	return true
}

// Delete removes the filters that the state has. It keeps what others have set since, and all of
// them if another resource declares those of the user.
func (r *FiltersResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	ctx, done := r.Data.Operation(ctx, "bunq_notification_filters: delete", &resp.Diagnostics)
	defer done()

	var m filtersModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	has, _ := declared(ctx, knownSet(m.Filters), &resp.Diagnostics)
	run, more := planRun(ctx, req.Private)
	resp.Diagnostics.Append(more...)
	if resp.Diagnostics.HasError() {
		return
	}

	failed := tfdiag.Failure{Summary: "bunq_notification_filters was not destroyed", State: "the filters stay in the state."}
	filters := userFiltersOf(r.Data, m.UserID.ValueString())
	endTurn, err := filters.turn.wait(ctx)
	if err != nil {
		failed.Error(&resp.Diagnostics, err)
		return
	}
	defer endTurn()

	if filters.owned || r.isDeclaredElsewhere(ctx, &m, run) {
		return
	}
	access, ok := accessToDestroy(ctx, r.Data, m.APIContext, m.UserID, req.Private, &resp.Diagnostics)
	if !ok {
		return
	}

	var kept []bunq.NotificationFilter
	// This apply may have deactivated the key in the state.
	err = withAnotherContext(ctx, r.Data, access, m.UserID, func(a *providerdata.Access) error {
		if err := sameUser(ctx, a, m.UserID); err != nil {
			return err
		}
		there, err := a.Calls.NotificationFilters(ctx)
		if err != nil {
			return err
		}
		c := &filtersCall{data: r.Data, calls: a.Calls}
		kept = without(there, has)
		return c.replace(ctx, there, kept, &resp.Diagnostics)
	})
	switch {
	case err != nil:
		reportUndestroyed(failed, m.UserID, &resp.Diagnostics, err)
	case len(kept) > 0:
		resp.Diagnostics.AddWarning("Some notification filters of the user stay at bunq", fmt.Sprintf(
			"User %s has %s that the state did not have, so that the plan did not show them. They were kept:\n\n%s",
			m.UserID.ValueString(), count(len(kept), "filter"), filterLines(kept)))
	}
}

// ImportState takes USER_ID; Read does the rest.
func (r *FiltersResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	user := req.ID
	if user == "" && req.Identity != nil {
		user = identityMember(ctx, req.Identity, "user_id", &resp.Diagnostics)
	}
	if _, err := strconv.ParseInt(user, 10, 64); err != nil || !providerdata.IDPattern.MatchString(user) {
		resp.Diagnostics.AddError("Unusable import id", fmt.Sprintf("%q is no ID of a bunq user, which is a number: each user has one set of filters, and the user names it.\n\n"+
			"Next step: take the id of data.bunq_user, or user_id of a bunq_oauth_client.", user))
	}
	if resp.Diagnostics.HasError() {
		return
	}

	m := filtersModel{
		ID: types.StringValue(user), UserID: types.StringValue(user), APIContext: noContext(),
		AdoptExisting: types.BoolValue(false), Filters: types.SetNull(filterType()),
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, m.identity())...)
}
