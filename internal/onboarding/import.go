package onboarding

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/sdkconf"
	"github.com/openpsd2/terraform-provider-bunq/internal/tfdiag"
)

// fileImport is a context file of bunq's SDKs, verified by a session: key, token and API key belong
// together, and bunq returned the installation's id.
type fileImport struct {
	calls        *bunq.UserClient
	installation providerdata.InstallationModel
	apiKey       types.String
	// wanted is the id after "#" in the import id, 0 if there is none.
	wanted int64
}

var idSuffix = regexp.MustCompile(`^(.*)#([1-9][0-9]{0,18})$`)

func openFile(ctx context.Context, data *providerdata.Data, importID string, diags *diag.Diagnostics) (*fileImport, bool) {
	if !data.Ready(diags) {
		return nil, false
	}

	f := &fileImport{}
	name := importID
	if m := idSuffix.FindStringSubmatch(importID); m != nil {
		name = m[1]
		f.wanted, _ = providerdata.ParseID(m[2])
	}

	file, err := sdkconf.Read(name)
	if err != nil {
		diags.AddError("The import id is not a usable context file", tfdiag.Sentence(err)+"\n\n"+
			"The import id is the path of a context file that one of bunq's SDKs wrote (bunq.conf). Use PATH#ID to choose one of several credentials or devices.")
		return nil, false
	}

	model := providerdata.FromContextFile(file)
	if !data.SameEnvironment(model.Environment.ValueString(), "context file", path.Empty(), diags) {
		return nil, false
	}

	ac, more := model.Parse(path.Empty())
	diags.Append(more...)
	if diags.HasError() {
		return nil, false
	}

	f.calls = data.Calls(ac)
	id, err := f.calls.InstallationID(ctx)
	if err != nil {
		tfdiag.Failure{
			Summary: "The context file could not be verified",
			State:   "nothing was imported. The file holds no ids: the provider opens a session to read them and to verify that the keys belong together.",
			Next:    importNext(err),
		}.Error(diags, err)
		return nil, false
	}

	f.installation = providerdata.InstallationFromFile(file, types.StringValue(providerdata.FormatID(id)))
	f.apiKey = model.APIKey
	return f, true
}

// importNext returns the next step after a refused import; "" if it follows from the error. Nothing
// is in the state yet, so there is nothing to replace.
func importNext(err error) string {
	const instead = "If the key is dead, there is nothing to import: declare bunq_installation, bunq_psd2_credential and bunq_device_server without import " +
		"blocks, and apply. A certificate for the same organisation joins the same bunq user."
	var api *bunq.APIError
	switch {
	case bunq.IsCredentialsRefused(err):
		return "check in this order:\n" +
			"  1. Is the public address of this machine, or of its proxy or NAT, permitted for the key? If not, import from a permitted address.\n" +
			"  2. Is the file from this environment and base_url, and is it the newest one that its program wrote?\n" +
			"  3. Has bunq blocked the device, or did the key expire unused? " + instead
	case errors.As(err, &api) && api.Envelope && (api.Status == http.StatusUnauthorized || api.Status == http.StatusForbidden):
		return "check that the file was registered at this base_url, and that it is the newest one. bunq deletes installations when the sandbox is " +
			"reset. " + instead
	case errors.Is(err, bunq.ErrUnsigned):
		return "check that no proxy removes headers, and that the file was registered at this base_url. If bunq itself sends the answer without a " +
			"signature, nothing can be imported: declare the three resources without import blocks, and apply."
	}
	return ""
}

// choose returns the object to import: the wanted one, or the only active one.
func choose[T any](f *fileImport, what string, all []T, id func(T) int64, active func(T) bool, label func(T) string, diags *diag.Diagnostics) (T, bool) {
	var none T
	candidates := slices.DeleteFunc(slices.Clone(all), func(t T) bool {
		if f.wanted != 0 {
			return id(t) != f.wanted
		}
		return !active(t)
	})

	if len(candidates) == 1 {
		return candidates[0], true
	}

	if len(all) == 0 {
		diags.AddError("Which "+what+" should be imported?", "bunq lists no "+what+" for the API key of the context file. Nothing was imported.")
		return none, false
	}

	lines := make([]string, len(all))
	for i, t := range all {
		lines[i] = fmt.Sprintf("\n  - #%d %s", id(t), label(t))
	}

	why := fmt.Sprintf("The context file does not say which %s it belongs to, and bunq lists %d active ones.", what, len(candidates))
	if f.wanted != 0 {
		why = fmt.Sprintf("bunq lists no %s %d.", what, f.wanted)
	}
	diags.AddError("Which "+what+" should be imported?", fmt.Sprintf(
		"%s Nothing was imported. bunq lists:%s\n\nNext step: append the ID to the path, as in PATH#%d.",
		why, strings.Join(lines, ""), id(all[0])))
	return none, false
}

