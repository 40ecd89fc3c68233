package providerdata

import (
	"context"
	"strings"
	"unicode"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

// APIContextModel is the api_context object: everything that opens sessions.
type APIContextModel struct {
	Environment        types.String `tfsdk:"environment"`
	APIKey             types.String `tfsdk:"api_key"`
	InstallationToken  types.String `tfsdk:"installation_token"`
	PrivateKeyPEM      types.String `tfsdk:"private_key_pem"`
	ServerPublicKeyPEM types.String `tfsdk:"server_public_key_pem"`
}

// APIContextTypes are the attribute types of the api_context object.
func APIContextTypes() map[string]attr.Type {
	members := map[string]attr.Type{}
	for _, member := range APIContextMembers() {
		members[member.Name] = types.StringType
	}
	return members
}

// members returns the members of m by name.
func (m *APIContextModel) members() map[string]*types.String {
	return map[string]*types.String{
		"environment":           &m.Environment,
		"api_key":               &m.APIKey,
		"installation_token":    &m.InstallationToken,
		"private_key_pem":       &m.PrivateKeyPEM,
		"server_public_key_pem": &m.ServerPublicKeyPEM,
	}
}

// Object returns m as the value of an attribute.
func (m APIContextModel) Object(ctx context.Context) (types.Object, diag.Diagnostics) {
	return types.ObjectValueFrom(ctx, APIContextTypes(), m)
}

// Known reports whether every member has a value.
func (m APIContextModel) Known() bool {
	for _, member := range m.members() {
		if member.IsUnknown() {
			return false
		}
	}
	return true
}

// Parse returns m as the client needs it. Each error points at the member below at, and
// never contains its value.
func (m APIContextModel) Parse(at path.Path) (bunq.APIContext, diag.Diagnostics) {
	var diags diag.Diagnostics
	for _, member := range APIContextMembers() {
		if m.members()[member.Name].ValueString() == "" {
			diags.AddAttributeError(at.AtName(member.Name), "Incomplete API context",
				"The API context has no "+member.Name+". Pass the whole of it, as in\n\n"+
					"    api_context = bunq_device_server.main.api_context")
		}
	}
	if diags.HasError() {
		return bunq.APIContext{}, diags
	}

	for name, secret := range map[string]types.String{"api_key": m.APIKey, "installation_token": m.InstallationToken} {
		if HasBlank(secret.ValueString()) {
			diags.AddAttributeError(at.AtName(name), "Unusable API context", "The "+name+" of the API context"+AboutBlanks)
		}
	}
	if diags.HasError() {
		return bunq.APIContext{}, diags
	}

	env, err := bunq.ParseEnvironment(m.Environment.ValueString())
	if err != nil {
		// The value is not repeated: it may be a secret, as members are easily mixed up.
		diags.AddAttributeError(at.AtName("environment"), "Unknown environment",
			`The environment of the API context is neither "sandbox" nor "production".`)
		return bunq.APIContext{}, diags
	}

	inst, err := bunq.NewInstallation(bunq.Secret(m.InstallationToken.ValueString()),
		bunq.Secret(m.PrivateKeyPEM.ValueString()), m.ServerPublicKeyPEM.ValueString())
	if err != nil {
		diags.AddAttributeError(at, "Unusable API context", "The keys of the API context cannot be read: "+err.Error()+
			".\n\nNext step: pass the api_context of a bunq_device_server unchanged.")
		return bunq.APIContext{}, diags
	}
	return bunq.APIContext{Environment: env, APIKey: bunq.Secret(m.APIKey.ValueString()), Installation: inst}, diags
}

// HasBlank reports whether a key or token has white space in it, which bunq never puts there.
func HasBlank(secret string) bool { return strings.ContainsFunc(secret, unicode.IsSpace) }

// AboutBlanks ends a sentence about a secret that HasBlank.
const AboutBlanks = " has a blank or a line end in it, as at the end of a file, and bunq would refuse it.\n\n" +
	"Next step: cut it off with trimspace(…)."

// modelOf returns the members of an api_context attribute, all of them unknown if the object is. The
// framework's As is slow: it compiles a regular expression for the name of each field, each time.
func modelOf(obj types.Object) (m APIContextModel) {
	all := obj.Attributes()
	for name, member := range m.members() {
		*member = types.StringUnknown()
		if text, ok := all[name].(types.String); ok {
			*member = text
		}
	}
	return m
}
