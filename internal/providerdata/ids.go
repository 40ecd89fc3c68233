package providerdata

import (
	"context"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

// AboutIDs says what an ID of bunq looks like.
const AboutIDs = `a whole number of at most 19 digits, such as "633"`

// FormatID returns an ID of bunq in the form of the state.
func FormatID(id int64) string { return strconv.FormatInt(id, 10) }

// ParseID reads an ID that FormatID wrote.
func ParseID(text string) (int64, error) { return strconv.ParseInt(text, 10, 64) }

// IsID reports whether text is an ID as bunq assigns them, a positive whole number, in the form of the state.
func IsID(text string) bool {
	id, err := ParseID(text)
	return err == nil && id > 0 && FormatID(id) == text
}

// ID accepts an ID as bunq assigns them. Its message does not repeat the value, which may be a secret that was mixed up.
type ID struct {
	// Hint, if any, is a sentence about a likely mistake.
	Hint string
}

// Description says what is accepted.
func (ID) Description(context.Context) string { return AboutIDs }

// MarkdownDescription says what is accepted.
func (ID) MarkdownDescription(context.Context) string { return AboutIDs }

// ValidateString reports what is no ID.
func (v ID) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() || IsID(req.ConfigValue.ValueString()) {
		return
	}
	resp.Diagnostics.AddAttributeError(req.Path, "Not a bunq ID", strings.TrimSpace(req.Path.String()+" must be "+AboutIDs+". "+v.Hint))
}

// NotTheClientID is the hint where the ID of an OAuth client belongs.
const NotTheClientID = "It is the id of the bunq_oauth_client, not its client_id."
