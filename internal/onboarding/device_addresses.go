package onboarding

import (
	"context"
	"errors"
	"slices"
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/tfdiag"
)

// keyAddresses are the permitted addresses of one key, as bunq listed them.
type keyAddresses struct {
	calls      *bunq.UserClient
	credential int64
	list       []bunq.PermittedIP
}

// addressesOf reads the addresses of a key.
func addressesOf(ctx context.Context, calls *bunq.UserClient, credential types.String) (*keyAddresses, error) {
	id, err := providerdata.ParseID(credential.ValueString())
	if err != nil {
		return nil, errors.New("the credential has no ID")
	}
	list, err := calls.PermittedIPs(ctx, id)
	return &keyAddresses{calls: calls, credential: id, list: list}, err
}

// readAddresses stores the addresses as bunq lists them, if they are managed.
func (m *deviceModel) readAddresses(ctx context.Context, access *providerdata.Access, diags *diag.Diagnostics) error {
	if m.PermittedIPs.IsNull() {
		return nil
	}
	key, err := addressesOf(ctx, access.Calls, m.credential(ctx, diags).ID)
	if bunq.IsNotFound(err) {
		// An error would stop every plan, also the one that corrects the ID.
		diags.AddAttributeWarning(path.Root("credential"), "bunq_device_server: the permitted addresses were not read", tfdiag.Sentence(err)+
			"\n\nState: permitted_ips stays in the state as it was; the rest of the device was refreshed.\n\n"+
			"Next step: set credential = { id = …, api_key = … } with the ID of the credential that the key was made with.")
		return nil
	}
	if err != nil {
		return err
	}

	own := m.RegistrationIP.ValueString()
	if own != "" && !key.isActive(own) && !containsAddress(addresses(m.PermittedIPs), own) {
		warnShut(m, diags)
	}
	if key.isActive(anyAddress) && !hasAny(m.PermittedIPs) {
		warnOpen(m, diags)
	}
	m.PermittedIPs = key.in(ctx, m.PermittedIPs, own)
	return nil
}

// isActive reports whether bunq permits the address.
func (k *keyAddresses) isActive(ip string) bool {
	return slices.ContainsFunc(k.list, func(p bunq.PermittedIP) bool { return p.Status == bunq.StatusActive && sameAddress(p.IP, ip) })
}

// in returns permitted_ips as bunq has them, written as the state writes them. registrationIP is
// permitted without being listed, so it is only included if the state lists it. "*" cannot be
// managed, and bunq may not list it: it stays as the state has it, and permits all others without
// their being listed.
func (k *keyAddresses) in(ctx context.Context, state types.Set, registrationIP string) types.Set {
	known, open := addresses(state), hasAny(state)
	active := []string{}
	for _, p := range k.list {
		if p.Status != bunq.StatusActive || p.IP == anyAddress || containsAddress(active, p.IP) {
			continue
		}
		ip := p.IP
		if i := slices.IndexFunc(known, func(s string) bool { return sameAddress(s, p.IP) }); i >= 0 {
			ip = known[i]
		} else if open || sameAddress(p.IP, registrationIP) {
			continue
		}
		active = append(active, ip)
	}
	if open {
		active = append(active, anyAddress)
	}

	set, _ := types.SetValueFrom(ctx, types.StringType, active) // texts cannot fail
	return set
}

// setAddresses permits the addresses of m, then ends those that the plan has shown as removed from
// the list of the state. What else bunq permits, the next plan shows; so without a list in the state
// nothing ends. New addresses come first, because bunq refuses every call from an address that is
// not active (DOCUMENTED).
//
// The address that registered the device stays permitted, listed or not. "*" means every address,
// so beside it none ends: whether bunq refuses calls from an inactive address then is UNKNOWN.
func (m *deviceModel) setAddresses(ctx context.Context, access *providerdata.Access, state types.Set, diags *diag.Diagnostics) error {
	key, err := addressesOf(ctx, access.Calls, m.credential(ctx, diags).ID)
	if err != nil {
		return err
	}
	if hasAny(m.PermittedIPs) && !key.isActive(anyAddress) {
		warnNotOpen(m, diags)
	}
	want, before := addresses(m.PermittedIPs), addresses(state)
	if own := m.RegistrationIP.ValueString(); own != "" && !containsAddress(want, own) {
		want = append(want, own)
	}

	for _, ip := range want {
		if err := key.activate(ctx, ip); err != nil {
			return tfdiag.While("activating "+ip, err)
		}
	}

	for _, p := range key.list {
		if p.Status != bunq.StatusActive || !containsAddress(before, p.IP) || containsAddress(want, p.IP) || hasAny(m.PermittedIPs) {
			continue
		}
		if err := key.set(ctx, p, bunq.AddressInactive); err != nil {
			return tfdiag.While("deactivating "+p.IP, err)
		}
	}
	return nil
}

