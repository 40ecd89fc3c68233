package onboarding

import (
	"context"
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-framework/diag"
)

// privateReader is the private state of a request.
type privateReader interface {
	GetKey(ctx context.Context, key string) ([]byte, diag.Diagnostics)
}

// privateWriter is the private state of an answer.
type privateWriter interface {
	SetKey(ctx context.Context, key string, value []byte) diag.Diagnostics
}

// readPrivate decodes a value of the private state. It stays empty if there is none.
func readPrivate[T any](ctx context.Context, p privateReader, name string, diags *diag.Diagnostics) T {
	var value T
	raw, more := p.GetKey(ctx, name)
	diags.Append(more...)
	if len(raw) > 0 && json.Unmarshal(raw, &value) != nil {
		return *new(T)
	}
	return value
}

// storePrivate sets a value of the private state.
func storePrivate[T any](ctx context.Context, p privateWriter, name string, value T, diags *diag.Diagnostics) {
	if raw, err := json.Marshal(value); err == nil {
		diags.Append(p.SetKey(ctx, name, raw)...)
	}
}
