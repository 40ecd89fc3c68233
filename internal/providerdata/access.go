package providerdata

import (
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/tfdiag"
)

// Access is a context together with the calls that it allows.
type Access struct {
	Context bunq.APIContext
	Calls   *bunq.UserClient
}

// usedContext is what a run knows of an API context.
type usedContext struct {
	apiContext  bunq.APIContext
	fingerprint string
	calls       *bunq.UserClient // nil until the first call

	refusal  error // why bunq refused it in a refresh
	reported bool  // CheckRefused has said so
}

// used returns what the run knows of ac, which is added if it is new. The caller holds d.mu.
func (d *Data) used(ac bunq.APIContext) *usedContext {
	fingerprint := ac.Fingerprint()
	i := slices.IndexFunc(d.contexts, func(u *usedContext) bool { return u.fingerprint == fingerprint })
	if i < 0 {
		i = len(d.contexts)
		d.contexts = append(d.contexts, &usedContext{apiContext: ac, fingerprint: fingerprint})
	}
	return d.contexts[i]
}

// Remember keeps the contexts of this run, newest last. An import only knows its user, and
// finds the context to call bunq with among them. A device adds its own in a plan as
// well, even without a refresh.
func (d *Data) Remember(ac bunq.APIContext) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.used(ac)
}

// Seen returns the contexts that this run has used so far.
func (d *Data) Seen() []bunq.APIContext {
	d.mu.Lock()
	defer d.mu.Unlock()
	var seen []bunq.APIContext
	for _, u := range d.contexts {
		seen = append(seen, u.apiContext)
	}
	return seen
}

// Calls returns the calls that need a session, made with ac. Those of one context share what they read.
func (d *Data) Calls(ac bunq.APIContext) *bunq.UserClient {
	d.mu.Lock()
	defer d.mu.Unlock()
	u := d.used(ac)
	if u.calls == nil {
		u.calls = d.Client.WithSession(ac, d.Sessions.For(ac))
	}
	return u.calls
}

// Access resolves an api_context attribute: the object itself, or the provider's if it is
// null. It reports an error if there is neither, if the value is not known yet, or if it
// belongs to another environment.
func (d *Data) Access(obj types.Object, at path.Path) (*Access, diag.Diagnostics) {
	var diags diag.Diagnostics
	if !d.Ready(&diags) {
		return nil, diags
	}

	ac, diags := d.resolve(obj, at)
	if diags.HasError() {
		return nil, diags
	}
	return &Access{Context: ac, Calls: d.Calls(ac)}, diags
}

// Check reports at plan what Access would report at apply, as far as it is known. It makes no call.
func (d *Data) Check(obj types.Object, at path.Path) diag.Diagnostics {
	var diags diag.Diagnostics
	m := modelOf(obj)
	switch {
	case len(d.Unknown) > 0 || obj.IsNull() && d.DefaultUnknown:
	case !obj.IsNull() && !m.Known():
		// The rest is checked when it is known; the environment can be checked now.
		d.SameEnvironment(m.Environment.ValueString(), "API context", at, &diags)
	default:
		_, diags = d.resolve(obj, at)
	}
	return diags
}

func (d *Data) resolve(obj types.Object, at path.Path) (ac bunq.APIContext, diags diag.Diagnostics) {
	switch {
	case !obj.IsNull():
		ac, diags = d.parse(modelOf(obj), at)
	case d.Default != nil:
		ac = *d.Default
	case d.DefaultProblem != nil:
		diags.Append(diag.WithPath(at, d.DefaultProblem))
	case d.DefaultUnknown:
		diags.AddAttributeError(at, "API context not known yet",
			"The api_context of the provider block is only known after an apply, and this operation must ask bunq now.\n\n"+
				"Next step: apply what it depends on first (terraform apply -target=…).")
	default:
		diags.AddAttributeError(at, "No API context",
			"Neither this resource nor the provider block says with which key to call bunq.\n\n"+
				"Next step: set api_context = bunq_device_server.main.api_context on the resource, or api_context or "+
				"context_file (BUNQ_CONTEXT_FILE) in the provider block.")
	}

	if !diags.HasError() {
		d.SameEnvironment(string(ac.Environment), "API context", at, &diags)
	}
	return ac, diags
}

// parse parses an api_context once in a run. Hundreds of resources may have the same one, and its keys
// are validated. One with a mistake is not kept, as its errors name the attribute that has it.
func (d *Data) parse(m APIContextModel, at path.Path) (ac bunq.APIContext, diags diag.Diagnostics) {
	if !m.Known() {
		diags.AddAttributeError(at, "API context not known yet",
			"The api_context, or a part of it, is only known after an apply, and this operation must ask bunq now.")
		return ac, diags
	}

	// Held while parsing: all resources of a plan come at once, and each would parse it.
	d.mu.Lock()
	defer d.mu.Unlock()
	if known, ok := d.parsed[m]; ok {
		return known, nil
	}
	if ac, diags = m.Parse(at); diags.HasError() {
		return ac, diags
	}
	if d.parsed == nil {
		d.parsed = map[APIContextModel]bunq.APIContext{}
	}
	d.parsed[m] = ac
	return ac, nil
}

// WarnRefused keeps that bunq refused a context in a refresh, and warns about it: once in a run,
// however many resources have the context. They stay in the state as they are. Only a plan knows
// whether that is an error: the configuration may have another context, which the apply stores. See
// CheckRefused.
func (d *Data) WarnRefused(ac bunq.APIContext, err error, diags *diag.Diagnostics) {
	d.mu.Lock()
	defer d.mu.Unlock()
	u := d.used(ac)
	if u.refusal != nil {
		return
	}
	u.refusal = err

	tfdiag.Failure{
		Summary: "bunq refuses an API context of the state",
		State:   "what has this context was not refreshed, and stays in the state as it was.",
	}.Warning(diags, err)
}

// CheckRefused reports at plan that a resource of that kind keeps a context, key and installation,
// that bunq refused in the refresh of this run: an apply would fail in the same way. Once in a run
// for a context. A null object is the provider's context.
func (d *Data) CheckRefused(kind string, planned, state types.Object, at path.Path, diags *diag.Diagnostics) {
	if !planned.Equal(state) || planned.IsUnknown() || len(d.Unknown) > 0 {
		return
	}
	ac, more := d.resolve(planned, at)
	if more.HasError() {
		return // reported by Check
	}

	d.mu.Lock()
	defer d.mu.Unlock()
	u := d.used(ac)
	if u.refusal == nil || u.reported {
		return
	}
	u.reported = true

	now := "nothing was changed. The configuration still has this context, so an apply would fail in the same way."
	if planned.IsNull() {
		now += " If the provider block has it from a bunq_device_server that does not exist yet, make that one first: " +
			"terraform apply -target=bunq_device_server.NAME."
	}
	tfdiag.Failure{Summary: kind + " has an API context that bunq refuses", State: now, At: at}.Error(diags, u.refusal)
}
