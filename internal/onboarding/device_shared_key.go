package onboarding

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
)

// Addresses belong to a key, not to a device. Devices of one configuration with the same key share
// them: a device must not deactivate what another one needs, and two different lists would undo
// each other for ever.

// keyUse is what this run knows about the devices of one API key.
type keyUse struct {
	mu    sync.Mutex
	plans []keyPlan
	// made are the devices that this run registered or adopted, by id, with the address of the
	// registration; "" if it is not known.
	made map[string]string
}

// keyPlan is one device as planned.
type keyPlan struct {
	id, ip, description string
	lists               bool
	addresses           []string
}

type keyUseKey string

func (r *DeviceServerResource) keyUseOf(ac bunq.APIContext) *keyUse {
	// The key alone, whatever the installation.
	name := bunq.APIContext{Environment: ac.Environment, APIKey: ac.APIKey}.Fingerprint()
	u, _ := r.Data.Shared.LoadOrStore(keyUseKey(name), &keyUse{made: map[string]string{}})
	return u.(*keyUse) //nolint:forcetypeassert // nothing else is stored under this key
}

func (u *keyUse) noteMade(id, ip string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.made[id] = ip
}

// others returns the addresses from which other devices of the key were registered in this run.
func (u *keyUse) others(ctx context.Context, calls *bunq.UserClient, id string) ([]string, error) {
	u.mu.Lock()
	made := make(map[string]string, len(u.made))
	for other, ip := range u.made {
		if other != id {
			made[other] = ip
		}
	}
	u.mu.Unlock()

	var ips []string
	for other, ip := range made {
		if ip == "" {
			n, err := providerdata.ParseID(other)
			if err != nil {
				return nil, err
			}
			d, err := calls.DeviceServer(ctx, n)
			if err != nil {
				return nil, err
			}
			ip = d.IP
			u.noteMade(other, ip)
		}
		ips = append(ips, ip)
	}
	return ips, nil
}

// addPlan compares a device's plan with the earlier ones for the same key, as far as they are
// known. A device that is replaced is planned twice, the second time without its id.
func (u *keyUse) addPlan(p keyPlan, diags *diag.Diagnostics) {
	u.mu.Lock()
	defer u.mu.Unlock()

	for _, q := range u.plans {
		if p.lists && q.lists && !slices.EqualFunc(p.addresses, q.addresses, sameAddress) {
			diags.AddAttributeError(path.Root("permitted_ips"), "Two devices list different addresses for one key", fmt.Sprintf(
				"permitted_ips belongs to the API key, and another bunq_device_server of this configuration has the same key and a different list: %s and "+
					"%s. Each apply would undo the other.\n\nState: nothing was changed.\n\n"+
					"Next step: list the same addresses in both, or omit permitted_ips from one of them.",
				strings.Join(p.addresses, ", "), strings.Join(q.addresses, ", ")))
			return
		}
		if !p.deactivates(q, diags) && !q.deactivates(p, diags) {
			continue
		}
		return
	}
	u.plans = append(u.plans, p)
}

// deactivates reports whether the list of p would deactivate the address from which q was
// registered, and adds an error if so.
func (p keyPlan) deactivates(q keyPlan, diags *diag.Diagnostics) bool {
	samePlannedTwice := p.id == "" && q.lists && p.description == q.description
	if !p.lists || q.ip == "" || p.id == q.id || samePlannedTwice {
		return false
	}
	if sameAddress(p.ip, q.ip) || containsAddress(p.addresses, q.ip) {
		return false
	}

	diags.AddAttributeError(path.Root("permitted_ips"), "Another device of this key needs an address that is not listed", fmt.Sprintf(
		"Device %s (%s) has the same API key and was registered from %s. permitted_ips would deactivate that address for both.\n\n"+
			"State: nothing was changed.\n\nNext step: add %q to permitted_ips.", q.id, strconv.Quote(q.description), q.ip, q.ip))
	return true
}
