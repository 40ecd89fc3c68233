package oauthapp

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
)

// privatePlanned is set by the planning of a resource that is in the state. Terraform plans a
// replacement a second time as if it were new, without the state but with the private state of the
// first time.
const privatePlanned = "planned"

// privateReader is the private state of a request.
type privateReader interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
}

// privateState is the private state of an answer.
type privateState interface {
	privateReader
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

// hasPrivate reports whether the private state has that key.
func hasPrivate(ctx context.Context, private privateReader, key string) bool {
	value, _ := private.GetKey(ctx, key)
	return len(value) > 0
}

// notePlanned notes for a second planning that the resource is in the state.
func notePlanned(ctx context.Context, private privateState, diags *diag.Diagnostics) {
	diags.Append(private.SetKey(ctx, privatePlanned, []byte("true"))...)
}

// isReplacement reports whether a resource without a state is planned as the replacement of its own.
func isReplacement(ctx context.Context, private privateReader) bool {
	return hasPrivate(ctx, private, privatePlanned)
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
