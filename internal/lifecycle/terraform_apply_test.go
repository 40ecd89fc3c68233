package lifecycle_test

import (
	"context"
	"maps"
	"slices"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest/core"
)

// apply carries a plan out in a new process, and keeps the state that comes of
// it: what was done before an error stays done.
func (w *terraform) apply(ctx context.Context, p *changes) core.Notices {
	w.t.Helper()
	w.state = maps.Clone(p.refreshed)
	a := &applying{terraform: w, server: w.start(ctx), failed: map[string]bool{}}
	// Destroying goes against the references, and before anything is made.
	for _, ch := range destroyOrder(p.list) {
		a.destroy(ctx, ch)
	}
	for _, ch := range p.list {
		if ch.action == actCreate || ch.action == actUpdate || ch.action == actReplace {
			a.makeOrChange(ctx, ch)
		}
	}
	return a.notices
}

// destroyOrder has the users of a resource before it.
func destroyOrder(list []change) []change {
	var out []change
	for _, d := range slices.Backward(everything()) {
		for _, ch := range list {
			if ch.declared.typ == d.typ && (ch.action == actDelete || ch.action == actReplace) {
				out = append(out, ch)
			}
		}
	}
	return out
}

type applying struct {
	*terraform
	server  *core.Provider
	notices core.Notices
	// failed are the types whose change did not work: what needs them is left out.
	failed map[string]bool
}

// note keeps what the provider said about a type, and reports whether that is an error.
func (a *applying) note(typ string, told core.Notices) (failed bool) {
	a.notices = append(a.notices, told...)
	a.failed[typ] = a.failed[typ] || told.Failed()
	return told.Failed()
}

func (a *applying) blocked(d declared) bool {
	if slices.ContainsFunc(d.needs, func(typ string) bool { return a.failed[typ] }) {
		a.failed[d.typ] = true
	}
	return a.failed[d.typ]
}

func (a *applying) destroy(ctx context.Context, ch change) {
	a.t.Helper()
	typ := ch.declared.typ
	for _, user := range everything() {
		if a.failed[user.typ] && slices.Contains(user.needs, typ) {
			a.failed[typ] = true
			return
		}
	}

	planned := ch.planned
	if ch.action == actReplace {
		// Terraform plans the removal of what it replaces once more, when its turn has come.
		again, told := a.server.PlanDestroy(ctx, ch.prior.Object)
		if a.note(typ, told) {
			return
		}
		planned = again
	}
	left, told := a.server.Apply(ctx, ch.prior.Object, planned, nil)
	switch failed := a.note(typ, told); {
	case failed && !left.Exists():
		// Terraform keeps what it cannot know to be gone.
		a.state[typ] = ch.prior
	case failed:
		kept := ch.prior
		kept.Value, kept.Private = left.Value, left.Private
		a.state[typ] = kept
	case !left.Exists():
		delete(a.state, typ)
	default:
		a.t.Fatalf("%s is there after it was destroyed without an error", typ)
	}
}

func (a *applying) makeOrChange(ctx context.Context, ch change) {
	a.t.Helper()
	if a.blocked(ch.declared) {
		return
	}

	typ := ch.declared.typ
	args := ch.declared.body(a.state.references())
	prior, exists := a.state[typ]
	from := prior.Object
	if !exists {
		prior = object{Object: core.Absent(typ)}
		from = prior.Object
		from.Private = ch.planned.Private
	}
	// Terraform plans again, with what is known by now.
	planned, _, told := a.server.Plan(ctx, from, args)
	if a.note(typ, told.Errors()) {
		return
	}
	if where := core.Contradiction(typ, ch.planned.Value, planned.Value); where != "" {
		a.t.Errorf("inconsistent final plan: %s", where)
	}
	if exists && planned.Value.Equal(prior.Value) {
		return
	}

	made, told := a.server.Apply(ctx, prior.Object, planned, args)
	a.store(prior, planned, made, a.note(typ, told))
}

// store keeps what an apply answered, by Terraform's rules.
func (a *applying) store(prior object, planned, made core.Object, failed bool) {
	a.t.Helper()
	typ := made.Type
	switch {
	case failed && !made.Exists() && prior.Exists():
		a.state[typ] = prior // better than losing it
	case failed && !made.Exists():
	case failed:
		a.state[typ] = object{made, !prior.Exists()} // what a failed create left is made again
	case !made.Exists():
		a.t.Errorf("%s: null after an apply without an error", typ)
	case !made.Value.IsFullyKnown():
		a.t.Errorf("%s: unknown values after an apply", typ)
		a.state[typ] = object{Object: made}
	default:
		if where := core.Contradiction(typ, planned.Value, made.Value); where != "" {
			a.t.Errorf("inconsistent result after apply: %s", where)
		}
		a.state[typ] = object{Object: made}
	}
}

// imports takes an object over by its id: import and the read that follows. The
// state is kept only where both worked.
func (w *terraform) imports(ctx context.Context, typ, id string) core.Notices {
	w.t.Helper()
	server := w.start(ctx)
	o, told := server.Import(ctx, typ, id)
	if told.Failed() {
		return told
	}
	read, more := server.Read(ctx, o)
	if told = append(told, more...); told.Failed() {
		return told
	}
	if !read.Exists() {
		return append(told, core.Notice{Summary: "Cannot import non-existent remote object"})
	}
	w.state = maps.Clone(w.state)
	w.state[typ] = object{Object: read}
	return told
}
