package onboarding

import (
	"context"

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
	access, ok := r.access(&m, &resp.Diagnostics)
	if !ok {
		return
	}
	device, ok := r.register(ctx, access, &m, &resp.Diagnostics)
	if !ok {
		return
	}

	// What bunq made reaches the state before anything else can fail.
	m.ID, m.RegistrationIP = types.StringValue(providerdata.FormatID(device.ID)), providerdata.StringOrNull(device.IP)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)

	err := m.complete(ctx, access, device, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	if err != nil {
		tfdiag.Failure{
			Summary: "bunq_device_server: registered, but not as configured yet",
			State:   "device " + m.ID.ValueString() + " is stored. The next plan shows what is missing, and the next apply does it.",
		}.Warning(&resp.Diagnostics, err)
	}
}

// complete does what follows a registration. It opens the session that the resources below need
// anyway, which verifies key, address and signature while it is clear what to correct. The device
// shows from where it was registered.
func (m *deviceModel) complete(ctx context.Context, access *providerdata.Access, device bunq.DeviceServer, diags *diag.Diagnostics) error {
	if device.IP == "" {
		read, err := access.Calls.DeviceServer(ctx, device.ID)
		if err != nil {
			return err
		}
		m.RegistrationIP = providerdata.StringOrNull(read.IP)
	}
	if m.PermittedIPs.IsNull() {
		return nil
	}

	return m.setAddresses(ctx, access, types.SetNull(types.StringType), diags)
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
	access, ok := r.access(&m, &resp.Diagnostics)
	if !ok {
		return
	}

	id, err := providerdata.ParseID(m.ID.ValueString())
	if err == nil {
		err = m.read(ctx, access, id, &resp.Diagnostics)
	}
	switch {
	case err == nil:
		resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	case bunq.IsNotFound(err):
		providerdata.Gone(ctx, resp, plannedDevice)
	case bunq.IsContextRefused(err):
		r.Data.WarnRefused(access.Context, err, &resp.Diagnostics)
	default:
		tfdiag.Failure{
			Summary: "bunq_device_server cannot be read",
			State:   "the device stays in the state as it was.",
		}.Error(&resp.Diagnostics, err)
	}
}

// read fills in what bunq has. An error says nothing about the device but a 404, which is about it.
func (m *deviceModel) read(ctx context.Context, access *providerdata.Access, id int64, diags *diag.Diagnostics) error {
	device, err := access.Calls.DeviceServer(ctx, id)
	if err != nil {
		return err
	}
	m.Description, m.RegistrationIP = types.StringValue(device.Description), providerdata.StringOrNull(device.IP)
	warnStatus(m, device.Status, diags)
	return m.readAddresses(ctx, access, diags)
}

// Update changes the permitted addresses; the rest concerns Terraform only.
func (r *DeviceServerResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	ctx, done := r.Data.Operation(ctx, "bunq_device_server: update", &resp.Diagnostics)
	defer done()

	var m, state deviceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	access, ok := r.access(&m, &resp.Diagnostics)
	if !ok {
		return
	}

	// A list that was read from another credential says nothing about this one.
	if !m.credential(ctx, &resp.Diagnostics).ID.Equal(state.credential(ctx, &resp.Diagnostics).ID) {
		state.PermittedIPs = types.SetNull(types.StringType)
	}
	if !m.PermittedIPs.IsNull() && !m.PermittedIPs.Equal(state.PermittedIPs) {
		if err := m.setAddresses(ctx, access, state.PermittedIPs, &resp.Diagnostics); err != nil {
			tfdiag.Failure{
				Summary: "bunq_device_server: the permitted addresses were not changed as configured",
				State: "unchanged. The next plan shows which addresses differ. New addresses are activated before old ones are " +
					"deactivated, so no configured address has lost its access.",
				At: path.Root("permitted_ips"),
			}.Error(&resp.Diagnostics, err)
			return
		}
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

	resp.Diagnostics.AddWarning("The device stays at bunq",
		"bunq has no call to remove a device: Terraform has only forgotten device "+m.ID.ValueString()+". What becomes of its API key is decided by "+
			"deactivate_on_destroy of its bunq_psd2_credential.")
}

// access returns the calls that are made with the device's own context.
func (r *DeviceServerResource) access(m *deviceModel, diags *diag.Diagnostics) (*providerdata.Access, bool) {
	if diags.HasError() {
		return nil, false
	}
	access, more := r.Data.Access(m.APIContext, path.Root("api_context"))
	diags.Append(more...)
	return access, !diags.HasError()
}

// warnStatus warns of a status in which bunq may refuse the device. It is never replaced by itself:
// that would make another installation.
func warnStatus(m *deviceModel, status string, diags *diag.Diagnostics) {
	switch status {
	case bunq.StatusActive:
	case bunq.DeviceNeedsConfirmation:
		diags.AddWarning("The device waits for confirmation",
			"bunq lists device "+m.ID.ValueString()+" as "+status+". Confirm it with bunq; calls may be refused until then.")
	default:
		diags.AddWarning("bunq no longer accepts the device", "bunq lists device "+m.ID.ValueString()+" as "+status+
			".\n\nNext step: make another installation, and with it another device; the API key stays:"+waysOut(replaceInstallation))
	}
}
