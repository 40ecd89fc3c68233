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
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/tfdiag"
)

var (
	_ resource.ResourceWithConfigure      = (*DeviceServerResource)(nil)
	_ resource.ResourceWithValidateConfig = (*DeviceServerResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*DeviceServerResource)(nil)
	_ resource.ResourceWithImportState    = (*DeviceServerResource)(nil)
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
	access, ok := r.access(ctx, &m, &resp.Diagnostics)
	if !ok {
		return
	}

	request := deviceRequest(&m, access.Context.APIKey)
	device, adopted, err := r.register(ctx, access, request)
	if err != nil {
		notRegistered(err, request).Error(&resp.Diagnostics, err)
		return
	}
	if adopted {
		warnAdopted(device, &resp.Diagnostics)
	}

	// What bunq made reaches the state before anything else can fail.
	m.ID, m.RegistrationIP = types.StringValue(providerdata.FormatID(device.ID)), providerdata.StringOrNull(device.IP)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)

	err = r.complete(ctx, access, &m, device, &resp.Diagnostics)
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
func (r *DeviceServerResource) complete(ctx context.Context, access *providerdata.Access, m *deviceModel, device bunq.DeviceServer, diags *diag.Diagnostics) error {
	if device.IP == "" {
		read, err := access.Calls.DeviceServer(ctx, device.ID)
		if err != nil {
			return err
		}
		m.RegistrationIP = types.StringValue(read.IP)
	}
	if m.PermittedIPs.IsNull() {
		return nil
	}

	key, err := addressesOf(ctx, access, m)
	if err != nil {
		return err
	}
	if hasAny(m.PermittedIPs) && !key.isActive(anyAddress) {
		warnNotOpen(m, diags)
	}
	return key.change(ctx, m, types.SetNull(types.StringType))
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

	id, err := providerdata.ParseID(m.ID.ValueString())
	var device *bunq.DeviceServer
	if err == nil {
		device, err = access.Calls.DeviceServer(ctx, id)
	}
	if bunq.IsNotFound(err) {
		resp.State.RemoveResource(ctx)
		return
	}
	if err == nil {
		m.Description, m.RegistrationIP = types.StringValue(device.Description), types.StringValue(device.IP)
		warnStatus(&m, device.Status, &resp.Diagnostics)
		err = m.readAddresses(ctx, access, &resp.Diagnostics)
	}

	switch {
	case bunq.IsContextRefused(err):
		r.Data.WarnRefused(access.Context, err, &resp.Diagnostics)
	case err != nil:
		tfdiag.Failure{
			Summary: "bunq_device_server cannot be read",
			State:   "the device stays in the state as it was.",
		}.Error(&resp.Diagnostics, err)
	default:
		resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	}
}

// Update changes the permitted addresses; the rest concerns Terraform only.
func (r *DeviceServerResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	ctx, done := r.Data.Operation(ctx, "bunq_device_server: update", &resp.Diagnostics)
	defer done()

	var m, state deviceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	access, ok := r.access(ctx, &m, &resp.Diagnostics)
	if !ok {
		return
	}

	// A list that was read from another credential says nothing about this one.
	if !m.credential(ctx, &resp.Diagnostics).ID.Equal(state.credential(ctx, &resp.Diagnostics).ID) {
		state.PermittedIPs = types.SetNull(types.StringType)
	}
	if !m.PermittedIPs.IsNull() && !m.PermittedIPs.Equal(state.PermittedIPs) {
		key, err := addressesOf(ctx, access, &m)
		if err == nil {
			err = key.change(ctx, &m, state.PermittedIPs)
		}
		if err != nil {
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

// access returns the device's own API context and the calls made with it.
func (r *DeviceServerResource) access(ctx context.Context, m *deviceModel, diags *diag.Diagnostics) (*providerdata.Access, bool) {
	if diags.HasError() || !r.Data.Ready(diags) {
		return nil, false
	}
	model := m.apiContext(ctx, diags)
	if !r.Data.SameEnvironment(model.Environment.ValueString(), "device", installationPath, diags) {
		return nil, false
	}

	ac, more := model.Parse(installationPath)
	diags.Append(more...)
	if diags.HasError() {
		return nil, false
	}
	return &providerdata.Access{Context: ac, Calls: r.Data.Calls(ac)}, true
}

// warnAdopted warns that bunq had the device already.
func warnAdopted(d bunq.DeviceServer, diags *diag.Diagnostics) {
	diags.AddWarning("Existing device adopted", fmt.Sprintf(
		"The installation has device %d %s already, registered from %s. It was adopted; no second one was made. Causes: an answer of bunq that was lost, an "+
			"interrupted run, terraform taint, a block that was renamed without moved, or a second block for the same installation, which should go.",
		d.ID, strconv.Quote(d.Description), d.IP))
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

// warnOpen warns of a "*" that only bunq has, as after an import.
func warnOpen(m *deviceModel, diags *diag.Diagnostics) {
	diags.AddAttributeWarning(path.Root("permitted_ips"), "The key stays open to every address",
		`bunq permits every address ("*") for the key of device `+m.ID.ValueString()+", and has no call to undo that, so permitted_ips does not restrict the "+
			"key.\n\nNext step: make another key and another installation:"+waysOut(replaceBoth))
}

// warnNotOpen warns of a "*" that bunq may not have set.
func warnNotOpen(m *deviceModel, diags *diag.Diagnostics) {
	diags.AddAttributeWarning(path.Root("permitted_ips"), "The key may not be open to every address",
		`bunq lists no "*" for the key of device `+m.ID.ValueString()+`. It sets "*" only when it registers a device, and only if the list holds the `+
			"address that registers it. This device was registered from "+m.RegistrationIP.ValueString()+".\n\n"+
			"Next step: see that permitted_ips lists that address, then make another key and another installation:"+waysOut(replaceBoth))
}

// warnShut warns that somebody has ended the address that must stay permitted.
func warnShut(m *deviceModel, diags *diag.Diagnostics) {
	ip := m.RegistrationIP.ValueString()
	diags.AddAttributeWarning(path.Root("permitted_ips"), "The address that registered the device is no longer permitted",
		"Device "+m.ID.ValueString()+" was registered from "+ip+", and somebody has set that address inactive.\n\nNext step, one of these:"+waysOut(
			"permit it again: add "+strconv.Quote(ip)+" to permitted_ips, then terraform apply",
			"drop it: make another installation, from an address that is permitted: "+replaceInstallation))
}
