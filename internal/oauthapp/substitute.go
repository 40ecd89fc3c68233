package oauthapp

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/tfdiag"
)

// privateContext names the context with which a refresh read a resource because bunq refuses the
// one in its state, or because the state has none, as after an import. A destroy in the apply has no
// other way to get it: it runs in another process, in which nothing else may have called bunq.
const privateContext = "context"

// privateReader is the private state of a request.
type privateReader interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
}

// privateState is the private state of an answer.
type privateState interface {
	privateReader
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

// keepSubstitute stores the context that a refresh used, if it is not the one in the state; nil for
// that one.
func keepSubstitute(ctx context.Context, private privateState, used *bunq.APIContext, diags *diag.Diagnostics) {
	if used == nil {
		if kept, _ := private.GetKey(ctx, privateContext); len(kept) > 0 {
			diags.Append(private.SetKey(ctx, privateContext, nil)...)
		}
		return
	}
	if text, err := providerdata.MarshalContext(*used); err == nil {
		diags.Append(private.SetKey(ctx, privateContext, text)...)
	}
}

// checkDestroy reports at plan that the apply would have no context to destroy a resource of this kind
// with. The configuration no longer has one for it.
func checkDestroy(ctx context.Context, data *providerdata.Data, apiContext types.Object, user types.String, kind string,
	private privateReader, diags *diag.Diagnostics,
) {
	if kept, _ := private.GetKey(ctx, privateContext); len(kept) > 0 || !contextMissing(data, apiContext) {
		return
	}
	diags.AddAttributeError(apiContextPath, "No API context to destroy "+kind+" with", "The state has none for it, as after an import that no apply "+
		"followed, the provider block has none, and no resource that this run read before it has one of bunq user "+user.ValueString()+".\n\n"+
		"State: nothing was changed.\n\n"+
		"Next step: set api_context or context_file (BUNQ_CONTEXT_FILE) in the provider block, and apply again. Or keep the resource in the configuration, "+
		"with its api_context, for one apply, which stores it. To forget it and keep it at bunq, use a removed block (destroy = false).")
}

// accessToDestroy returns the context for the destroy of a resource. If the state has none, it is
// the one that the plan has kept.
func accessToDestroy(ctx context.Context, data *providerdata.Data, apiContext types.Object, user types.String,
	private privateReader, diags *diag.Diagnostics,
) (*providerdata.Access, bool) {
	useSubstitute(ctx, data, private, diags)
	if contextMissing(data, apiContext) {
		for a := range contextsOf(ctx, data, user) {
			return a, true
		}
	}
	access, more := data.Access(ctx, apiContext, apiContextPath)
	diags.Append(more...)
	return access, !diags.HasError()
}

// useSubstitute lets this run use the context that a refresh stored.
func useSubstitute(ctx context.Context, data *providerdata.Data, private privateReader, diags *diag.Diagnostics) {
	text, more := private.GetKey(ctx, privateContext)
	diags.Append(more...)
	if len(text) == 0 {
		return
	}
	if ac, err := providerdata.UnmarshalContext(text); err == nil && ac.Environment == data.Environment {
		data.Remember(ac)
	}
}

// reportUndestroyed reports a destroy that failed. If bunq refuses the key, or it is another user's, the
// configuration may have no place for another one but the provider block.
func reportUndestroyed(f tfdiag.Failure, user types.String, diags *diag.Diagnostics, err error) {
	if bunq.IsCredentialsRefused(err) {
		f.Next = tfdiag.Steps(
			tfdiag.CheckAddress,
			"if the key is dead, and bunq user "+user.ValueString()+" has another one, set its api_context in the provider block and apply again: it is then used "+
				"instead",
			"to forget the resource and keep it at bunq, use a removed block (destroy = false)",
		)
	}
	if other, ok := asOtherUser(err); ok {
		f.Next = tfdiag.Steps(other.waysOfUndeclared()...)
	}
	reportFailure(f, diags, err)
}
