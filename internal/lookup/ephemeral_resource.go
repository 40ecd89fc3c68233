package lookup

import (
	"context"
	"maps"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"

	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/tfdiag"
)

var _ ephemeral.EphemeralResourceWithConfigure = (*ephemeralResource[sessionModel])(nil)

// ephemeralResource is what all ephemeral resources have in common; M is the model of one. None is
// renewed or closed.
type ephemeralResource[M any] struct {
	name       string // without the provider's
	about      string
	attributes map[string]schema.Attribute // besides api_context
	// open fills the model; see dataSource.
	open func(context.Context, *providerdata.Data, *providerdata.Access, *M, *diag.Diagnostics) error

	data *providerdata.Data
}

// Metadata names the ephemeral resource.
func (r *ephemeralResource[M]) Metadata(_ context.Context, req ephemeral.MetadataRequest, resp *ephemeral.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_" + r.name
}

// Schema describes the ephemeral resource.
func (r *ephemeralResource[M]) Schema(_ context.Context, _ ephemeral.SchemaRequest, resp *ephemeral.SchemaResponse) {
	attributes := maps.Clone(r.attributes)
	attributes["api_context"] = schema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: aboutAPIContext + " While it is not known yet, it is opened in the apply.",
		Attributes: providerdata.APIContextAttributes(func(m providerdata.APIContextMember) schema.Attribute {
			return schema.StringAttribute{Required: true, Sensitive: m.Sensitive, MarkdownDescription: m.Description}
		}),
	}
	resp.Schema = schema.Schema{MarkdownDescription: r.about, Attributes: attributes}
}

// Configure unpacks the provider's Data. There is none while Terraform only validates.
func (r *ephemeralResource[M]) Configure(_ context.Context, req ephemeral.ConfigureRequest, resp *ephemeral.ConfigureResponse) {
	r.data = providerdata.Unpack(req.ProviderData, &resp.Diagnostics)
}

// Open returns the model as open has filled it.
func (r *ephemeralResource[M]) Open(ctx context.Context, req ephemeral.OpenRequest, resp *ephemeral.OpenResponse) {
	block := "ephemeral.bunq_" + r.name
	ctx, done := r.data.Operation(ctx, block+": open", &resp.Diagnostics)
	defer done()

	var m M
	a := configured(ctx, r.data, block, req.Config, &m, &resp.Diagnostics)
	if a == nil {
		return
	}

	if err := r.open(ctx, r.data, a, &m, &resp.Diagnostics); err != nil {
		tfdiag.Failure{Summary: block + " cannot be opened", State: unread}.Error(&resp.Diagnostics, err)
	}
	if !resp.Diagnostics.HasError() {
		resp.Diagnostics.Append(resp.Result.Set(ctx, &m)...)
	}
}
