package pacing_test

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/openpsd2/terraform-provider-bunq/internal/provider"
)

// parallelism is how many resources Terraform works on at once.
const parallelism = 10

// run is one process of the provider: Terraform starts one for a plan and another for the apply. It
// speaks the protocol as Terraform's core does.
type run struct {
	t       testing.TB
	server  tfprotov6.ProviderServer
	schemas map[string]*tfprotov6.Schema

	mu       sync.Mutex
	warnings []*tfprotov6.Diagnostic
}

// attributes are the arguments of a block; omitted ones are null.
type attributes map[string]tftypes.Value

// object is a resource in the state.
type object struct {
	typeName string
	args     attributes
	state    tftypes.Value
	private  []byte
	identity *tfprotov6.ResourceIdentityData
}

// failure is what the provider reported as errors.
type failure struct{ diags []*tfprotov6.Diagnostic }

func (f *failure) Error() string {
	texts := make([]string, len(f.diags))
	for i, d := range f.diags {
		texts[i] = d.Summary + ": " + d.Detail
	}
	return strings.Join(texts, "\n")
}

func fault(diags []*tfprotov6.Diagnostic) error {
	f := &failure{}
	for _, d := range diags {
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			f.diags = append(f.diags, d)
		}
	}
	if len(f.diags) == 0 {
		return nil
	}
	return f
}

// judge keeps the warnings and returns the errors.
func (r *run) judge(diags []*tfprotov6.Diagnostic) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, d := range diags {
		if d.Severity == tfprotov6.DiagnosticSeverityWarning {
			r.warnings = append(r.warnings, d)
		}
	}
	return fault(diags)
}

// waited returns the warnings about waiting.
func (r *run) waited() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var texts []string
	for _, w := range r.warnings {
		if w.Summary == "Waited for bunq" {
			texts = append(texts, w.Detail)
		}
	}
	return texts
}

// start starts the provider with a provider block.
func start(ctx context.Context, t testing.TB, block attributes, opts ...provider.Option) *run {
	t.Helper()
	r := &run{t: t, server: providerserver.NewProtocol6(provider.New("test", opts...)())()}
	schemas, err := r.server.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	must(t, err)
	must(t, fault(schemas.Diagnostics))
	r.schemas = schemas.ResourceSchemas
	configured, err := r.server.ConfigureProvider(ctx, &tfprotov6.ConfigureProviderRequest{
		TerraformVersion: "1.14.0", Config: dynamic(t, block.value(schemas.Provider)),
	})
	must(t, err)
	must(t, fault(configured.Diagnostics))
	return r
}

// stop is Ctrl-C.
func (r *run) stop() {
	_, err := r.server.StopProvider(context.Background(), &tfprotov6.StopProviderRequest{})
	must(r.t, err)
}

// create plans and applies a new resource.
func (r *run) create(ctx context.Context, typeName string, args attributes) (*object, error) {
	return r.change(ctx, r.absent(typeName), args)
}

// absent is a resource that is not in the state.
func (r *run) absent(typeName string) *object {
	return &object{typeName: typeName, state: r.none(typeName)}
}

// change plans and applies other arguments.
func (r *run) change(ctx context.Context, o *object, args attributes) (*object, error) {
	planned, err := r.plan(ctx, o, args)
	if err != nil {
		return nil, err
	}
	return r.apply(ctx, o, args, planned)
}

// apply applies what was planned.
func (r *run) apply(ctx context.Context, o *object, args attributes, planned *tfprotov6.PlanResourceChangeResponse) (*object, error) {
	config := args.value(r.schemas[o.typeName])
	applied, err := r.server.ApplyResourceChange(ctx, &tfprotov6.ApplyResourceChangeRequest{
		TypeName: o.typeName, PriorState: dynamic(r.t, o.state), Config: dynamic(r.t, config),
		PlannedState: planned.PlannedState, PlannedPrivate: planned.PlannedPrivate, PlannedIdentity: planned.PlannedIdentity,
	})
	if err != nil {
		return nil, err
	}
	if err := r.judge(applied.Diagnostics); err != nil {
		return nil, err
	}
	return &object{
		typeName: o.typeName, args: args, state: r.read(o.typeName, applied.NewState), private: applied.Private, identity: applied.NewIdentity,
	}, nil
}

// destroy plans and applies the destruction of a resource.
func (r *run) destroy(ctx context.Context, o *object) error {
	none := dynamic(r.t, r.none(o.typeName))
	planned, err := r.server.PlanResourceChange(ctx, &tfprotov6.PlanResourceChangeRequest{
		TypeName: o.typeName, PriorState: dynamic(r.t, o.state), ProposedNewState: none, Config: none, PriorPrivate: o.private, PriorIdentity: o.identity,
	})
	if err != nil {
		return err
	}
	if err := r.judge(planned.Diagnostics); err != nil {
		return err
	}
	applied, err := r.server.ApplyResourceChange(ctx, &tfprotov6.ApplyResourceChangeRequest{
		TypeName: o.typeName, PriorState: dynamic(r.t, o.state), PlannedState: none, Config: none, PlannedPrivate: planned.PlannedPrivate,
	})
	if err != nil {
		return err
	}
	return r.judge(applied.Diagnostics)
}

