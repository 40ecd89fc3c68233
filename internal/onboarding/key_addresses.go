package onboarding

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/tfdiag"
)

// permitsEveryone reports whether bunq permits every address to the key. Where it
// cannot be asked the answer is no: it is for a warning only.
func permitsEveryone(ctx context.Context, calls *bunq.UserClient, credential int64) bool {
	list, err := calls.PermittedIPs(ctx, credential)
	return err == nil && slices.ContainsFunc(list, func(p bunq.PermittedIP) bool { return p.IP == anyAddress && p.Status == addressActive })
}

// endKey sets every permitted address of the key inactive, so that nobody can use
// it any more, and forgets the credential.
func (r *CredentialResource) endKey(ctx context.Context, m *credentialModel, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	facts := keyFactsOf(ctx, req.Private, &resp.Diagnostics)
	e, err := r.keyEnd(ctx, m)
	if err == nil {
		err = e.deactivate(ctx)
	}

	switch {
	case err == nil && e.open:
		resp.Diagnostics.AddWarning("The credential stays at bunq, open to every address",
			`bunq has no call to revoke a credential, nor to take back "*", which permits every address to the key of credential `+m.ID.ValueString()+
				". Its other addresses are inactive, and this state has forgotten it; older versions of the state still hold the key. If it may have "+
				"leaked, tell bunq.")
	case err == nil:
		resp.Diagnostics.AddWarning("The credential stays at bunq, without a permitted address",
			"bunq has no call to revoke a credential. Credential "+m.ID.ValueString()+" is forgotten by Terraform, and no address may use its API key any more.")
	case bunq.IsCredentialsRefused(err) && (facts.Refused || facts.Dead || m.pending() && !facts.Used || e.refusedBefore):
		// A second error would make it a dead end: the plan has warned before.
		resp.Diagnostics.AddWarning("The credential stays at bunq, and its addresses were not set inactive",
			"bunq has no call to revoke a credential, and refuses the key of credential "+m.ID.ValueString()+", or the address of this machine, so it could not "+
				"be asked about permitted addresses. A key that was never used, or is dead, has none that matter. Terraform has forgotten the credential; "+
				"older versions of the state still hold the key. If it lives and may have leaked, tell bunq.")
	case bunq.IsCredentialsRefused(err):
		facts.Refused = true
		resp.Diagnostics.Append(facts.store(ctx, resp.Private)...)
		e.failure(m, "run it again from an address that bunq permits for the key (permitted_ips and registration_ip of its bunq_device_server). If there is "+
			"none any more, run it again here: bunq's refusal is noted in the state now, and the credential is forgotten with a warning.").Error(&resp.Diagnostics, err)
	default:
		e.failure(m, "").Error(&resp.Diagnostics, err)
	}
}

// keyEnd is the end of one key.
type keyEnd struct {
	credential int64
	// calls are made with the key itself, or with another one of the same user.
	calls *bunq.UserClient
	// others are further contexts of this run, for when the key has locked itself out.
	others []bunq.APIContext
	// refusedBefore says that bunq refused the key a moment ago, in an earlier process.
	refusedBefore bool
	// open says that bunq permits every address, which cannot be taken back.
	open bool
	// done counts the addresses set inactive.
	done int

	resource *CredentialResource
}

// keyEnd prepares the end of the key in state.
func (r *CredentialResource) keyEnd(ctx context.Context, m *credentialModel) (*keyEnd, error) {
	e := &keyEnd{resource: r}
	if !r.Data.Ready(&diagnostics{}) {
		return e, errors.New("the provider configuration is not known yet")
	}
	var err error
	if e.credential, err = strconv.ParseInt(m.ID.ValueString(), 10, 64); err != nil {
		return e, errors.New("the credential has no id")
	}
	e.others = r.Data.Seen()
	if r.Data.Default != nil {
		e.others = append(e.others, *r.Data.Default)
	}

	var diags diagnostics
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

func (e *keyEnd) failure(m *credentialModel, next string) tfdiag.Failure {
	state := "credential " + m.ID.ValueString() + " stays in the state, so that the next run sets the rest inactive."
	if e.done == 0 {
		state = "credential " + m.ID.ValueString() + " stays in the state, and none of its addresses was set inactive."
	}
	return tfdiag.Failure{Summary: "bunq_psd2_credential: the permitted addresses were not all set inactive", State: state, Next: next}
}

// deactivate sets every active address inactive. The one that registered the
// device is most likely the one in use, and bunq refuses every call from an
// inactive address, so it goes last. "*" cannot be set inactive.
func (e *keyEnd) deactivate(ctx context.Context) error {
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
		case p.Status != addressActive:
			continue
		case p.IP == anyAddress:
			e.open = true
			continue
		}
		if err := e.inactive(ctx, p); err != nil {
			return tfdiag.While("setting "+p.IP+" inactive", err)
		}
		e.done++
	}
	return nil
}

// list returns the addresses of the key; none where bunq no longer has the
// credential. Where bunq refuses the key, another one of the same user that this
// run has used asks: only a session of that user finds the credential.
func (e *keyEnd) list(ctx context.Context) ([]bunq.PermittedIP, error) {
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

// inactive sets one address inactive. After a lost answer bunq is asked; being
// refused then is a confirmation too, since it was the address in use. Refused at
// once, the address in use was an earlier one: another key may go on.
func (e *keyEnd) inactive(ctx context.Context, p bunq.PermittedIP) error {
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
		return slices.ContainsFunc(now, func(n bunq.PermittedIP) bool { return n.ID == p.ID && n.Status == addressInactive }), err
	})
}

func (e *keyEnd) set(ctx context.Context, p bunq.PermittedIP) error {
	return e.calls.SetPermittedIPStatus(ctx, e.credential, p, addressInactive)
}
