package onboarding

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/tfdiag"
)

// ambiguousError means that it is not known which credential a key belongs to.
type ambiguousError struct{ ids []string }

// Error names the credentials that match.
func (e *ambiguousError) Error() string {
	if len(e.ids) == 0 {
		return "bunq does not say which credential the API key belongs to, and lists no active one"
	}
	return fmt.Sprintf("bunq does not say which credential the API key belongs to, and %d match the device: %s",
		len(e.ids), strings.Join(e.ids, ", "))
}

// nameCredential is the next step after an ambiguousError.
const nameCredential = "set credential = { id = …, api_key = … } with the id of the credential that the key was made with; this changes the device in place. " +
	"Or omit permitted_ips, and Terraform does not manage addresses."

// knownCredential is what is known about the credential of a device whose configuration does not
// name it.
type knownCredential struct {
	// id is the one that was found when only one matched; 0 for none.
	id int64
	// ip is the address that registered the device; "" if it is not known.
	ip string
}

// known returns what is known about the credential of a device besides its configuration.
func (r *DeviceServerResource) known(ctx context.Context, m *deviceModel, f deviceFacts) knownCredential {
	var diags diag.Diagnostics
	k := knownCredential{id: f.Credential, ip: f.IP}
	if ac, ok := r.knownAPIContext(ctx, m, &diags); ok {
		k.id = cmp.Or(providerdata.CredentialOf(ctx, r.Data.Sessions.For(ac)), k.id)
	}
	return k
}

// credentialID returns the credential whose addresses are managed: the one that is named, or the
// one that is known, or the only one that matches the device. Otherwise the error is an
// *ambiguousError.
func credentialID(ctx context.Context, calls *bunq.UserClient, m *deviceModel, known knownCredential) (int64, error) {
	var diags diag.Diagnostics
	if c, ok := m.credential(ctx, &diags); ok && c.ID.ValueString() != "" {
		return providerdata.ParseID(c.ID.ValueString())
	}
	if known.id != 0 {
		return known.id, nil
	}

	all, err := calls.Credentials(ctx)
	if err != nil {
		return 0, err
	}
	active := slices.DeleteFunc(all, func(c bunq.Credential) bool { return c.Status != bunq.StatusActive })
	if len(active) > 1 {
		active = slices.DeleteFunc(active, func(c bunq.Credential) bool {
			d := c.PermittedDevice
			return d == nil || d.Description != m.Description.ValueString() || known.ip != "" && !sameAddress(d.IP, known.ip)
		})
	}

	if len(active) == 1 {
		return active[0].ID, nil
	}

	ids := make([]string, len(active))
	for i, c := range active {
		ids[i] = providerdata.FormatID(c.ID)
	}
	return 0, &ambiguousError{ids}
}

// readAddresses sets permitted_ips to what is active at bunq, written as the state writes it. own
// is permitted without being listed, so it is only included if the state lists it. "*" cannot be
// managed: it stays as the state has it, and permits all others without their being listed.
func readAddresses(ctx context.Context, m *deviceModel, list []bunq.PermittedIP, own string) error {
	known, diags := addresses(ctx, m.PermittedIPs)
	open := slices.Contains(known, anyAddress)
	active := []string{}
	for _, p := range list {
		if p.Status != bunq.StatusActive || p.IP == anyAddress || containsAddress(active, p.IP) {
			continue
		}
		ip := p.IP
		if i := slices.IndexFunc(known, func(k string) bool { return sameAddress(k, p.IP) }); i >= 0 {
			ip = known[i]
		} else if open || sameAddress(p.IP, own) {
			continue
		}
		active = append(active, ip)
	}

	if open {
		active = append(active, anyAddress)
	}
	set, more := types.SetValueFrom(ctx, types.StringType, active)
	diags.Append(more...)
	m.PermittedIPs = set
	return asError(diags)
}

// readAddressesOf stores the addresses of a device as bunq lists them, if they are managed.
//
// registration_ip stays null if the state has null, although bunq returns it here: Terraform
// reports what a refresh fills in as "changed outside of Terraform", in every later plan that
// changes the device, and an output of it would make the plan after an apply show changes. The next
// update of the device stores it; until then the provider uses the one in the private state.
func (r *DeviceServerResource) readAddressesOf(ctx context.Context, calls *bunq.UserClient, m *deviceModel, f *deviceFacts, diags *diag.Diagnostics) error {
	if !m.RegistrationIP.IsNull() {
		m.RegistrationIP = providerdata.StringOrNull(f.IP)
	}
	f.Open, f.Shut = false, false
	if m.PermittedIPs.IsNull() {
		return nil
	}

	credential, err := credentialID(ctx, calls, m, r.known(ctx, m, *f))
	var several *ambiguousError
	if errors.As(err, &several) {
		tfdiag.Failure{
			Summary: "bunq_device_server: the permitted addresses were not read",
			State:   "permitted_ips stays in the state as it was; the rest of the device was refreshed.",
			Next:    nextForAddresses(err),
			At:      path.Root("credential"),
		}.Warning(diags, err)
		return nil
	}
	if err != nil {
		return err
	}
	list, err := calls.PermittedIPs(ctx, credential)
	if err != nil {
		return err
	}

	known, more := addresses(ctx, m.PermittedIPs)
	diags.Append(more...)
	f.Credential, f.Unset = credential, false
	f.Open = !slices.Contains(known, anyAddress) && isActive(list, anyAddress)
	f.Shut = f.IP != "" && !isActive(list, f.IP) && !containsAddress(known, f.IP)
	return readAddresses(ctx, m, list, f.IP)
}

