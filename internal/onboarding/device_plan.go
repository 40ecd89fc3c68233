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

// ModifyPlan joins the api_context where its parts are known, proposes another
// device for one that bunq no longer accepts, and reports what an apply would
// run into.
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
		r.planWith(ctx, ac, &plan, &state, ip, &resp.Diagnostics)
	}

	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
	}
}

// proposeAnother plans another device where an update cannot do it, and an
// update where bunq has lost what the state does not list.
func (r *DeviceServerResource) proposeAnother(resp *resource.ModifyPlanResponse, plan, state *deviceModel, f deviceFacts) {
	// It is unknown where something changes, and only then filled in: see readAddressesOf.
	switch {
	case !plan.RegistrationIP.IsUnknown():
	case !state.RegistrationIP.IsNull():
		plan.RegistrationIP = state.RegistrationIP
	case f.IP != "" || plan.PermittedIPs.IsNull():
		plan.RegistrationIP = textOrNull(f.IP)
	}

	// A set that was not known in the plan may turn out to hold "*" in the apply,
	// which plans again and must not replace then what was to be updated. Only the
	// process that plans reads; Update reports what this one may not propose.
	if changesAny(plan.PermittedIPs, state.PermittedIPs) && ledgerOf(r.Data).of(state.ID.ValueString()).read {
		resp.RequiresReplace = append(resp.RequiresReplace, path.Root("permitted_ips"))
	}

	warnAnyAddress(plan, state, f.Open, &resp.Diagnostics)

	if f.Shut && !plan.PermittedIPs.IsNull() {
		resp.Diagnostics.AddAttributeWarning(path.Root("registration_ip"), "The address that registered the device is not permitted any more",
			"Somebody has set "+f.IP+" inactive, from which device "+state.ID.ValueString()+" was registered. Applying sets it active again: it stays "+
				"permitted as long as the device lives.\n\nNext step: apply; or replace the device from another address, to leave this one behind.")
		plan.RegistrationIP = types.StringUnknown()
	}
	if f.Unset && !plan.PermittedIPs.IsNull() {
		plan.RegistrationIP = types.StringUnknown() // so that there is an update, which sets them or says what is in the way
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

// planWith notes for the run what a device with a known context is: what reads
// below it may call with, and what else its key is used for.
func (r *DeviceServerResource) planWith(ctx context.Context, model providerdata.APIContextModel, plan, state *deviceModel, ip string, diags *diag.Diagnostics) {
	if r.Data.Sessions == nil || diags.HasError() {
		return
	}
	ac, more := model.Parse(installationPath)
	if more.HasError() {
		return // reported where it is used
	}
	r.Data.Remember(ac)

	p := keyPlan{description: plan.Description.ValueString()}
	if p.lists = !plan.PermittedIPs.IsNull() && allKnown(plan.PermittedIPs); p.lists {
		p.addresses, more = addresses(ctx, plan.PermittedIPs)
		diags.Append(more...)
	}
	if !state.ID.IsNull() && !plan.replaces(ctx, state, diags) {
		p.id, p.ip = state.ID.ValueString(), ip
	}
	r.keyUseOf(ac).addPlan(p, diags)
}

// warnAnyAddress warns where a plan changes to or from "*" with a key that is in
// use: bunq ties "*" to the key, not to the device, and takes it only as long as
// the key has no address (bunq docs, device-server).
func warnAnyAddress(plan, state *deviceModel, open bool, diags *diag.Diagnostics) {
	if !allKnown(plan.PermittedIPs) || !plan.Credential.Equal(state.Credential) {
		return
	}
	at := path.Root("permitted_ips")
	next := "\n\nNext step: make another key in the same apply (terraform apply -replace=bunq_psd2_credential.NAME)."
	switch {
	case hasAny(plan.PermittedIPs) && !hasAny(state.PermittedIPs):
		diags.AddAttributeWarning(at, `Too late to open this key to every address`,
			`bunq takes "*" only for a key that has no permitted address yet, and may refuse it for this one.`+next)
	case !hasAny(plan.PermittedIPs) && (open || hasAny(state.PermittedIPs)):
		diags.AddAttributeWarning(at, "The key stays open to every address",
			`bunq has no call to take "*" back, so that permitted_ips does not restrict this key.`+next)
	}
}
