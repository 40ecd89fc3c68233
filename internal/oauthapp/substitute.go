package oauthapp

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
)

// privateContext names the context with which a refresh read a resource because bunq refuses the
// one in its state. A destroy in the apply has no other way to get it: it runs in another process,
// in which nothing else may have called bunq.
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
