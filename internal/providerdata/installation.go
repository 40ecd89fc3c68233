package providerdata

import (
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

// InstallationModel is the installation object of credential and device: the members of
// bunq_installation that they need.
type InstallationModel struct {
	ID                 types.String `tfsdk:"id"`
	Token              types.String `tfsdk:"token"`
	PrivateKeyPEM      types.String `tfsdk:"private_key_pem"`
	PublicKeyPEM       types.String `tfsdk:"public_key_pem"`
	ServerPublicKeyPEM types.String `tfsdk:"server_public_key_pem"`
	Environment        types.String `tfsdk:"environment"`
}

// Parse returns m as the client needs it.
func (m InstallationModel) Parse(at path.Path) (bunq.Installation, diag.Diagnostics) {
	var diags diag.Diagnostics
	inst, err := bunq.NewInstallation(bunq.Secret(m.Token.ValueString()),
		bunq.Secret(m.PrivateKeyPEM.ValueString()), m.ServerPublicKeyPEM.ValueString())
	if err != nil {
		diags.AddAttributeError(at, "Unusable installation",
			"The token or a key of the installation cannot be read: "+err.Error()+
				".\n\nNext step: pass the whole resource, installation = bunq_installation.main.")
	}
	return inst, diags
}

// Context joins the installation and an API key.
func (m InstallationModel) Context(apiKey types.String) APIContextModel {
	return APIContextModel{
		Environment:        m.Environment,
		APIKey:             apiKey,
		InstallationToken:  m.Token,
		PrivateKeyPEM:      m.PrivateKeyPEM,
		ServerPublicKeyPEM: m.ServerPublicKeyPEM,
	}
}
