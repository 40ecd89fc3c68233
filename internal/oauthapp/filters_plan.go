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
	if resp.Diagnostics.HasError() {
		return
	}

	if state != nil && r.run.filters.notePrior(state.object(), plan != nil) {
		filtersOnly.reportTwice(state.object(), &resp.Diagnostics)
		return
	}
	switch {
	case plan == nil:
		removal{data: r.Data, kind: "bunq_notification_filters", apiContext: state.APIContext, user: state.UserID}.check(&resp.Diagnostics)
	case state != nil:
		checkContext(ctx, r.Data, "bunq_notification_filters", plan.APIContext, state.APIContext, &resp.Diagnostics)
		notePlanned(ctx, resp.Private, &resp.Diagnostics)
	case !isReplacement(ctx, req.Private):
		r.planNew(ctx, plan, &resp.Diagnostics)
	}
}

// planNew reports a second set of the user, and warns about filters that bunq has. If bunq cannot be
// asked, it says nothing: the apply asks again. In an apply, Create needs the same read.
func (r *FiltersResource) planNew(ctx context.Context, plan *filtersModel, diags *diag.Diagnostics) {
	diags.Append(r.Data.Check(ctx, plan.APIContext, apiContextPath)...)
	if diags.HasError() {
		return
	}
	ctx, done := r.Data.Operation(ctx, "bunq_notification_filters: plan", diags)
	defer done()

	access, more := r.Data.Access(ctx, plan.APIContext, apiContextPath)
	if more.HasError() {
		return
	}
	c, err := filtersCallOf(ctx, access)
	if err != nil {
		return
	}
	if user := providerdata.FormatID(c.user.ID); r.run.filters.noteNew(user) {
		filtersOnly.reportNew(user, diags)
		return
	}

	there, err := c.calls.NotificationFilters(ctx)
	wanted, known := declared(ctx, plan.Filters, diags)
	others := without(there, wanted)
	switch {
	case err != nil || !known || len(others) == 0:
	case plan.AdoptExisting.ValueBool():
		diags.AddAttributeWarning(path.Root("adopt_existing"), "Notification filters of the user will be removed", c.describe(others)+
			"\n\nApplying removes them. To keep them, add these lines to filters.")
	default:
		diags.AddAttributeWarning(path.Root("filters"), "The user has notification filters already", c.describe(others)+
			"\n\nSo this bunq_notification_filters will not be made."+c.nextSteps())
	}
}
