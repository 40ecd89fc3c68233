package lookup

import (
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
)

// aboutIDs ends the sentence "Attribute … ".
const aboutIDs = "it must be one of the numbers that bunq uses as IDs, such as \"633\""

// idAttribute is an ID that is configured, or else found.
func idAttribute(about string) schema.StringAttribute {
	return schema.StringAttribute{
		Optional: true, Computed: true, MarkdownDescription: about,
		Validators: []validator.String{stringvalidator.RegexMatches(providerdata.IDPattern, aboutIDs)},
	}
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
