package oauthapp

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
)

// ModifyPlan reports a second resource that declares the filters of one user, and warns about filters
// that the user already has.
func (r *FiltersResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if r.Data == nil {
		return // Terraform only validates
	}

	plan, state := planAndState[filtersModel](ctx, req, &resp.Diagnostics)
	if state != nil {
		r.run.filters.checkPrior(state.UserID.ValueString(), plan != nil, &resp.Diagnostics)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	switch {
	case plan == nil:
		r.checkRemoval(state.object, &resp.Diagnostics)
	case state != nil:
		r.checkContext(ctx, plan.object, state.object, &resp.Diagnostics)
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

	access, user, ok := r.run.filters.planNew(ctx, r.Data, plan.APIContext, diags)
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
		r.run.filters.warned.note(providerdata.FormatID(user.ID), true)
		diags.AddAttributeWarning(path.Root("filters"), "bunq_notification_filters will not be made", aboutOthers(user, others)+keepingOthers(user))
	}
}
