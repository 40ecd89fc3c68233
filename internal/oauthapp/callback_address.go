package oauthapp

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

// callbackAddress accepts what bunq accepts as a callback URL, and warns of what may not work there.
type callbackAddress struct{}

func (callbackAddress) Description(context.Context) string {
	return "an absolute https URL without a fragment, such as https://app.example.com/bunq/callback"
}

func (v callbackAddress) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (v callbackAddress) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	url := req.ConfigValue.ValueString()
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}

	if problem := bunq.CallbackURLProblem(url); problem != "" {
		resp.Diagnostics.AddAttributeError(req.Path, "Unusable callback URL", "The URL "+problem+". Expected "+v.Description(ctx)+".")
	} else if doubt := bunq.CallbackURLDoubt(url); doubt != "" {
		resp.Diagnostics.AddAttributeWarning(req.Path, "Doubtful callback URL", "The URL "+doubt+".")
	}
}
