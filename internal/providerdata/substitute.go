package providerdata

import (
	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/sdkconf"
)

// MarshalContext returns an API context as JSON, for the private state of a resource. It
// contains secrets, as the state does.
func MarshalContext(ac bunq.APIContext) ([]byte, error) {
	private, public, server, err := ac.Installation.PEM()
	if err != nil {
		return nil, err
	}
	return sdkconf.Marshal(sdkconf.Context{
		Environment: ac.Environment, APIKey: ac.APIKey, InstallationToken: ac.Installation.Token,
		PrivateKeyPEM: private, PublicKeyPEM: public, ServerPublicKeyPEM: server,
	})
}

// UnmarshalContext reads what MarshalContext wrote.
func UnmarshalContext(text []byte) (bunq.APIContext, error) {
	file, err := sdkconf.Parse(text)
	if err != nil {
		return bunq.APIContext{}, err
	}
	installation, err := bunq.NewInstallation(file.InstallationToken, file.PrivateKeyPEM, file.ServerPublicKeyPEM)
	if err != nil {
		return bunq.APIContext{}, err
	}
	return bunq.APIContext{Environment: file.Environment, APIKey: file.APIKey, Installation: installation}, nil
}
