package onboarding

import (
	"context"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
)

type deviceModel struct {
	ID             types.String `tfsdk:"id"`
	Installation   types.Object `tfsdk:"installation"`
	Credential     types.Object `tfsdk:"credential"`
	Description    types.String `tfsdk:"description"`
	PermittedIPs   types.Set    `tfsdk:"permitted_ips"`
	RegistrationIP types.String `tfsdk:"registration_ip"`
	APIContext     types.Object `tfsdk:"api_context"`
}

// deviceCredentialModel is the credential object that a device takes.
type deviceCredentialModel struct {
	ID     types.String `tfsdk:"id"`
	APIKey types.String `tfsdk:"api_key"`
}

// credential decodes the credential object. Both members are unknown if the object is.
func (m *deviceModel) credential(ctx context.Context, diags *diag.Diagnostics) deviceCredentialModel {
	c := deviceCredentialModel{ID: types.StringUnknown(), APIKey: types.StringUnknown()}
	if !m.Credential.IsNull() && !m.Credential.IsUnknown() {
		diags.Append(m.Credential.As(ctx, &c, basetypes.ObjectAsOptions{})...)
	}
	return c
}

// installationID returns the id of the installation; "" if it is not known.
func (m *deviceModel) installationID() string {
	id, _ := m.Installation.Attributes()["id"].(types.String)
	return id.ValueString()
}

// moves reports whether the plan registers the device on another installation than the state has.
// One that is not known may be the same, but only a replacement can be planned for every outcome.
func (m *deviceModel) moves(state *deviceModel) bool {
	return m.installationID() == "" || m.installationID() != state.installationID()
}

// apiContext returns the API context of installation and API key. Only a member of it is unknown
// where a part is: Terraform treats an object that is unknown as a whole as one without secrets, and
// says so in the plan of each resource that uses it.
func (m *deviceModel) apiContext(ctx context.Context, diags *diag.Diagnostics) providerdata.APIContextModel {
	installation, known := installationOf(ctx, m.Installation, diags)
	if !known {
		unknown := types.StringUnknown()
		installation = providerdata.InstallationModel{
			Token: unknown, PrivateKeyPEM: unknown, ServerPublicKeyPEM: unknown, Environment: unknown,
		}
	}
	return installation.Context(m.credential(ctx, diags).APIKey)
}

// addresses returns the permitted addresses that are known, none if the set is null or unknown. They
// are sorted backwards, so that "*" comes last: bunq wants the caller's own address before it.
func addresses(set types.Set) []string {
	var ips []string
	for _, e := range set.Elements() {
		if s, ok := e.(types.String); ok && !s.IsUnknown() {
			ips = append(ips, s.ValueString())
		}
	}

	slices.SortFunc(ips, func(a, b string) int { return strings.Compare(b, a) })
	return ips
}

// allKnown reports whether neither the set nor an element of it is unknown.
func allKnown(set types.Set) bool {
	return !set.IsUnknown() && !slices.ContainsFunc(set.Elements(), attr.Value.IsUnknown)
}

// hasAny reports whether the set holds "*".
func hasAny(set types.Set) bool { return slices.Contains(addresses(set), anyAddress) }
