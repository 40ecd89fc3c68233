package onboarding

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/qseal"
)

type credentialModel struct {
	ID                       types.String `tfsdk:"id"`
	Installation             types.Object `tfsdk:"installation"`
	CertificatePEM           types.String `tfsdk:"certificate_pem"`
	CertificateChainPEM      types.String `tfsdk:"certificate_chain_pem"`
	PrivateKeyPEMWO          types.String `tfsdk:"private_key_pem_wo"`
	PrivateKeyPassphraseWO   types.String `tfsdk:"private_key_passphrase_wo"`
	ClientPublicKeySignature types.String `tfsdk:"client_public_key_signature"`
	ExpiryWarningDays        types.Int64  `tfsdk:"expiry_warning_days"`
	DeactivateOnDestroy      types.Bool   `tfsdk:"deactivate_on_destroy"`
	APIKey                   types.String `tfsdk:"api_key"`
	Status                   types.String `tfsdk:"status"`
	APIKeyExpiryTime         types.String `tfsdk:"api_key_expiry_time"`
	Roles                    types.List   `tfsdk:"roles"`
	Subject                  types.String `tfsdk:"subject"`
	OrganizationIdentifier   types.String `tfsdk:"organization_identifier"`
	NotBefore                types.String `tfsdk:"not_before"`
	NotAfter                 types.String `tfsdk:"not_after"`
	FingerprintSHA256        types.String `tfsdk:"fingerprint_sha256"`
}

// fromAPI takes what bunq says of a credential that was made or imported. The API key is in its
// answer only until the key is used for the first time; a key that the state
// holds is never replaced with nothing.
func (m *credentialModel) fromAPI(c *bunq.Credential) {
	m.ID = types.StringValue(providerdata.FormatID(c.ID))
	m.Status = types.StringValue(c.Status)
	if c.TokenValue != "" && (m.APIKey.IsNull() || m.APIKey.IsUnknown()) {
		m.APIKey = types.StringValue(c.TokenValue.Reveal())
	}
	if m.APIKey.IsUnknown() {
		m.APIKey = types.StringNull()
	}
	m.APIKeyExpiryTime = types.StringNull()
	if c.ExpiryTime != nil {
		m.APIKeyExpiryTime = types.StringValue(c.ExpiryTime.UTC().Format(time.RFC3339))
	}
}

// refreshed takes what bunq says of the credential later.
//
// That a device has used the key for the first time is what every onboarding
// does next, in the same apply; bunq says so only after Create has stored what it
// answered. Stored by the first refresh, it would make the next plan report that
// the credential was changed outside of Terraform, with every resource that
// leads back to it. So status and api_key_expiry_time stay as they are then; the
// private state notes the use, and the next change of the credential stores it
// (see markUsed). Any other status is news, and is taken at once.
func (m *credentialModel) refreshed(c *bunq.Credential) {
	if m.pending() && c.Status == bunq.StatusActive {
		return
	}
	m.fromAPI(c)
}

// markUsed stores that the key was used.
func (m *credentialModel) markUsed() {
	if m.pending() {
		m.Status, m.APIKeyExpiryTime = types.StringValue(bunq.StatusActive), types.StringNull()
	}
}

// bundle is what was registered; false where the state does not say, as after
// an import.
func (m *credentialModel) bundle() (qseal.Bundle, bool) {
	if m.CertificatePEM.IsNull() || m.CertificatePEM.IsUnknown() || m.CertificateChainPEM.IsUnknown() {
		return qseal.Bundle{}, false
	}
	b, err := qseal.ParseBundle(m.CertificatePEM.ValueString(), m.CertificateChainPEM.ValueString())
	return b, err == nil
}

// fromCertificate fills in what is read from the certificate.
func (m *credentialModel) fromCertificate(ctx context.Context, c *qseal.Certificate) diag.Diagnostics {
	roles, diags := types.ListValueFrom(ctx, types.StringType, c.Roles())
	m.Roles = roles
	m.Subject = types.StringValue(c.Subject())
	m.OrganizationIdentifier = types.StringNull()
	if oi := c.OrganizationIdentifier(); oi != "" {
		m.OrganizationIdentifier = types.StringValue(oi)
	}
	m.NotBefore = types.StringValue(c.NotBefore().UTC().Format(time.RFC3339))
	m.NotAfter = types.StringValue(c.NotAfter().UTC().Format(time.RFC3339))
	m.FingerprintSHA256 = types.StringValue(c.FingerprintSHA256())
	return diags
}

// withoutCertificate leaves what is read from the certificate empty, as after
// an import: bunq does not give the certificate back.
func (m *credentialModel) withoutCertificate() {
	m.Roles = types.ListNull(types.StringType)
	m.Subject, m.OrganizationIdentifier = types.StringNull(), types.StringNull()
	m.NotBefore, m.NotAfter, m.FingerprintSHA256 = types.StringNull(), types.StringNull(), types.StringNull()
}

// pending reports whether bunq last said that the key waits for its first use.
func (m *credentialModel) pending() bool {
	return m.Status.ValueString() == bunq.CredentialPendingFirstUse
}

// expiry is until when an unused key lives; zero where that is not known.
func (m *credentialModel) expiry() time.Time {
	t, err := time.Parse(time.RFC3339, m.APIKeyExpiryTime.ValueString())
	if err != nil {
		return time.Time{}
	}
	return t
}
