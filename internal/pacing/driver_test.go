package pacing_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest/core"
	"github.com/openpsd2/terraform-provider-bunq/internal/provider"
)

// parallelism is how many resources Terraform works on at once.
const parallelism = 10

// run is one process of the provider: Terraform starts one for a plan and another for the apply.
type run struct {
	*core.Provider

	t testing.TB

	mu   sync.Mutex
	told core.Notices
}

// object is a resource in the state, and its arguments.
type object struct {
	core.Object

	args core.Args
}

// start starts the provider with a provider block.
func start(ctx context.Context, t testing.TB, block core.Args, opts ...provider.Option) *run {
	t.Helper()
	r := &run{t: t, Provider: core.Start(opts...)}
	must(t, r.Configure(ctx, block).Err())
	return r
}

// judge keeps what the provider said, and returns the errors.
func (r *run) judge(told core.Notices) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.told = append(r.told, told...)
	return told.Err()
}

// waited returns the warnings about waiting.
func (r *run) waited() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	var texts []string
	for _, w := range r.told {
		if w.Warning && w.Summary == "Waited for bunq" {
			texts = append(texts, w.Detail)
		}
	}
	return texts
}

// create plans and applies a new resource.
func (r *run) create(ctx context.Context, typ string, args core.Args) (*object, error) {
	return r.change(ctx, absent(typ), args)
}

// absent is a resource that is not in the state.
func absent(typ string) *object { return &object{Object: core.Absent(typ)} }

// change plans and applies other arguments.
func (r *run) change(ctx context.Context, o *object, args core.Args) (*object, error) {
	planned, err := r.plan(ctx, o, args)
	if err != nil {
		return nil, err
	}
	return r.apply(ctx, o, args, planned)
}

func (r *run) plan(ctx context.Context, o *object, args core.Args) (core.Object, error) {
	planned, _, told := r.Plan(ctx, o.Object, args)
	return planned, r.judge(told)
}

// apply applies what was planned.
func (r *run) apply(ctx context.Context, o *object, args core.Args, planned core.Object) (*object, error) {
	made, told := r.Apply(ctx, o.Object, planned, args)
	if err := r.judge(told); err != nil {
		return nil, err
	}
	return &object{made, args}, nil
}

// destroy plans and applies the destruction of a resource.
func (r *run) destroy(ctx context.Context, o *object) error {
	planned, told := r.PlanDestroy(ctx, o.Object)
	if err := r.judge(told); err != nil {
		return err
	}
	_, told = r.Apply(ctx, o.Object, planned, nil)
	return r.judge(told)
}

// refresh reads a resource and plans it with its present arguments. It reports whether there is anything
// to do.
func (r *run) refresh(ctx context.Context, o *object) (changed bool, err error) {
	read, told := r.Read(ctx, o.Object)
	if err := r.judge(told); err != nil {
		return false, err
	}
	if !read.Exists() {
		return true, nil
	}
	planned, err := r.plan(ctx, &object{read, o.args}, o.args)
	if err != nil {
		return false, err
	}
	return !planned.Value.Equal(read.Value), nil
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

// textOf is a string.
func textOf(t testing.TB, v tftypes.Value) string {
	t.Helper()
	var s string
	must(t, v.As(&s))
	return s
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
