package oauthapp

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
)

// address accepts an address of the application that bunq accepts. What it says does not repeat the
// address, which may contain a secret.
type address struct {
	what    string              // callback URL
	example string              // one that bunq accepts
	problem func(string) string // what is wrong with an address, after the words "The URL"; "" for nothing
	doubt   func(string) string // why an address may not work, likewise
}

func (v address) Description(context.Context) string {
	return "an absolute https URL without a fragment, such as " + v.example
}

func (v address) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (v address) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	url := req.ConfigValue.ValueString()
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}

	if problem := v.problem(url); problem != "" {
		resp.Diagnostics.AddAttributeError(req.Path, "Unusable "+v.what, "The URL "+problem+". Expected "+v.Description(ctx)+".")
	} else if doubt := v.doubt(url); doubt != "" {
		resp.Diagnostics.AddAttributeWarning(req.Path, "Doubtful "+v.what, "The URL "+doubt+".")
	}
}
