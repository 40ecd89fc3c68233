package lifecycle_test

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
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
	planned  object
}

// changes is a plan: the state as refreshed, and what to do, in the order of
// the references.
type changes struct {
	refreshed state
	list      []change
	notices   notices
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

// plan validates, refreshes and plans. Where it ends with an error, as core's
// does, nothing of it is kept.
func (c *core) plan(ctx context.Context, config []declared) *changes {
	c.t.Helper()
	server := c.start(ctx)
	p := &changes{refreshed: c.state.clone()}
	planned := state{}
	at := c.stored(planned)
	for _, typ := range orphans(c.state, config) {
		if o, ok := c.refresh(ctx, server, p, p.refreshed[typ]); ok {
			p.list = append(p.list, c.planDelete(ctx, server, p, declared{typ: typ}, o))
		}
	}
	for _, d := range config {
		body := buildObject(c.schemas[d.typ].Block.Attributes, d.body(at))
		c.validate(ctx, server, p, d, body)
		prior, exists := p.refreshed[d.typ]
		if exists {
			prior, exists = c.refresh(ctx, server, p, prior)
		}
		if len(p.notices.errors()) > 0 {
			// Core goes on with what does not depend on it; here each depends on all before.
			return p
		}
		ch := c.planOne(ctx, server, p, d, body, prior, exists)
		planned[d.typ] = ch.planned
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

func (c *core) validate(ctx context.Context, server tfprotov6.ProviderServer, p *changes, d declared, body tftypes.Value) {
	c.t.Helper()
	answer, err := server.ValidateResourceConfig(ctx, &tfprotov6.ValidateResourceConfigRequest{
		TypeName: d.typ, Config: c.dynamic(body),
		ClientCapabilities: &tfprotov6.ValidateResourceConfigClientCapabilities{WriteOnlyAttributesAllowed: true},
	})
	if err != nil {
		c.t.Fatal(err)
	}
	p.notices = append(p.notices, noticesOf(d.typ, answer.Diagnostics)...)
}

// refresh reads one object; false where it is gone.
func (c *core) refresh(ctx context.Context, server tfprotov6.ProviderServer, p *changes, o object) (object, bool) {
	c.t.Helper()
	answer, err := server.ReadResource(ctx, &tfprotov6.ReadResourceRequest{
		TypeName: o.typ, CurrentState: c.dynamic(o.value), Private: o.private, CurrentIdentity: o.identity,
	})
	if err != nil {
		c.t.Fatal(err)
	}
	p.notices = append(p.notices, noticesOf(o.typ, answer.Diagnostics)...)
	if len(noticesOf("", answer.Diagnostics).errors()) > 0 {
		return o, true
	}
	o.value, o.private = c.value(o.typ, answer.NewState), answer.Private
	if answer.NewIdentity != nil {
		o.identity = answer.NewIdentity
	}
	if o.value.IsNull() {
		delete(p.refreshed, o.typ)
		return object{}, false
	}
	p.refreshed[o.typ] = o
	return o, true
}

// planOne asks for the plan of one resource: again as for a new one where the
// first answer is a replacement.
func (c *core) planOne(ctx context.Context, server tfprotov6.ProviderServer, p *changes, d declared, body tftypes.Value, prior object, exists bool) change {
	c.t.Helper()
	none := null(c.typeOf(d.typ))
	from := object{typ: d.typ, value: none}
	if exists && !prior.tainted {
		from = prior
	}
	planned, replaces := c.askPlan(ctx, server, p, d, body, from)
	ch := change{declared: d, prior: prior, planned: planned}
	switch {
	case !exists:
		ch.action = actCreate
	case prior.tainted:
		ch.action = actReplace
	case replaces:
		ch.action = actReplace
		again := object{typ: d.typ, value: none, private: planned.private}
		ch.planned, _ = c.askPlan(ctx, server, p, d, body, again)
	case planned.value.Equal(prior.value):
		ch.action = actNothing
	default:
		ch.action = actUpdate
	}
	return ch
}

func (c *core) askPlan(ctx context.Context, server tfprotov6.ProviderServer, p *changes, d declared, body tftypes.Value, from object) (object, bool) {
	c.t.Helper()
	proposed := proposedNew(c.schemas[d.typ].Block.Attributes, from.value, body)
	answer, err := server.PlanResourceChange(ctx, &tfprotov6.PlanResourceChangeRequest{
		TypeName: d.typ, PriorState: c.dynamic(from.value), ProposedNewState: c.dynamic(proposed), Config: c.dynamic(body),
		PriorPrivate: from.private, PriorIdentity: from.identity,
	})
	if err != nil {
		c.t.Fatal(err)
	}
	p.notices = append(p.notices, noticesOf(d.typ, answer.Diagnostics)...)
	planned := object{typ: d.typ, value: c.value(d.typ, answer.PlannedState), private: answer.PlannedPrivate, identity: answer.PlannedIdentity}
	return planned, !from.value.IsNull() && replaces(answer.RequiresReplace, from.value, planned.value)
}

// replaces reports whether one of the paths has really changed: core ignores the
// others.
func replaces(paths []*tftypes.AttributePath, prior, planned tftypes.Value) bool {
	return slices.ContainsFunc(paths, func(p *tftypes.AttributePath) bool {
		before, _, err1 := tftypes.WalkAttributePath(prior, p)
		after, _, err2 := tftypes.WalkAttributePath(planned, p)
		if err1 != nil || err2 != nil {
			return err1 == nil || err2 == nil
		}
		return !before.(tftypes.Value).Equal(after.(tftypes.Value))
	})
}

func (c *core) planDelete(ctx context.Context, server tfprotov6.ProviderServer, p *changes, d declared, o object) change {
	c.t.Helper()
	none := null(c.typeOf(d.typ))
	answer, err := server.PlanResourceChange(ctx, &tfprotov6.PlanResourceChangeRequest{
		TypeName: d.typ, PriorState: c.dynamic(o.value), ProposedNewState: c.dynamic(none), Config: c.dynamic(none),
		PriorPrivate: o.private, PriorIdentity: o.identity,
	})
	if err != nil {
		c.t.Fatal(err)
	}
	p.notices = append(p.notices, noticesOf(d.typ, answer.Diagnostics)...)
	return change{
		declared: d, action: actDelete, prior: o,
		planned: object{typ: d.typ, value: none, private: answer.PlannedPrivate, identity: answer.PlannedIdentity},
	}
}
