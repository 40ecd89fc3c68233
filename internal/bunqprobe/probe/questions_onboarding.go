package probe

import (
	"context"
	"net/http"
	"slices"
	"time"
)

const keyActive = "ACTIVE"

func installationQuestions() []question {
	return []question{
		{setting: "installation_key_reuse", answers: []any{accepted, refused}, refusal: refused,
			leaves: "an installation", ask: askKeyReuse},
		{setting: "server_key", answers: []any{"per-installation", "process"},
			leaves: "two installations", ask: askServerKey},
		{setting: "sign_installation_reads", answers: []any{accepted, refused},
			leaves: "the user that most questions share", sessions: 1, ask: askSignedReads},
		{setting: "used_request_id", answers: []any{accepted, refused}, refusal: refused,
			leaves: "nothing", ask: askRequestID},
	}
}

func askKeyReuse(ctx context.Context, r *run) *finding {
	first := r.spare(ctx)
	x := r.install(ctx, first.key)
	if x.says(http.StatusBadRequest, textKeyUsed) {
		return settled(refused, x)
	}
	if x.status != http.StatusOK {
		fail(other(x))
	}
	if again := r.keep(x, first.key); again.id == first.id || again.token == first.token {
		fail(unforeseen(x, "the second installation with the same key is the first"))
	}
	return settled(accepted, x)
}

func askServerKey(ctx context.Context, r *run) *finding {
	a := r.spare(ctx)
	b := r.spare(ctx, a)
	if a.serverKey.Equal(b.serverKey) {
		return settled("process", a.made, b.made)
	}
	return settled("per-installation", a.made, b.made)
}

func askSignedReads(ctx context.Context, r *run) *finding {
	p := r.base(ctx)
	x := r.get(ctx, p, "/installation")
	if x.id() != p.inst.id {
		fail(unforeseen(x, "it is another installation than the session's"))
	}
	if x.signature == signedValid {
		return settled(accepted, x)
	}
	return settled(refused, x)
}

func askRequestID(ctx context.Context, r *run) *finding {
	p := r.base(ctx)
	r.get(ctx, p, "/user") // a session that has ended is noticed here, and not between the two
	twice := call{method: http.MethodGet, path: "/user", requestID: newUUID()}
	first := r.withSession(ctx, p, twice)
	first.object("UserPaymentServiceProvider", "id")
	x := r.withSession(ctx, p, twice)
	if x.says(http.StatusBadRequest, textRequestID) {
		return settled(refused, first, x)
	}
	x.object("UserPaymentServiceProvider", "id")
	return settled(accepted, first, x)
}

func credentialQuestions() []question {
	return []question{
		{setting: "first_use", answers: []any{"device-server", "session-server"},
			leaves: "a user, its key, a device", sessions: 1, takes: 3 * time.Second, ask: askFirstUse},
		{setting: "old_keys", answers: []any{accepted, refused},
			leaves: "a user, two keys, a device", sessions: 2, ask: askOldKeys},
	}
}

// askFirstUse compares the time of a key's last change with those of its device and its first
// session, which are three seconds apart.
func askFirstUse(ctx context.Context, r *run) *finding {
	p := r.newParty(ctx, "first-use", "")
	r.register(ctx, p)
	must(0, r.clock.Sleep(ctx, 3*time.Second))
	r.openSession(ctx, p)
	opened := p.session
	x := r.get(ctx, p, p.userPath("/credential-password-ip/%d", p.credential))
	o := x.object("CredentialPasswordIp", "id", "created", "updated", "status", "expiry_time", "token_value", "permitted_device")
	updated, ok := parseTime(o.text("updated"))
	if !ok || o.text("status") != keyActive || o.id() != p.credential {
		fail(unforeseen(x, "a key with a session is not "+keyActive+", or has no time of its last change"))
	}
	f := settled("device-server", opened.x, x)
	if opened.created.Sub(updated) < time.Second {
		f.answer = "session-server"
	}
	f.how = "by the time of the key's last change"
	return f
}

// askOldKeys registers the certificate of a user again, and tries the key that it had before.
func askOldKeys(ctx context.Context, r *run) *finding {
	old := r.open(ctx, "old-keys")
	r.endSession(ctx, old)
	r.newParty(ctx, "newer-key", old.cert)
	x := r.postSession(ctx, old)
	if x.says(http.StatusBadRequest, textCredentials) {
		return settled(refused, x)
	}
	if !x.ok() || old.session == nil {
		fail(other(x))
	}
	return settled(accepted, x)
}

