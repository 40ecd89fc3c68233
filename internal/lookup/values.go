package lookup

import (
	"time"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
)

// isID validates an ID that is configured. hint, if any, is a sentence about a likely mistake.
func isID(hint string) []validator.String {
	return []validator.String{providerdata.ID{Hint: hint}}
}

// number returns the configured ID, 0 if there is none. The validator has seen it.
func number(id types.String) int64 {
	n, _ := providerdata.ParseID(id.ValueString())
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
