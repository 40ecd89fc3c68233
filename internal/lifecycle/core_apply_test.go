package lifecycle_test

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// apply carries a plan out in a new process, and keeps the state that comes of
// it: what was done before an error stays done.
func (c *core) apply(ctx context.Context, p *changes) notices {
	c.t.Helper()
	server := c.start(ctx)
	c.state = p.refreshed.clone()
	a := &applying{core: c, server: server, failed: map[string]bool{}}
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
	*core
	server  tfprotov6.ProviderServer
	notices notices
	// failed are the types whose change did not work: what needs them is left out.
	failed map[string]bool
}

func (a *applying) note(typ string, diags []*tfprotov6.Diagnostic) bool {
	got := noticesOf(typ, diags)
	a.notices = append(a.notices, got...)
	if len(got.errors()) > 0 {
		a.failed[typ] = true
		return true
	}
	return false
}

func (a *applying) blocked(d declared) bool {
	if slices.ContainsFunc(d.needs, func(typ string) bool { return a.failed[typ] }) {
		a.failed[d.typ] = true
	}
	return a.failed[d.typ]
}

func (a *applying) destroy(ctx context.Context, ch change) {
	a.t.Helper()
	for _, user := range everything() {
		if a.failed[user.typ] && slices.Contains(user.needs, ch.declared.typ) {
			a.failed[ch.declared.typ] = true
			return
		}
	}
	p := &changes{}
	if ch.action == actReplace {
		// Core plans the removal of what it replaces once more, when its turn has come.
		ch = a.planDelete(ctx, a.server, p, ch.declared, ch.prior)
		if a.notices = append(a.notices, p.notices...); len(p.notices.errors()) > 0 {
			a.failed[ch.declared.typ] = true
			return
		}
	}
	none := null(a.typeOf(ch.declared.typ))
	answer, err := a.server.ApplyResourceChange(ctx, &tfprotov6.ApplyResourceChangeRequest{
		TypeName: ch.declared.typ, PriorState: a.dynamic(ch.prior.value), PlannedState: a.dynamic(none), Config: a.dynamic(none),
		PlannedPrivate: ch.planned.private, PlannedIdentity: ch.planned.identity,
	})
	if err != nil {
		a.t.Fatal(err)
	}
	failed := a.note(ch.declared.typ, answer.Diagnostics)
	got := a.value(ch.declared.typ, answer.NewState)
	switch {
	case failed && got.IsNull():
		// Core keeps what it cannot know to be gone.
		a.state[ch.declared.typ] = ch.prior
	case failed:
		kept := ch.prior
		kept.value, kept.private = got, answer.Private
		a.state[ch.declared.typ] = kept
	case got.IsNull():
		delete(a.state, ch.declared.typ)
	default:
		a.t.Fatalf("%s is there after it was destroyed without an error", ch.declared.typ)
	}
}

func (a *applying) makeOrChange(ctx context.Context, ch change) {
	a.t.Helper()
	if a.blocked(ch.declared) {
		return
	}
	typ := ch.declared.typ
	body := buildObject(a.schemas[typ].Block.Attributes, ch.declared.body(a.stored(a.state)))
	prior, exists := a.state[typ]
	if !exists {
		prior = object{typ: typ, value: null(a.typeOf(typ))}
	}
	// Core plans again, with what is known by now.
	p := &changes{}
	from := prior
	if !exists {
		from.private = ch.planned.private
	}
	planned, _ := a.askPlan(ctx, a.server, p, ch.declared, body, from)
	for _, n := range p.notices.errors() {
		a.notices = append(a.notices, n)
		a.failed[typ] = true
	}
	if a.failed[typ] {
		return
	}
	if where := contradicts(typ, ch.planned.value, planned.value); where != "" {
		a.t.Errorf("inconsistent final plan: %s", where)
	}
	if exists && planned.value.Equal(prior.value) {
		return
	}
	answer, err := a.server.ApplyResourceChange(ctx, &tfprotov6.ApplyResourceChangeRequest{
		TypeName: typ, PriorState: a.dynamic(prior.value), PlannedState: a.dynamic(planned.value), Config: a.dynamic(body),
		PlannedPrivate: planned.private, PlannedIdentity: planned.identity,
	})
	if err != nil {
		a.t.Fatal(err)
	}
	failed := a.note(typ, answer.Diagnostics)
	got := object{typ: typ, value: a.value(typ, answer.NewState), private: answer.Private, identity: answer.NewIdentity}
	a.store(typ, prior, got, planned.value, exists, failed)
}

// store keeps what an apply answered, by core's rules.
func (a *applying) store(typ string, prior, got object, planned tftypes.Value, exists, failed bool) {
	a.t.Helper()
	switch {
	case failed && got.value.IsNull() && exists:
		a.state[typ] = prior // better than losing it
	case failed && got.value.IsNull():
	case failed:
		got.tainted = !exists // what a failed create left is made again
		a.state[typ] = got
	case got.value.IsNull():
		a.t.Errorf("%s: null after an apply without an error", typ)
	case !got.value.IsFullyKnown():
		a.t.Errorf("%s: unknown values after an apply", typ)
		a.state[typ] = got
	default:
		if where := contradicts(typ, planned, got.value); where != "" {
			a.t.Errorf("inconsistent result after apply: %s", where)
		}
		a.state[typ] = got
	}
}

// imports takes an object over by its id: import and the read that follows. The
// state is kept only where both worked.
func (c *core) imports(ctx context.Context, typ, id string) notices {
	c.t.Helper()
	server := c.start(ctx)
	answer, err := server.ImportResourceState(ctx, &tfprotov6.ImportResourceStateRequest{TypeName: typ, ID: id})
	if err != nil {
		c.t.Fatal(err)
	}
	got := noticesOf(typ, answer.Diagnostics)
	if len(got.errors()) > 0 {
		return got
	}
	if n := len(answer.ImportedResources); n != 1 {
		c.t.Fatalf("%d resources imported", n)
	}
	in := answer.ImportedResources[0]
	o := object{typ: typ, value: c.value(typ, in.State), private: in.Private, identity: in.Identity}
	p := &changes{refreshed: state{}}
	o, there := c.refresh(ctx, server, p, o)
	if got = append(got, p.notices...); len(got.errors()) > 0 {
		return got
	}
	if !there {
		return append(got, notice{during: typ, summary: "Cannot import non-existent remote object"})
	}
	c.state = c.state.clone()
	c.state[typ] = o
	return got
}
