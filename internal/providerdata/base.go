package providerdata

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource"
)

// Base is embedded by every resource and list resource. It receives the provider's Data.
type Base struct {
	Data *Data
}

// Configure unpacks the provider's Data. There is none while Terraform only validates.
func (b *Base) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	b.Data = Unpack(req.ProviderData, &resp.Diagnostics)
}
