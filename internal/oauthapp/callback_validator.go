package oauthapp

import (
	"context"
	"net/url"
	"strings"
	"unicode"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
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
	if problem := callbackProblem(req.ConfigValue.ValueString()); problem != "" {
		resp.Diagnostics.AddAttributeError(req.Path, "Unusable callback URL",
			"The URL "+problem+". Expected "+v.Description(ctx)+".")
	}
}

// callbackProblem returns what is wrong with a callback URL; "" if nothing is. It does not repeat
// the URL: a value in the wrong place may be a secret.
func callbackProblem(text string) string {
	if strings.ContainsFunc(text, unicode.IsSpace) {
		return "contains white space; bunq compares callback URLs byte by byte"
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return "is not a URL"
	case strings.EqualFold(u.Scheme, "http"):
		return "is plain http, over which the authorisation code could be read"
	case u.Scheme != "" && !strings.EqualFold(u.Scheme, "https"):
		return "has a scheme other than https"
	case u.Scheme == "" || u.Hostname() == "":
		return "is not absolute: it needs a scheme and a host"
	case strings.Contains(text, "#"):
		return "has a fragment (#…), which OAuth forbids"
	case u.User != nil:
		return "contains a user name or password"
	}
	return ""
}
