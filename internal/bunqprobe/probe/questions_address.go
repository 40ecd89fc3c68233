package probe

import (
	"context"
	"net/http"
	"slices"
)

func addressQuestions() []question {
	const leaves = "an inactive address of a key"
	return []question{
		{setting: "ipv6", answers: []any{refused, accepted}, refusal: refused, leaves: leaves, ask: askIPv6},
		{setting: "ip_text", answers: []any{"canonical", "as-sent"}, leaves: leaves, ask: askIPText},
		{setting: "permitted_ip_default_status", answers: []any{"ACTIVE", "INACTIVE"}, leaves: leaves, ask: askDefaultStatus},
		{setting: "duplicate_permitted_ip", answers: []any{refused, accepted}, refusal: refused, leaves: leaves, ask: askDuplicateIP},
		{setting: "ip_in_permitted_ip_update", answers: []any{refused, ignored, "required"}, refusal: refused, leaves: leaves, ask: askIPInUpdate},
	}
}

// addressList are the permitted addresses of a key, newest first.
type addressList struct {
	x       *exchange
	entries []object
}

func (l *addressList) has(ip string) bool {
	return slices.ContainsFunc(l.entries, func(o object) bool { return o.text("ip") == ip })
}

func addressesPath(p *party) string { return p.userPath("/credential-password-ip/%d/ip", p.credential) }

// addresses lists the permitted addresses of the party's key, with a session that is opened for it
// where there is none.
func (r *run) addresses(ctx context.Context, p *party) (*addressList, error) {
	if err := r.openSession(ctx, p); err != nil {
		return nil, err
	}
	x, err := r.get(ctx, p, addressesPath(p)+"?count=200")
	if err != nil {
		return nil, err
	}
	entries, err := x.objects("PermittedIp", "id", "created", "updated", "ip", "status")
	return &addressList{x, entries}, err
}

func (r *run) postAddress(ctx context.Context, p *party, ip, status string) (*exchange, error) {
	body := map[string]string{"ip": ip}
	if status != "" {
		body["status"] = status
	}
	return r.post(ctx, p, addressesPath(p), body)
}

// newAddress posts an address and reads it back.
func (r *run) newAddress(ctx context.Context, p *party, ip, status string) (id int64, o object, x *exchange, err error) {
	made, err := r.postAddress(ctx, p, ip, status)
	if err != nil {
		return 0, nil, nil, err
	}
	if id, err = made.id(); err != nil {
		return 0, nil, nil, err
	}
	if x, err = r.get(ctx, p, addressPath(p, id)); err != nil {
		return id, nil, nil, err
	}
	o, err = x.object("PermittedIp", "id", "created", "updated", "ip", "status")
	if err == nil && o.id() != id {
		err = unforeseen(x, "it is another address than the one asked for")
	}
	return id, o, x, err
}

func addressPath(p *party, id int64) string {
	return p.userPath("/credential-password-ip/%d/ip/%d", p.credential, id)
}

// deactivate sets an address inactive, in whichever form bunq takes it.
func (r *run) deactivate(ctx context.Context, p *party, id int64, ip string) {
	x, err := r.put(ctx, p, addressPath(p, id), map[string]string{"status": "INACTIVE"})
	if err == nil && x.status != http.StatusOK {
		_, _ = r.put(ctx, p, addressPath(p, id), map[string]string{"ip": ip, "status": "INACTIVE"})
	}
}

func askIPv6(ctx context.Context, r *run) (*finding, error) {
	p, err := r.base(ctx)
	if err != nil {
		return nil, err
	}
	const ip = "2001:db8::a1"
	x, err := r.postAddress(ctx, p, ip, "INACTIVE")
	if err != nil {
		return nil, err
	}
	if x.says(http.StatusBadRequest, textInvalidIP(ip)) {
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

// askIPText can be asked only where IPv6 is taken: an IPv4 address has one spelling.
func askIPText(ctx context.Context, r *run) (*finding, error) {
	taken, err := r.answer(ctx, "ipv6")
	if err != nil {
		return nil, err
	}
	if taken == refused {
		return nil, &unsettled{"bunq takes no IPv6 address, and one of IPv4 has one spelling"}
	}
	p, err := r.base(ctx)
	if err != nil {
		return nil, err
	}

	const sent, canonical = "2001:DB8:0::A2", "2001:db8::a2"
	_, o, x, err := r.newAddress(ctx, p, sent, "INACTIVE")
	if err != nil {
		return nil, err
	}
	switch o.text("ip") {
	case canonical:
		return settled("canonical", x)
	case sent:
		return settled("as-sent", x)
	default:
		return nil, unforeseen(x, "the address is neither as sent ("+sent+") nor canonical ("+canonical+")")
	}
}

func askDefaultStatus(ctx context.Context, r *run) (*finding, error) {
	p, err := r.base(ctx)
	if err != nil {
		return nil, err
	}
	const ip = "192.0.2.11"
	id, o, x, err := r.newAddress(ctx, p, ip, "")
	if err != nil {
		return nil, err
	}
	switch s := o.text("status"); s {
	case "ACTIVE":
		r.deactivate(ctx, p, id, ip)
		return settled(s, x)
	case "INACTIVE":
		return settled(s, x)
	default:
		return nil, unforeseen(x, "the status is neither ACTIVE nor INACTIVE")
	}
}

func askDuplicateIP(ctx context.Context, r *run) (*finding, error) {
	p, err := r.base(ctx)
	if err != nil {
		return nil, err
	}
	const ip = "192.0.2.12"
	first, _, _, err := r.newAddress(ctx, p, ip, "INACTIVE")
	if err != nil {
		return nil, err
	}
	x, err := r.postAddress(ctx, p, ip, "INACTIVE")
	if err != nil {
		return nil, err
	}
	if x.says(http.StatusBadRequest, textIPExists) {
		return settled(refused, x)
	}
	if x.status != http.StatusOK {
		return nil, other(x)
	}
	id, err := x.id()
	if err != nil {
		return nil, err
	}
	if id == first {
		return nil, unforeseen(x, "the second entry is the first")
	}
	return settled(accepted, x)
}

func askIPInUpdate(ctx context.Context, r *run) (*finding, error) {
	p, err := r.base(ctx)
	if err != nil {
		return nil, err
	}
	const ip = "192.0.2.13"
	id, _, _, err := r.newAddress(ctx, p, ip, "ACTIVE")
	if err != nil {
		return nil, err
	}
	with, err := r.put(ctx, p, addressPath(p, id), map[string]string{"ip": ip, "status": "INACTIVE"})
	if err != nil {
		return nil, err
	}
	without, err := r.put(ctx, p, addressPath(p, id), map[string]string{"status": "INACTIVE"})
	if err != nil {
		return nil, err
	}
	if without.says(http.StatusBadRequest, textMissing("ip")) {
		if _, err := with.id(); err != nil {
			return nil, err
		}
		return settled("required", with, without)
	}
	if _, err := without.id(); err != nil {
		return nil, err
	}
	if with.says(http.StatusBadRequest, textSuperfluous("ip")) {
		return settled(refused, with, without)
	}
	if with.status != http.StatusOK {
		return nil, other(with)
	}
	if _, err := with.id(); err != nil {
		return nil, err
	}
	return settled(ignored, with, without)
}
