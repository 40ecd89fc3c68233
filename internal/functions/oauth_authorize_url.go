package functions

import (
	"context"
	"net/url"
	"strings"
	"unicode"

	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

// NewOAuthAuthorizeURL returns oauth_authorize_url.
func NewOAuthAuthorizeURL() function.Function {
	return pure{
		name: "oauth_authorize_url",
		definition: function.Definition{
			Summary: "Address at which a bunq user says yes or no",
			MarkdownDescription: "Returns the address to which an application sends a bunq user, who consents there to its access. bunq sends the user back to " +
				"`redirect_uri` with a `code`, which the application trades for an access token.",
			// Unknown arguments are allowed, so that mistakes in the others are reported at plan.
			Parameters: []function.Parameter{
				function.StringParameter{
					Name:               "environment",
					AllowUnknownValues: true,
					MarkdownDescription: "`sandbox` or `production`; or the address of another authorisation page, such as a simulator's " +
						"`http://127.0.0.1:8080/auth`: https, or http to a loopback host only.",
				},
				function.StringParameter{
					Name:                "client_id",
					AllowUnknownValues:  true,
					MarkdownDescription: "The `client_id` of the `bunq_oauth_client`, not its `id`.",
				},
				function.StringParameter{
					Name:               "redirect_uri",
					AllowUnknownValues: true,
					MarkdownDescription: "The `url` of one of the client's `bunq_oauth_callback_url`s: absolute, https (or http for a loopback host), without a " +
						"fragment. bunq compares it byte by byte.",
				},
				function.StringParameter{
					Name:               "state",
					AllowUnknownValues: true,
					AllowNullValue:     true,
					MarkdownDescription: "What bunq returns unchanged together with the code. Empty (in Terraform also null) to leave it out: an application makes a state of its own, " +
						"which cannot be guessed, for each user that it sends (RFC 6749, section 10.12).",
				},
			},
			Return: function.StringReturn{},
		},
		run: authorizeURL,
	}
}

func authorizeURL(ctx context.Context, arguments function.ArgumentsData, result *function.ResultData) *function.FuncError {
	var environment, clientID, redirectURI, state types.String
	if err := arguments.Get(ctx, &environment, &clientID, &redirectURI, &state); err != nil {
		return err
	}

	page, problem := authorizationPage(environment.ValueString())
	for i, argument := range []struct {
		value   types.String
		problem string
	}{
		{environment, problem},
		{clientID, clientIDProblem(clientID.ValueString())},
		{redirectURI, redirectURIProblem(redirectURI.ValueString())},
	} {
		if argument.problem != "" && !argument.value.IsUnknown() {
			return function.NewArgumentFuncError(int64(i), argument.problem)
		}
	}
	if environment.IsUnknown() || clientID.IsUnknown() || redirectURI.IsUnknown() || state.IsUnknown() {
		return result.Set(ctx, types.StringUnknown())
	}

	address := page + "?response_type=code&client_id=" + escape(clientID.ValueString()) + "&redirect_uri=" + escape(redirectURI.ValueString())
	if state.ValueString() != "" {
		address += "&state=" + escape(state.ValueString())
	}
	return result.Set(ctx, address)
}

// authorizationPage returns the page of an environment, or the page itself if that is passed, or
// what is wrong.
func authorizationPage(environment string) (page, problem string) {
	if e, err := bunq.ParseEnvironment(environment); err == nil {
		return e.AuthorizeURL(), ""
	}
	if !strings.Contains(environment, "://") {
		return "", `unknown environment: write "sandbox" or "production", or the address of another authorisation page, ` +
			`such as "http://127.0.0.1:8080/auth"`
	}
	u, err := bunq.ParseAuthorizeURL(environment)
	if err != nil {
		return "", err.Error()
	}
	return u.String(), ""
}

// maxIDDigits is the length of the largest number that bunq can give to a client, which is an int64.
const maxIDDigits = 19

func clientIDProblem(clientID string) string {
	const remedy = "pass bunq_oauth_client.NAME.client_id"
	notDigit := func(r rune) bool { return r < '0' || r > '9' }
	switch {
	case clientID == "":
		return "the client id is empty: " + remedy
	case len(clientID) <= maxIDDigits && !strings.ContainsFunc(clientID, notDigit):
		return "this is a number, as bunq's id of an OAuth client is. The authorisation page wants the client_id, which is a long text of " +
			"hexadecimal digits: " + remedy + ", not .id"
	case strings.ContainsFunc(clientID, unicode.IsSpace):
		return "the client id contains white space: " + remedy
	}
	return ""
}

func redirectURIProblem(uri string) string {
	problem := bunq.CallbackURLProblem(uri)
	if problem == "" {
		return ""
	}
	return "the redirect URI " + problem + ". Pass bunq_oauth_callback_url.NAME.url, an absolute https URL without a fragment, " +
		"such as https://app.example.com/bunq/callback"
}

// escape escapes a value of a query. A space becomes %20, which every server understands.
func escape(value string) string { return strings.ReplaceAll(url.QueryEscape(value), "+", "%20") }
