package onboarding

import (
	"context"
	"fmt"
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

// ModifyPlan fills in the api_context as far as it is known, and reports what would make an apply
// fail. In an apply, Terraform plans again, with what was unknown before: so what is reported here
// is found out before anything is sent or stored.
func (r *DeviceServerResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() || r.Data == nil {
		return
	}
	var plan, state deviceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	exists := !req.State.Raw.IsNull()
	if exists {
		resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}

	installation, known := installationOf(ctx, plan.Installation, &resp.Diagnostics)
	if known && !r.Data.SameEnvironment(installation.Environment.ValueString(), "installation", installationPath, &resp.Diagnostics) {
		return
	}
	apiContext, more := plan.apiContext(ctx, &resp.Diagnostics).Object(ctx)
	resp.Diagnostics.Append(more...)
	plan.APIContext = apiContext

	before := readPrivate[deviceRef](ctx, req.Private, plannedDevice, &resp.Diagnostics)
	switch {
	case exists && plan.moves(&state):
		resp.RequiresReplace = append(resp.RequiresReplace, installationPath)
	case exists:
		ref := state.ref()
		storePrivate(ctx, resp.Private, plannedDevice, ref, &resp.Diagnostics)
		plan.RegistrationIP = state.RegistrationIP
		ref.checkKept(ctx, &plan, &state, &resp.Diagnostics)
		r.Data.CheckRefused("bunq_device_server", plan.APIContext, state.APIContext, path.Root("api_context"), &resp.Diagnostics)
	case before.ID != "" && before.Installation == plan.installationID():
		before.refuseAlone(&resp.Diagnostics, installationPath, "A device is only replaced together with its installation", "bunq would refuse another one.",
			"make another installation, and with it another device; the API key stays: "+replaceInstallation,
			"keep the device: plan without -replace, or without its replace_triggered_by")
	}

	if !resp.Diagnostics.HasError() && len(resp.RequiresReplace) == 0 {
		r.noteDevice(ctx, &plan, &state, &resp.Diagnostics)
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
}

// noteDevice tells the other resources of the run of a device that the plan keeps or makes: its
// context, which an import may need, and what its key must permit.
func (r *DeviceServerResource) noteDevice(ctx context.Context, plan, state *deviceModel, diags *diag.Diagnostics) {
	model := plan.apiContext(ctx, diags)
	if ac, more := model.Parse(installationPath); !more.HasError() { // an error is reported where the context is used
		r.Data.Remember(ac)
	}

	// The key may be known before its new installation is.
	if model.APIKey.IsUnknown() {
		return
	}
	key := bunq.APIContext{APIKey: bunq.Secret(model.APIKey.ValueString())}.Fingerprint()
	d := keyDevice{id: state.ID.ValueString(), description: plan.Description.ValueString(), ip: state.RegistrationIP.ValueString()}
	if allKnown(plan.PermittedIPs) {
		d.permitted = addresses(plan.PermittedIPs)
	}
	r.run.devices.plan(key, d, diags)
}

// plannedDevice names the private state with the deviceRef of the device that a plan has seen. A
// replacement is planned twice, and the second time this is all that is left of the device.
const plannedDevice = "planned"

// deviceRef names a device in messages: Terraform tells a provider no addresses.
type deviceRef struct {
	ID           string `json:"id"`
	Description  string `json:"description"`
	Installation string `json:"installation"`
}

func (m *deviceModel) ref() deviceRef {
	return deviceRef{ID: m.ID.ValueString(), Description: m.Description.ValueString(), Installation: m.installationID()}
}

// checkKept reports what would need a second device on the same installation. A value that is not
// known yet is compared in the apply, but a whole credential that is not known is another key.
func (d deviceRef) checkKept(ctx context.Context, plan, state *deviceModel, diags *diag.Diagnostics) {
	const oldKey = "The old key stays usable, unless deactivate_on_destroy = true is in the state of its bunq_psd2_credential."
	key, old := plan.credential(ctx, diags), state.credential(ctx, diags).APIKey
	switch {
	case !key.APIKey.Equal(old) && (!key.APIKey.IsUnknown() || key.ID.IsUnknown()):
		d.refuseAlone(diags, path.Root("credential"), "Another API key needs another installation", oldKey,
			"if the bunq_psd2_credential was renamed: a moved block; if it is tainted: terraform untaint 'bunq_psd2_credential.NAME'",
			"if the key comes from another certificate, or was made elsewhere: "+replaceInstallation,
			"if the same certificate makes another key, as after a leak: "+replaceBoth)
	case changesAny(plan.PermittedIPs, state.PermittedIPs):
		d.refuseAlone(diags, path.Root("permitted_ips"), `Changing to or from "*" needs another API key and another installation`,
			`bunq ties "*" to the key when the device is registered, and can neither set nor remove it later. `+oldKey,
			"make another key and another installation: "+replaceBoth,
			`keep permitted_ips as they were; if bunq has "*" already, as after an import, omit them`)
	case !plan.Description.IsUnknown() && !plan.Description.Equal(state.Description):
		d.refuseAlone(diags, path.Root("description"), "Another description needs another installation", "bunq cannot rename a device.",
			"keep the description: description = "+strconv.Quote(d.Description),
			"make another installation, and with it a device of the new name: "+replaceInstallation)
	}
}

// changesAny reports whether a plan is known to change the key to or from "*". Without a list,
// Terraform leaves the addresses alone, so dropping it changes nothing.
func changesAny(plan, state types.Set) bool {
	if hasAny(plan) {
		return !hasAny(state)
	}
	return hasAny(state) && allKnown(plan) && !plan.IsNull()
}

// refuseAlone reports a plan that would register a second device on an installation (OBSERVED in four
// clients: bunq refuses that).
func (d deviceRef) refuseAlone(diags *diag.Diagnostics, at path.Path, summary, why string, ways ...string) {
	diags.AddAttributeError(at, summary, fmt.Sprintf("bunq registers one device for each installation, and installation %s has device %s %s. %s\n\n"+
		"State: nothing was changed.\n\n"+
		"Next step, one of these (NAME is that of the bunq_installation with ID %s, and of the bunq_psd2_credential; in a module, put module.… in front; "+
		"in a pipeline, a changed keeper of the installation does the same as -replace; for several devices, one command with the -replace options of all):%s",
		d.Installation, d.ID, strconv.Quote(d.Description), why, d.Installation, waysOut(append(ways, destroyInstead)...)))
}
