package onboarding

import (
	"fmt"
	"slices"
	"strconv"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
)

// keyDevices are the devices that this run has planned, by API key. Addresses belong to the key: two
// lists would undo each other for ever, and one must not end what another device needs.
type keyDevices struct {
	mu    sync.Mutex
	byKey map[string][]keyDevice
}

// keyDevice is one device as planned.
type keyDevice struct {
	// id and ip are "" if the plan makes the device.
	id, description, ip string
	// permitted is permitted_ips; nil if there is none, or not all of it is known.
	permitted []string
}

// plan adds a device of a key, which any text may name, and reports if it does not go together with
// another one of that key.
func (k *keyDevices) plan(key string, d keyDevice, diags *diag.Diagnostics) {
	k.mu.Lock()
	defer k.mu.Unlock()

	for _, other := range k.byKey[key] {
		if d.permitted != nil && other.permitted != nil {
			diags.AddAttributeError(path.Root("permitted_ips"), "Two devices list the addresses of one key", fmt.Sprintf(
				"permitted_ips belongs to the API key, and the device %s, which has the same key, lists addresses too: each apply would undo the other.\n\n"+
					"State: nothing was changed.\n\nNext step, one of these:%s", strconv.Quote(other.description),
				waysOut("keep permitted_ips in one of the two, with the addresses of both", destroyInstead)))
			return
		}
		if d.ends(other, diags) || other.ends(d, diags) {
			return
		}
	}

	k.byKey[key] = append(k.byKey[key], d)
}

// ends reports whether the list of d would end the address from which other was registered, and
// adds an error if so. A device that the plan makes ends nothing yet, and may be registered from the
// same address.
func (d keyDevice) ends(other keyDevice, diags *diag.Diagnostics) bool {
	if d.permitted == nil || d.ip == "" || other.ip == "" || sameAddress(d.ip, other.ip) ||
		containsAddress(d.permitted, other.ip) || slices.Contains(d.permitted, anyAddress) {
		return false
	}

	diags.AddAttributeError(path.Root("permitted_ips"), "Another device of this key needs an address that is not listed", fmt.Sprintf(
		"Device %s %s has the same API key and was registered from %s. The permitted_ips of the device %s do not list that address, and would end it for both.\n\n"+
			"State: nothing was changed.\n\nNext step, one of these:%s", other.id, strconv.Quote(other.description), other.ip, strconv.Quote(d.description),
		waysOut("add "+strconv.Quote(other.ip)+" to permitted_ips", destroyInstead)))
	return true
}
