package lookup

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	dataschema "github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/ephemeral"
	ephemeralschema "github.com/hashicorp/terraform-plugin-framework/ephemeral/schema"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/tfdiag"
)

var apiContextPath = path.Root("api_context")

const aboutAPIContext = "The context to call bunq with: `api_context = bunq_device_server.main.api_context`. If omitted, the provider's is used."

// dataAPIContext is the api_context of a data source. As in resources, its secret members are
// sensitive, and the object as a whole is not.
func dataAPIContext() dataschema.SingleNestedAttribute {
	members := map[string]dataschema.Attribute{}
	for _, m := range providerdata.APIContextMembers() {
		members[m.Name] = dataschema.StringAttribute{Required: true, Sensitive: m.Sensitive, MarkdownDescription: m.Description}
	}
	return dataschema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: aboutAPIContext + " While it is not known yet, the read waits for the apply.",
		Attributes:          members,
	}
}

// ephemeralAPIContext is the api_context of an ephemeral resource.
func ephemeralAPIContext() ephemeralschema.SingleNestedAttribute {
	members := map[string]ephemeralschema.Attribute{}
	for _, m := range providerdata.APIContextMembers() {
		members[m.Name] = ephemeralschema.StringAttribute{Required: true, Sensitive: m.Sensitive, MarkdownDescription: m.Description}
	}
	return ephemeralschema.SingleNestedAttribute{
		Optional:            true,
		MarkdownDescription: aboutAPIContext + " While it is not known yet, it is opened in the apply.",
		Attributes:          members,
	}
}

// base is embedded by every data source. It receives the provider's Data.
type base struct {
	data *providerdata.Data
}

// Configure unpacks the provider's Data. There is none while Terraform only validates.
func (b *base) Configure(_ context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	b.data = providerdata.Unpack(req.ProviderData, &resp.Diagnostics)
}

// ephemeralBase is base for ephemeral resources.
type ephemeralBase struct {
	data *providerdata.Data
}

// Configure unpacks the provider's Data. There is none while Terraform only validates.
func (b *ephemeralBase) Configure(_ context.Context, req ephemeral.ConfigureRequest, resp *ephemeral.ConfigureResponse) {
	b.data = providerdata.Unpack(req.ProviderData, &resp.Diagnostics)
}

// access resolves an api_context attribute, and returns nil if it cannot. If the attribute
// is not known at plan, Terraform itself reads in the apply. If only that of the provider
// block is not known, Terraform reads at plan, which is an error.
func access(ctx context.Context, data *providerdata.Data, block string, obj types.Object, diags *diag.Diagnostics) *providerdata.Access {
	if obj.IsNull() && data.Default == nil && data.DefaultUnknown {
		diags.AddAttributeError(apiContextPath, "API context not known yet",
			"The api_context of the provider block is only known after an apply, and "+block+" is read now, because nothing in its own block has to be waited for.\n\n"+
				"Next step: set api_context = bunq_device_server.main.api_context on "+block+" itself: Terraform then reads it during the apply. "+
				"Or apply what the provider block depends on first (terraform apply -target=…).")
		return nil
	}

	a, more := data.Access(ctx, obj, apiContextPath)
	diags.Append(more...)
	if more.HasError() {
		return nil
	}
	return a
}

// unread returns the failure of a read.
func unread(block string) tfdiag.Failure {
	return tfdiag.Failure{Summary: block + " cannot be read", State: "nothing was stored, and nothing was changed at bunq."}
}

// timeOrNull returns a time as RFC 3339, null if bunq named none.
func timeOrNull(t time.Time) types.String {
	if t.IsZero() {
		return types.StringNull()
	}
	return types.StringValue(t.UTC().Format(time.RFC3339))
}

// listOf returns rows as the value of a list of objects.
func listOf[T any](ctx context.Context, members map[string]attr.Type, rows []T, diags *diag.Diagnostics) types.List {
	list, more := types.ListValueFrom(ctx, types.ObjectType{AttrTypes: members}, rows)
	diags.Append(more...)
	return list
}
