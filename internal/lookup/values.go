package lookup

import (
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
)

// isID validates an ID that is configured.
func isID() []validator.String {
	return []validator.String{stringvalidator.RegexMatches(providerdata.IDPattern, `it must be one of the numbers that bunq uses as IDs, such as "633"`)}
}

// number returns the configured ID, 0 if there is none.
func number(id types.String, at path.Path, diags *diag.Diagnostics) int64 {
	if id.IsNull() {
		return 0
	}
	n, err := providerdata.ParseID(id.ValueString())
	if err != nil {
		diags.AddAttributeError(at, "Unusable ID", "bunq's IDs are numbers of at most 19 digits.")
	}
	return n
}

// idOf returns an ID of bunq as a value.
func idOf(id int64) types.String { return types.StringValue(providerdata.FormatID(id)) }

// timeOrNull returns a time as RFC 3339, null if bunq named none.
func timeOrNull(t time.Time) types.String {
	if t.IsZero() {
		return types.StringNull()
	}
	return types.StringValue(t.UTC().Format(time.RFC3339))
}
