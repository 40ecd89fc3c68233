package oauthapp

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
)

// What the private state of a resource says.
const (
	// privateImport is set by an import until the first read.
	privateImport = "import"
	// privatePlanned is set by the planning of a resource that is in the state. Terraform plans a
	// replacement a second time as if it were new, without the state but with the private state of the
	// first time.
	privatePlanned = "planned"
)

// privateReader is the private state of a request.
type privateReader interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
}

// privateWriter is the private state of an answer.
type privateWriter interface {
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

// hasPrivate reports whether the private state has that key.
func hasPrivate(ctx context.Context, private privateReader, key string) bool {
	value, _ := private.GetKey(ctx, key)
	return len(value) > 0
}

// setPrivate sets or removes a key of the private state.
func setPrivate(ctx context.Context, private privateWriter, key string, set bool, diags *diag.Diagnostics) {
	var value []byte
	if set {
		value = []byte("true")
	}
	diags.Append(private.SetKey(ctx, key, value)...)
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
