package onboarding

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/tfdiag"
)

// Statuses of a permitted address (bunq docs, credential-password-ip/ip).
const (
	addressActive   = "ACTIVE"
	addressInactive = "INACTIVE"
)

func itoa(id int64) string { return strconv.FormatInt(id, 10) }

// credentialID finds the credential whose addresses are to be managed: the one
// that is named, or the only one that fits the device.
func credentialID(ctx context.Context, calls *bunq.UserClient, m *deviceModel) (int64, error) {
	var diags diagnostics
	if c, ok := m.credential(ctx, &diags); ok && c.ID.ValueString() != "" {
		return strconv.ParseInt(c.ID.ValueString(), 10, 64)
	}
	all, err := calls.Credentials(ctx)
	if err != nil {
		return 0, err
	}
	active := slices.DeleteFunc(all, func(c bunq.Credential) bool { return c.Status != bunq.CredentialActive })
	if len(active) > 1 {
		active = slices.DeleteFunc(active, func(c bunq.Credential) bool {
			return c.PermittedDevice == nil || c.PermittedDevice.Description != m.Description.ValueString()
		})
	}
	if len(active) == 1 {
		return active[0].ID, nil
	}
	names := make([]string, len(active))
	for i, c := range active {
		names[i] = itoa(c.ID)
	}
	return 0, fmt.Errorf("bunq does not say which credential the API key belongs to, and %d fit the device (%s); "+
		"set credential = { id = …, api_key = … }, or leave permitted_ips out", len(active), strings.Join(names, ", "))
}

// readAddresses takes over the addresses that are active at bunq, written as
// the state writes them. "*" is not managed here: it stays as the state has it;
// open tells that bunq lists it although the state does not.
func (r *DeviceServerResource) readAddresses(ctx context.Context, calls *bunq.UserClient, m *deviceModel) (open bool, err error) {
	credential, err := credentialID(ctx, calls, m)
	if err != nil {
		return false, err
	}
	list, err := calls.PermittedIPs(ctx, credential)
	if err != nil {
		return false, err
	}
	known, diags := addresses(ctx, m.PermittedIPs)
	active := []string{}
	for _, p := range list {
		if p.Status != addressActive || p.IP == anyAddress || containsAddress(active, p.IP) {
			continue
		}
		ip := p.IP
		if i := slices.IndexFunc(known, func(k string) bool { return sameAddress(k, p.IP) }); i >= 0 {
			ip = known[i]
		}
		active = append(active, ip)
	}
	if slices.Contains(known, anyAddress) {
		active = append(active, anyAddress)
	}
	set, more := types.SetValueFrom(ctx, types.StringType, active)
	diags.Append(more...)
	m.PermittedIPs = set
	open = !slices.Contains(known, anyAddress) &&
		slices.ContainsFunc(list, func(p bunq.PermittedIP) bool { return p.IP == anyAddress && p.Status == addressActive })
	return open, asError(diags)
}

// reconcile makes the active addresses those of m: new ones first, because
// bunq locks out who removes the address in use, and nothing outside can mend
// that; for the same reason own, the address that registered the device, goes
// last.
func (r *DeviceServerResource) reconcile(ctx context.Context, calls *bunq.UserClient, m *deviceModel, own string) error {
	want, diags := addresses(ctx, m.PermittedIPs)
	if err := asError(diags); err != nil || want == nil {
		return err
	}
	credential, err := credentialID(ctx, calls, m)
	if err != nil {
		return err
	}
	list, err := calls.PermittedIPs(ctx, credential)
	if err != nil {
		return err
	}
	for _, ip := range want {
		if ip == anyAddress {
			continue
		}
		if err := activate(ctx, calls, credential, list, ip); err != nil {
			return tfdiag.While("activating "+ip, err)
		}
	}
	for _, p := range ownLast(list, own) {
		if p.Status != addressActive || p.IP == anyAddress || containsAddress(want, p.IP) {
			continue
		}
		if err := setAddress(ctx, calls, credential, p, addressInactive); err != nil {
			return tfdiag.While("deactivating "+p.IP, err)
		}
	}
	return nil
}

// activate makes ip active, once: an entry that is there is used, whatever its
// status, because bunq may refuse the same address twice.
func activate(ctx context.Context, calls *bunq.UserClient, credential int64, list []bunq.PermittedIP, ip string) error {
	same := func(p bunq.PermittedIP) bool { return sameAddress(p.IP, ip) }
	active := func(p bunq.PermittedIP) bool { return same(p) && p.Status == addressActive }
	if slices.ContainsFunc(list, active) {
		return nil
	}
	if i := slices.IndexFunc(list, same); i >= 0 {
		return setAddress(ctx, calls, credential, list[i], addressActive)
	}
	_, err := calls.CreatePermittedIP(ctx, credential, ip)
	if !bunq.MayHaveBeenDone(err) {
		return err
	}
	now, lookErr := calls.PermittedIPs(ctx, credential)
	if lookErr != nil {
		return &bunq.UnansweredError{Err: err, LookUp: lookErr}
	}
	if slices.ContainsFunc(now, active) {
		return nil
	}
	return &bunq.UnansweredError{Err: err}
}

