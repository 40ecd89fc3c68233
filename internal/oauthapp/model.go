package oauthapp

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
)

// object is what every model has: an object of a bunq user, and the context to call bunq with.
type object struct {
	ID         types.String `tfsdk:"id"`
	UserID     types.String `tfsdk:"user_id"`
	APIContext types.Object `tfsdk:"api_context"`
}

// newObject returns an object without a context, as an import and a list show it.
func newObject(user, id string) object {
	return object{ID: types.StringValue(id), UserID: types.StringValue(user), APIContext: noContext()}
}

// idValue returns an ID of bunq as the state has it.
func idValue(id int64) types.String { return types.StringValue(providerdata.FormatID(id)) }

// number returns an ID as calls need it; 0, which bunq gives to nothing, for what is no ID.
func number(id types.String) int64 {
	n, _ := providerdata.ParseID(id.ValueString()) // checked by the schema and by ImportState
	return n
}

// readable is a plan or a state.
type readable interface {
	Get(ctx context.Context, target any) diag.Diagnostics
	GetAttribute(ctx context.Context, at path.Path, target any) diag.Diagnostics
}

// decode reads a model. It returns false, and diags has the reason, if it cannot.
func decode[M any](ctx context.Context, from readable, diags *diag.Diagnostics) (m *M, ok bool) {
	m = new(M)
	diags.Append(from.Get(ctx, m)...)
	return m, !diags.HasError()
}

// store writes a model to the state, with what identifies its object.
func (b *base) store(ctx context.Context, m any, state *tfsdk.State, identity *tfsdk.ResourceIdentity, diags *diag.Diagnostics) {
	diags.Append(state.Set(ctx, m)...)
	b.identify(ctx, *state, identity, diags)
}

// identify copies what identifies the object from its state.
func (b *base) identify(ctx context.Context, state readable, identity *tfsdk.ResourceIdentity, diags *diag.Diagnostics) {
	for _, id := range b.ids {
		var v types.String
		diags.Append(state.GetAttribute(ctx, path.Root(id.name), &v)...)
		diags.Append(identity.SetAttribute(ctx, path.Root(id.name), v)...)
	}
}

// privateImport is set in the private state by an import, until the first read.
const privateImport = "import"

// privatePlanned is set in the private state by the planning of a resource that is in the state.
// Terraform plans a replacement a second time as if it were new, without the state but with the private
// state of the first time.
const privatePlanned = "planned"

// privateState is that of a request or an answer.
type privateState interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

// hasPrivate reports whether the private state has that key.
func hasPrivate(ctx context.Context, private privateState, key string) bool {
	value, _ := private.GetKey(ctx, key)
	return len(value) > 0
}

// setPrivate sets or removes a key of the private state.
func setPrivate(ctx context.Context, private privateState, key string, set bool, diags *diag.Diagnostics) {
	var value []byte
	if set {
		value = []byte("true")
	}
	diags.Append(private.SetKey(ctx, key, value)...)
}

// planAndState decodes the planned resource and the one in the state. plan is nil for a destroy,
// state for a new resource. It returns false if it cannot, or if there is nothing to plan with:
// Terraform only validates.
func planAndState[M any](ctx context.Context, data *providerdata.Data, req resource.ModifyPlanRequest, diags *diag.Diagnostics) (plan, state *M, ok bool) {
	if data == nil {
		return nil, nil, false
	}
	if !req.Plan.Raw.IsNull() {
		plan, _ = decode[M](ctx, req.Plan, diags)
	}
	if !req.State.Raw.IsNull() {
		state, _ = decode[M](ctx, req.State, diags)
	}
	return plan, state, !diags.HasError()
}
