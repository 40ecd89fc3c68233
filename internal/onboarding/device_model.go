package onboarding

import (
	"context"
	"net/netip"
	"slices"

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

func deviceCredentialTypes() map[string]attr.Type {
	return map[string]attr.Type{"id": types.StringType, "api_key": types.StringType}
}

// credential decodes the credential object; false if it is not known.
func (m *deviceModel) credential(ctx context.Context, diags *diag.Diagnostics) (deviceCredentialModel, bool) {
	var c deviceCredentialModel
	if m.Credential.IsNull() || m.Credential.IsUnknown() {
		return c, false
	}
	diags.Append(m.Credential.As(ctx, &c, basetypes.ObjectAsOptions{})...)
	return c, !diags.HasError()
}

// namesAnother reports whether the configuration names another credential than the one whose
// addresses were managed so far.
func (m *deviceModel) namesAnother(ctx context.Context, known int64, diags *diag.Diagnostics) bool {
	c, ok := m.credential(ctx, diags)
	return ok && c.ID.ValueString() != "" && c.ID.ValueString() != providerdata.FormatID(known)
}

// apiContext returns the API context of installation and API key; false if a part is not known.
// Only that member is unknown then: Terraform treats an object that is unknown as a whole as one
// without secrets, and says so in the plan of each resource that uses it.
func (m *deviceModel) apiContext(ctx context.Context, diags *diag.Diagnostics) (providerdata.APIContextModel, bool) {
	installation, ok := installationOf(ctx, m.Installation, diags)
	if !ok {
		unknown := types.StringUnknown()
		installation = providerdata.InstallationModel{
			Token: unknown, PrivateKeyPEM: unknown, ServerPublicKeyPEM: unknown, Environment: unknown,
		}
	}
	key := types.StringUnknown()
	if credential, ok := m.credential(ctx, diags); ok {
		key = credential.APIKey
	}
	c := installation.Context(key)
	return c, ok && c.Known()
}

// addresses returns the permitted addresses that are known, sorted, with "*" last, as bunq wants
// the caller's own address before it. It returns none if the set is null or unknown.
func addresses(ctx context.Context, set types.Set) ([]string, diag.Diagnostics) {
	if set.IsNull() || set.IsUnknown() {
		return nil, nil
	}
	var elements []types.String
	diags := set.ElementsAs(ctx, &elements, false)
	ips := make([]string, 0, len(elements))
	for _, e := range elements {
		if !e.IsUnknown() {
			ips = append(ips, e.ValueString())
		}
	}
	slices.Sort(ips)
	if i := slices.Index(ips, anyAddress); i >= 0 {
		ips = append(slices.Delete(ips, i, i+1), anyAddress)
	}
	return ips, diags
}

// allKnown reports whether neither the set nor an element of it is unknown.
func allKnown(set types.Set) bool {
	return !set.IsUnknown() && !slices.ContainsFunc(set.Elements(), attr.Value.IsUnknown)
}

// changesAny reports whether the plan is known to add "*" or to remove it.
func changesAny(plan, state types.Set) bool {
	if hasAny(plan) {
		return !hasAny(state)
	}
	return hasAny(state) && allKnown(plan)
}

// hasAny reports whether the set holds "*".
func hasAny(set types.Set) bool {
	return slices.ContainsFunc(set.Elements(), func(v attr.Value) bool {
		s, ok := v.(types.String)
		return ok && s.ValueString() == anyAddress
	})
}

// sameAddress compares two addresses by meaning: an IPv6 address, or an IPv4 address within IPv6,
// can be written in many ways, and bunq's may differ from the user's.
func sameAddress(a, b string) bool {
	if a == b {
		return true
	}
	x, err1 := netip.ParseAddr(a)
	y, err2 := netip.ParseAddr(b)
	return err1 == nil && err2 == nil && x.Unmap() == y.Unmap()
}

func containsAddress(list []string, ip string) bool {
	return slices.ContainsFunc(list, func(other string) bool { return sameAddress(other, ip) })
}
