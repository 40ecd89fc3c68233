package lookup

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
)

const aboutAPIContext = "The context to call bunq with: `api_context = bunq_device_server.main.api_context`. If omitted, the provider's is used."

// unread is what a failure means.
const unread = "nothing was stored, and nothing was changed at bunq."

// configured reads a block into its model, and resolves its api_context. It returns nil if it
// cannot. If the attribute is not known at plan, Terraform itself reads in the apply. If only that
// of the provider block is not known, Terraform reads at plan, which is an error.
func configured(
	ctx context.Context, data *providerdata.Data, block string, config tfsdk.Config, model any, diags *diag.Diagnostics,
) *providerdata.Access {
	at := path.Root("api_context")
	var obj types.Object
	diags.Append(config.Get(ctx, model)...)
	diags.Append(config.GetAttribute(ctx, at, &obj)...)
	if diags.HasError() {
		return nil
	}

	if obj.IsNull() && data.Default == nil && data.DefaultUnknown {
		diags.AddAttributeError(at, "API context not known yet",
			"The api_context of the provider block is only known after an apply, and "+block+" is read now, because nothing in its own block has to be waited for.\n\n"+
				"Next step: set api_context = bunq_device_server.main.api_context on "+block+" itself: Terraform then reads it during the apply. "+
				"Or apply what the provider block depends on first (terraform apply -target=…).")
		return nil
	}

	a, more := data.Access(obj, at)
	diags.Append(more...)
	if more.HasError() {
		return nil
	}
	return a
}
