package lookup

import (
	"context"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/tfdiag"
)

var _ datasource.DataSourceWithConfigure = (*dataSource[userModel])(nil)

// dataSource is what all data sources have in common; M is the model of one.
type dataSource[M any] struct {
	name       string // without the provider's
	about      string
	attributes map[string]schema.Attribute // besides api_context
	// read fills the model with what bunq has, with GETs alone. What the user is to correct goes to
	// diags, at its attribute; the error is that of a call.
	read func(context.Context, *bunq.UserClient, *M, *diag.Diagnostics) error

	data *providerdata.Data
}

// Metadata names the data source.
func (d *dataSource[M]) Metadata(_ context.Context, req datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_" + d.name
}

// Schema describes the data source. As in resources, the secret members of its api_context are
// sensitive, and the object as a whole is not.
func (d *dataSource[M]) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	attributes := maps.Clone(d.attributes)
	attributes["api_context"] = schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: aboutAPIContext + " While it is not known yet, the read waits for the apply.",
		Attributes: providerdata.APIContextAttributes(func(m providerdata.APIContextMember) schema.Attribute {
			return schema.StringAttribute{Required: true, Sensitive: m.Sensitive, MarkdownDescription: m.Description}
		}),
	}
	resp.Schema = schema.Schema{MarkdownDescription: d.about, Attributes: attributes}
}

// Configure unpacks the provider's Data. There is none while Terraform only validates.
func (d *dataSource[M]) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.data = providerdata.Unpack(req.ProviderData, &resp.Diagnostics)
}

// Read stores the model as read has filled it.
func (d *dataSource[M]) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	block := "data.bunq_" + d.name
	ctx, done := d.data.Operation(ctx, block+": read", &resp.Diagnostics)
	defer done()

	var m M
	a := configured(ctx, d.data, block, req.Config, &m, &resp.Diagnostics)
	if a == nil {
		return
	}

	if err := d.read(ctx, a.Calls, &m, &resp.Diagnostics); err != nil {
		tfdiag.Failure{Summary: block + " cannot be read", State: unread}.Error(&resp.Diagnostics, err)
	}
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	}
}

// text is an attribute that bunq fills.
func text(about string) schema.StringAttribute {
	return schema.StringAttribute{Computed: true, MarkdownDescription: about}
}

// list is a list of objects that bunq fills.
func list(about string, members map[string]schema.Attribute) schema.ListNestedAttribute {
	return schema.ListNestedAttribute{
		Computed:            true,
		MarkdownDescription: about,
		NestedObject:        schema.NestedAttributeObject{Attributes: members},
	}
}
