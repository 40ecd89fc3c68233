package providerdata

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/resource"
)

// Base is embedded by every resource: it takes the provider's Data.
type Base struct {
	Data *Data
}

// Configure unpacks the provider's Data. It is called without any while
// Terraform only validates.
func (b *Base) Configure(_ context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	if req.ProviderData == nil {
		return
	}
	data, ok := req.ProviderData.(*Data)
	if !ok {
		resp.Diagnostics.AddError("Unexpected provider data",
			fmt.Sprintf("Expected *providerdata.Data, got %T. This is a mistake in the provider; please report it.", req.ProviderData))
		return
	}
	b.Data = data
}