// activate makes ip active, once: an existing entry is used, whatever its status, because bunq may
// refuse the same address twice.
func (k *keyAddresses) activate(ctx context.Context, ip string) error {
	if ip == anyAddress || k.isActive(ip) {
		return nil
	}
	if i := slices.IndexFunc(k.list, func(p bunq.PermittedIP) bool { return sameAddress(p.IP, ip) }); i >= 0 {
		return k.set(ctx, k.list[i], bunq.StatusActive)
	}

	_, err := k.calls.CreatePermittedIP(ctx, k.credential, ip)
	return k.confirm(ctx, err, func(p bunq.PermittedIP) bool { return sameAddress(p.IP, ip) && p.Status == bunq.StatusActive })
}

// set changes one entry. After a lost answer, a refusal confirms that an address has ended: it was the
// one in use.
func (k *keyAddresses) set(ctx context.Context, p bunq.PermittedIP, status string) error {
	err := k.calls.SetPermittedIPStatus(ctx, k.credential, p, status)
	err = k.confirm(ctx, err, func(n bunq.PermittedIP) bool { return n.ID == p.ID && n.Status == status })

	var unanswered *bunq.UnansweredError
	if status == bunq.AddressInactive && errors.As(err, &unanswered) && bunq.IsCredentialsRefused(unanswered.LookUp) {
		return nil
	}
	return err
}

// confirm reads the addresses after a write whose answer was lost, and reports whether it was done.
func (k *keyAddresses) confirm(ctx context.Context, err error, done func(bunq.PermittedIP) bool) error {
	return bunq.Confirm(err, func() (bool, error) {
		now, err := k.calls.PermittedIPs(ctx, k.credential)
		return slices.ContainsFunc(now, done), err
	})
}

// warnOpen warns of a "*" that only bunq has, as after an import.
func warnOpen(m *deviceModel, diags *diag.Diagnostics) {
	diags.AddAttributeWarning(path.Root("permitted_ips"), "The key stays open to every address",
		`bunq permits every address ("*") for the key of device `+m.ID.ValueString()+", and has no call to undo that, so permitted_ips does not restrict the "+
			"key.\n\nNext step: make another key and another installation:"+waysOut(replaceBoth))
}

// warnNotOpen warns of a "*" that bunq may not have set.
func warnNotOpen(m *deviceModel, diags *diag.Diagnostics) {
	diags.AddAttributeWarning(path.Root("permitted_ips"), "The key may not be open to every address",
		`bunq lists no "*" for the key of device `+m.ID.ValueString()+`. It sets "*" only when it registers a device, and only if the list holds the `+
			"address that registers it. This device was registered from "+m.RegistrationIP.ValueString()+".\n\n"+
			"Next step: see that permitted_ips lists that address, then make another key and another installation:"+waysOut(replaceBoth))
}

// warnShut warns that somebody has ended the address that must stay permitted.
func warnShut(m *deviceModel, diags *diag.Diagnostics) {
	ip := m.RegistrationIP.ValueString()
	diags.AddAttributeWarning(path.Root("permitted_ips"), "The address that registered the device is no longer permitted",
		"Device "+m.ID.ValueString()+" was registered from "+ip+", and somebody has set that address inactive.\n\nNext step, one of these:"+waysOut(
			"permit it again: add "+strconv.Quote(ip)+" to permitted_ips, then terraform apply",
			"drop it: make another installation, from an address that is permitted: "+replaceInstallation))
}
