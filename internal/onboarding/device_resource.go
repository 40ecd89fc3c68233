package onboarding

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
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
	// Refused says that bunq never opened a session with the device.
	Refused bool `json:"refused,omitempty"`
	// Open says that bunq permits every address, and the state does not.
	Open bool `json:"open,omitempty"`
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

// Metadata names the resource.
func (r *DeviceServerResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_device_server"
}

// Schema describes the resource.
func (r *DeviceServerResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Registers a device (`POST /device-server`): binds an API key to an installation and to the addresses that may use it. " +
			"Creating it ends with opening a session, which proves key, address and signature.\n\n" +
			"bunq cannot delete a device: destroying this resource forgets it. With `deactivate_ips_on_destroy` its key can no longer be used.",
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				Computed: true, MarkdownDescription: "bunq's number of the device.", PlanModifiers: keepString(),
			},
			"installation": installationAttribute(),
			"credential": schema.SingleNestedAttribute{
				Required: true,
				MarkdownDescription: "The API key, handed on with its credential: `credential = bunq_psd2_credential.main`; or `{ api_key = var.key }` for a " +
					"key that was made elsewhere. Another key replaces the device.",
				Attributes: map[string]schema.Attribute{
					"id": schema.StringAttribute{
						Optional: true,
						MarkdownDescription: "`id` of the `bunq_psd2_credential`. Where it is left out, the permitted addresses are found by the key's " +
							"device, if there is only one that fits.",
						Validators: []validator.String{wholeNumber()},
					},
					"api_key": schema.StringAttribute{
						Required: true, Sensitive: true, MarkdownDescription: "`api_key` of the `bunq_psd2_credential`.",
						Validators:    []validator.String{stringvalidator.LengthAtLeast(1)},
						PlanModifiers: []planmodifier.String{replacesUnlessImported("the API key")},
					},
				},
			},
			"description": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Name of the device, 1 to 255 characters. Another name registers another device.",
				Validators:          []validator.String{stringvalidator.LengthBetween(1, 255)},
				PlanModifiers:       []planmodifier.String{replacesUnlessImported("the description")},
			},
			"permitted_ips": schema.SetAttribute{
				Optional: true, ElementType: types.StringType,
				MarkdownDescription: "Public IPv4 and IPv6 addresses that may use the key; the one that applies must be among them, or bunq locks it out. " +
					"Left out, bunq binds the key to the address that registers it, and Terraform does not look after it. Changed in place: new addresses " +
					"are activated before old ones are deactivated. `\"*\"` beside the own address permits every address; it can only be set when " +
					"the device is made, so a change to or from it replaces the device.",
				Validators: []validator.Set{
					setvalidator.SizeAtLeast(1),
					setvalidator.ValueStringsAre(permittedAddress{}),
					notOnlyAny{},
					eachOnce{},
				},
			},
			"deactivate_ips_on_destroy": schema.BoolAttribute{
				Optional: true, Computed: true, Default: booldefault.StaticBool(false),
				MarkdownDescription: "Set every permitted address of the key inactive on destroy, so that nobody can use it any more. `false` by default.",
			},
			"api_context": schema.SingleNestedAttribute{
				Computed: true, Sensitive: true,
				MarkdownDescription: "Everything that opens sessions with this device; what `bunq_oauth_client` and `bunq_oauth_callback_url` take.",
				Attributes: map[string]schema.Attribute{
					"environment":           schema.StringAttribute{Computed: true, MarkdownDescription: "`sandbox` or `production`."},
					"api_key":               schema.StringAttribute{Computed: true, Sensitive: true, MarkdownDescription: "The API key."},
					"installation_token":    schema.StringAttribute{Computed: true, Sensitive: true, MarkdownDescription: "Token of the installation."},
					"private_key_pem":       schema.StringAttribute{Computed: true, Sensitive: true, MarkdownDescription: "Private key of the installation."},
					"server_public_key_pem": schema.StringAttribute{Computed: true, MarkdownDescription: "bunq's public key."},
				},
			},
		},
	}
}