func deviceQuestions() []question {
	return []question{
		{setting: "second_device_of_installation", answers: []any{refused, accepted}, refusal: refused,
			leaves: "a user, its key, one or two devices", ask: askSecondDevice},
		{setting: "session_without_device", answers: []any{refused, accepted}, refusal: refused,
			leaves: "an installation", sessions: 2, ask: askSessionWithoutDevice},
		{setting: "pending_key_elsewhere", answers: []any{accepted, refused}, refusal: refused,
			leaves: "a user, its key, an installation, perhaps with a device", ask: askPendingElsewhere},
		{setting: "lone_wildcard", answers: []any{"wildcard", "caller-only"},
			leaves: "a user, its key, a device", sessions: 1, ask: askLoneWildcard},
		{setting: "wildcard_after_concrete", answers: []any{refused, ignored, accepted}, refusal: refused,
			leaves: "perhaps a device open to every address", sessions: 1, ask: askWildcardAfterConcrete},
		{setting: "device_list", answers: []any{"user", "installation"},
			leaves: "a device on a second installation", ask: askDeviceList},
		{setting: "device_list_with_installation_token", answers: []any{refused, accepted},
			leaves: "nothing", ask: askDeviceListOfInstallation},
	}
}

// askSecondDevice registers a key once more on the installation where it is registered.
func askSecondDevice(ctx context.Context, r *run) *finding {
	p := r.party(ctx, "first-use")
	x := r.postDevice(ctx, p.inst, p)
	f, id := taken(x, textDevice)
	if id == p.device {
		fail(unforeseen(x, "the second device is the first"))
	}
	return f
}

// askSessionWithoutDevice opens a session with a key in use, on an installation that has no device.
func askSessionWithoutDevice(ctx context.Context, r *run) *finding {
	p := r.base(ctx)
	elsewhere := &party{name: "without a device", inst: r.spare(ctx), key: p.key}
	x := r.postSession(ctx, elsewhere)
	if x.says(http.StatusBadRequest, textCredentials) {
		r.mustKnow(ctx, p.inst)
		return settled(refused, x)
	}
	if elsewhere.session == nil {
		fail(other(x))
	}
	r.endSession(ctx, elsewhere)
	return settled(accepted, x)
}

// askPendingElsewhere registers a key that was not used on another installation than it was made
// with.
func askPendingElsewhere(ctx context.Context, r *run) *finding {
	p := r.newParty(ctx, "pending", "")
	f, _ := taken(r.postDevice(ctx, r.spare(ctx, p.inst), p), textCredentials)
	return f
}

// address returns the address that bunq sees this machine under.
func (r *run) address(ctx context.Context) string {
	if r.ownAddress == "" {
		x, entries := r.addresses(ctx, r.base(ctx))
		if len(entries) == 0 {
			fail(unforeseen(x, "the address that a device was registered from is not in its key's list"))
		}
		r.ownAddress = entries[len(entries)-1] // the first that was made: that of the registration
	}
	return r.ownAddress
}

// askLoneWildcard registers a key for "*" alone.
func askLoneWildcard(ctx context.Context, r *run) *finding {
	own := r.address(ctx)
	p := r.newParty(ctx, "lone-wildcard", "")
	x := r.register(ctx, p, "*")
	list, entries := r.addresses(ctx, p)
	switch {
	case slices.Contains(entries, "*"):
		return settled("wildcard", x, list)
	case slices.Equal(entries, []string{own}):
		return settled("caller-only", x, list)
	default:
		fail(unforeseen(list, "the list has neither * nor this machine's address alone"))
		return nil
	}
}

// askWildcardAfterConcrete registers a key that has this machine's address once more, now for every
// address, on another installation.
func askWildcardAfterConcrete(ctx context.Context, r *run) *finding {
	own, p := r.address(ctx), r.open(ctx, "first-use")
	x := r.postDevice(ctx, r.spare(ctx), p, own, "*")
	f, _ := taken(x, textInvalidIP("*"))
	if f.answer == refused {
		return f
	}
	list, entries := r.addresses(ctx, p)
	if slices.Contains(entries, "*") {
		return settled(accepted, x, list)
	}
	return settled(ignored, x, list)
}

