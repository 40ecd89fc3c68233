package onboarding

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

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

// DeviceServerResource is bunq_device_server: an API key bound to an
// installation and to the addresses that may use it.
type DeviceServerResource struct {
	providerdata.Base
}

// NewDeviceServerResource makes the resource for the provider's list.
func NewDeviceServerResource() resource.Resource { return &DeviceServerResource{} }

// deviceFacts is the private state of a device: what bunq says of it and no
// attribute holds.
const deviceFacts = "device"

type facts struct {
	Status string `json:"status"`
	// IP is the address that registered the device.
	IP string `json:"ip"`
	// Shut says that this address is not active, and the state does not list it.
	Shut bool `json:"shut,omitempty"`
	// Open says that bunq permits every address, and the state does not.
	Open bool `json:"open,omitempty"`
	// Unset says that the addresses of the state were never set, because it is not
	// known which credential the key belongs to.
	Unset bool `json:"unset,omitempty"`
	// Credential is the id of the key's credential, found when there was no doubt.
	Credential int64 `json:"credential,omitempty"`
}

// private is what this resource needs of the framework's private state.
type private interface {
	GetKey(ctx context.Context, key string) ([]byte, diagnostics)
}

func factsOf(ctx context.Context, p private, diags *diagnostics) facts {
	raw, more := p.GetKey(ctx, deviceFacts)
	diags.Append(more...)
	var f facts
	if len(raw) > 0 && json.Unmarshal(raw, &f) != nil {
		return facts{}
	}
	return f
}

// keeper is what this resource needs of the private state of an answer.
type keeper interface {
	SetKey(ctx context.Context, key string, value []byte) diagnostics
}

func (f facts) keep(ctx context.Context, k keeper, diags *diagnostics) {
	if raw, err := json.Marshal(f); err == nil {
		diags.Append(k.SetKey(ctx, deviceFacts, raw)...)
	}
}

// Metadata names the resource.
func (r *DeviceServerResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_device_server"
}

// Create registers the device, opens the first session with it, and adds the
// configured addresses.
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
	m.ID, m.RegistrationIP = types.StringValue(itoa(made.id)), textOrNull(made.ip)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	f := facts{Status: deviceActive, IP: made.ip}
	f.keep(ctx, resp.Private, &resp.Diagnostics)
	warnAdopted(made, &resp.Diagnostics)
	r.useOf(reg.context).madeHere(m.ID.ValueString(), made.ip)

	// The resources below need this session anyway. Opening it here proves key,
	// address and signature while it is clear what to correct.
	if _, err := reg.calls.User(ctx); err != nil {
		r.warnNoSession(ctx, reg, made.id, err, &resp.Diagnostics)
		return
	}
	if m.PermittedIPs.IsNull() {
		return
	}
	access := &providerdata.Access{Context: reg.context, Calls: reg.calls}
	err = r.setAddresses(ctx, access, &m, &f)
	var several *ambiguousError
	f.Unset = errors.As(err, &several)
	m.RegistrationIP = textOrNull(f.IP)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	f.keep(ctx, resp.Private, &resp.Diagnostics)
	if err != nil {
		tfdiag.Failure{
			Summary: "bunq_device_server: the permitted addresses are not as configured",
			State:   "the device is registered and stored. The next plan shows which addresses differ, and the next apply sets them.",
			Next:    nextForAddresses(err),
		}.Warning(&resp.Diagnostics, err)
	}
}

