package onboarding

import (
	"context"
	"errors"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/tfdiag"
)

var (
	_ resource.ResourceWithConfigure   = (*DeviceServerResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*DeviceServerResource)(nil)
	_ resource.ResourceWithImportState = (*DeviceServerResource)(nil)
)

// DeviceServerResource is bunq_device_server: an API key bound to an installation and to the
// addresses that may use it.
type DeviceServerResource struct {
	base
}

// NewDeviceServerResource returns the resource for the provider's list.
func NewDeviceServerResource() resource.Resource { return &DeviceServerResource{} }

// Metadata names the resource.
func (r *DeviceServerResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_device_server"
}

// Create registers the device, opens the first session with it, and adds the configured addresses.
func (r *DeviceServerResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	ctx, done := r.Data.Operation(ctx, "bunq_device_server: create", &resp.Diagnostics)
	defer done()

	var m deviceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() || !r.Data.Ready(&resp.Diagnostics) {
		return
	}

	reg, ok := r.registration(ctx, &m, &resp.Diagnostics)
	if !ok {
		return
	}
	made, err := reg.register(ctx)
	if err != nil {
		reg.explain(err).Error(&resp.Diagnostics, err)
		return
	}

	m.ID, m.RegistrationIP = types.StringValue(providerdata.FormatID(made.id)), providerdata.StringOrNull(made.ip)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	f := deviceFacts{Status: bunq.StatusActive, IP: made.ip}
	f.store(ctx, resp.Private, &resp.Diagnostics)
	warnAdopted(made, &resp.Diagnostics)
	r.keyUseOf(reg.apiContext).noteMade(m.ID.ValueString(), made.ip)
	providerdata.ForgetComingDevice(ctx, r.Data.Sessions.For(reg.apiContext))

	// The resources that follow need this session anyway. Opening it here verifies key, address and
	// signature while it is clear what to correct.
	if _, err := reg.calls.User(ctx); err != nil {
		r.warnNoSession(ctx, reg, made.id, err, &resp.Diagnostics)
		return
	}
	if m.PermittedIPs.IsNull() {
		return
	}

	access := &providerdata.Access{Context: reg.apiContext, Calls: reg.calls}
	err = r.setAddresses(ctx, access, &m, &f)
	var several *ambiguousError

	f.Unset = errors.As(err, &several)
	m.RegistrationIP = providerdata.StringOrNull(f.IP)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	f.store(ctx, resp.Private, &resp.Diagnostics)
	if err != nil {
		tfdiag.Failure{
			Summary: "bunq_device_server: the permitted addresses are not as configured",
			State:   "the device is registered and stored. The next plan shows which addresses differ; the next apply corrects them.",
			Next:    nextForAddresses(err),
		}.Warning(&resp.Diagnostics, err)
	}
}

