package onboarding

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/qseal"
	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

// suffixBytes is the length of the random part of a common name, which is written in twice as many
// characters.
const suffixBytes = 4

const day = 24 * time.Hour

type sandboxCertificateModel struct {
	ID                     types.String `tfsdk:"id"`
	Name                   types.String `tfsdk:"name"`
	Roles                  types.Set    `tfsdk:"roles"`
	Organization           types.String `tfsdk:"organization"`
	OrganizationIdentifier types.String `tfsdk:"organization_identifier"`
	Country                types.String `tfsdk:"country"`
	ValidityDays           types.Int64  `tfsdk:"validity_days"`
	EarlyRenewalDays       types.Int64  `tfsdk:"early_renewal_days"`
	Keepers                types.Map    `tfsdk:"keepers"`
	CertificatePEM         types.String `tfsdk:"certificate_pem"`
	CertificateChainPEM    types.String `tfsdk:"certificate_chain_pem"`
	PrivateKeyPEM          types.String `tfsdk:"private_key_pem"`
	NotAfter               types.String `tfsdk:"not_after"`
	ReadyForRenewal        types.Bool   `tfsdk:"ready_for_renewal"`
}

// commonName returns the name, a suffix that makes it unique, and the roles at the end, where
// bunq's docs want them.
func (m *sandboxCertificateModel) commonName(suffix string) string {
	return strings.Join(append([]string{m.Name.ValueString(), suffix}, m.roles()...), " ")
}

// longestName is what a common name leaves for the name, with the random part and both roles.
const longestName = qseal.MaxCommonName - len(" 01234567 PISP AISP")

// subject is what decides the subject of a certificate, apart from the random part.
type subject struct {
	Name, Roles, Organization, OrganizationIdentifier, Country string
}

func (m *sandboxCertificateModel) subject() subject {
	return subject{
		m.Name.String(), strings.Join(m.roles(), " "), m.Organization.String(), m.OrganizationIdentifier.String(), m.Country.String(),
	}
}

// roles returns the words of the common name, in the order of bunq's docs.
func (m *sandboxCertificateModel) roles() []string {
	words := []string{string(qseal.RolePISP), string(qseal.RoleAISP)}
	if m.Roles.IsNull() || m.Roles.IsUnknown() {
		return words
	}
	return slices.DeleteFunc(words, func(w string) bool {
		return !slices.ContainsFunc(m.Roles.Elements(), func(v attr.Value) bool { return v.Equal(types.StringValue(w)) })
	})
}

// issue makes a key and a certificate for the common name in m.ID, or for a new one.
func (m *sandboxCertificateModel) issue(now time.Time) error {
	if m.ID.IsNull() || m.ID.IsUnknown() {
		suffix := make([]byte, suffixBytes)
		if _, err := rand.Read(suffix); err != nil {
			return err
		}
		m.ID = types.StringValue(m.commonName(hex.EncodeToString(suffix)))
	}

	key, err := signing.GenerateKey()
	if err != nil {
		return err
	}
	private, err := signing.MarshalPrivateKey(key)
	if err != nil {
		return err
	}

	// Valid from a minute ago, for clocks that are a little behind.
	from := now.Add(-time.Minute).UTC().Truncate(time.Second)
	until := from.Add(time.Duration(m.ValidityDays.ValueInt64()) * day)

	certificate, err := qseal.NewPseudoCertificate(qseal.PseudoOptions{
		CommonName: m.ID.ValueString(), Organization: m.Organization.ValueString(),
		OrganizationIdentifier: m.OrganizationIdentifier.ValueString(), Country: m.Country.ValueString(),
		NotBefore: from, NotAfter: until, Key: key,
	})
	if err != nil {
		return err
	}

	m.PrivateKeyPEM = types.StringValue(private)
	m.CertificatePEM = types.StringValue(certificate)
	m.CertificateChainPEM = types.StringValue(certificate)
	m.NotAfter = types.StringValue(until.Format(time.RFC3339))
	m.ReadyForRenewal = types.BoolValue(false)
	return nil
}

// due reports whether the certificate must be renewed now.
func (m *sandboxCertificateModel) due(now time.Time) bool {
	until, err := time.Parse(time.RFC3339, m.NotAfter.ValueString())
	return err == nil && !now.Before(until.Add(-time.Duration(m.EarlyRenewalDays.ValueInt64())*day))
}

// bothRoles returns the default of the roles attribute.
func bothRoles(ctx context.Context) types.Set {
	set, _ := types.SetValueFrom(ctx, types.StringType, []string{string(qseal.RoleAISP), string(qseal.RolePISP)})
	return set
}

// reissues reports whether the plan makes a new certificate for the same subject: the last refresh
// found that it is due, or the configuration asks for one.
func (m *sandboxCertificateModel) reissues(state *sandboxCertificateModel) bool {
	return state.ReadyForRenewal.ValueBool() || !m.ValidityDays.Equal(state.ValidityDays) || otherKeepers(state.Keepers, m.Keepers)
}
