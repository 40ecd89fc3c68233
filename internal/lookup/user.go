package lookup

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
)

var _ datasource.DataSourceWithConfigure = (*UserDataSource)(nil)

const userBlock = "data.bunq_user"

// UserDataSource is data.bunq_user: the bunq user of an API context.
type UserDataSource struct {
	base
}

type userModel struct {
	APIContext        types.Object `tfsdk:"api_context"`
	ID                types.String `tfsdk:"id"`
	Kind              types.String `tfsdk:"kind"`
	DisplayName       types.String `tfsdk:"display_name"`
	Status            types.String `tfsdk:"status"`
	DistinguishedName types.String `tfsdk:"distinguished_name"`
}

// NewUserDataSource returns the data source for the provider's list.
func NewUserDataSource() datasource.DataSource { return &UserDataSource{} }

// Metadata names the data source.
func (*UserDataSource) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_user"
}

// Schema describes the data source.
func (*UserDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "The bunq user that an API context belongs to (`GET /user/{id}`).",
		Attributes: map[string]schema.Attribute{
			"api_context": dataAPIContext(),
			"id":          schema.StringAttribute{Computed: true, MarkdownDescription: "ID of the user."},
			"kind": schema.StringAttribute{
				Computed: true,
				MarkdownDescription: "What kind of user it is, in bunq's word: `UserPaymentServiceProvider` for a PSD2 party, `UserApiKey`, `UserPerson` or " +
					"`UserCompany` for keys that were made in another way.",
			},
			"display_name": schema.StringAttribute{Computed: true, MarkdownDescription: "The name that bunq shows of the user."},
			"status":       schema.StringAttribute{Computed: true, MarkdownDescription: "`ACTIVE`, `BLOCKED` or `DENIED`."},
			"distinguished_name": schema.StringAttribute{
				Computed: true,
				MarkdownDescription: "Subject of the certificate that the PSD2 party was registered with, as bunq writes it (`/CN=My App PISP AISP/C=NL`); null for other " +
					"kinds of users.",
			},
		},
	}
}

// Read reads the user.
func (d *UserDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	ctx, done := d.data.Operation(ctx, userBlock+": read", &resp.Diagnostics)
	defer done()

	var m userModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	a := access(ctx, d.data, userBlock, m.APIContext, &resp.Diagnostics)
	if a == nil {
		return
	}

	user, err := a.Calls.UserDetails(ctx)
	if err != nil {
		unread(userBlock).Error(&resp.Diagnostics, err)
		return
	}
	m.ID = types.StringValue(providerdata.FormatID(user.ID))
	m.Kind = types.StringValue(user.Kind)
	m.DisplayName = providerdata.StringOrNull(user.DisplayName)
	m.Status = providerdata.StringOrNull(user.Status)
	m.DistinguishedName = providerdata.StringOrNull(user.DistinguishedName)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}
