package oauthapp

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

// callbackAddress accepts what bunq accepts as a callback URL: absolute, https, no fragment. That
// http is refused is OBSERVED (a client written at bunq registers https even for localhost); the
// rest is RFC 6749, section 3.1.2.
type callbackAddress struct{}

func (callbackAddress) Description(context.Context) string {
	return "an absolute https URL without a fragment, such as https://app.example.com/bunq/callback"
}

func (v callbackAddress) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (v callbackAddress) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if problem := bunq.CallbackURLProblem(req.ConfigValue.ValueString()); problem != "" {
		resp.Diagnostics.AddAttributeError(req.Path, "Unusable callback URL",
			"The URL "+problem+". Expected "+v.Description(ctx)+".")
	}
}
