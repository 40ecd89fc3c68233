package onboarding

import (
	"crypto/rsa"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

type installationModel struct {
	ID                  types.String `tfsdk:"id"`
	PrivateKeyPEM       types.String `tfsdk:"private_key_pem"`
	Keepers             types.Map    `tfsdk:"keepers"`
	PublicKeyPEM        types.String `tfsdk:"public_key_pem"`
	Token               types.String `tfsdk:"token"`
	ServerPublicKeyPEM  types.String `tfsdk:"server_public_key_pem"`
	Environment         types.String `tfsdk:"environment"`
	RegistrationPayload types.String `tfsdk:"registration_payload"`
}

// setKey stores the key pair. A key from the configuration stays as written, so that the next plan
// is empty.
func (m *installationModel) setKey(key *rsa.PrivateKey) error {
	public, err := signing.MarshalPublicKey(&key.PublicKey)
	if err != nil {
		return err
	}
	m.PublicKeyPEM = types.StringValue(public)

	if m.PrivateKeyPEM.IsNull() || m.PrivateKeyPEM.IsUnknown() {
		private, err := signing.MarshalPrivateKey(key)
		if err != nil {
			return err
		}
		m.PrivateKeyPEM = types.StringValue(private)
	}
	return nil
}

// fromAPI stores what bunq returned, and the text that the QSEAL key must sign.
func (m *installationModel) fromAPI(env bunq.Environment, made *bunq.CreatedInstallation) {
	m.ID = types.StringValue(providerdata.FormatID(made.ID))
	m.Token = types.StringValue(made.Token.Reveal())
	m.ServerPublicKeyPEM = types.StringValue(made.ServerPublicKeyPEM)
	m.Environment = types.StringValue(string(env))
	m.setPayload()
}

// setPayload stores the text that the QSEAL key must sign; null if key or token cannot be part of it,
// which a credential reports.
func (m *installationModel) setPayload() {
	m.RegistrationPayload = types.StringNull()
	if payload, err := registrationPayload(m.PublicKeyPEM, m.Token); err == nil {
		m.RegistrationPayload = types.StringValue(payload)
	}
}
