package functions

import (
	"context"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/function"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/sdkconf"
)

var _ function.Function = sdkContextJSON{}

type sdkContextJSON struct{}

// NewSDKContextJSON returns sdk_context_json.
func NewSDKContextJSON() function.Function { return sdkContextJSON{} }

func (sdkContextJSON) Metadata(_ context.Context, _ function.MetadataRequest, resp *function.MetadataResponse) {
	resp.Name = "sdk_context_json"
}

func (sdkContextJSON) Definition(_ context.Context, _ function.DefinitionRequest, resp *function.DefinitionResponse) {
	resp.Definition = function.Definition{
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
				AttributeTypes:      providerdata.APIContextTypes(),
				AllowUnknownValues:  true,
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
	}
}

func (sdkContextJSON) Run(ctx context.Context, req function.RunRequest, resp *function.RunResponse) {
	var object types.Object
	var userID types.String
	resp.Error = req.Arguments.Get(ctx, &object, &userID)
	if resp.Error != nil {
		return
	}

	const contextArgument, userArgument = 0, 1
	file, problem := contextFile(ctx, object)
	if problem != "" {
		resp.Error = function.NewArgumentFuncError(contextArgument, problem)
		return
	}
	if !userID.IsUnknown() {
		user, problem := parseUserID(userID.ValueString())
		if problem != "" {
			resp.Error = function.NewArgumentFuncError(userArgument, problem)
			return
		}
		if file != nil {
			file.UserID = user
		}
	}
	if file == nil || userID.IsUnknown() {
		resp.Error = resp.Result.Set(ctx, types.StringUnknown())
		return
	}

	text, err := sdkconf.Marshal(*file)
	if err != nil {
		resp.Error = function.NewArgumentFuncError(contextArgument, unusable(err))
		return
	}
	resp.Error = resp.Result.Set(ctx, string(text))
}

const wholeContext = "pass the whole object: bunq_device_server.NAME.api_context"

// contextFile returns the content of the file for an API context, nil if a part of it is unknown,
// or what is wrong with the parts that are known.
func contextFile(ctx context.Context, object types.Object) (file *sdkconf.Context, problem string) {
	if object.IsUnknown() {
		return nil, ""
	}
	var m providerdata.APIContextModel
	if diags := object.As(ctx, &m, basetypes.ObjectAsOptions{}); diags.HasError() {
		return nil, "this is no API context: " + wholeContext
	}

	var missing []string
	for _, member := range []struct {
		name  string
		value types.String
	}{
		{"environment", m.Environment},
		{"api_key", m.APIKey},
		{"installation_token", m.InstallationToken},
		{"private_key_pem", m.PrivateKeyPEM},
		{"server_public_key_pem", m.ServerPublicKeyPEM},
	} {
		if !member.value.IsUnknown() && member.value.ValueString() == "" {
			missing = append(missing, member.name)
		}
	}
	if len(missing) > 0 {
		return nil, "incomplete API context, null or empty: " + strings.Join(missing, ", ") + ". Next step: " + wholeContext
	}
	environment, err := bunq.ParseEnvironment(m.Environment.ValueString())
	if err != nil && !m.Environment.IsUnknown() {
		// The value is not repeated: it may be a secret, as members are easily mixed up.
		return nil, `the environment of the API context is neither "sandbox" nor "production": ` + wholeContext
	}
	if !m.Known() {
		return nil, ""
	}

	installation, err := bunq.NewInstallation(bunq.Secret(m.InstallationToken.ValueString()), bunq.Secret(m.PrivateKeyPEM.ValueString()),
		m.ServerPublicKeyPEM.ValueString())
	if err != nil {
		return nil, unusable(err)
	}
	// In the form that the SDKs want, whatever form the keys had.
	private, public, server, err := installation.PEM()
	if err != nil {
		return nil, unusable(err)
	}
	return &sdkconf.Context{
		Environment:        environment,
		APIKey:             bunq.Secret(m.APIKey.ValueString()),
		InstallationToken:  installation.Token,
		PrivateKeyPEM:      private,
		PublicKeyPEM:       public,
		ServerPublicKeyPEM: server,
	}, ""
}

func unusable(err error) string {
	return "unusable API context, " + err.Error() + ". Next step: " + wholeContext
}

func parseUserID(text string) (id int64, problem string) {
	id, err := strconv.ParseInt(text, 10, 64)
	if err != nil || id <= 0 || strconv.FormatInt(id, 10) != text {
		return 0, "this is no id of a bunq user, which is a positive number: pass bunq_oauth_client.NAME.user_id"
	}
	return id, ""
}