// refresh reads a resource and plans it with its present arguments. It reports whether there is anything
// to do.
func (r *run) refresh(ctx context.Context, o *object) (changed bool, err error) {
	found, err := r.server.ReadResource(ctx, &tfprotov6.ReadResourceRequest{
		TypeName: o.typeName, CurrentState: dynamic(r.t, o.state), Private: o.private, CurrentIdentity: o.identity,
	})
	if err != nil {
		return false, err
	}
	if err := r.judge(found.Diagnostics); err != nil {
		return false, err
	}
	read := *o
	read.state = r.read(o.typeName, found.NewState)
	if read.state.IsNull() {
		return true, nil
	}
	planned, err := r.plan(ctx, &read, o.args)
	if err != nil {
		return false, err
	}
	return !r.read(o.typeName, planned.PlannedState).Equal(read.state), nil
}

func (r *run) plan(ctx context.Context, o *object, args attributes) (*tfprotov6.PlanResourceChangeResponse, error) {
	schema := r.schemas[o.typeName]
	planned, err := r.server.PlanResourceChange(ctx, &tfprotov6.PlanResourceChangeRequest{
		TypeName: o.typeName, PriorState: dynamic(r.t, o.state), PriorPrivate: o.private, PriorIdentity: o.identity,
		Config: dynamic(r.t, args.value(schema)), ProposedNewState: dynamic(r.t, args.proposed(r.t, schema, o.state)),
	})
	if err != nil {
		return nil, err
	}
	return planned, r.judge(planned.Diagnostics)
}

func (r *run) none(typeName string) tftypes.Value {
	return tftypes.NewValue(r.schemas[typeName].ValueType(), nil)
}

func (r *run) read(typeName string, v *tfprotov6.DynamicValue) tftypes.Value {
	value, err := v.Unmarshal(r.schemas[typeName].ValueType())
	must(r.t, err)
	return value
}

// value returns the block as the configuration has it.
func (a attributes) value(schema *tfprotov6.Schema) tftypes.Value {
	all := map[string]tftypes.Value{}
	for _, s := range schema.Block.Attributes {
		all[s.Name] = tftypes.NewValue(s.ValueType(), nil)
	}
	for name := range a {
		if _, ok := all[name]; !ok {
			panic("no attribute " + name)
		}
	}
	maps.Copy(all, a)
	return tftypes.NewValue(schema.ValueType(), all)
}

// proposed returns what Terraform's core proposes: the configuration and what the provider computed
// before, without write-only attributes.
func (a attributes) proposed(t testing.TB, schema *tfprotov6.Schema, prior tftypes.Value) tftypes.Value {
	t.Helper()
	all := map[string]tftypes.Value{}
	must(t, a.value(schema).As(&all))
	before := map[string]tftypes.Value{}
	if !prior.IsNull() {
		must(t, prior.As(&before))
	}
	for _, s := range schema.Block.Attributes {
		switch {
		case s.WriteOnly:
			all[s.Name] = tftypes.NewValue(s.ValueType(), nil)
		case s.Computed && all[s.Name].IsNull() && prior.IsNull():
			all[s.Name] = tftypes.NewValue(s.ValueType(), tftypes.UnknownValue)
		case s.Computed && all[s.Name].IsNull():
			all[s.Name] = before[s.Name]
		}
	}
	return tftypes.NewValue(schema.ValueType(), all)
}

// get returns an attribute of a resource.
func (o *object) get(t testing.TB, name string) tftypes.Value {
	t.Helper()
	var all map[string]tftypes.Value
	must(t, o.state.As(&all))
	v, ok := all[name]
	if !ok {
		t.Fatalf("%s has no %s", o.typeName, name)
	}
	return v
}

// as returns the resource as the value of an object attribute. As in Terraform's conversion, only the
// members of the attribute are left.
func (r *run) as(o *object, typeName, attribute string) tftypes.Value {
	r.t.Helper()
	for _, s := range r.schemas[typeName].Block.Attributes {
		if s.Name != attribute {
			continue
		}
		members := map[string]tftypes.Value{}
		for name := range s.ValueType().(tftypes.Object).AttributeTypes {
			members[name] = o.get(r.t, name)
		}
		return tftypes.NewValue(s.ValueType(), members)
	}
	r.t.Fatalf("%s has no %s", typeName, attribute)
	return tftypes.Value{}
}

// each calls f for n items, atOnce in parallel, and returns the errors in order.
func each(n, atOnce int, f func(i int) error) []error {
	errs := make([]error, n)
	places := make(chan struct{}, atOnce)
	var all sync.WaitGroup
	for i := range n {
		places <- struct{}{}
		all.Go(func() {
			defer func() { <-places }()
			errs[i] = f(i)
		})
	}
	all.Wait()
	return errs
}

func text(s string) tftypes.Value { return tftypes.NewValue(tftypes.String, s) }

func yes(b bool) tftypes.Value { return tftypes.NewValue(tftypes.Bool, b) }

func dynamic(t testing.TB, v tftypes.Value) *tfprotov6.DynamicValue {
	t.Helper()
	d, err := tfprotov6.NewDynamicValue(v.Type(), v)
	must(t, err)
	return &d
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func mustAll(t testing.TB, errs []error) {
	t.Helper()
	for i, err := range errs {
		if err != nil {
			t.Fatal(fmt.Errorf("number %d: %w", i, err))
		}
	}
}
