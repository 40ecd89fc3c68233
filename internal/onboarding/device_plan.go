package onboarding

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
)

// ModifyPlan assembles the api_context if its parts are known, proposes another device for one that
// bunq no longer accepts, and reports what would make an apply fail.
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
	if installation, known := installationOf(ctx, plan.Installation, &resp.Diagnostics); known && !installation.Environment.IsUnknown() {
		if !r.Data.SameEnvironment(installation.Environment.ValueString(), "installation", installationPath, &resp.Diagnostics) {
			return
		}
	}

	ip := ""
	if exists {
		r.noteInState(ctx, &state, &resp.Diagnostics)
		f := deviceFactsOf(ctx, req.Private, &resp.Diagnostics)
		ip = f.IP
		r.proposeAnother(resp, &plan, &state, f)
		r.reportRefused(ctx, &plan, &state, f, &resp.Diagnostics)
	}

	ac, known := plan.apiContext(ctx, &resp.Diagnostics)
	obj, diags := ac.Object(ctx)
	resp.Diagnostics.Append(diags...)
	plan.APIContext = obj
	if known {
		r.notePlan(ctx, ac, &plan, &state, ip, &resp.Diagnostics)
	}

	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
	}
}

// proposeAnother plans another device for changes that an update cannot make, and an update if an
// address that the state does not list must be restored.
func (r *DeviceServerResource) proposeAnother(resp *resource.ModifyPlanResponse, plan, state *deviceModel, f deviceFacts) {
	// It is unknown if something changes, and only filled in then: see readAddressesOf. A set that is
	// not known may turn out to be the same, and then the apply does not fill it in.
	switch {
	case !plan.RegistrationIP.IsUnknown():
	case !state.RegistrationIP.IsNull():
		plan.RegistrationIP = state.RegistrationIP
	case f.IP != "" && allKnown(plan.PermittedIPs) || plan.PermittedIPs.IsNull():
		plan.RegistrationIP = providerdata.StringOrNull(f.IP)
	}

	// A set that was unknown in the plan may turn out to hold "*" in the apply, which plans again
	// and must not turn the update into a replacement. Only the process that plans has read the
	// device; in the other one, Update reports the change.
	if changesAny(plan.PermittedIPs, state.PermittedIPs) && ledgerOf(r.Data).of(state.ID.ValueString()).read {
		resp.RequiresReplace = append(resp.RequiresReplace, path.Root("permitted_ips"))
	}

	warnAnyAddress(plan, state, f.Open, &resp.Diagnostics)

	if f.Shut && !plan.PermittedIPs.IsNull() {
		resp.Diagnostics.AddAttributeWarning(path.Root("registration_ip"), "The address that registered the device is no longer permitted",
			"Device "+state.ID.ValueString()+" was registered from "+f.IP+", and somebody has set that address inactive. Applying sets it active again: it "+
				"stays permitted as long as the device exists.\n\nNext step: apply. To drop the address instead, replace the device from another one.")
		plan.RegistrationIP = types.StringUnknown()
	}
	if f.Unset && !plan.PermittedIPs.IsNull() {
		plan.RegistrationIP = types.StringUnknown() // so that there is an update, which sets them or reports why it cannot
	}

	switch f.Status {
	case "", bunq.StatusActive:
	case bunq.DeviceNeedsConfirmation:
		resp.Diagnostics.AddWarning("The device waits for confirmation",
			"bunq lists device "+state.ID.ValueString()+" as "+f.Status+". Confirm it with bunq; calls may be refused until then.")
	default:
		resp.Diagnostics.AddWarning("bunq no longer accepts the device",
			"bunq lists device "+state.ID.ValueString()+" as "+f.Status+". Applying registers another one with the same key.")
		plan.ID, plan.RegistrationIP = types.StringUnknown(), types.StringUnknown()
		resp.RequiresReplace = append(resp.RequiresReplace, path.Root("id"))
	}
}

// notePlan notes for the run what a device with a known context is: a context that other resources
// may be read with, and a user of its key.
func (r *DeviceServerResource) notePlan(ctx context.Context, model providerdata.APIContextModel, plan, state *deviceModel, ip string, diags *diag.Diagnostics) {
	if r.Data.Sessions == nil || diags.HasError() {
		return
	}
	ac, more := model.Parse(installationPath)
	if more.HasError() {
		return // reported where the context is used
	}
	r.Data.Remember(ac)

	p := keyPlan{description: plan.Description.ValueString()}
	if p.lists = !plan.PermittedIPs.IsNull() && allKnown(plan.PermittedIPs); p.lists {
		p.addresses, more = addresses(ctx, plan.PermittedIPs)
		diags.Append(more...)
	}
	if !state.ID.IsNull() && !plan.replaces(ctx, state, diags) {
		p.id, p.ip = state.ID.ValueString(), ip
	} else {
		noteComing(ctx, r.Data, ac)
	}
	r.keyUseOf(ac).addPlan(p, diags)
}

// warnAnyAddress warns if a plan changes to or from "*" with a key that is in use: bunq ties "*" to
// the key, not to the device, and accepts it only while the key has no address (DOCUMENTED: one
// cannot go from addresses to "*" later).
func warnAnyAddress(plan, state *deviceModel, open bool, diags *diag.Diagnostics) {
	if !allKnown(plan.PermittedIPs) || !plan.Credential.Equal(state.Credential) {
		return
	}
	at := path.Root("permitted_ips")
	next := "\n\nNext step: make another key in the same apply (terraform apply -replace=bunq_psd2_credential.NAME)."
	switch {
	case hasAny(plan.PermittedIPs) && !hasAny(state.PermittedIPs):
		diags.AddAttributeWarning(at, `Too late to open this key to every address`,
			`bunq accepts "*" only for a key that has no permitted address yet, and may refuse it for this one.`+next)
	case !hasAny(plan.PermittedIPs) && (open || hasAny(state.PermittedIPs)):
		diags.AddAttributeWarning(at, "The key stays open to every address",
			`bunq has no call to undo "*", so permitted_ips does not restrict this key.`+next)
	}
}
