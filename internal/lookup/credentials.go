package lookup

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
)

var _ datasource.DataSourceWithConfigure = (*CredentialsDataSource)(nil)

const credentialsBlock = "data.bunq_credentials"

// CredentialsDataSource is data.bunq_credentials: the API keys of a user, without the keys
// themselves.
type CredentialsDataSource struct {
	base
}

type credentialsModel struct {
	APIContext  types.Object `tfsdk:"api_context"`
	Credentials types.List   `tfsdk:"credentials"`
}

type credentialRow struct {
	ID                types.String `tfsdk:"id"`
	Status            types.String `tfsdk:"status"`
	Created           types.String `tfsdk:"created"`
	ExpiryTime        types.String `tfsdk:"expiry_time"`
	DeviceDescription types.String `tfsdk:"device_description"`
	DeviceIP          types.String `tfsdk:"device_ip"`
}

func credentialTypes() map[string]attr.Type {
	return map[string]attr.Type{
		"id": types.StringType, "status": types.StringType, "created": types.StringType, "expiry_time": types.StringType,
		"device_description": types.StringType, "device_ip": types.StringType,
	}
}

// NewCredentialsDataSource returns the data source for the provider's list.
func NewCredentialsDataSource() datasource.DataSource { return &CredentialsDataSource{} }

// Metadata names the data source.
func (*CredentialsDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_credentials"
}

// Schema describes the data source.
func (*CredentialsDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "All API keys of a bunq user (`GET /user/{id}/credential-password-ip`), whoever made them: to find one that no configuration has. " +
			"The keys themselves are not in it. Where a key may be used from is in `data.bunq_credential_ips`.",
		Attributes: map[string]schema.Attribute{
			"api_context": dataAPIContext(),
			"credentials": schema.ListNestedAttribute{
				Computed: true, MarkdownDescription: "The credentials, newest first.",
				NestedObject: schema.NestedAttributeObject{Attributes: map[string]schema.Attribute{
					"id": schema.StringAttribute{Computed: true, MarkdownDescription: "ID of the credential: `bunq_psd2_credential.main.id` is that of the state."},
					"status": schema.StringAttribute{
						Computed: true, MarkdownDescription: "`ACTIVE`, `PENDING_FIRST_USE`, or another one that bunq returns. It stays `ACTIVE` when all addresses were set inactive.",
					},
					"created":            schema.StringAttribute{Computed: true, MarkdownDescription: "When the key was made, RFC 3339."},
					"expiry_time":        schema.StringAttribute{Computed: true, MarkdownDescription: "Until when an unused key lives, RFC 3339; null once it was used."},
					"device_description": schema.StringAttribute{Computed: true, MarkdownDescription: "What its device was registered as; null before the first use."},
					"device_ip":          schema.StringAttribute{Computed: true, MarkdownDescription: "Address that registered its device; null before the first use."},
				}},
			},
		},
	}
}

// Read reads all pages of the list.
func (d *CredentialsDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	ctx, done := d.data.Operation(ctx, credentialsBlock+": read", &resp.Diagnostics)
	defer done()

	var m credentialsModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	a := access(ctx, d.data, credentialsBlock, m.APIContext, &resp.Diagnostics)
	if a == nil {
		return
	}

	all, err := a.Calls.Credentials(ctx)
	if err != nil {
		unread(credentialsBlock).Error(&resp.Diagnostics, err)
		return
	}
	rows := make([]credentialRow, len(all))
	for i, c := range all {
		rows[i] = credentialRow{ID: types.StringValue(providerdata.FormatID(c.ID)), Status: types.StringValue(c.Status), Created: timeOrNull(c.Created)}
		if c.ExpiryTime != nil {
			rows[i].ExpiryTime = timeOrNull(*c.ExpiryTime)
		}
		if c.PermittedDevice != nil {
			rows[i].DeviceDescription = providerdata.StringOrNull(c.PermittedDevice.Description)
			rows[i].DeviceIP = providerdata.StringOrNull(c.PermittedDevice.IP)
		}
	}

	m.Credentials = listOf(ctx, credentialTypes(), rows, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}
