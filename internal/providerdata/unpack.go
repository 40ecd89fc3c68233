package providerdata

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
)

// ProviderData returns d. What the provider passes to its resources embeds it, next to what the
// resources of each package share.
func (d *Data) ProviderData() *Data { return d }

// Unpack returns the Data that the provider passes to its resources and the like; nil while
// Terraform only validates.
func Unpack(providerData any, diags *diag.Diagnostics) *Data {
	if providerData == nil {
		return nil
	}
	shared, ok := providerData.(interface{ ProviderData() *Data })
	if !ok {
		diags.AddError("Unexpected provider data",
			fmt.Sprintf("Expected *providerdata.Data, got %T. This is a mistake in the provider; please report it.", providerData))
		return nil
	}
	return shared.ProviderData()
}
