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
		{setting: "second_device_of_installation", answers: []any{refused, accepted}, refusal: refused,
			leaves: "a user, its key, one or two devices", ask: askSecondDevice},
		{setting: "session_without_device", answers: []any{refused, accepted}, refusal: refused,
			leaves: "an installation", sessions: 2, ask: askSessionWithoutDevice},
		{setting: "pending_key_elsewhere", answers: []any{accepted, refused}, refusal: refused,
			leaves: "a user, its key, an installation, perhaps with a device", ask: askPendingElsewhere},
		{setting: "device_from_unpermitted_ip", answers: []any{refused, accepted}, refusal: refused,
			leaves: "a user, its key, one or two devices", ask: askUnpermittedDevice},
		{setting: "device_list", answers: []any{"user", "installation"},
			leaves: "a device on a second installation", ask: askDeviceList},
		{setting: "max_description", answers: []any{255, 64}, open: true,
			leaves: "a few installations and devices", sessions: 1, takes: 10 * time.Second, ask: askMaxDescription},
		{setting: "lone_wildcard", answers: []any{"wildcard", "caller-only"},
			leaves: "a user, its key, a device", sessions: 1, ask: askLoneWildcard},
		{setting: "wildcard_in_list", answers: []any{accepted, refused},
			leaves: "a user, its key, a device open to every address", sessions: 1, ask: askWildcardInList},
		{setting: "wildcard_after_concrete", answers: []any{refused, ignored, accepted}, refusal: refused,
			leaves: "a user, its key, two devices", sessions: 1, ask: askWildcardAfterConcrete},
	}
}

// askSecondDevice registers a key once more on the installation where it is registered.
func askSecondDevice(ctx context.Context, r *run) (*finding, error) {
	p, err := r.party(ctx, "second-device")
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
		return nil, unforeseen(x, "the second device is the first")
	default:
		return settled(accepted, x)
	}
}

// askSessionWithoutDevice opens a session with a key in use, on an installation that has no device.
func askSessionWithoutDevice(ctx context.Context, r *run) (*finding, error) {
	p, err := r.base(ctx)
	if err != nil {
		return nil, err
	}
	i, err := r.newInstallation(ctx)
	if err != nil {
		return nil, err
	}
	elsewhere := &party{name: "without a device", inst: i, credential: p.credential, key: p.key}
	x, err := r.postSession(ctx, elsewhere)
	switch {
	case err != nil:
		return nil, err
	case x.says(http.StatusBadRequest, textCredentials):
		if err := r.mustKnow(ctx, p.inst); err != nil {
			return nil, err
		}
		return settled(refused, x)
	case elsewhere.session == nil:
		return nil, other(x)
	}
	r.endSession(ctx, elsewhere)
	return settled(accepted, x)
}

// askPendingElsewhere registers a key that was not used on another installation than it was made
// with.
func askPendingElsewhere(ctx context.Context, r *run) (*finding, error) {
	p, err := r.newParty(ctx, "pending", "")
	if err != nil {
		return nil, err
	}
	i, err := r.newInstallation(ctx)
	if err != nil {
		return nil, err
	}
	return r.keyTaken(ctx, i, p)
}

// keyTaken registers the party's key on an installation that has no device, and settles whether it
// is refused or accepted.
func (r *run) keyTaken(ctx context.Context, i *installation, p *party) (*finding, error) {
	x, err := r.postElsewhere(ctx, i, p, "tf-probe "+p.name)
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

// askUnpermittedDevice registers a key for an address that is not ours, and then once more from
// ours, on another installation.
func askUnpermittedDevice(ctx context.Context, r *run) (*finding, error) {
	p, err := r.newParty(ctx, "locked-out", "")
	if err != nil {
		return nil, err
	}
	if err := r.addDevice(ctx, p, foreignAddress); err != nil {
		return nil, err
	}
	i, err := r.newInstallation(ctx)
	if err != nil {
		return nil, err
	}
	f, err := r.keyTaken(ctx, i, p)
	if err != nil || f.answer == accepted {
		return f, err
	}

	// A key whose first use is its first session still waits for it.
	use, err := r.answer(ctx, "first_use")
	if err != nil {
		return nil, err
	}
	pending, err := r.answer(ctx, "pending_key_elsewhere")
	if err != nil {
		return nil, err
	}
	if use == "session-server" && pending == refused {
		return nil, &unsettled{"needs a second address: a key that no session was opened with is refused elsewhere in any case (pending_key_elsewhere)"}
	}
	return f, nil
}

// postElsewhere registers the party's key on another installation than its own. A sandbox that was
// reset in between refuses every key.
func (r *run) postElsewhere(ctx context.Context, i *installation, p *party, description string, ips ...string) (*exchange, error) {
	x, err := r.postDevice(ctx, i, p.key, description, ips...)
	if err == nil && x.says(http.StatusBadRequest, textCredentials) {
		err = r.mustKnow(ctx, p.inst)
	}
	return x, err
}

func askDeviceList(ctx context.Context, r *run) (*finding, error) {
	p, err := r.base(ctx)
	if err != nil {
		return nil, err
	}
	second, err := r.newInstallation(ctx)
	if err != nil {
		return nil, err
	}
	made, err := r.postElsewhere(ctx, second, p, "tf-probe second installation")
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
	p, err := r.base(ctx) // whose key is in use, and so taken on any installation
	if err != nil {
		return nil, err
	}
	var i *installation
	return longest(255, func(n int) (bool, *exchange, error) {
		if i == nil {
			if i, err = r.newInstallation(ctx); err != nil {
				return false, nil, err
			}
		}
		x, err := r.postElsewhere(ctx, i, p, strings.Repeat("d", n))
		if err != nil {
			return false, nil, err
		}
		ok, x, err := fits(x, "description")
		if ok {
			i = nil // it has its device now
		}
		return ok, x, err
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
// address, on another installation.
func askWildcardAfterConcrete(ctx context.Context, r *run) (*finding, error) {
	own, err := r.address(ctx)
	if err != nil {
		return nil, err
	}
	p, err := r.open(ctx, "second")
	if err != nil {
		return nil, err
	}
	second, err := r.newInstallation(ctx)
	if err != nil {
		return nil, err
	}
	x, err := r.postElsewhere(ctx, second, p, "tf-probe opened later", own, "*")
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
