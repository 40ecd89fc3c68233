package providerdata

import (
	"context"

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
	return map[string]attr.Type{
		"environment":           types.StringType,
		"api_key":               types.StringType,
		"installation_token":    types.StringType,
		"private_key_pem":       types.StringType,
		"server_public_key_pem": types.StringType,
	}
}

// Object returns m as the value of an attribute.
func (m APIContextModel) Object(ctx context.Context) (types.Object, diag.Diagnostics) {
	return types.ObjectValueFrom(ctx, APIContextTypes(), m)
}

// Known reports whether every member has a value.
func (m APIContextModel) Known() bool {
	for _, v := range []types.String{m.Environment, m.APIKey, m.InstallationToken, m.PrivateKeyPEM, m.ServerPublicKeyPEM} {
		if v.IsUnknown() {
			return false
		}
	}
	return true
}

// Parse returns m as the client needs it. Each error points at the member below at, and
// never contains its value.
func (m APIContextModel) Parse(at path.Path) (bunq.APIContext, diag.Diagnostics) {
	var diags diag.Diagnostics
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
		if member.value.ValueString() == "" {
			diags.AddAttributeError(at.AtName(member.name), "Incomplete API context",
				"The API context has no "+member.name+". Pass the whole of it, as in\n\n"+
					"    api_context = bunq_device_server.main.api_context")
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

// Access is a context together with the calls that it allows.
type Access struct {
	Context bunq.APIContext
	Calls   *bunq.UserClient
}

// Access resolves an api_context attribute: the object itself, or the provider's if it is
// null. It reports an error if there is neither, if the value is not known yet, or if it
// belongs to another environment.
func (d *Data) Access(ctx context.Context, obj types.Object, at path.Path) (*Access, diag.Diagnostics) {
	var diags diag.Diagnostics
	if !d.Ready(&diags) {
		return nil, diags
	}

	ac, more := d.resolve(ctx, obj, at)
	diags.Append(more...)
	if diags.HasError() || !d.SameEnvironment(string(ac.Environment), "API context", at, &diags) {
		return nil, diags
	}
	return &Access{Context: ac, Calls: d.Calls(ac)}, diags
}

func (d *Data) resolve(ctx context.Context, obj types.Object, at path.Path) (bunq.APIContext, diag.Diagnostics) {
	var diags diag.Diagnostics
	if obj.IsNull() {
		switch {
		case d.Default != nil:
			return *d.Default, diags
		case d.DefaultProblem != nil:
			diags.AddAttributeError(at, d.DefaultProblem.Summary, d.DefaultProblem.Detail)
		case d.DefaultUnknown:
			diags.AddAttributeError(at, "API context not known yet",
				"The api_context of the provider block is only known after an apply, and this operation must ask bunq now.\n\n"+
					"Next step: apply what it depends on first (terraform apply -target=…).")
		default:
			diags.AddAttributeError(at, "No API context",
				"Neither this resource nor the provider block says with which key to call bunq.\n\n"+
					"Next step: set api_context = bunq_device_server.main.api_context on the resource, or api_context or "+
					"context_file (BUNQ_CONTEXT_FILE) in the provider block.")
		}
		return bunq.APIContext{}, diags
	}

	if obj.IsUnknown() {
		diags.AddAttributeError(at, "API context not known yet", "The api_context is only known after an apply, and this operation must ask bunq now.")
		return bunq.APIContext{}, diags
	}

	m, diags := modelOf(ctx, obj)
	if diags.HasError() {
		return bunq.APIContext{}, diags
	}
	return d.parsed.parse(m, at)
}

// Check reports at plan what Access would report at apply, as far as it is known:
// neither the attribute nor the provider block has a context, or it cannot be used, or
// it belongs to another environment. It makes no call.
func (d *Data) Check(ctx context.Context, obj types.Object, at path.Path) diag.Diagnostics {
	if len(d.Unknown) > 0 || obj.IsUnknown() || obj.IsNull() && d.DefaultUnknown {
		return nil
	}

	var m APIContextModel
	if !obj.IsNull() {
		var diags diag.Diagnostics
		if m, diags = modelOf(ctx, obj); diags.HasError() {
			return diags
		}
		if !m.Known() {
			// The rest is checked when it is known; the environment can be checked now.
			d.SameEnvironment(m.Environment.ValueString(), "API context", at, &diags)
			return diags
		}
	}

	ac, diags := d.resolve(ctx, obj, at)
	if !diags.HasError() {
		d.SameEnvironment(string(ac.Environment), "API context", at, &diags)
	}
	return diags
}

func (m APIContextModel) parseKnown(at path.Path) (bunq.APIContext, diag.Diagnostics) {
	if !m.Known() {
		var diags diag.Diagnostics
		diags.AddAttributeError(at, "API context not known yet", "Parts of the api_context are only known after an apply, and this operation must ask bunq now.")
		return bunq.APIContext{}, diags
	}
	return m.Parse(at)
}
