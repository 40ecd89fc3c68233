package lifecycle_test

import (
	"context"
	"maps"
	"slices"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest/core"
)

type action string

const (
	actNothing action = "nothing"
	actCreate  action = "create"
	actUpdate  action = "update"
	actReplace action = "replace"
	actDelete  action = "delete"
)

// change is what a plan wants to do to one resource.
type change struct {
	declared declared
	action   action
	prior    object
	planned  core.Object
}

// changes is a plan: the state as refreshed, and what to do, in the order of
// the references.
type changes struct {
	refreshed state
	list      []change
	notices   core.Notices
}

func (p *changes) empty() bool {
	return !slices.ContainsFunc(p.list, func(c change) bool { return c.action != actNothing })
}

func (p *changes) actions() []string {
	var out []string
	for _, c := range p.list {
		if c.action != actNothing {
			out = append(out, string(c.action)+" "+c.declared.typ)
		}
	}
	return out
}

// plan validates, refreshes and plans. Where it ends with an error, as Terraform's
// does, nothing of it is kept.
func (w *terraform) plan(ctx context.Context, config []declared) *changes {
	w.t.Helper()
	server := w.start(ctx)
	p := &changes{refreshed: maps.Clone(w.state)}
	for _, typ := range orphans(w.state, config) {
		if o, there := p.refresh(ctx, server, p.refreshed[typ]); there {
			planned, told := server.PlanDestroy(ctx, o.Object)
			p.notices = append(p.notices, told...)
			p.list = append(p.list, change{declared{typ: typ}, actDelete, o, planned})
		}
	}

	planned := state{}
	for _, d := range config {
		args := d.body(planned.references())
		p.notices = append(p.notices, server.Validate(ctx, d.typ, args)...)
		prior, exists := p.refreshed[d.typ]
		if exists {
			prior, exists = p.refresh(ctx, server, prior)
		}
		if p.notices.Failed() {
			// Terraform goes on with what does not depend on it; here each depends on all before.
			return p
		}
		if !exists {
			prior = object{Object: core.Absent(d.typ)}
		}
		ch := p.change(ctx, server, d, args, prior)
		planned[d.typ] = object{Object: ch.planned}
		p.list = append(p.list, ch)
	}
	return p
}

// orphans are the types in the state that the configuration has no more, those
// that depend on others first.
func orphans(s state, config []declared) []string {
	var out []string
	for _, d := range slices.Backward(everything()) {
		_, there := s[d.typ]
		if there && !slices.ContainsFunc(config, func(k declared) bool { return k.typ == d.typ }) {
			out = append(out, d.typ)
		}
	}
	return out
}

// refresh reads one object; false if it is gone.
func (p *changes) refresh(ctx context.Context, server *core.Provider, o object) (object, bool) {
	read, told := server.Read(ctx, o.Object)
	p.notices = append(p.notices, told...)
	o.Object = read
	if !read.Exists() {
		delete(p.refreshed, o.Type)
		return o, false
	}
	p.refreshed[o.Type] = o
	return o, true
}

// change asks for the plan of one resource: again as for a new one where the
// first answer is a replacement.
func (p *changes) change(ctx context.Context, server *core.Provider, d declared, args core.Args, prior object) change {
	from := prior.Object
	if prior.tainted {
		from = core.Absent(d.typ)
	}
	planned, replaces, told := server.Plan(ctx, from, args)
	p.notices = append(p.notices, told...)

	ch := change{declared: d, action: actUpdate, prior: prior, planned: planned}
	switch {
	case !prior.Exists():
		ch.action = actCreate
	case prior.tainted:
		ch.action = actReplace
	case replaces:
		ch.action = actReplace
		again := core.Absent(d.typ)
		again.Private = planned.Private
		ch.planned, _, told = server.Plan(ctx, again, args)
		p.notices = append(p.notices, told...)
	case planned.Value.Equal(prior.Value):
		ch.action = actNothing
	}
	return ch
}
