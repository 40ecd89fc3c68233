package probe

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"
)

// foreignAddress is one of those that documents use, and so nobody's.
const foreignAddress = "192.0.2.1"

func deviceQuestions() []question {
	return []question{
		{setting: "same_device_again", answers: []any{accepted, existing, refused}, refusal: refused,
			leaves: "a user, its key, one or two devices", ask: askSameDevice},
		{setting: "device_from_unpermitted_ip", answers: []any{refused, accepted}, refusal: refused,
			leaves: "a user, its key, one or two devices", ask: askUnpermittedDevice},
		{setting: "device_list", answers: []any{"user", "installation"},
			leaves: "a device on a second installation", ask: askDeviceList},
		{setting: "max_description", answers: []any{255, 64}, open: true,
			leaves: "a user, its key, a few devices", takes: 10 * time.Second, ask: askMaxDescription},
		{setting: "lone_wildcard", answers: []any{"caller-only", "wildcard", refused}, refusal: refused,
			leaves: "a user, its key, a device", sessions: 1, ask: askLoneWildcard},
		{setting: "wildcard_in_list", answers: []any{accepted, refused},
			leaves: "a user, its key, a device open to every address", sessions: 1, ask: askWildcardInList},
		{setting: "wildcard_after_concrete", answers: []any{refused, ignored, accepted}, refusal: refused,
			leaves: "a user, its key, two devices", sessions: 1, ask: askWildcardAfterConcrete},
	}
}

func askSameDevice(ctx context.Context, r *run) (*finding, error) {
	p, err := r.party(ctx, "same-device")
	if err != nil {
		return nil, err
	}
	x, err := r.postDevice(ctx, p.inst, p.key, "tf-probe "+p.name)
	if err != nil {
		return nil, err
	}
	if x.says(http.StatusBadRequest, textDevice) {
		return settled(refused, x)
	}
	if x.status != http.StatusOK {
		return nil, other(x)
	}
	id, err := x.id()
	switch {
	case err != nil:
		return nil, err
	case id == p.device:
		return settled(existing, x)
	default:
		return settled(accepted, x)
	}
}

// askUnpermittedDevice registers a key for an address that is not ours, and then once more from
// ours. The second is on another installation, so that it is no repetition.
func askUnpermittedDevice(ctx context.Context, r *run) (*finding, error) {
	p, err := r.newParty(ctx, "locked-out", "")
	if err != nil {
		return nil, err
	}
	if err := r.addDevice(ctx, p, foreignAddress); err != nil {
		return nil, err
	}
	second, err := r.installation(ctx, 2)
	if err != nil {
		return nil, err
	}
	x, err := r.postDevice(ctx, second, p.key, "tf-probe "+p.name)
	if err != nil {
		return nil, err
	}
	if x.says(http.StatusBadRequest, textCredentials) {
		return settled(refused, x)
	}
	if x.status != http.StatusOK {
		return nil, other(x)
	}
	if _, err := x.id(); err != nil {
		return nil, err
	}
	return settled(accepted, x)
}

func askDeviceList(ctx context.Context, r *run) (*finding, error) {
	p, err := r.base(ctx)
	if err != nil {
		return nil, err
	}
	second, err := r.installation(ctx, 2)
	if err != nil {
		return nil, err
	}
	made, err := r.postDevice(ctx, second, p.key, "tf-probe second installation")
	if err != nil {
		return nil, err
	}
	elsewhere, err := made.id()
	if err != nil {
		return nil, err
	}
	x, err := r.get(ctx, p, "/device-server?count=200")
	if err != nil {
		return nil, err
	}
	devices, err := x.objects("DeviceServer", "id", "created", "updated", "description", "ip", "status")
	if err != nil {
		return nil, err
	}

	has := func(id int64) bool {
		return slices.ContainsFunc(devices, func(d object) bool { return d.id() == id })
	}
	switch {
	case !has(p.device):
		return nil, unforeseen(x, "the device of the session's own installation is not in the list")
	case has(elsewhere):
		return settled("user", made, x)
	default:
		return settled("installation", made, x)
	}
}

