package oauthapp

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/tfdiag"
)

var _ managed = (*FiltersResource)(nil)

// FiltersResource is bunq_notification_filters: the webhooks of a bunq user.
type FiltersResource struct {
	base
}

// NewFiltersResource returns the resource for the provider's list.
func NewFiltersResource() resource.Resource { return &FiltersResource{base{kind: filtersKind}} }

// Schema describes the resource.
func (r *FiltersResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "The webhooks of a bunq user (`/user/{id}/notification-filter-url`): the addresses that bunq notifies of events. A PSD2 company needs " +
			"the category `OAUTH` to learn that a user has withdrawn consent.\n\n" +
			"bunq keeps one set per user and replaces it as a whole, so one resource declares all of it. What others have set is never removed without being " +
			"shown: creating the resource fails if bunq has filters that it does not declare, and an update fails if bunq has filters that the plan did not show. Destroying the resource removes " +
			"the filters that the state has.",

		Attributes: map[string]schema.Attribute{
			"id":          computed("ID of the bunq user, who has one set."),
			"api_context": apiContextAttribute(),
			"adopt_existing": flag(false, "When the resource is created, replace the filters that the user already has, instead of failing. `false` by default. Those "+
				"that are removed are named: by the plan, with a known `api_context`, and by the apply. Filters that are declared are adopted in any case."),
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
								text{"notification category", "a name in capital letters, such as OAUTH", categoryProblem, categoryDoubt},
							},
						},
						"notification_target": schema.StringAttribute{
							Required:            true,
							MarkdownDescription: "Address that bunq sends it to: an absolute https URL without a fragment.",
							Validators:          []validator.String{text{"notification target", anAddress + "events", targetProblem, nothing}},
						},
						"verification_types": schema.SetAttribute{
							Optional:    true,
							ElementType: types.StringType,
							MarkdownDescription: "How bunq proves to the target that it is bunq: `BUNQ_CERTIFICATE` makes it present its client certificate. bunq loses what is " +
								"left out.",
							Validators: []validator.Set{verificationTypes{}},
						},
					},
				},
				Validators: []validator.Set{fewTargets{}},
			},
			"user_id": computed("ID of the bunq user."),
		},
	}
}

// ModifyPlan reports a second resource that declares the filters of one user, and warns about filters
// that the user already has.
func (r *FiltersResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	plan, state, ok := planAndState[filtersModel](ctx, r.Data, req, &resp.Diagnostics)
	if !ok {
		return
	}
	if state != nil && !r.run.filters.checkPrior(state.UserID.ValueString(), plan != nil, &resp.Diagnostics) {
		return
	}
	switch {
	case plan == nil:
		r.checkRemoval(state.object, &resp.Diagnostics)
	case state != nil:
		r.checkContext(plan.object, state.object, &resp.Diagnostics)
		setPrivate(ctx, resp.Private, privatePlanned, true, &resp.Diagnostics)
	case !hasPrivate(ctx, req.Private, privatePlanned):
		r.planNew(ctx, plan, &resp.Diagnostics)
	}
}

// planNew reports a second set of the user, and warns about filters that bunq has. If bunq cannot be
// asked, it says nothing: the apply asks again. In an apply, Create needs the same read.
func (r *FiltersResource) planNew(ctx context.Context, plan *filtersModel, diags *diag.Diagnostics) {
	ctx, done := r.operation(ctx, "plan", diags)
	defer done()

	access, user, ok := r.run.filters.planNew(ctx, &r.base, plan.APIContext, diags)
	if !ok {
		return
	}
	there, err := access.Calls.NotificationFilters(ctx)
	wanted, known := declared(ctx, plan.Filters, diags)
	others := without(there, wanted)
	switch {
	case err != nil || !known || len(others) == 0:
	case plan.AdoptExisting.ValueBool():
		diags.AddAttributeWarning(path.Root("adopt_existing"), "Notification filters of the user will be removed", aboutOthers(user, others)+
			"\n\nApplying removes them. To keep them, add these lines to filters.")
	default:
		diags.AddAttributeWarning(path.Root("filters"), "bunq_notification_filters will not be made", aboutOthers(user, others)+
			"\n\nNext step: to keep them, add these lines to filters. To begin with the set that is there, import it:\n\n"+
			importBlock("bunq_notification_filters.NAME", providerdata.FormatID(user.ID))+
			"\n\nTo remove them, set adopt_existing = true. If it is being replaced, apply without -replace: filters are changed in place. If another "+
			"configuration manages them, use that one.")
	}
}

