package lookup

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
)

var credentialIDPath = path.Root("credential_id")

type credentialIPsModel struct {
	APIContext   types.Object     `tfsdk:"api_context"`
	CredentialID types.String     `tfsdk:"credential_id"`
	PermittedIPs []permittedIPRow `tfsdk:"permitted_ips"`
}

type permittedIPRow struct {
	ID     types.String `tfsdk:"id"`
	IP     types.String `tfsdk:"ip"`
	Status types.String `tfsdk:"status"`
}

// NewCredentialIPsDataSource returns data.bunq_credential_ips: the permitted addresses of an API key.
func NewCredentialIPsDataSource() datasource.DataSource {
	return &dataSource[credentialIPsModel]{
		name: "credential_ips",
		about: "The addresses from which one API key may be used, and may no longer be used " +
			"(`GET /user/{id}/credential-password-ip/{id}/ip`).",
		attributes: map[string]schema.Attribute{
			"credential_id": schema.StringAttribute{
				Optional: true,
				Computed: true,
				MarkdownDescription: "ID of the credential: `bunq_psd2_credential.main.id`, or another one of the same user. If omitted, that of the API key " +
					"of the context, if bunq lists only one active credential.",
				Validators: isID(""),
			},
			"permitted_ips": list("The addresses, newest first.", map[string]schema.Attribute{
				"id":     text("ID of the entry."),
				"ip":     text("The address; `*` stands for all."),
				"status": text("`ACTIVE`: the key may be used from there; `INACTIVE`: it may not."),
			}),
		},
		read: readCredentialIPs,
	}
}

func readCredentialIPs(ctx context.Context, calls *bunq.UserClient, m *credentialIPsModel, diags *diag.Diagnostics) error {
	id := number(m.CredentialID)
	if id == 0 {
		var err error
		if id, err = ownCredential(ctx, calls, diags); err != nil {
			return err
		}
	}
	if diags.HasError() {
		return nil
	}

	all, err := calls.PermittedIPs(ctx, id)
	switch {
	case bunq.IsNotFound(err):
		reportNoCredential(ctx, calls, id, diags)
		return nil
	case err != nil:
		return err
	}

	m.CredentialID = idOf(id)
	m.PermittedIPs = make([]permittedIPRow, len(all))
	for i, p := range all {
		m.PermittedIPs[i] = permittedIPRow{ID: idOf(p.ID), IP: types.StringValue(p.IP), Status: providerdata.StringOrNull(p.Status)}
	}
	return nil
}

// ownCredential returns the credential of the context's key. bunq does not say which one that
// is, so it is the only active one. If there are more, or none, it adds an error.
func ownCredential(ctx context.Context, calls *bunq.UserClient, diags *diag.Diagnostics) (int64, error) {
	all, err := calls.Credentials(ctx)
	if err != nil {
		return 0, err
	}

	var active []int64
	var names []string
	for _, c := range all {
		if c.Status != bunq.StatusActive {
			continue
		}
		name := providerdata.FormatID(c.ID)
		if c.PermittedDevice != nil {
			name = fmt.Sprintf("%d (device %q from %s)", c.ID, c.PermittedDevice.Description, c.PermittedDevice.IP)
		}
		active, names = append(active, c.ID), append(names, name)
	}
	switch len(active) {
	case 1:
		return active[0], nil
	case 0:
		names = []string{"none"}
	}
	diags.AddAttributeError(credentialIDPath, "Which credential the API key belongs to is not known",
		"bunq does not say which credential an API key belongs to, and the active ones of the user are: "+
			strings.Join(names, ", ")+".\n\nNext step: set credential_id, as in credential_id = bunq_psd2_credential.main.id.")
	return 0, nil
}

func reportNoCredential(ctx context.Context, calls *bunq.UserClient, id int64, diags *diag.Diagnostics) {
	who := "The user of this API context"
	if user, err := calls.User(ctx); err == nil {
		who = fmt.Sprintf("bunq user %d (%s)", user.ID, user.DisplayName)
	}
	diags.AddAttributeError(credentialIDPath, "There is no such credential", fmt.Sprintf(
		"%s has no credential %d. Those of other users cannot be read with this API context.\n\n"+
			"Next step: use the id of a bunq_psd2_credential of that user, or its api_context.", who, id))
}