// ModifyPlan joins the api_context where its parts are known, and proposes
// another device for one that bunq no longer accepts.
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
		r.Data.SameEnvironment(installation.Environment.ValueString(), "installation", installationPath, &resp.Diagnostics)
	}
	if exists {
		r.proposeAnother(ctx, req, resp, &plan, &state)
	}
	if ac, known := plan.context(ctx, &resp.Diagnostics); known {
		obj, diags := ac.Object(ctx)
		resp.Diagnostics.Append(diags...)
		plan.APIContext = obj
	} else if exists && !plan.Installation.Equal(state.Installation) || exists && !plan.Credential.Equal(state.Credential) {
		plan.APIContext = types.ObjectUnknown(providerdata.APIContextTypes())
	}
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
	}
}

func (r *DeviceServerResource) proposeAnother(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse, plan, state *deviceModel) {
	at := path.Root("permitted_ips")
	if !plan.PermittedIPs.IsUnknown() && hasAny(plan.PermittedIPs) != hasAny(state.PermittedIPs) {
		resp.RequiresReplace = append(resp.RequiresReplace, at)
	}
	f := factsOf(ctx, req.Private, &resp.Diagnostics)
	warnAnyAddress(plan, state, f.Open, &resp.Diagnostics)
	switch f.Status {
	case "", deviceActive:
	case deviceNeedsConfirmation:
		resp.Diagnostics.AddWarning("The device waits for confirmation",
			"bunq lists device "+state.ID.ValueString()+" as "+f.Status+". Confirm it with bunq; calls may be refused until then.")
	default:
		resp.Diagnostics.AddWarning("bunq no longer accepts the device",
			"bunq lists device "+state.ID.ValueString()+" as "+f.Status+". Applying registers another one with the same key.")
		plan.ID = types.StringUnknown()
		resp.RequiresReplace = append(resp.RequiresReplace, path.Root("id"))
		return
	}
	warnOwnAddress(ctx, f, plan, state, &resp.Diagnostics)
}

// Create registers the device and opens the first session with it.
func (r *DeviceServerResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	ctx, done := providerdata.Operation(ctx, "bunq_device_server: create")
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
	id, taken, err := reg.register(ctx)
	if err != nil {
		reg.explain(err).Error(&resp.Diagnostics, err)
		return
	}
	m.ID = types.StringValue(strconv.FormatInt(id, 10))
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, deviceFacts, []byte(`{"status":"`+deviceActive+`"}`))...)
	if taken {
		resp.Diagnostics.AddWarning("A device that was there is taken up",
			fmt.Sprintf("bunq already had device %d with this key and description, left by an earlier run that did not end well. "+
				"It is used; no second one was made.", id))
	}

	// The resources below need this session anyway. Opening it here proves key,
	// address and signature while it is clear what to correct.
	_, err = reg.calls.User(ctx)
	switch {
	case err == nil && !r.Data.IsMadeHere(reg.context.APIKey):
		// The key has the addresses of its earlier devices, too.
		if err := r.reconcile(ctx, reg.calls, &m, ""); err != nil {
			tfdiag.Failure{
				Summary: "bunq_device_server: the permitted addresses are not as configured",
				State:   "the device is stored. The next plan shows which addresses differ, and the next apply sets them.",
			}.Warning(&resp.Diagnostics, err)
		}
	case err == nil:
	case bunq.IsCredentialsRefused(err):
		noteRefusal(ctx, reg.source, r.Data.Now())
		resp.Diagnostics.Append(resp.Private.SetKey(ctx, deviceFacts, []byte(`{"refused":true}`))...)
		tfdiag.Failure{
			Summary: "bunq_device_server: registered, but its key or address is refused",
			State: fmt.Sprintf("device %d is stored and marked for replacement, because registering it anew is what mends it; "+
				"bunq keeps the old one, unused.", id),
			Next: "see that permitted_ips holds the public address of this machine (a proxy or NAT has its own) and that the key was not " +
				"used elsewhere first, then apply again: the device is registered with what you corrected. If bunq refuses that too, the key is bound to " +
				"an address that you do not have: register the credential again (terraform apply -refresh=false -replace=bunq_psd2_credential.NAME).",
			At: path.Root("permitted_ips"),
		}.Error(&resp.Diagnostics, err)
	default:
		tfdiag.Failure{
			Summary: "bunq_device_server: registered, but no session could be opened yet",
			State:   fmt.Sprintf("device %d is stored and stays. What needs a session is done by the next apply.", id),
		}.Warning(&resp.Diagnostics, err)
	}
}

