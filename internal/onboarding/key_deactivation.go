package onboarding

import (
	"context"
	"errors"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"

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

// deactivateKey sets every permitted address of the key inactive, so that it can no longer be used,
// and forgets the credential.
func (r *CredentialResource) deactivateKey(ctx context.Context, m *credentialModel, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	facts := keyFactsOf(ctx, req.Private, &resp.Diagnostics)

	e, err := r.keyDeactivation(ctx, m)
	if err == nil {
		err = e.deactivate(ctx)
	}

	switch {
	case err == nil && e.open:
		resp.Diagnostics.AddWarning("The credential stays at bunq, open to every address",
			`bunq has no call to revoke a credential, nor to undo "*", which permits every address for the key of credential `+m.ID.ValueString()+
				". Its other addresses are inactive. The key is no longer in this state; older versions of the state still hold it. If it may have "+
				"leaked, tell bunq.")
	case err == nil:
		resp.Diagnostics.AddWarning("The credential stays at bunq, without a permitted address",
			"bunq has no call to revoke a credential. Terraform has forgotten credential "+m.ID.ValueString()+", and its API key can no longer be used from "+
				"any address.")
	case bunq.IsCredentialsRefused(err) && (facts.Refused || facts.Dead || m.pending() && !facts.Used || e.refusedBefore):
		// The plan has warned about this. An error would leave no way to destroy the credential.
		resp.Diagnostics.AddWarning("The credential stays at bunq, and its addresses were not set inactive",
			"bunq has no call to revoke a credential, and refuses the key of credential "+m.ID.ValueString()+" or the address of this machine, so its permitted "+
				"addresses could not be read. A key that is dead or was never used has none that matter. Terraform has forgotten the credential; older "+
				"versions of the state still hold the key. If it is alive and may have leaked, tell bunq.")
	case bunq.IsCredentialsRefused(err):
		facts.Refused = true
		facts.store(ctx, resp.Private, &resp.Diagnostics)
		e.failure(m, "run Terraform again from an address that bunq permits for the key (permitted_ips and registration_ip of its bunq_device_server). If there is "+
			"none left, run Terraform again here: bunq's refusal is now noted in the state, and the credential is forgotten with a warning.").Error(&resp.Diagnostics, err)
	default:
		e.failure(m, "").Error(&resp.Diagnostics, err)
	}
}

// keyDeactivation sets the addresses of one key inactive.
type keyDeactivation struct {
	credential int64
	// calls are made with the key itself, or with another key of the same user.
	calls *bunq.UserClient
	// others are further contexts of this run, in case the key has locked itself out.
	others []bunq.APIContext
	// refusedBefore: bunq refused the key a moment ago, in an earlier process.
	refusedBefore bool
	// open: bunq permits every address, which cannot be undone.
	open bool
	// done counts the addresses set inactive.
	done int

	resource *CredentialResource
}

// keyDeactivation prepares the deactivation of the key in the state.
func (r *CredentialResource) keyDeactivation(ctx context.Context, m *credentialModel) (*keyDeactivation, error) {
	e := &keyDeactivation{resource: r}
	if !r.Data.Ready(&diag.Diagnostics{}) {
		return e, errors.New("the provider configuration is not known yet")
	}

	var err error
	if e.credential, err = providerdata.ParseID(m.ID.ValueString()); err != nil {
		return e, errors.New("the credential has no id")
	}
	e.others = r.Data.Seen()
	if r.Data.Default != nil {
		e.others = append(e.others, *r.Data.Default)
	}

	var diags diag.Diagnostics
	model, _ := installationOf(ctx, m.Installation, &diags)
	if !r.Data.SameEnvironment(model.Environment.ValueString(), "credential", installationPath, &diags) {
		return e, errors.New(diags[0].Detail())
	}

	own, more := model.Context(m.APIKey).Parse(installationPath)
	if diags.Append(more...); diags.HasError() {
		return e, errors.New(diags[0].Detail())
	}

	e.refusedBefore = refusedLately(ctx, r.Data.Sessions.For(own), r.Data.Now())
	e.calls = r.Data.Calls(own)
	e.others = slices.DeleteFunc(e.others, func(ac bunq.APIContext) bool { return ac.Fingerprint() == own.Fingerprint() })
	return e, nil
}

func (e *keyDeactivation) failure(m *credentialModel, next string) tfdiag.Failure {
	state := "credential " + m.ID.ValueString() + " stays in the state, so that the next apply sets the other addresses inactive."
	if e.done == 0 {
		state = "credential " + m.ID.ValueString() + " stays in the state, and none of its addresses was set inactive."
	}
	return tfdiag.Failure{Summary: "bunq_psd2_credential: the permitted addresses were not all set inactive", State: state, Next: next}
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

	for bunq.IsCredentialsRefused(err) && len(e.others) > 0 {
		calls := e.resource.Data.Calls(e.others[0])
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
	if bunq.IsCredentialsRefused(err) && len(e.others) > 0 {
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
