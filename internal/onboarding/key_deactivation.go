package onboarding

import (
	"context"
	"errors"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/tfdiag"
)

// endKey sets every permitted address of the key inactive, so that it can no longer be used. An
// error in diags keeps the credential in the state. A key that bunq refuses does not, if no other
// context of this run belongs to the same user: nothing would ever let the credential go.
func endKey(ctx context.Context, data *providerdata.Data, m *credentialModel, diags *diag.Diagnostics) {
	open, err := deactivate(ctx, data, m)

	id := m.ID.ValueString()
	switch {
	case err == nil && open:
		diags.AddWarning("The credential stays at bunq, open to every address",
			`bunq has no call to revoke a credential, nor to undo "*", which permits every address for the key of credential `+id+
				". Its other addresses are inactive. The key is no longer in this state; older versions of the state still hold it. If it may have "+
				"leaked, tell bunq.")
	case err == nil:
		diags.AddWarning("The credential stays at bunq, without a permitted address",
			"bunq has no call to revoke a credential. Terraform has forgotten credential "+id+", and its API key can no longer be used from any address.")
	case bunq.IsContextRefused(err):
		diags.AddWarning("The credential stays at bunq, and its addresses may be active",
			"bunq refuses the key of credential "+id+", or the address of this machine, and this run has no other key of the same bunq user that could set "+
				"its addresses inactive. They may be active: from them the key can still be used, if it is alive. Terraform has forgotten the credential; "+
				"older versions of the state still hold the key. "+endLater)
	default:
		tfdiag.Failure{
			Summary: "bunq_psd2_credential: the permitted addresses were not all set inactive",
			State:   "credential " + id + " stays in the state, so that the next apply goes on.",
		}.Error(diags, err)
	}
}

// deactivate sets the addresses inactive with the key itself. If bunq refuses it, or has begun to,
// another context of this run goes on: one of the same user finds the credential. It reports whether
// bunq permits every address, which cannot be undone.
func deactivate(ctx context.Context, data *providerdata.Data, m *credentialModel) (open bool, err error) {
	var diags diag.Diagnostics
	installation, _ := installationOf(ctx, m.Installation, &diags)
	data.SameEnvironment(installation.Environment.ValueString(), "credential", installationPath, &diags)
	own, more := installation.Context(m.APIKey).Parse(installationPath)
	if diags.Append(more...); diags.HasError() {
		return false, errors.New(diags[0].Detail())
	}

	others := data.Seen()
	if data.Default != nil {
		others = append(others, *data.Default)
	}

	open, err = deactivateWith(ctx, data.Calls(own), m.ID)
	if bunq.IsNotFound(err) {
		return false, nil
	}
	for _, ac := range others {
		if !bunq.IsContextRefused(err) {
			break
		}
		if anyone, other := deactivateWith(ctx, data.Calls(ac), m.ID); other == nil {
			open, err = anyone, nil
		}
	}
	return open, err
}

// deactivateWith sets every active address of the key inactive. The one that registered the device
// is most likely the one in use, and bunq refuses every call from an inactive address, so it comes
// last. "*" cannot be set inactive (both DOCUMENTED).
func deactivateWith(ctx context.Context, calls *bunq.UserClient, credential types.String) (open bool, err error) {
	key, err := addressesOf(ctx, calls, credential)
	if err != nil || len(key.list) == 0 {
		return false, err
	}

	var first, last []bunq.PermittedIP
	c, _ := calls.Credential(ctx, key.credential) // nil if it cannot be read
	for _, p := range key.list {
		if c != nil && c.PermittedDevice != nil && sameAddress(p.IP, c.PermittedDevice.IP) {
			last = append(last, p)
		} else {
			first = append(first, p)
		}
	}

	for _, p := range append(first, last...) {
		if p.Status != bunq.StatusActive || p.IP == anyAddress {
			continue
		}
		if err := key.set(ctx, p, bunq.AddressInactive); err != nil {
			return open, tfdiag.While("setting "+p.IP+" inactive", err)
		}
	}
	return key.isActive(anyAddress), nil
}