// Read looks up the device and its permitted addresses.
func (r *DeviceServerResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	ctx, done := r.Data.Operation(ctx, "bunq_device_server: read", &resp.Diagnostics)
	defer done()

	var m deviceModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if !r.Data.ReadyToRead("bunq_device_server", &resp.Diagnostics) {
		return
	}

	access, ok := r.access(ctx, &m, &resp.Diagnostics)
	if !ok {
		return
	}
	unreadable := tfdiag.Failure{
		Summary: "bunq_device_server cannot be read",
		State:   "the device stays in the state as it was.",
	}
	id, err := providerdata.ParseID(m.ID.ValueString())
	if err != nil {
		unreadable.Error(&resp.Diagnostics, err)
		return
	}

	ledgerOf(r.Data).change(m.ID.ValueString(), func(e *deviceEntry) { e.read = true })
	r.noteInState(ctx, &m, &resp.Diagnostics)

	f := deviceFactsOf(ctx, req.Private, &resp.Diagnostics)
	device, err := access.Calls.DeviceServer(ctx, id)
	if err == nil {
		m.Description = types.StringValue(device.Description)
		f.Status, f.IP = device.Status, device.IP
		err = r.readAddressesOf(ctx, access.Calls, &m, &f, &resp.Diagnostics)
	}
	switch {
	case bunq.IsNotFound(err) && device == nil:
		r.noteReleased(ctx, &m, &resp.Diagnostics)
		resp.State.RemoveResource(ctx)
		return
	case bunq.IsCredentialsRefused(err):
		r.keepRefused(&m, err, &resp.Diagnostics)
		return
	case err != nil:
		unreadable.Error(&resp.Diagnostics, err)
		return
	}

	f.store(ctx, resp.Private, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// Update changes the permitted addresses; the rest concerns Terraform only.
func (r *DeviceServerResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	ctx, done := r.Data.Operation(ctx, "bunq_device_server: update", &resp.Diagnostics)
	defer done()

	var m, state deviceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}

	if changesAny(m.PermittedIPs, state.PermittedIPs) {
		resp.Diagnostics.AddAttributeError(path.Root("permitted_ips"), `"*" needs another registration`,
			"permitted_ips changes to or from \"*\", which only registering the device again can do. The plan could not see this: permitted_ips was "+
				"not known then, or the device was not refreshed.\n\n"+
				"State: nothing was changed, neither at bunq nor in the state.\n\n"+
				"Next step: run terraform apply again; it proposes to replace the device.")
		return
	}

	ac, known := m.apiContext(ctx, &resp.Diagnostics)
	if !known {
		return
	}
	obj, diags := ac.Object(ctx)
	resp.Diagnostics.Append(diags...)
	m.APIContext = obj

	f := deviceFactsOf(ctx, req.Private, &resp.Diagnostics)
	if !m.PermittedIPs.IsNull() && (!m.PermittedIPs.Equal(state.PermittedIPs) || f.Shut || f.Unset || m.namesAnother(ctx, f.Credential, &resp.Diagnostics)) {
		access, ok := r.access(ctx, &m, &resp.Diagnostics)
		if !ok {
			return
		}
		if err := r.setAddresses(ctx, access, &m, &f); err != nil {
			tfdiag.Failure{
				Summary: "bunq_device_server: the permitted addresses were not changed as configured",
				State: "unchanged. The next plan shows which addresses differ. New addresses are activated before old ones are " +
					"deactivated, so no configured address has lost its access.",
				Next: nextForAddresses(err),
			}.Error(&resp.Diagnostics, err)
			return
		}
		f.Shut, f.Unset = false, false
		f.store(ctx, resp.Private, &resp.Diagnostics)
	}

	if m.RegistrationIP.IsUnknown() {
		m.RegistrationIP = providerdata.StringOrNull(f.IP)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// Delete forgets the device: bunq's API has no call to remove one. Its addresses belong to the key,
// which another device may still use.
func (r *DeviceServerResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var m deviceModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}

	r.noteReleased(ctx, &m, &resp.Diagnostics)
	resp.Diagnostics.AddWarning("The device stays at bunq",
		"bunq has no call to remove a device. Device "+m.ID.ValueString()+" and its API key can still be used from the permitted addresses; Terraform "+
			"has only forgotten the device.\n\n"+
			"To make the key unusable, set deactivate_on_destroy = true on its bunq_psd2_credential and apply, before you destroy or replace the credential.")
}

// access returns the device's own API context and the calls made with it.
func (r *DeviceServerResource) access(ctx context.Context, m *deviceModel, diags *diag.Diagnostics) (*providerdata.Access, bool) {
	if diags.HasError() || !r.Data.Ready(diags) {
		return nil, false
	}

	model, known := m.apiContext(ctx, diags)
	if !known || !r.Data.SameEnvironment(model.Environment.ValueString(), "device", installationPath, diags) {
		return nil, false
	}

	ac, more := model.Parse(installationPath)
	diags.Append(more...)
	if diags.HasError() {
		return nil, false
	}
	return &providerdata.Access{Context: ac, Calls: r.Data.Calls(ac)}, true
}

// warnAdopted warns that an existing device was adopted, and says why.
func warnAdopted(made registered, diags *diag.Diagnostics) {
	why := "It appears to have been registered by an interrupted run."
	switch {
	case !made.adopted:
		return
	case made.again:
		why = "bunq registers this key only once, and still has the device that Terraform had forgotten."
	}
	diags.AddWarning("Existing device adopted",
		fmt.Sprintf("bunq already has device %d with this key and description. %s It was adopted; no second one was made.", made.id, why))
}

// warnNoSession warns that the device was registered, but that no session can be opened with its
// key. The device is kept: another one would not change that.
func (r *DeviceServerResource) warnNoSession(ctx context.Context, reg *registration, id int64, err error, diags *diag.Diagnostics) {
	f := tfdiag.Failure{
		Summary: "bunq_device_server: registered, but no session could be opened yet",
		State:   fmt.Sprintf("device %d is stored. The next apply does what needs a session, including permitted_ips.", id),
	}
	if bunq.IsCredentialsRefused(err) {
		noteRefusal(ctx, reg.source, r.Data.Now())
		f.Summary = "bunq_device_server: registered, but bunq refuses its key or this address"
		f.Next = "plan again. If bunq still refuses the key, the plan says what to check."
	}
	f.Warning(diags, err)
}

// nextForAddresses returns the next step if addresses could not be read or set; "" if it follows
// from the error.
func nextForAddresses(err error) string {
	var several *ambiguousError
	if errors.As(err, &several) {
		return nameCredential
	}
	return ""
}