// Read looks the device and its permitted addresses up.
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
	id, err := strconv.ParseInt(m.ID.ValueString(), 10, 64)
	if err != nil {
		unreadable.Error(&resp.Diagnostics, err)
		return
	}
	ledgerOf(r.Data).change(m.ID.ValueString(), func(e *deviceEntry) { e.read = true })
	r.noteInState(ctx, &m, &resp.Diagnostics)

	f := factsOf(ctx, req.Private, &resp.Diagnostics)
	device, err := access.Calls.DeviceServer(ctx, id)
	if err == nil {
		m.Description = types.StringValue(device.Description)
		f.Status, f.IP = device.Status, device.IP
		err = r.readInto(ctx, access.Calls, &m, &f, &resp.Diagnostics)
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
	f.keep(ctx, resp.Private, &resp.Diagnostics)
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
	if movesAny(m.PermittedIPs, state.PermittedIPs) {
		resp.Diagnostics.AddAttributeError(path.Root("permitted_ips"), `"*" needs another registration`,
			"permitted_ips was not known in the plan, or the device was not refreshed, and now changes to or from \"*\". Only registering the device can do that.\n\n"+
				"State: nothing was changed, neither at bunq nor in the state.\n\n"+
				"Next step: run terraform apply again; it proposes to replace the device.")
		return
	}
	ac, known := m.context(ctx, &resp.Diagnostics)
	if !known {
		return
	}
	obj, diags := ac.Object(ctx)
	resp.Diagnostics.Append(diags...)
	m.APIContext = obj

	f := factsOf(ctx, req.Private, &resp.Diagnostics)
	if !m.PermittedIPs.IsNull() && (!m.PermittedIPs.Equal(state.PermittedIPs) || f.Shut || f.Unset || m.namesAnother(ctx, f.Credential, &resp.Diagnostics)) {
		access, ok := r.access(ctx, &m, &resp.Diagnostics)
		if !ok {
			return
		}
		if err := r.setAddresses(ctx, access, &m, &f); err != nil {
			tfdiag.Failure{
				Summary: "bunq_device_server: the permitted addresses were not changed as configured",
				State: "the state stays as it was. New addresses are activated before old ones are deactivated, so what worked before still works; " +
					"the next plan shows which addresses differ.",
				Next: nextForAddresses(err),
			}.Error(&resp.Diagnostics, err)
			return
		}
		f.Shut, f.Unset = false, false
		f.keep(ctx, resp.Private, &resp.Diagnostics)
	}
	if m.RegistrationIP.IsUnknown() {
		m.RegistrationIP = textOrNull(f.IP)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// Delete forgets the device: bunq's API has no call to remove one. Its addresses
// belong to the key, which another device may go on with.
func (r *DeviceServerResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var m deviceModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	r.noteReleased(ctx, &m, &resp.Diagnostics)
	resp.Diagnostics.AddWarning("The device stays at bunq",
		"bunq has no call to remove a device. Device "+m.ID.ValueString()+" and its API key stay usable from the permitted addresses; Terraform has forgotten the device.\n\n"+
			"deactivate_on_destroy = true of bunq_psd2_credential ends the use of the key when its credential is destroyed or replaced; set and apply it before.")
}

// access is the device's own context, and the calls made with it.
func (r *DeviceServerResource) access(ctx context.Context, m *deviceModel, diags *diagnostics) (*providerdata.Access, bool) {
	if diags.HasError() || !r.Data.Ready(diags) {
		return nil, false
	}
	model, known := m.context(ctx, diags)
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

func textOrNull(text string) types.String {
	if text == "" {
		return types.StringNull()
	}
	return types.StringValue(text)
}

// warnAdopted says that no device was made, and why not.
func warnAdopted(made registered, diags *diagnostics) {
	why := "An interrupted run had begun to register it, as far as can be told."
	switch {
	case !made.adopted:
		return
	case made.again:
		why = "bunq registers this key once only, and keeps the device that Terraform had forgotten."
	}
	diags.AddWarning("Existing device adopted",
		fmt.Sprintf("bunq already has device %d with this key and description. %s It is adopted; no second one was made.", made.id, why))
}

// warnNoSession warns that the device was registered, but its key opens no
// session. The device is kept: another one would not change that.
func (r *DeviceServerResource) warnNoSession(ctx context.Context, reg *registration, id int64, err error, diags *diagnostics) {
	f := tfdiag.Failure{
		Summary: "bunq_device_server: registered, but no session could be opened yet",
		State:   fmt.Sprintf("device %d is stored. What needs a session, permitted_ips among it, is done by the next apply.", id),
	}
	if bunq.IsCredentialsRefused(err) {
		noteRefusal(ctx, reg.source, r.Data.Now())
		f.Summary = "bunq_device_server: registered, but bunq refuses its key or this address"
		f.Next = "plan again. If bunq still refuses the key, the plan says what to check."
	}
	f.Warning(diags, err)
}

// nextForAddresses is the next step where addresses could not be read or set; ""
// leaves it to the error.
func nextForAddresses(err error) string {
	var several *ambiguousError
	if errors.As(err, &several) {
		return nameCredential
	}
	return ""
}
