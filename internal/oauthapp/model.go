package oauthapp

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
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

// decode reads a plan or a state into a model. It returns false, and diags has the reason, if it cannot.
func decode[M any](ctx context.Context, from interface {
	Get(ctx context.Context, target any) diag.Diagnostics
}, diags *diag.Diagnostics,
) (m *M, ok bool) {
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
func (b *base) identify(ctx context.Context, state interface {
	GetAttribute(ctx context.Context, at path.Path, target any) diag.Diagnostics
}, identity *tfsdk.ResourceIdentity, diags *diag.Diagnostics,
) {
	for _, id := range b.ids {
		var v types.String
		diags.Append(state.GetAttribute(ctx, path.Root(id.name), &v)...)
		diags.Append(identity.SetAttribute(ctx, path.Root(id.name), v)...)
	}
}
