package providerdata

import (
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/sdkconf"
)

// FromContextFile returns the API context in a context file of bunq's SDKs.
func FromContextFile(file *sdkconf.Context) APIContextModel {
	return InstallationFromFile(file, types.StringNull()).Context(types.StringValue(file.APIKey.Reveal()))
}

// InstallationFromFile returns the installation in a context file. The file does not have
// its ID, which a session does.
func InstallationFromFile(file *sdkconf.Context, id types.String) InstallationModel {
	return InstallationModel{
		ID:                 id,
		Token:              types.StringValue(file.InstallationToken.Reveal()),
		PrivateKeyPEM:      types.StringValue(file.PrivateKeyPEM.Reveal()),
		PublicKeyPEM:       types.StringValue(file.PublicKeyPEM),
		ServerPublicKeyPEM: types.StringValue(file.ServerPublicKeyPEM),
		Environment:        types.StringValue(string(file.Environment)),
	}
}
