package functions

import (
	"context"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/sdkconf"
)

// NewSDKContextJSON returns sdk_context_json.
func NewSDKContextJSON() function.Function {
	return pure{
		name: "sdk_context_json",
		definition: function.Definition{
			Summary: "Context file for bunq's SDKs",
			MarkdownDescription: "Returns a context file (`bunq.conf`) with which an application goes on where Terraform stopped: bunq's SDKs load it by `restore` and " +
				"`loadApiContext`, as their READMEs show, and open a session of their own with it. The file imports back, too: its path is an import id of " +
				"`bunq_installation`, and a `context_file` of the provider block.\n\n" +
				"The session in it expired long ago, so that the SDKs open a new one at the first call. bunq allows one new session each 30 seconds and address.\n\n" +
				"~> The text is full of secrets: API key, installation token and private key. Terraform treats it as sensitive because `api_context` " +
				"is. Pass it to a secret store, if possible through a write-only argument. On disk, only the application should be able to read it. An output or a " +
				"`local_sensitive_file` keeps a second copy in the state.",
			// Unknown arguments are allowed, so that mistakes in the other one are reported at plan.
			Parameters: []function.Parameter{
				function.ObjectParameter{
					Name:                "api_context",
					AllowUnknownValues:  true,
					AttributeTypes:      providerdata.APIContextTypes(),
					MarkdownDescription: "The `api_context` of a `bunq_device_server`.",
				},
				function.StringParameter{
					Name:               "user_id",
					AllowUnknownValues: true,
					MarkdownDescription: "The id of the bunq user that the API key belongs to, such as `user_id` of a `bunq_oauth_client`. The SDKs load no context " +
						"without it.",
				},
			},
			Return: function.StringReturn{},
		},
		run: contextJSON,
	}
}

func contextJSON(ctx context.Context, arguments function.ArgumentsData, result *function.ResultData) *function.FuncError {
	var object types.Object
	var userID types.String
	if err := arguments.Get(ctx, &object, &userID); err != nil {
		return err
	}

	const contextArgument, userArgument = 0, 1
	user, problem := parseUserID(userID.ValueString())
	if problem != "" && !userID.IsUnknown() {
		return function.NewArgumentFuncError(userArgument, problem)
	}

	var m providerdata.APIContextModel
	if !object.IsUnknown() {
		if err := function.FuncErrorFromDiags(ctx, object.As(ctx, &m, basetypes.ObjectAsOptions{})); err != nil {
			return err
		}
	}
	if object.IsUnknown() || !m.Known() {
		return result.Set(ctx, types.StringUnknown())
	}
	ac, diags := m.Parse(path.Empty())
	if diags.HasError() {
		return function.NewArgumentFuncError(contextArgument, unusable(firstSentence(diags[0].Detail())))
	}
	if userID.IsUnknown() {
		return result.Set(ctx, types.StringUnknown())
	}

	text, err := sdkconf.Marshal(sdkconf.Context{
		Environment:        ac.Environment,
		APIKey:             ac.APIKey,
		InstallationToken:  ac.Installation.Token,
		PrivateKeyPEM:      bunq.Secret(m.PrivateKeyPEM.ValueString()),
		ServerPublicKeyPEM: m.ServerPublicKeyPEM.ValueString(),
		UserID:             user,
	})
	if err != nil {
		return function.NewArgumentFuncError(contextArgument, unusable(err.Error()))
	}
	return result.Set(ctx, string(text))
}

func unusable(why string) string {
	return "unusable API context. " + why + ". Next step: pass the whole object: bunq_device_server.NAME.api_context"
}

// firstSentence returns the first sentence of a detail, without its full stop.
func firstSentence(detail string) string {
	for _, end := range []string{". ", ".\n"} {
		detail, _, _ = strings.Cut(detail, end)
	}
	return strings.TrimSuffix(detail, ".")
}

func parseUserID(text string) (id int64, problem string) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id <= 0 || strconv.FormatInt(id, 10) != text {
		return 0, "this is no id of a bunq user, which is a positive number: pass bunq_oauth_client.NAME.user_id"
	}
	return id, ""
}
