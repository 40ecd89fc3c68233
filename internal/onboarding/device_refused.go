package onboarding

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/tfdiag"
)

// keepRefused keeps a device in the state if bunq refuses its key. An error here would stop every
// plan, including the one that replaces the key; so it is a warning, and reportRefused makes it an
// error if the plan keeps the key.
func (r *DeviceServerResource) keepRefused(m *deviceModel, err error, diags *diag.Diagnostics) {
	ledgerOf(r.Data).change(m.ID.ValueString(), func(e *deviceEntry) { e.refused = err })
	diags.AddWarning("bunq refuses the API key of the device",
		"bunq refuses the key of device "+m.ID.ValueString()+", or the address of this machine. The device was not refreshed and stays in the state as "+
			"it was. If the plan keeps the key, an error says what to check.")
}

// reportRefused reports the refusal that keepRefused noted, if the plan keeps the key: nothing that
// needs a session would work.
func (r *DeviceServerResource) reportRefused(ctx context.Context, plan, state *deviceModel, f deviceFacts, diags *diag.Diagnostics) {
	err := ledgerOf(r.Data).of(state.ID.ValueString()).refused
	if err == nil || plan.replaces(ctx, state, diags) {
		return
	}
	from := ""
	if f.IP != "" {
		from = ", which was registered from " + f.IP + ","
	}
	tfdiag.Failure{
		Summary: "bunq_device_server: bunq refuses the API key",
		State:   "device " + state.ID.ValueString() + from + " stays in the state as it was. Nothing was changed at bunq.",
		Next: "check, the likeliest first:\n" +
			"  1. Is the public address of this machine, or of its proxy or NAT, registration_ip or one of permitted_ips? If not, run Terraform from one " +
			"of them; only from there can another address be added.\n" +
			"  2. Has bunq blocked the device? Register the key again: terraform apply -refresh=false -replace=bunq_device_server.NAME.\n" +
			"  3. Otherwise the key is dead. Use another one; if this configuration made it: terraform apply -refresh=false " +
			"-replace=bunq_psd2_credential.NAME. To destroy instead, use terraform destroy -refresh=false.",
	}.Error(diags, err)
}

// replaces reports whether the plan changes what a device is registered with, and so replaces it. A
// value that is not known yet comes from a resource that is replaced.
func (m *deviceModel) replaces(ctx context.Context, state *deviceModel, diags *diag.Diagnostics) bool {
	if isChanged(state.Description, m.Description) || m.ID.IsUnknown() {
		return true
	}
	if old := installationID(state.Installation); old != "" && old != installationID(m.Installation) {
		return true
	}
	return isChanged(m.key(ctx, diags, state), m.key(ctx, diags, m))
}

func (*deviceModel) key(ctx context.Context, diags *diag.Diagnostics, m *deviceModel) types.String {
	c, ok := m.credential(ctx, diags)
	if !ok {
		return types.StringUnknown()
	}
	return c.APIKey
}

// isChanged reports whether the plan changes what was sent to bunq. Filling in what an import could
// not know is not a change.
func isChanged(state, plan types.String) bool { return !state.IsNull() && !state.Equal(plan) }

// installationID returns the id in an installation object, and for an unknown one a text that no id
// equals.
func installationID(obj types.Object) string {
	id, ok := obj.Attributes()["id"].(types.String)
	if !ok || id.IsUnknown() {
		return "unknown"
	}
	return id.ValueString()
}
