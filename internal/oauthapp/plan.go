package oauthapp

import (
	"context"
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
)

// privatePlan names the run of the plan that destroys an object, in its private state, which is all
// that Terraform passes from a plan to the apply of a destroy.
const privatePlan = "plan"

// planRun returns the run in the private state of a destroy; "" if there is none.
func planRun(ctx context.Context, private privateReader) (run string, diags diag.Diagnostics) {
	value, diags := private.GetKey(ctx, privatePlan)
	if len(value) > 0 {
		_ = json.Unmarshal(value, &run) // anything but our own text is no run
	}
	return run, diags
}

// planAndState decodes the planned resource and the one in the state. plan is nil for a destroy,
// state for a new resource.
func planAndState[M any](ctx context.Context, req resource.ModifyPlanRequest, diags *diag.Diagnostics) (plan, state *M) {
	if !req.Plan.Raw.IsNull() {
		diags.Append(req.Plan.Get(ctx, &plan)...)
	}
	if !req.State.Raw.IsNull() {
		diags.Append(req.State.Get(ctx, &state)...)
	}
	return plan, state
}