// ImportState takes the path of a context file.
func (r *InstallationResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	ctx, done := r.Data.Operation(ctx, "bunq_installation: import", &resp.Diagnostics)
	defer done()

	f, ok := openFile(ctx, r.Data, req.ID, &resp.Diagnostics)
	if !ok {
		return
	}
	if id := f.installation.ID.ValueString(); f.wanted != 0 && providerdata.FormatID(f.wanted) != id {
		resp.Diagnostics.AddError("Another installation", fmt.Sprintf("The context file belongs to installation %s, not %d; a file holds only one. Nothing was imported.\n\n"+
			"Next step: omit #%d, or import the file of that installation.", id, f.wanted, f.wanted))
		return
	}

	m := installationModel{
		ID: f.installation.ID, Token: f.installation.Token, PrivateKeyPEM: f.installation.PrivateKeyPEM,
		Keepers: types.MapNull(types.StringType), PublicKeyPEM: f.installation.PublicKeyPEM, ServerPublicKeyPEM: f.installation.ServerPublicKeyPEM, Environment: f.installation.Environment,
	}
	_ = m.setPayload() // one that cannot be made stays null
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// ImportState takes the path of a context file, and the ID of the credential if the user has
// several. bunq does not return the certificate: the first apply takes it from the configuration.
func (r *CredentialResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	ctx, done := r.Data.Operation(ctx, "bunq_psd2_credential: import", &resp.Diagnostics)
	defer done()

	f, ok := openFile(ctx, r.Data, req.ID, &resp.Diagnostics)
	if !ok {
		return
	}

	all, err := f.calls.Credentials(ctx)
	if err != nil {
		tfdiag.Failure{Summary: "bunq_psd2_credential was not imported", State: "nothing was imported.", Next: importNext(err)}.Error(&resp.Diagnostics, err)
		return
	}

	found, ok := choose(f, "credential", all,
		func(c bunq.Credential) int64 { return c.ID },
		func(c bunq.Credential) bool { return c.Status == bunq.StatusActive },
		func(c bunq.Credential) string {
			if c.PermittedDevice != nil {
				return c.Status + ", device " + strconv.Quote(c.PermittedDevice.Description)
			}
			return c.Status
		}, &resp.Diagnostics)
	if !ok {
		return
	}

	m := credentialModel{
		APIKey: f.apiKey, CertificatePEM: types.StringNull(), CertificateChainPEM: types.StringNull(),
		PrivateKeyPEMWO: types.StringNull(), PrivateKeyPassphraseWO: types.StringNull(), ClientPublicKeySignature: types.StringNull(),
		ExpiryWarningDays: types.Int64Value(defaultWarningDays), DeactivateOnDestroy: types.BoolValue(false),
	}
	m.withoutCertificate()
	m.fromAPI(&found)

	obj, diags := types.ObjectValueFrom(ctx, providerdata.InstallationTypes(), f.installation)
	resp.Diagnostics.Append(diags...)
	m.Installation = obj
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// ImportState takes the path of a context file, and the ID of the device if bunq lists several.
func (r *DeviceServerResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	ctx, done := r.Data.Operation(ctx, "bunq_device_server: import", &resp.Diagnostics)
	defer done()

	f, ok := openFile(ctx, r.Data, req.ID, &resp.Diagnostics)
	if !ok {
		return
	}

	all, err := f.calls.DeviceServers(ctx)
	if err != nil {
		tfdiag.Failure{Summary: "bunq_device_server was not imported", State: "nothing was imported.", Next: importNext(err)}.Error(&resp.Diagnostics, err)
		return
	}

	found, ok := choose(f, "device", all,
		func(d bunq.DeviceServer) int64 { return d.ID },
		func(d bunq.DeviceServer) bool { return d.Status == bunq.StatusActive },
		func(d bunq.DeviceServer) string {
			return strconv.Quote(d.Description) + " at " + d.IP + ", " + d.Status
		}, &resp.Diagnostics)
	if !ok {
		return
	}

	m := deviceModel{
		ID: types.StringValue(providerdata.FormatID(found.ID)), Description: types.StringValue(found.Description),
		PermittedIPs: types.SetNull(types.StringType), RegistrationIP: types.StringValue(found.IP),
	}

	var more diag.Diagnostics
	m.Installation, more = types.ObjectValueFrom(ctx, providerdata.InstallationTypes(), f.installation)
	resp.Diagnostics.Append(more...)
	m.Credential, more = types.ObjectValueFrom(ctx, deviceCredentialTypes(), deviceCredentialModel{ID: types.StringNull(), APIKey: f.apiKey})
	resp.Diagnostics.Append(more...)
	m.APIContext, more = f.installation.Context(f.apiKey).Object(ctx)
	resp.Diagnostics.Append(more...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}
