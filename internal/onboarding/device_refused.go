package onboarding

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/tfdiag"
)

// keepRefused keeps a device as the state has it where bunq refuses its key. An
// error here would stop every plan, also the one that replaces the key; so it is
// a warning, and the plan decides with reportRefused.
func (r *DeviceServerResource) keepRefused(m *deviceModel, err error, diags *diag.Diagnostics) {
	ledgerOf(r.Data).change(m.ID.ValueString(), func(e *deviceEntry) { e.refused = err })
	diags.AddWarning("bunq refuses the API key of the device",
		"bunq refuses the key of device "+m.ID.ValueString()+", or the address that this machine calls from. The device was not refreshed, and stays in the "+
			"state as it was. A plan that goes on with the key says what to check.")
}

// reportRefused reports the refusal that keepRefused met, where the plan goes on
// with the same key: nothing that needs a session would work.
func (r *DeviceServerResource) reportRefused(ctx context.Context, plan, state *deviceModel, f deviceFacts, diags *diag.Diagnostics) {
	err := ledgerOf(r.Data).of(state.ID.ValueString()).refused
	if err == nil || plan.replaces(ctx, state, diags) {
		return
	}
	from := ""
	if f.IP != "" {
		from = ", which is registered from " + f.IP + ","
	}
	tfdiag.Failure{
		Summary: "bunq_device_server: bunq refuses the API key",
		State:   "device " + state.ID.ValueString() + from + " stays in the state as it was. Nothing was changed at bunq.",
		Next: "check, the likeliest first:\n" +
			"  1. Does this machine call from registration_ip or from one of permitted_ips? A proxy or NAT has an address of its own. If not, run " +
			"Terraform from one of them; only from there can another address be added.\n" +
			"  2. Has bunq blocked the device? Register the key again: terraform apply -refresh=false -replace=bunq_device_server.NAME.\n" +
			"  3. If it is neither, the key is dead. Use another one; if this configuration made it: terraform apply -refresh=false " +
			"-replace=bunq_psd2_credential.NAME. To destroy instead, use terraform destroy -refresh=false.",
	}.Error(diags, err)
}

// replaces reports whether the plan makes another device by what it is made of.
// What is not known yet comes from a resource that is replaced.
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

// isChanged reports whether the plan changes what bunq was given. What an import
// could not know is none.
func isChanged(state, plan types.String) bool { return !state.IsNull() && !state.Equal(plan) }