func askDeviceList(ctx context.Context, r *run) *finding {
	p := r.base(ctx)
	made := r.postDevice(ctx, r.spare(ctx), p)
	elsewhere := made.id()
	x := r.get(ctx, p, "/device-server?count=200")
	ids := x.ids("DeviceServer", "created", "updated", "description", "ip", "status")
	switch {
	case !slices.Contains(ids, p.device):
		fail(unforeseen(x, "the device of the session's own installation is not in the list"))
		return nil
	case slices.Contains(ids, elsewhere):
		return settled("user", made, x)
	default:
		return settled("installation", made, x)
	}
}

func askDeviceListOfInstallation(ctx context.Context, r *run) *finding {
	p := r.party(ctx, "base")
	x := r.withToken(ctx, p.inst, call{method: http.MethodGet, path: "/device-server", wrongKind: true})
	if x.dead() {
		return settled(refused, x)
	}
	if !slices.Contains(x.ids("DeviceServer", "status"), p.device) {
		fail(unforeseen(x, "the installation's device is not in the list"))
	}
	return settled(accepted, x)
}

// ids returns the ids of a list's elements.
func (x *exchange) ids(kind string, fields ...string) []int64 {
	var out []int64
	for _, o := range x.objects(kind, append(fields, "id")...) {
		out = append(out, o.id())
	}
	return out
}

func addressQuestions() []question {
	const leaves = "an inactive address of a key"
	return []question{
		{setting: "ipv6", answers: []any{refused, accepted}, refusal: refused, leaves: leaves, ask: askIPv6},
		{setting: "ip_text", answers: []any{"canonical", "as-sent"}, leaves: leaves, ask: askIPText},
		{setting: "ip_in_permitted_ip_update", answers: []any{refused, ignored, "required"}, refusal: refused, leaves: leaves, ask: askIPInUpdate},
	}
}

func addressesPath(p *party) string { return p.userPath("/credential-password-ip/%d/ip", p.credential) }

// addresses lists the permitted addresses of the party's key, newest first.
func (r *run) addresses(ctx context.Context, p *party) (*exchange, []string) {
	r.openSession(ctx, p)
	x := r.get(ctx, p, addressesPath(p)+"?count=200")
	var out []string
	for _, o := range x.objects("PermittedIp", "id", "created", "updated", "ip", "status") {
		out = append(out, o.text("ip"))
	}
	return x, out
}

func (r *run) postAddress(ctx context.Context, p *party, ip, status string) *exchange {
	return r.post(ctx, p, addressesPath(p), map[string]string{"ip": ip, "status": status})
}

func askIPv6(ctx context.Context, r *run) *finding {
	const ip = "2001:db8::a1"
	f, _ := taken(r.postAddress(ctx, r.base(ctx), ip, "INACTIVE"), textInvalidIP(ip))
	return f
}

// askIPText can be asked only where IPv6 is taken: an IPv4 address has one spelling.
func askIPText(ctx context.Context, r *run) *finding {
	if r.answer(ctx, "ipv6") == refused {
		fail(&unsettled{"bunq takes no IPv6 address, and one of IPv4 has one spelling"})
	}
	const sent, canonical = "2001:DB8:0::A2", "2001:db8::a2"
	p := r.base(ctx)
	id := r.postAddress(ctx, p, sent, "INACTIVE").id()
	x := r.get(ctx, p, addressesPath(p)+"/"+decimal(id))
	switch x.object("PermittedIp", "id", "created", "updated", "ip", "status").text("ip") {
	case canonical:
		return settled("canonical", x)
	case sent:
		return settled("as-sent", x)
	default:
		fail(unforeseen(x, "the address is neither as sent ("+sent+") nor canonical ("+canonical+")"))
		return nil
	}
}

func askIPInUpdate(ctx context.Context, r *run) *finding {
	const ip = "192.0.2.13"
	p := r.base(ctx)
	path := addressesPath(p) + "/" + decimal(r.postAddress(ctx, p, ip, "ACTIVE").id())
	with := r.put(ctx, p, path, map[string]string{"ip": ip, "status": "INACTIVE"})
	without := r.put(ctx, p, path, map[string]string{"status": "INACTIVE"})
	r.get(ctx, p, path).object("PermittedIp", "id", "created", "updated", "ip", "status")
	if without.says(http.StatusBadRequest, textMissing("ip")) {
		with.id()
		return settled("required", with, without)
	}
	without.id()
	f, _ := taken(with, textSuperfluous("ip"))
	if f.answer == accepted {
		f.answer = ignored
	}
	f.shown = append(f.shown, without)
	return f
}
