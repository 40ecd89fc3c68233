package onboarding

import (
	"context"
	"errors"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/tfdiag"
)

// permitsEveryone reports whether bunq permits every address for the key. If that cannot be read,
// it returns false: it is only used for a warning.
func permitsEveryone(ctx context.Context, calls *bunq.UserClient, credential int64) bool {
	list, err := calls.PermittedIPs(ctx, credential)
	return err == nil && slices.ContainsFunc(list, func(p bunq.PermittedIP) bool { return p.IP == anyAddress && p.Status == bunq.StatusActive })
}

// endKey sets every permitted address of the key inactive, so that it can no longer be used. An
// error in diags keeps the credential in the state; a key that bunq refuses does not, as nothing
// would ever let it go.
func endKey(ctx context.Context, data *providerdata.Data, m *credentialModel, diags *diag.Diagnostics) {
	e, err := newKeyDeactivation(ctx, data, m)
	if err == nil {
		err = e.deactivate(ctx)
	}

	id := m.ID.ValueString()
	switch {
	case err == nil && e.open:
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
				"older versions of the state still hold the key. If it may have leaked, ask bunq to block its device.")
	default:
		e.failure(id).Error(diags, err)
	}
}

// keyDeactivation sets the addresses of one key inactive.
type keyDeactivation struct {
	data       *providerdata.Data
	credential int64
	// calls are made with the key itself, or with another key of the same user.
	calls *bunq.UserClient
	// others are further contexts of this run, in case the key is refused or has locked itself out.
	others []bunq.APIContext
	// open: bunq permits every address, which cannot be undone.
	open bool
	// done counts the addresses set inactive.
	done int
}

// newKeyDeactivation prepares the deactivation of the key in the state.
func newKeyDeactivation(ctx context.Context, data *providerdata.Data, m *credentialModel) (*keyDeactivation, error) {
	e := &keyDeactivation{data: data}
	if !data.Ready(&diag.Diagnostics{}) {
		return e, errors.New("the provider configuration is not known yet")
	}

	var err error
	if e.credential, err = providerdata.ParseID(m.ID.ValueString()); err != nil {
		return e, errors.New("the credential has no id")
	}

	var diags diag.Diagnostics
	model, _ := installationOf(ctx, m.Installation, &diags)
	if !data.SameEnvironment(model.Environment.ValueString(), "credential", installationPath, &diags) {
		return e, errors.New(diags[0].Detail())
	}
	own, more := model.Context(m.APIKey).Parse(installationPath)
	if diags.Append(more...); diags.HasError() {
		return e, errors.New(diags[0].Detail())
	}

	e.others = data.Seen()
	if data.Default != nil {
		e.others = append(e.others, *data.Default)
	}
	e.others = slices.DeleteFunc(e.others, func(ac bunq.APIContext) bool { return ac.Fingerprint() == own.Fingerprint() })
	e.calls = data.Calls(own)
	return e, nil
}

func (e *keyDeactivation) failure(id string) tfdiag.Failure {
	state := "credential " + id + " stays in the state, so that the next apply sets the other addresses inactive."
	if e.done == 0 {
		state = "credential " + id + " stays in the state, and none of its addresses was set inactive."
	}
	return tfdiag.Failure{Summary: "bunq_psd2_credential: the permitted addresses were not all set inactive", State: state}
}

// deactivate sets every active address inactive. The one that registered the device is most likely
// the one in use, and bunq refuses every call from an inactive address, so it comes last. "*"
// cannot be set inactive (both DOCUMENTED).
func (e *keyDeactivation) deactivate(ctx context.Context) error {
	list, err := e.list(ctx)
	if err != nil || len(list) == 0 {
		return err
	}

	own := ""
	if c, err := e.calls.Credential(ctx, e.credential); err == nil && c.PermittedDevice != nil {
		own = c.PermittedDevice.IP
	}

	last := func(p bunq.PermittedIP) bool { return sameAddress(p.IP, own) }
	slices.SortStableFunc(list, func(a, b bunq.PermittedIP) int {
		switch {
		case last(a) == last(b):
			return 0
		case last(b):
			return -1
		default:
			return 1
		}
	})

	for _, p := range list {
		switch {
		case p.Status != bunq.StatusActive:
			continue
		case p.IP == anyAddress:
			e.open = true
			continue
		}
		if err := e.deactivateOne(ctx, p); err != nil {
			return tfdiag.While("setting "+p.IP+" inactive", err)
		}
		e.done++
	}
	return nil
}

// list returns the addresses of the key; none if bunq no longer has the credential. If bunq refuses
// the key, it uses another context of this run: one of the same user finds the credential.
func (e *keyDeactivation) list(ctx context.Context) ([]bunq.PermittedIP, error) {
	list, err := e.calls.PermittedIPs(ctx, e.credential)
	if bunq.IsNotFound(err) {
		return nil, nil
	}

	for bunq.IsContextRefused(err) && len(e.others) > 0 {
		calls := e.data.Calls(e.others[0])
		e.others = e.others[1:]
		found, otherErr := calls.PermittedIPs(ctx, e.credential)
		if otherErr == nil {
			e.calls = calls
			return found, nil
		}
	}
	return list, err
}

// deactivateOne sets one address inactive. After a lost answer the addresses are read; a refusal
// then confirms it too, since it was the address in use. If bunq refuses the write itself, the
// address in use was an earlier one, and another key may continue.
func (e *keyDeactivation) deactivateOne(ctx context.Context, p bunq.PermittedIP) error {
	err := e.set(ctx, p)
	if bunq.IsContextRefused(err) && len(e.others) > 0 {
		if _, again := e.list(ctx); again == nil {
			err = e.set(ctx, p)
		}
	}

	return bunq.Confirm(err, func() (bool, error) {
		now, err := e.calls.PermittedIPs(ctx, e.credential)
		if bunq.IsCredentialsRefused(err) {
			return true, nil
		}
		return slices.ContainsFunc(now, func(n bunq.PermittedIP) bool { return n.ID == p.ID && n.Status == bunq.AddressInactive }), err
	})
}

func (e *keyDeactivation) set(ctx context.Context, p bunq.PermittedIP) error {
	return e.calls.SetPermittedIPStatus(ctx, e.credential, p, bunq.AddressInactive)
}
