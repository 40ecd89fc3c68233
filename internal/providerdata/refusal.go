package providerdata

import (
	"context"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/tfdiag"
)

// refusals are the API contexts that bunq refused in this run, by fingerprint.
type refusals struct {
	mu        sync.Mutex
	byContext map[string]*refusal
}

// refusal is bunq's error about a context, and what the run has said about it.
type refusal struct {
	err      error
	reported bool
}

// WarnRefused keeps that bunq refused a context in a refresh, and warns about it: once in a run,
// however many resources have the context. They stay in the state as they are. Only a plan knows
// whether that is an error: the configuration may have another context, which the apply stores. See
// CheckRefused.
func (d *Data) WarnRefused(ac bunq.APIContext, err error, diags *diag.Diagnostics) {
	d.refusals.mu.Lock()
	defer d.refusals.mu.Unlock()

	name := ac.Fingerprint()
	if d.refusals.byContext[name] != nil {
		return
	}
	if d.refusals.byContext == nil {
		d.refusals.byContext = map[string]*refusal{}
	}
	d.refusals.byContext[name] = &refusal{err: err}

	tfdiag.Failure{
		Summary: "bunq refuses an API context of the state",
		State:   "what has this context was not refreshed, and stays in the state as it was.",
	}.Warning(diags, err)
}

// CheckRefused reports at plan that a resource of that kind keeps a context, key and installation,
// that bunq refused in the refresh of this run: an apply would fail in the same way. Once in a run
// for a context. A null object is the provider's context.
func (d *Data) CheckRefused(ctx context.Context, kind string, planned, state types.Object, at path.Path, diags *diag.Diagnostics) {
	if !planned.Equal(state) || planned.IsUnknown() || len(d.Unknown) > 0 {
		return
	}
	ac, more := d.resolve(ctx, planned, at)
	if more.HasError() {
		return // reported by Check
	}

	d.refusals.mu.Lock()
	defer d.refusals.mu.Unlock()
	r := d.refusals.byContext[ac.Fingerprint()]
	if r == nil || r.reported {
		return
	}
	r.reported = true
	now := "nothing was changed. The configuration still has this context, so an apply would fail in the same way."
	if planned.IsNull() {
		now += " If the provider block has it from a bunq_device_server that does not exist yet, make that one first: " +
			"terraform apply -target=bunq_device_server.NAME."
	}
	tfdiag.Failure{Summary: kind + " has an API context that bunq refuses", State: now, At: at}.Error(diags, r.err)
}
