package providerdata

import "github.com/hashicorp/terraform-plugin-framework/types"

// StringOrNull returns null for an empty string, so that a missing value has one form.
func StringOrNull(s string) types.String {
	if s == "" {
		return types.StringNull()
	}
	return types.StringValue(s)
}