// setAddresses makes the addresses at bunq those of m, and notes in f what it learns about the
// device.
func (r *DeviceServerResource) setAddresses(ctx context.Context, access *providerdata.Access, m *deviceModel, f *deviceFacts) error {
	want, diags := addresses(ctx, m.PermittedIPs)
	if err := asError(diags); err != nil {
		return err
	}

	credential, err := credentialID(ctx, access.Calls, m, r.known(ctx, m, *f))
	if err != nil {
		return err
	}
	list, err := access.Calls.PermittedIPs(ctx, credential)
	if err != nil {
		return err
	}

	// A key that was made in this run only has the address of its registration.
	f.Credential = credential
	active := slices.DeleteFunc(slices.Clone(list), func(p bunq.PermittedIP) bool { return p.Status != bunq.StatusActive || p.IP == anyAddress })
	if f.IP == "" && len(active) == 1 && isCreatedHere(r.Data, access.Context.APIKey) {
		f.IP = active[0].IP
	}

	use, id := r.keyUseOf(access.Context), m.ID.ValueString()
	change := reconciliation{
		calls: access.Calls, credential: credential, own: f.IP,
		findOwn: func(ctx context.Context) (string, error) {
			n, err := providerdata.ParseID(id)
			if err != nil {
				return "", err
			}
			d, err := access.Calls.DeviceServer(ctx, n)
			if err != nil {
				return "", err
			}
			return d.IP, nil
		},
		others: func(ctx context.Context) ([]string, error) { return use.others(ctx, access.Calls, id) },
	}

	err = change.run(ctx, want, list)
	f.IP = change.own
	return err
}

// isActive reports whether the list has the address as active.
func isActive(list []bunq.PermittedIP, ip string) bool {
	return slices.ContainsFunc(list, func(p bunq.PermittedIP) bool { return p.Status == bunq.StatusActive && sameAddress(p.IP, ip) })
}

// reconciliation makes the active addresses of a key those that a device wants.
type reconciliation struct {
	calls      *bunq.UserClient
	credential int64
	// own is the address that registered the device, "" until it is known; findOwn reads it if that
	// is needed.
	own     string
	findOwn func(context.Context) (string, error)
	// others are the addresses that registered other devices with this key.
	others func(context.Context) ([]string, error)
}

// run activates what is missing before it deactivates anything: bunq refuses every call from an
// address that is not active (DOCUMENTED). The address that registered the device always stays
// active, so that no list locks it out. "*" means every address, so beside it none is deactivated:
// bunq refuses calls from an inactive address (DOCUMENTED), and whether "*" changes that is UNKNOWN.
func (c *reconciliation) run(ctx context.Context, want []string, list []bunq.PermittedIP) error {
	if c.own != "" && !containsAddress(want, c.own) {
		want = append(slices.Clone(want), c.own)
	}
	for _, ip := range want {
		if ip == anyAddress {
			continue
		}
		if err := c.activate(ctx, list, ip); err != nil {
			return tfdiag.While("activating "+ip, err)
		}
	}

	if slices.Contains(want, anyAddress) {
		return nil
	}
	rest := slices.DeleteFunc(slices.Clone(list), func(p bunq.PermittedIP) bool {
		return p.Status != bunq.StatusActive || p.IP == anyAddress || containsAddress(want, p.IP)
	})
	if len(rest) == 0 {
		return nil
	}
	keep, err := c.registeredFrom(ctx)
	if err != nil {
		return tfdiag.While("reading from which addresses the devices of this key were registered", err)
	}
	for _, p := range rest {
		if containsAddress(keep, p.IP) {
			continue
		}
		if err := c.set(ctx, p, bunq.AddressInactive); err != nil {
			return tfdiag.While("deactivating "+p.IP, err)
		}
	}
	return nil
}

// registeredFrom returns the addresses that must not be deactivated.
func (c *reconciliation) registeredFrom(ctx context.Context) ([]string, error) {
	if c.own == "" {
		own, err := c.findOwn(ctx)
		if err != nil {
			return nil, err
		}
		c.own = own
	}
	others, err := c.others(ctx)
	return append(others, c.own), err
}

// activate makes ip active, once: an existing entry is used, whatever its status, because bunq may
// refuse the same address twice.
func (c *reconciliation) activate(ctx context.Context, list []bunq.PermittedIP, ip string) error {
	if isActive(list, ip) {
		return nil
	}
	if i := slices.IndexFunc(list, func(p bunq.PermittedIP) bool { return sameAddress(p.IP, ip) }); i >= 0 {
		return c.set(ctx, list[i], bunq.StatusActive)
	}

	_, err := c.calls.CreatePermittedIP(ctx, c.credential, ip)
	return c.confirm(ctx, err, func(p bunq.PermittedIP) bool { return sameAddress(p.IP, ip) && p.Status == bunq.StatusActive })
}

// set changes one entry.
func (c *reconciliation) set(ctx context.Context, p bunq.PermittedIP, status string) error {
	err := c.calls.SetPermittedIPStatus(ctx, c.credential, p, status)
	return c.confirm(ctx, err, func(n bunq.PermittedIP) bool { return n.ID == p.ID && n.Status == status })
}

// confirm reads the addresses after a write whose answer was lost, and reports whether it was done.
func (c *reconciliation) confirm(ctx context.Context, err error, done func(bunq.PermittedIP) bool) error {
	return bunq.Confirm(err, func() (bool, error) {
		now, err := c.calls.PermittedIPs(ctx, c.credential)
		return slices.ContainsFunc(now, done), err
	})
}

func asError(diags diag.Diagnostics) error {
	if !diags.HasError() {
		return nil
	}
	first := diags.Errors()[0]
	return errors.New(first.Summary() + ": " + first.Detail())
}
