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

// fromAPI stores what bunq returned for a credential that was made or imported. The answer holds
// the API key only until its first use; a key in the state is never replaced with null.
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

// fromRefresh stores what bunq returned for the credential later, but not that the key was used: in
// every onboarding a device uses it in the same apply, after Create has stored the answer. Stored at
// the next refresh, that would be reported as a change outside of Terraform. So the private state
// notes the use. Any other status is stored at once.
func (m *credentialModel) fromRefresh(c *bunq.Credential) {
	if !m.pending() || c.Status != bunq.StatusActive {
		m.fromAPI(c)
	}
}

// bundle returns the certificate and its chain; false if they are not known, as after an import.
func (m *credentialModel) bundle() (qseal.Bundle, bool) {
	if m.CertificatePEM.IsNull() || m.CertificatePEM.IsUnknown() || m.CertificateChainPEM.IsUnknown() {
		return qseal.Bundle{}, false
	}
	b, err := qseal.ParseBundle(m.CertificatePEM.ValueString(), m.CertificateChainPEM.ValueString())
	return b, err == nil
}

// fromCertificate fills in what is read from the certificate; nothing if it is not known yet.
func (m *credentialModel) fromCertificate(ctx context.Context, c *qseal.Certificate) diag.Diagnostics {
	if c == nil {
		return nil
	}
	roles, diags := types.ListValueFrom(ctx, types.StringType, c.Roles())
	m.Roles = roles
	m.Subject = types.StringValue(c.Subject())
	m.OrganizationIdentifier = providerdata.StringOrNull(c.OrganizationIdentifier())
	m.NotBefore = types.StringValue(c.NotBefore().UTC().Format(time.RFC3339))
	m.NotAfter = types.StringValue(c.NotAfter().UTC().Format(time.RFC3339))
	m.FingerprintSHA256 = types.StringValue(c.FingerprintSHA256())
	return diags
}

// pending reports whether the key was still waiting for its first use when bunq was last read.
func (m *credentialModel) pending() bool {
	return m.Status.ValueString() == bunq.CredentialPendingFirstUse
}

// expiry returns when an unused key expires; zero if that is not known.
func (m *credentialModel) expiry() time.Time {
	t, err := time.Parse(time.RFC3339, m.APIKeyExpiryTime.ValueString())
	if err != nil {
		return time.Time{}
	}
	return t
}
