package onboarding

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"

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
	switch {
	case bunq.IsContextRefused(err):
		return "check in this order:\n" +
			"  1. Is the public address of this machine, or of its proxy or NAT, permitted for the key? If not, import from a permitted address.\n" +
			"  2. Was the file registered at this base_url, and is it the newest one that its program wrote?\n" +
			"  3. Has bunq blocked the device, did the key expire unused, or was the sandbox reset? Then there is nothing to import: declare " +
			"bunq_installation, bunq_psd2_credential and bunq_device_server without import blocks, and apply. A certificate for the same organisation " +
			"joins the same bunq user."
	case errors.Is(err, bunq.ErrUnsigned):
		return "check that no proxy removes headers, and that the file was registered at this base_url. If bunq itself sends the answer without a " +
			"signature, nothing can be imported: declare the three resources without import blocks, and apply."
	}
	return ""
}

// importable is an object that bunq lists for the context of the file.
type importable struct {
	id     int64
	active bool
	label  string
}

// choose returns the index of the object to import: the wanted one, or the only active one.
func (f *fileImport) choose(what string, all []importable, diags *diag.Diagnostics) (index int, ok bool) {
	var found []int
	lines := ""
	for i, o := range all {
		if o.id == f.wanted || f.wanted == 0 && o.active {
			found = append(found, i)
		}
		lines += fmt.Sprintf("\n  - #%d %s", o.id, o.label)
	}
	if len(found) == 1 {
		return found[0], true
	}

	why := fmt.Sprintf("The context file does not say which %s it belongs to, and bunq lists %d active ones.", what, len(found))
	switch {
	case len(all) == 0:
		diags.AddError("Which "+what+" should be imported?", "bunq lists no "+what+" for the API key of the context file. Nothing was imported.")
		return 0, false
	case f.wanted != 0:
		why = fmt.Sprintf("bunq lists no %s %d.", what, f.wanted)
	}
	diags.AddError("Which "+what+" should be imported?", fmt.Sprintf(
		"%s Nothing was imported. bunq lists, newest first:%s\n\nNext step: append the ID to the path, as in PATH#%d. Description and time tell you which one "+
			"it is; bunq does not.", why, lines, all[0].id))
	return 0, false
}

// since ends a line of the list with the time at which bunq made the object, if bunq names it.
func since(created time.Time) string {
	if created.IsZero() {
		return ""
	}
	return ", since " + created.UTC().Format("2006-01-02 15:04") + " UTC"
}

// ImportState takes the path of a context file.
func (r *InstallationResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	ctx, done := r.Data.Operation(ctx, "bunq_installation: import", &resp.Diagnostics)
	defer done()

	f, ok := openFile(ctx, r.Data, req.ID, &resp.Diagnostics)
	if !ok {
		return
	}
	id, _ := providerdata.ParseID(f.installation.ID.ValueString()) // openFile wrote it
	if _, ok := f.choose("installation", []importable{{id, true, "of this file"}}, &resp.Diagnostics); !ok {
		return
	}

	m := installationModel{
		ID: f.installation.ID, Token: f.installation.Token, PrivateKeyPEM: f.installation.PrivateKeyPEM,
		Keepers: types.MapNull(types.StringType), PublicKeyPEM: f.installation.PublicKeyPEM, ServerPublicKeyPEM: f.installation.ServerPublicKeyPEM, Environment: f.installation.Environment,
	}
	m.setPayload()
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

	var listed []importable
	for _, c := range all {
		label := c.Status
		if c.PermittedDevice != nil {
			label += ", device " + strconv.Quote(c.PermittedDevice.Description)
		}
		listed = append(listed, importable{c.ID, c.Status == bunq.StatusActive, label + since(c.Created)})
	}
	i, ok := f.choose("credential", listed, &resp.Diagnostics)
	if !ok {
		return
	}

	m := credentialModel{
		Installation:      objectOf(ctx, installationAttribute(""), f.installation, &resp.Diagnostics),
		APIKey:            f.apiKey,
		ExpiryWarningDays: types.Int64Value(defaultWarningDays), DeactivateOnDestroy: types.BoolValue(false),
		Roles: types.ListNull(types.StringType),
	}
	m.fromAPI(&all[i])
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

	var listed []importable
	for _, d := range all {
		label := strconv.Quote(d.Description) + " at " + d.IP + ", " + d.Status + since(d.Created)
		listed = append(listed, importable{d.ID, d.Status == bunq.StatusActive, label})
	}
	i, ok := f.choose("device", listed, &resp.Diagnostics)
	if !ok {
		return
	}

	apiContext, diags := f.installation.Context(f.apiKey).Object(ctx)
	resp.Diagnostics.Append(diags...)
	m := deviceModel{
		ID: types.StringValue(providerdata.FormatID(all[i].ID)), Description: types.StringValue(all[i].Description),
		PermittedIPs: types.SetNull(types.StringType), RegistrationIP: types.StringValue(all[i].IP), APIContext: apiContext,
		Installation: objectOf(ctx, installationAttribute(""), f.installation, &resp.Diagnostics),
		Credential:   objectOf(ctx, deviceCredentialAttribute(), deviceCredentialModel{APIKey: f.apiKey}, &resp.Diagnostics),
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}