// setAddress changes one entry. Where the answer is lost, bunq is asked.
func setAddress(ctx context.Context, calls *bunq.UserClient, credential int64, p bunq.PermittedIP, status string) error {
	err := calls.SetPermittedIPStatus(ctx, credential, p, status)
	if !bunq.MayHaveBeenDone(err) {
		return err
	}
	now, lookErr := calls.PermittedIPs(ctx, credential)
	if lookErr != nil {
		return &bunq.UnansweredError{Err: err, LookUp: lookErr}
	}
	if slices.ContainsFunc(now, func(n bunq.PermittedIP) bool { return n.ID == p.ID && n.Status == status }) {
		return nil
	}
	return &bunq.UnansweredError{Err: err}
}

// deactivateAll sets every address inactive, the one that registered the
// device last: it is most likely the one in use, and bunq refuses every call
// from an inactive address.
func (r *DeviceServerResource) deactivateAll(ctx context.Context, calls *bunq.UserClient, m *deviceModel) error {
	credential, err := credentialID(ctx, calls, m)
	if err != nil {
		return err
	}
	id, err := strconv.ParseInt(m.ID.ValueString(), 10, 64)
	if err != nil {
		return err
	}
	device, err := calls.DeviceServer(ctx, id)
	if err != nil {
		return err
	}
	list, err := calls.PermittedIPs(ctx, credential)
	if err != nil {
		return err
	}
	for _, p := range ownLast(list, device.IP) {
		if p.Status != addressActive {
			continue
		}
		err := calls.SetPermittedIPStatus(ctx, credential, p, addressInactive)
		if bunq.MayHaveBeenDone(err) {
			err = confirmInactive(ctx, calls, credential, p, err)
		}
		if err != nil {
			return tfdiag.While("deactivating "+p.IP, err)
		}
	}
	return nil
}

// confirmInactive looks after a lost answer. Being refused is a confirmation
// too: it was the address in use.
func confirmInactive(ctx context.Context, calls *bunq.UserClient, credential int64, p bunq.PermittedIP, lost error) error {
	now, err := calls.PermittedIPs(ctx, credential)
	if bunq.IsCredentialsRefused(err) {
		return nil
	}
	if err != nil {
		return &bunq.UnansweredError{Err: lost, LookUp: err}
	}
	if slices.ContainsFunc(now, func(n bunq.PermittedIP) bool { return n.ID == p.ID && n.Status == addressInactive }) {
		return nil
	}
	return &bunq.UnansweredError{Err: lost}
}

// ownLast is the list with own at its end.
func ownLast(list []bunq.PermittedIP, own string) []bunq.PermittedIP {
	rank := func(p bunq.PermittedIP) int {
		if sameAddress(p.IP, own) {
			return 1
		}
		return 0
	}
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b bunq.PermittedIP) int { return rank(a) - rank(b) })
	return list
}

// warnAnyAddress warns where a plan changes to or from "*" with a key that is in
// use: bunq ties "*" to the key, not to the device, and takes it only as long as
// the key has no address (bunq docs, device-server).
func warnAnyAddress(plan, state *deviceModel, open bool, diags *diagnostics) {
	if plan.PermittedIPs.IsUnknown() || !plan.Credential.Equal(state.Credential) {
		return
	}
	at := path.Root("permitted_ips")
	next := "\n\nNext step: make a new key in the same apply (terraform apply -replace=bunq_psd2_credential.NAME)."
	switch {
	case hasAny(plan.PermittedIPs) && !hasAny(state.PermittedIPs):
		diags.AddAttributeWarning(at, `"*" comes late for this key`,
			`bunq permits every address only to a key that has no permitted address yet, and may refuse this one.`+next)
	case !hasAny(plan.PermittedIPs) && (open || hasAny(state.PermittedIPs)):
		diags.AddAttributeWarning(at, "The key stays open to every address",
			`bunq permits every address to the API key of this device, and has no call to take "*" back: permitted_ips does not bind it.`+next)
	}
}

// warnOwnAddress warns where a plan takes away the address that registered the
// device: if this machine still calls from there, it locks itself out.
func warnOwnAddress(ctx context.Context, f facts, plan, state *deviceModel, diags *diagnostics) {
	if plan.PermittedIPs.IsNull() || plan.PermittedIPs.IsUnknown() || plan.PermittedIPs.Equal(state.PermittedIPs) || f.IP == "" {
		return
	}
	want, more := addresses(ctx, plan.PermittedIPs)
	diags.Append(more...)
	if containsAddress(want, f.IP) || slices.Contains(want, anyAddress) {
		return
	}
	diags.AddAttributeWarning(path.Root("permitted_ips"), "The address that registered the device is not permitted any more",
		"Device "+state.ID.ValueString()+" was registered from "+f.IP+", which permitted_ips does not hold. If this machine still calls from there, bunq "+
			"refuses it after this apply, and only a machine at a permitted address can mend that.\n\n"+
			"Next step: add "+f.IP+", unless you moved away from it.")
}

func asError(diags diagnostics) error {
	if !diags.HasError() {
		return nil
	}
	first := diags.Errors()[0]
	return errors.New(first.Summary() + ": " + first.Detail())
}