// Create makes the declared filters the set of the user, unless others would be lost.
func (r *FiltersResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	ctx, done := r.operation(ctx, "create", &resp.Diagnostics)
	defer done()
	m, _ := decode[filtersModel](ctx, req.Plan, &resp.Diagnostics)
	wanted, _ := declared(ctx, m.Filters, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}

	failed := tfdiag.Failure{Summary: "bunq_notification_filters was not created", State: "nothing was stored, and nothing was changed at bunq."}
	access, user, endTurn, ok := r.run.filters.begin(ctx, &r.base, m.APIContext, failed, &resp.Diagnostics)
	if !ok {
		return
	}
	defer endTurn()

	others, err := setFilters(ctx, access.Calls, wanted, nil, m.AdoptExisting.ValueBool())
	m.ID, m.UserID = idValue(user.ID), idValue(user.ID)
	switch {
	case err != nil:
		reportUnset(failed, &resp.Diagnostics, err)
		return
	case len(others) > 0 && !m.AdoptExisting.ValueBool():
		resp.Diagnostics.AddAttributeError(path.Root("filters"), "The user has notification filters already", fmt.Sprintf(
			"User %d has filters that this resource does not declare.\n\nState: %s\n\n"+
				"Next step: follow the warning \"bunq_notification_filters will not be made\", which lists them.", user.ID, failed.State))
		return
	case len(others) > 0:
		resp.Diagnostics.AddAttributeWarning(path.Root("adopt_existing"), "Notification filters of the user were removed", fmt.Sprintf(
			"User %d had filters that this resource does not declare. To have them back, add these lines to filters:\n\n%s", user.ID, filterLines(others)))
	}

	r.run.filters.had.note(m.UserID.ValueString(), m.UserID.ValueString())
	r.store(ctx, m, &resp.State, resp.Identity, &resp.Diagnostics)
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
	ctx, done := r.operation(ctx, "read", &resp.Diagnostics)
	defer done()
	m, ok := decode[filtersModel](ctx, req.State, &resp.Diagnostics)
	if !ok || !r.read(ctx, m.object, req, resp, func(a *providerdata.Access) error {
		found, err := a.Calls.NotificationFilters(ctx)
		if err == nil {
			m.fromAPI(ctx, found, &resp.Diagnostics)
		}
		return err
	}) {
		return
	}

	r.run.filters.checkRead(m.UserID.ValueString(), &resp.Diagnostics)
	resp.Diagnostics.Append(resp.State.Set(ctx, m)...)
}

// Update replaces the set, if bunq has nothing that the plan did not show.
func (r *FiltersResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	ctx, done := r.operation(ctx, "update", &resp.Diagnostics)
	defer done()
	m, _ := decode[filtersModel](ctx, req.Plan, &resp.Diagnostics)
	state, _ := decode[filtersModel](ctx, req.State, &resp.Diagnostics)
	wanted, _ := declared(ctx, m.Filters, &resp.Diagnostics)
	has, _ := declared(ctx, state.Filters, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}

	if changed := !sameFilters(has, wanted); changed || !m.APIContext.Equal(state.APIContext) {
		_, ok := r.checkMove(ctx, m.object, state.object, &resp.Diagnostics)
		if !ok || changed && !r.update(ctx, m, has, wanted, &resp.Diagnostics) {
			return
		}
	}
	r.run.filters.had.note(m.UserID.ValueString(), m.UserID.ValueString())
	r.store(ctx, m, &resp.State, resp.Identity, &resp.Diagnostics)
}

// update makes wanted the set of the user, which is has according to the state. It returns false if it
// could not.
func (r *FiltersResource) update(ctx context.Context, m *filtersModel, has, wanted []bunq.NotificationFilter, diags *diag.Diagnostics) bool {
	failed := tfdiag.Failure{Summary: "bunq_notification_filters was not changed", State: "nothing was stored, and nothing was changed at bunq."}
	access, user, ok := r.open(ctx, m.APIContext, failed, diags)
	if !ok {
		return false
	}
	endTurn, ok := r.run.filters.wait(ctx, failed, diags)
	if !ok {
		return false
	}
	defer endTurn()

	others, err := setFilters(ctx, access.Calls, wanted, has, false)
	switch {
	case err != nil:
		reportUnset(failed, diags, err)
	case len(others) > 0:
		diags.AddAttributeError(path.Root("filters"), "The notification filters have changed since the plan", aboutOthers(user, others)+
			"\n\nThe plan did not show them. State: "+failed.State+"\n\nNext step: plan again, with a refresh. To keep them, add these lines to filters.")
	}
	return err == nil && len(others) == 0
}

// Delete removes the filters that the state has. It keeps what others have set since, and all of
// them if another resource of this run has the set of the user.
func (r *FiltersResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	ctx, done := r.operation(ctx, "delete", &resp.Diagnostics)
	defer done()
	m, _ := decode[filtersModel](ctx, req.State, &resp.Diagnostics)
	has, _ := declared(ctx, m.Filters, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}

	failed := r.unchanged("was not destroyed")
	endTurn, ok := r.run.filters.wait(ctx, failed, &resp.Diagnostics)
	if !ok {
		return
	}
	defer endTurn()
	if _, taken := r.run.filters.had.get(m.UserID.ValueString()); taken {
		return
	}

	var left []bunq.NotificationFilter
	removed := r.remove(ctx, m.object, failed, &resp.Diagnostics, func(a *providerdata.Access) (err error) {
		left, err = removeFilters(ctx, a.Calls, has)
		return err
	})
	if removed && len(left) > 0 {
		resp.Diagnostics.AddWarning("Some notification filters of the user stay at bunq", fmt.Sprintf(
			"User %s has filters that the state did not have, so that the plan did not show them. They were kept:\n\n%s",
			m.UserID.ValueString(), filterLines(left)))
	}
}
