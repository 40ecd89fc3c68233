package lifecycle_test

import (
	"context"
	"maps"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest/core"
	"github.com/openpsd2/terraform-provider-bunq/internal/provider"
)

// terraform stands in for Terraform: it has a state, and asks the provider what Terraform asks, in its order. Each
// plan, apply and import has a provider of its own, as each has a process of its own in Terraform.
type terraform struct {
	t       *testing.T
	opts    []provider.Option
	baseURL string
	// settings are further attributes of the provider block.
	settings func(references) core.Args
	// state is the last one written.
	state state
}

// object is one resource instance in the state.
type object struct {
	core.Object
	tainted bool
}

// state maps the type of a resource to its object: the configurations here have
// one of each type.
type state map[string]object

// declared is a resource block of a configuration.
type declared struct {
	typ string
	// needs are the types it refers to, directly or by way of others.
	needs []string
	body  func(references) core.Args
}

// start starts a process of the provider.
func (w *terraform) start(ctx context.Context) *core.Provider {
	w.t.Helper()
	block := core.Args{"base_url": core.String(w.baseURL)}
	if w.settings != nil {
		maps.Copy(block, w.settings(w.state.references()))
	}
	p := core.Start(w.opts...)
	if told := p.Configure(ctx, block); told.Failed() {
		w.t.Fatalf("the provider could not be configured:\n%s", told)
	}
	return p
}

// references looks up the object of a resource; false if it is not there.
type references func(typ string) (tftypes.Value, bool)

// references refers to the objects of a state.
func (s state) references() references {
	return func(typ string) (tftypes.Value, bool) {
		o, ok := s[typ]
		return o.Value, ok
	}
}

// whole is a reference to a whole resource, unknown if it is not there yet.
func (r references) whole(typ string) tftypes.Value {
	v, ok := r(typ)
	if !ok {
		return tftypes.NewValue(tftypes.DynamicPseudoType, tftypes.UnknownValue)
	}
	return v
}

// attr is a reference to one attribute.
func (r references) attr(typ, name string) tftypes.Value {
	v := r.whole(typ)
	if !v.IsKnown() || v.IsNull() {
		return tftypes.NewValue(tftypes.DynamicPseudoType, tftypes.UnknownValue)
	}
	return core.Members(v)[name]
}
