package providerdata

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
)

// Unpack returns the Data that the provider passes to its resources and the like; nil while
// Terraform only validates.
func Unpack(providerData any, diags *diag.Diagnostics) *Data {
	if providerData == nil {
		return nil
	}
	data, ok := providerData.(*Data)
	if !ok {
		diags.AddError("Unexpected provider data",
			fmt.Sprintf("Expected *providerdata.Data, got %T. This is a mistake in the provider; please report it.", providerData))
	}
	return data
}