func askMaxDescription(ctx context.Context, r *run) (*finding, error) {
	p, err := r.party(ctx, "description")
	if err != nil {
		return nil, err
	}
	return longest(255, func(n int) (bool, *exchange, error) {
		x, err := r.postDevice(ctx, p.inst, p.key, strings.Repeat("d", n))
		if err != nil {
			return false, nil, err
		}
		// That the key is registered already is found out when the description has passed.
		if x.says(http.StatusBadRequest, textDevice) {
			return true, x, nil
		}
		return fits(x, "description")
	})
}

// address returns the address that bunq sees this machine under.
func (r *run) address(ctx context.Context) (string, error) {
	if r.ownAddress != "" {
		return r.ownAddress, nil
	}
	p, err := r.base(ctx)
	if err != nil {
		return "", err
	}
	list, err := r.addresses(ctx, p)
	if err != nil {
		return "", err
	}
	if len(list.entries) == 0 {
		return "", unforeseen(list.x, "the address that a device was registered from is not in its key's list")
	}
	// The first entry that was made: that of the registration.
	r.ownAddress = list.entries[len(list.entries)-1].text("ip")
	return r.ownAddress, nil
}

// askLoneWildcard registers a key for "*" alone.
func askLoneWildcard(ctx context.Context, r *run) (*finding, error) {
	own, err := r.address(ctx)
	if err != nil {
		return nil, err
	}
	p, err := r.newParty(ctx, "lone-wildcard", "")
	if err != nil {
		return nil, err
	}
	x, err := r.postDevice(ctx, p.inst, p.key, "tf-probe "+p.name, "*")
	if err != nil {
		return nil, err
	}
	if x.says(http.StatusBadRequest, textInvalidValue("permitted_ips")) {
		return settled(refused, x)
	}
	if x.status != http.StatusOK {
		return nil, other(x)
	}
	if p.device, err = x.id(); err != nil {
		return nil, err
	}
	r.parties[p.name] = p
	list, err := r.addresses(ctx, p)
	switch {
	case err != nil:
		return nil, err
	case list.has("*"):
		return settled("wildcard", x, list.x)
	case len(list.entries) == 0:
		return &finding{answer: "wildcard", shown: []*exchange{x, list.x}, how: `the list shows no address, and yet a session opens: "*" is not shown`}, nil
	case list.has(own) && len(list.entries) == 1:
		return settled("caller-only", x, list.x)
	default:
		return nil, unforeseen(list.x, "the list has other addresses than this machine's")
	}
}

// askWildcardInList registers a key in the documented way that opens it to every address.
func askWildcardInList(ctx context.Context, r *run) (*finding, error) {
	own, err := r.address(ctx)
	if err != nil {
		return nil, err
	}
	p, err := r.newParty(ctx, "wildcard", "")
	if err != nil {
		return nil, err
	}
	if err := r.addDevice(ctx, p, own, "*"); err != nil {
		return nil, err
	}
	r.parties[p.name] = p
	list, err := r.addresses(ctx, p)
	switch {
	case err != nil:
		return nil, err
	case !list.has(own):
		return nil, unforeseen(list.x, "this machine's address is not in the list")
	case list.has("*"):
		return settled(accepted, list.x)
	default:
		return settled(refused, list.x)
	}
}

// askWildcardAfterConcrete registers a key that has this machine's address once more, now for every
// address; on another installation, so that it is no repetition.
func askWildcardAfterConcrete(ctx context.Context, r *run) (*finding, error) {
	own, err := r.address(ctx)
	if err != nil {
		return nil, err
	}
	p, err := r.open(ctx, "second")
	if err != nil {
		return nil, err
	}
	second, err := r.installation(ctx, 2)
	if err != nil {
		return nil, err
	}
	x, err := r.postDevice(ctx, second, p.key, "tf-probe opened later", own, "*")
	if err != nil {
		return nil, err
	}
	if x.says(http.StatusBadRequest, textInvalidIP("*")) {
		return settled(refused, x)
	}
	if x.status != http.StatusOK {
		return nil, other(x)
	}
	if _, err := x.id(); err != nil {
		return nil, err
	}
	list, err := r.addresses(ctx, p)
	if err != nil {
		return nil, err
	}
	if list.has("*") {
		return settled(accepted, x, list.x)
	}

	shown, err := r.answer(ctx, "wildcard_in_list")
	if err != nil {
		return nil, err
	}
	if shown == refused {
		return nil, &unsettled{`needs a second address: no list shows "*" (wildcard_in_list), and only another address can tell whether it holds`}
	}
	return settled(ignored, x, list.x)
}
