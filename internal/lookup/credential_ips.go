package lookup

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
)

var _ datasource.DataSourceWithConfigure = (*CredentialIPsDataSource)(nil)

const credentialIPsBlock = "data.bunq_credential_ips"

var credentialIDPath = path.Root("credential_id")

// CredentialIPsDataSource is data.bunq_credential_ips: the permitted addresses of
// an API key.
type CredentialIPsDataSource struct {
	base
}

type credentialIPsModel struct {
	APIContext   types.Object `tfsdk:"api_context"`
	CredentialID types.String `tfsdk:"credential_id"`
	PermittedIPs types.List   `tfsdk:"permitted_ips"`
}

type permittedIPRow struct {
	ID     types.String `tfsdk:"id"`
	IP     types.String `tfsdk:"ip"`
	Status types.String `tfsdk:"status"`
}

func permittedIPTypes() map[string]attr.Type {
	return map[string]attr.Type{"id": types.StringType, "ip": types.StringType, "status": types.StringType}
}

// NewCredentialIPsDataSource returns the data source for the provider's list.
func NewCredentialIPsDataSource() datasource.DataSource { return &CredentialIPsDataSource{} }

// Metadata names the data source.
func (*CredentialIPsDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_credential_ips"
}

// Schema describes the data source.
func (*CredentialIPsDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "The addresses from which one API key may be used, and may no longer be used " +
			"(`GET /user/{id}/credential-password-ip/{id}/ip`).",
		Attributes: map[string]schema.Attribute{
			"api_context": dataAPIContext(),
			"credential_id": idAttribute("ID of the credential: `bunq_psd2_credential.main.id`, or another one of the same user. If omitted, that of the API key " +
				"of the context, if bunq lists only one active credential."),
			"permitted_ips": schema.ListNestedAttribute{
				Computed: true, MarkdownDescription: "The addresses, newest first.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"id":     schema.StringAttribute{Computed: true, MarkdownDescription: "ID of the entry."},
					"ip":     schema.StringAttribute{Computed: true, MarkdownDescription: "The address; `*` stands for all."},
					"status": schema.StringAttribute{Computed: true, MarkdownDescription: "`ACTIVE`: the key may be used from there; `INACTIVE`: it may not."},
				}},
			},
		},
	}
}

// Read reads all pages of the list.
func (d *CredentialIPsDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	ctx, done := d.data.Operation(ctx, credentialIPsBlock+": read", &resp.Diagnostics)
	defer done()

	var m credentialIPsModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	id := number(m.CredentialID, credentialIDPath, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	a := access(ctx, d.data, credentialIPsBlock, m.APIContext, &resp.Diagnostics)
	if a == nil {
		return
	}
	if id == 0 {
		if id = d.ownCredential(ctx, a, &resp.Diagnostics); id == 0 {
			return
		}
	}

	list, err := a.Calls.PermittedIPs(ctx, id)
	switch {
	case bunq.IsNotFound(err):
		d.reportNoCredential(ctx, a, id, &resp.Diagnostics)
		return
	case err != nil:
		unread(credentialIPsBlock).Error(&resp.Diagnostics, err)
		return
	}
	rows := make([]permittedIPRow, len(list))
	for i, p := range list {
		rows[i] = permittedIPRow{ID: types.StringValue(providerdata.FormatID(p.ID)), IP: types.StringValue(p.IP), Status: providerdata.StringOrNull(p.Status)}
	}
	m.CredentialID = types.StringValue(providerdata.FormatID(id))
	m.PermittedIPs = listOf(ctx, permittedIPTypes(), rows, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// ownCredential returns the credential of the context's key. bunq does not say which one that
// is, so it is the only active one. If there are more, or none, it adds an error and returns 0.
func (*CredentialIPsDataSource) ownCredential(ctx context.Context, a *providerdata.Access, diags *diag.Diagnostics) int64 {
	all, err := a.Calls.Credentials(ctx)
	if err != nil {
		unread(credentialIPsBlock).Error(diags, err)
		return 0
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
		return active[0]
	case 0:
		names = []string{"none"}
	}
	diags.AddAttributeError(credentialIDPath, "Which credential the API key belongs to is not known",
		"bunq does not say which credential an API key belongs to, and the active ones of the user are: "+
			strings.Join(names, ", ")+".\n\nNext step: set credential_id, as in credential_id = bunq_psd2_credential.main.id.")
	return 0
}

func (d *CredentialIPsDataSource) reportNoCredential(ctx context.Context, a *providerdata.Access, id int64, diags *diag.Diagnostics) {
	who := "The user of this API context"
	if user, err := a.Calls.User(ctx); err == nil {
		who = fmt.Sprintf("bunq user %d (%s)", user.ID, user.DisplayName)
	}
	diags.AddAttributeError(credentialIDPath, "There is no such credential", fmt.Sprintf(
		"%s has no credential %d. Those of other users cannot be read with this API context.\n\n"+
			"Next step: use the id of a bunq_psd2_credential of that user, or its api_context.", who, id))
}