// Read looks the device and its permitted addresses up.
func (r *DeviceServerResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	ctx, done := providerdata.Operation(ctx, "bunq_device_server: read")
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
	// Refused when it was made, it is marked for replacement: an error here would
	// keep the next apply from registering it with what was corrected.
	refused := factsOf(ctx, req.Private, &resp.Diagnostics).Refused
	if refused && refusedLately(ctx, r.Data.Sessions.For(access.Context), r.Data.Now()) {
		return
	}
	device, err := access.Calls.DeviceServer(ctx, id)
	switch {
	case bunq.IsNotFound(err):
		resp.State.RemoveResource(ctx)
		return
	case bunq.IsCredentialsRefused(err) && refused:
		return
	case err != nil:
		unreadable.Error(&resp.Diagnostics, err)
		return
	}
	m.Description = types.StringValue(device.Description)
	open := false
	if !m.PermittedIPs.IsNull() {
		if open, err = r.readAddresses(ctx, access.Calls, &m); err != nil {
			unreadable.Error(&resp.Diagnostics, err)
			return
		}
	}
	raw, err := json.Marshal(facts{Status: device.Status, IP: device.IP, Open: open})
	if err == nil {
		resp.Diagnostics.Append(resp.Private.SetKey(ctx, deviceFacts, raw)...)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// Update changes the permitted addresses; the rest concerns Terraform only.
func (r *DeviceServerResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	ctx, done := providerdata.Operation(ctx, "bunq_device_server: update")
	defer done()

	var m, state deviceModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	ac, known := m.context(ctx, &resp.Diagnostics)
	if !known {
		return
	}
	obj, diags := ac.Object(ctx)
	resp.Diagnostics.Append(diags...)
	m.APIContext = obj
	if !m.PermittedIPs.IsNull() && !m.PermittedIPs.Equal(state.PermittedIPs) {
		access, ok := r.access(ctx, &m, &resp.Diagnostics)
		if !ok {
			return
		}
		if err := r.reconcile(ctx, access.Calls, &m, factsOf(ctx, req.Private, &resp.Diagnostics).IP); err != nil {
			tfdiag.Failure{
				Summary: "bunq_device_server: the permitted addresses were not changed as configured",
				State: "the state stays as it was. New addresses are activated before old ones are deactivated, so what worked before still works; " +
					"the next plan shows which addresses differ.",
			}.Error(&resp.Diagnostics, err)
			return
		}
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// Delete forgets the device: bunq's API has no call to remove one. What it has
// is making the key's addresses inactive, which ends its use.
func (r *DeviceServerResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	ctx, done := providerdata.Operation(ctx, "bunq_device_server: delete")
	defer done()

	var m deviceModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	r.Data.LetGo("device-server", m.ID.ValueString())
	if !m.DeactivateIPsOnDestroy.ValueBool() {
		resp.Diagnostics.AddWarning("The device stays at bunq",
			"bunq has no call to remove a device. Device "+m.ID.ValueString()+" and its API key stay usable from the permitted addresses; Terraform has forgotten them.\n\n"+
				"To make the key useless from every address, set deactivate_ips_on_destroy = true and apply before you destroy.")
		return
	}
	access, ok := r.access(ctx, &m, &resp.Diagnostics)
	if !ok {
		return
	}
	err := r.deactivateAll(ctx, access.Calls, &m)
	switch f := factsOf(ctx, req.Private, &resp.Diagnostics); {
	case bunq.IsCredentialsRefused(err) && (f.Refused || f == facts{}):
		// bunq never opened a session with it. Terraform hands over no private state
		// of what is tainted. An error would keep it from being registered anew.
		resp.Diagnostics.AddWarning("The device stays at bunq",
			"bunq has no call to remove a device, and refuses the key of device "+m.ID.ValueString()+" from this address, so its permitted addresses could "+
				"not be set inactive either. Terraform has forgotten it.")
		return
	case err != nil:
		tfdiag.Failure{
			Summary: "bunq_device_server: the permitted addresses were not all deactivated",
			State:   "the device stays in the state, so that the next destroy deactivates the rest.",
			Next: "run it again. If bunq refuses this machine's address, the others cannot be reached from here: set deactivate_ips_on_destroy = false, " +
				"apply that with -refresh=false, and destroy with -refresh=false; or forget the device with terraform state rm.",
		}.Error(&resp.Diagnostics, err)
		return
	}
	resp.Diagnostics.AddWarning("The device stays at bunq, without a permitted address",
		"bunq has no call to remove a device. Device "+m.ID.ValueString()+" is forgotten by Terraform, and no address may use its API key any more.")
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
