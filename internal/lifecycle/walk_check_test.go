package lifecycle_test

import (
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// finding is how a walk fails: kind is the same for the same bug, so that
// shrinking does not slip to another one.
type finding struct {
	kind, text string
}

func (f *finding) Error() string { return f.kind + ": " + f.text }

// fail ends the walk.
func (w *walker) fail(kind, format string, args ...any) {
	panic(&finding{kind: kind, text: fmt.Sprintf(format, args...)})
}

// never are words that no command may print, whatever the configuration.
var never = []string{
	"Provider produced", "bug in the provider", "Value Conversion Error", "panic:", "will no longer be marked as sensitive",
	"Missing Resource State After", "Plugin did not respond", "Request cancelled",
}

// checkOutput checks what a command printed.
func (w *walker) checkOutput(r acctest.Result) {
	w.t.Helper()
	for _, words := range never {
		killed := strings.Contains(r.Output, "Plugin did not respond") || strings.Contains(r.Output, "Request cancelled")
		if killed && w.dying {
			continue
		}
		if strings.Contains(r.Output, words) {
			w.fail("printed: "+words, "%s", around(r.Output, words))
		}
	}
	for what, secret := range w.secrets() {
		if secret != "" && strings.Contains(r.Output, secret) {
			w.fail("secret printed: "+what, "%s", strings.ReplaceAll(around(r.Output, secret), secret, "(hidden)"))
		}
	}
}

// around is the lines of text about the first occurrence of words.
func around(text, words string) string {
	i := strings.Index(text, words)
	return text[max(0, i-600):min(len(text), i+1200)]
}

// secrets are what no output may hold, by what they are.
func (w *walker) secrets() map[string]string {
	s := w.bunq.Sim.Snapshot()
	out := map[string]string{}
	for _, o := range s.Installations {
		out[fmt.Sprintf("token of installation %d", o.ID)] = o.Token
	}
	for _, o := range s.Credentials {
		out[fmt.Sprintf("API key of credential %d", o.ID)] = o.Key
	}
	for _, o := range s.Sessions {
		out[fmt.Sprintf("token of session %d", o.ID)] = o.Token
	}
	for _, o := range s.OAuthClients {
		out[fmt.Sprintf("secret of OAuth client %d", o.ID)] = o.Secret
	}
	for _, h := range w.state() {
		if h.typ == installation {
			out["private key of "+h.address] = middleOf(h.text("private_key_pem"))
		}
	}
	out["QSEAL key"] = middleOf(w.want.certificate.files(w.t)["key.pem"])
	return out
}

// middleOf is a line of a PEM that no other key has.
func middleOf(pem string) string {
	lines := strings.Split(pem, "\n")
	if len(lines) < 8 {
		return ""
	}
	return lines[5]
}

// settle applies as a user does after a step: at most twice, or until the
// refusal that the configuration deserves, after which it takes the way out that
// the message names. The plan after it is empty.
func (w *walker) settle() {
	w.t.Helper()
	var last acctest.Result
	for range 4 {
		for range 2 {
			adds := w.onlyAddsAddresses()
			last = w.run("apply", "-no-color", "-auto-approve")
			w.want.blocks = slices.DeleteFunc(w.want.blocks, func(b string) bool { return last.Code == 0 })
			if last.Code == 0 {
				w.cli.Env = nil
				// Its key is refused, or its context is not known yet: a warning says so.
				unread := w.disturbed && strings.Contains(last.Output, "cannot be read")
				w.mustHaveNothingToDo(unread, adds())
				return
			}
			if w.refusal(last.Output) != nil {
				break
			}
		}
		r := w.refusal(last.Output)
		if r == nil {
			break
		}
		w.note("This is refused, as it should be: " + r.name + ". " + r.way)
		for _, t := range below[installation] { // the way out may be a new device
			w.mayChange[t] = true
		}
		if _, writes := w.ledger.counted(); r.atPlan && len(writes) > 0 {
			w.fail("refused at apply, not at plan: "+r.name, "bunq was sent: %s", strings.Join(writes, ", "))
		}
		r.out(w, last.Output)
	}
	w.fail("apply fails: "+strings.Join(errorsIn(last.Output), "; "), "%s", last.Output)
}

// onlyAddsAddresses returns whether an apply that comes now made the device that has the list, or gave it
// its first list: then it ends no address, and the next plan shows what else is permitted.
func (w *walker) onlyAddsAddresses() func() bool {
	before, there := w.inState("device")
	return func() bool {
		after, _ := w.inState("device")
		return w.want.ips != nil && (!there || before.attributes["permitted_ips"] == nil || before.text("id") != after.text("id"))
	}
}

// onlyEndsAddresses are words of a plan that changes nothing but the list of a device.
var onlyEndsAddresses = regexp.MustCompile(`(?s)bunq_device_server\.\S+ will be updated in-place.*~ permitted_ips.*Plan: 0 to add, 1 to change, 0 to destroy`)

// mustHaveNothingToDo plans. unread: others changed something that the apply before could not read, and
// it said that this plan would show it. added: the apply before has added addresses, and ended none.
func (w *walker) mustHaveNothingToDo(unread, added bool) {
	w.t.Helper()
	plan := []string{"plan", "-no-color", "-detailed-exitcode"}
	r := w.run(plan...)
	// Whoever drops the address from which he calls is refused at the next one.
	if refused := w.refusal(r.Output); r.Code == 1 && refused != nil && refused.name == notPermitted {
		w.note("This is refused, as it should be: " + refused.name + ". " + refused.way)
		refused.out(w, r.Output)
		r = w.run(plan...)
	}
	if r.Code == 2 && unread {
		w.note("What others did is shown only now, as the apply has said.")
		w.run("apply", "-no-color", "-auto-approve")
		r = w.run(plan...)
	}
	if r.Code == 2 && added && onlyEndsAddresses.MatchString(r.Output) {
		w.note("What else is permitted is shown only now.")
		w.run("apply", "-no-color", "-auto-approve")
		r = w.run(plan...)
	}
	if r.Code != 0 {
		kind := "plan after an apply is not empty"
		if r.Code == 1 {
			kind = "plan after an apply fails: " + strings.Join(errorsIn(r.Output), "; ")
		}
		w.fail(kind, "%s", r.Output)
	}
	if !w.disturbed && strings.Contains(r.Output, "changed outside of") {
		w.fail("nobody changed anything, and the plan says so", "%s", r.Output)
	}
}

// checkTruth checks that what a good apply left in the state lives at bunq.
func (w *walker) checkTruth(args []string) {
	w.t.Helper()
	s := w.bunq.Sim.Snapshot()
	for _, h := range w.state() {
		ids := idsOf(s)[h.typ]
		alive := slices.ContainsFunc(ids, func(id int64) bool { return itoa(id) == h.text("id") })
		for _, c := range s.OAuthClients {
			if h.typ == client && itoa(c.ID) == h.text("id") {
				alive = c.Status == h.text("status")
			}
		}
		if !alive {
			w.fail("the state of a good apply is not true", "%s: %s is not at bunq as the state has it", strings.Join(args, " "), h)
		}
	}
}

// check checks bunq against the state, what happened since the state before, and what is left on the
// machine.
func (w *walker) check(before []held) {
	w.t.Helper()
	now := w.state()
	w.checkOwners(now)
	w.checkReplaced(before, now)
	w.checkCache()
}

// checkOwners checks that bunq holds what the state says, each object owned by
// one resource.
func (w *walker) checkOwners(state []held) {
	w.t.Helper()
	owners := map[string]string{}
	for _, h := range state {
		if h.deposed != "" || h.tainted {
			w.fail("leftovers in the state", "%s: deposed %q, tainted %t", h, h.deposed, h.tainted)
		}
		key := h.typ + " " + h.text("id")
		// Two devices with one description may be adopted as one: the destroy of a device only forgets it.
		if other := owners[key]; other != "" && !(h.typ == device && w.want.description == w.want.secondAs) {
			w.fail("two resources are one object", "%s and %s are both %s", other, h.address, key)
		}
		owners[key] = h.address
	}

	s := w.bunq.Sim.Snapshot()
	users, clients := map[int64]bool{}, map[int64]bool{}
	exists := map[string]bool{}
	for kind, ids := range idsOf(s) {
		for _, id := range ids {
			exists[kind+" "+itoa(id)] = true
		}
	}
	for _, c := range s.Credentials {
		if owners[credential+" "+itoa(c.ID)] != "" {
			users[c.UserID] = true
			if c.Revoked || c.Status != bunqsim.CredentialActive {
				w.fail("the key of the state is dead", "credential %d is %s", c.ID, c.Status)
			}
		}
	}
	for key, address := range owners {
		if !exists[key] {
			w.fail("the state has what bunq has not", "%s is %s", address, key)
		}
	}
	for _, c := range s.OAuthClients {
		owner := owners[client+" "+itoa(c.ID)]
		clients[c.ID] = owner != ""
		if active := c.Status == bunqsim.OAuthClientActive; active != (owner != "") && users[c.UserID] {
			w.fail("client and state differ", "OAuth client %d is %s at bunq, and in the state %q", c.ID, c.Status, owner)
		}
	}
	for _, u := range s.CallbackURLs {
		owner := owners[callback+" "+itoa(u.ID)]
		h, _ := heldAt(state, owner)
		if owner == "" && (strings.HasPrefix(u.URL, strangersURL) || w.forgotten[u.URL] && !w.want.hasURL(u.URL)) {
			continue
		}
		if clients[u.OAuthClientID] && (owner == "" || h.text("url") != u.URL) {
			w.fail("callback URL and state differ", "bunq has callback URL %d (%s), the state has it as %q (%s)", u.ID, u.URL, owner, h.text("url"))
		}
	}
	w.checkWebhooks(state, s, users)
	w.checkAddresses(state, s)
}

// checkWebhooks checks that the users of the state have the webhooks that the configuration
// says, and those of strangers where it says nothing.
func (w *walker) checkWebhooks(state []held, s bunqsim.Snapshot, users map[int64]bool) {
	w.t.Helper()
	want := map[string]bool{}
	for _, h := range w.want.webhooks {
		want[h.target] = true
	}
	owned := slices.ContainsFunc(state, func(h held) bool { return h.typ == filters })
	has := map[string]bool{}
	for _, f := range s.NotificationFilters {
		has[f.Target] = true
		stranger := !owned && (strings.HasPrefix(f.Target, strangersURL) || w.forgotten[f.Target])
		if users[f.UserID] && !want[f.Target] && !stranger {
			w.fail("bunq has a webhook that the configuration does not have", "%s of user %d", f.Target, f.UserID)
		}
	}
	for target := range want {
		if !has[target] {
			w.fail("a webhook of the configuration is not at bunq", "%s", target)
		}
	}
}

// checkAddresses checks that the key of the first device is permitted what the
// configuration says: the listed addresses and the one that registered it.
func (w *walker) checkAddresses(state []held, s bunqsim.Snapshot) {
	w.t.Helper()
	for _, h := range state {
		may := func(p keyAddress) bool { return itoa(p.key) == h.text("id") && (p.ip == w.caller || p.ip == "*") }
		if h.typ == credential && !slices.ContainsFunc(activeAddresses(s), may) {
			w.fail("a key is not permitted to the machine", "%s from %s", h, w.caller)
		}
	}
	if w.want.ips == nil || slices.Contains(w.want.ips, "*") {
		return
	}
	d, _ := heldAt(state, w.want.resourcesOf("device")[0])
	c, _ := heldAt(state, w.want.resourcesOf("credential")[0])
	want := map[string]bool{}
	for _, ip := range w.want.ips {
		want[strings.ToLower(ip)] = true
	}
	for _, registered := range s.Devices {
		if itoa(registered.ID) == d.text("id") {
			want[registered.IP] = true
		}
	}
	got := map[string]bool{}
	for _, p := range activeAddresses(s) {
		if itoa(p.key) == c.text("id") {
			got[strings.ToLower(p.ip)] = true
		}
	}
	for ip := range want {
		if !got[ip] {
			w.fail("an address of the configuration is not permitted", "%s of credential %s", ip, c.text("id"))
		}
	}
	for ip := range got {
		if !want[ip] && ip != "*" {
			w.fail("an address is permitted that the configuration does not have", "%s of credential %s", ip, c.text("id"))
		}
	}
}

// checkReplaced checks that a step replaced nothing that it had no reason to.
func (w *walker) checkReplaced(before, now []held) {
	w.t.Helper()
	for _, b := range before {
		if !w.mayChange[b.typ] && !slices.ContainsFunc(now, func(n held) bool { return n.typ == b.typ && n.text("id") == b.text("id") }) {
			w.fail(b.typ+" was replaced for nothing", "%s", b)
		}
	}
}

// checkInUse checks that a command ended nothing that is in the state before and after it, and that no
// callback URL which one resource keeps was missing in between. ips are the permitted addresses in the
// configuration of the command, shown what its plan makes.
func (w *walker) checkInUse(before, now []held, ips []string, shown map[string]int) {
	w.t.Helper()
	kept, owners := map[string]string{}, map[string]int{}
	for _, b := range before {
		owners[b.typ+" "+b.text("id")]++
		for _, n := range now {
			if b.typ == n.typ && b.text("id") == n.text("id") {
				kept[b.typ+" "+b.text("id")] = n.address
			}
		}
	}

	w.ledger.mu.Lock()
	defer w.ledger.mu.Unlock()
	for _, e := range w.ledger.ended {
		object := e.kind + " " + itoa(e.id)
		switch {
		case e.kind == address:
			// A key that was to end, and whose deactivation failed, is kept with what is left of it.
			if owner := kept[credential+" "+itoa(e.id)]; owner != "" && !(w.endsKey && w.deactivates(before)) && w.needsAddress(before, ips, e.what) {
				w.fail("an address in use was deactivated", "%s of credential %d (%s), by %s", e.what, e.id, owner, e.by)
			}
		case w.dying && w.mayChange[e.kind]:
			// The state still has what was to end.
		case e.kind == filters:
			if shown[filters] == 0 && hasWebhook(before, e.what) && hasWebhook(now, e.what) {
				w.fail("a webhook in use was removed", "%s, by %s", e.what, e.by)
			}
		case kept[object] != "" && owners[object] == 1:
			w.fail(e.kind+" in use was ended", "%s, which is %s, by %s", e.what, kept[object], e.by)
		}
	}
	w.checkMoments(before, now)
}

// checkRegistrations checks that a command asked for a second device of an installation only where the
// state had none of it, or lost the answer about the first one.
func (w *walker) checkRegistrations(before []held) {
	w.t.Helper()
	if w.dying {
		return
	}
	without := 0
	for _, i := range before {
		if i.typ != installation || !slices.ContainsFunc(w.bunq.Sim.Snapshot().Devices, func(d bunqsim.Device) bool { return itoa(d.InstallationID) == i.text("id") }) {
			continue
		}
		kept := slices.ContainsFunc(before, func(h held) bool {
			on, _ := h.attributes["installation"].(map[string]any)
			return h.typ == device && on["id"] == i.text("id") && !h.tainted && slices.Contains(w.want.declared(), h.address)
		})
		if !kept {
			without++
		}
	}
	if w.ledger.again > without {
		w.fail("a second device of an installation was asked for", "%d times; the state lacks the device of %d installations", w.ledger.again, without)
	}
}

// checkMoments checks that no callback URL was missing between two calls that the same resource has as
// the same object, before and after a command. One that moves between resources may be.
func (w *walker) checkMoments(before, now []held) {
	w.t.Helper()
	for _, b := range before {
		n, there := heldAt(now, b.address)
		if b.typ != callback || !there || b.text("id") != n.text("id") || b.text("url") != n.text("url") || !w.want.keeps(b) {
			continue
		}
		if !slices.Contains(w.ledger.began[b.text("oauth_client_id")], b.text("url")) {
			continue // others have taken it away
		}
		for _, urls := range w.ledger.moments {
			if !slices.Contains(urls[b.text("oauth_client_id")], b.text("url")) {
				w.fail("a callback URL was missing for a moment", "%s of OAuth client %s", b.text("url"), b.text("oauth_client_id"))
			}
		}
	}
}

// hasWebhook reports whether a resource of the state has a webhook with that target.
func hasWebhook(state []held, target string) bool {
	for _, h := range state {
		list, _ := h.attributes["filters"].([]any)
		for _, f := range list {
			if f.(map[string]any)["notification_target"] == target { //nolint:forcetypeassert // what the schema says
				return true
			}
		}
	}
	return false
}

// deactivates reports whether a key is deactivated when it ends.
func (w *walker) deactivates(before []held) bool {
	return w.want.deactivate || slices.ContainsFunc(before, func(h held) bool { return h.attributes["deactivate_on_destroy"] == true })
}

// needsAddress reports whether the configuration permits ip before and after a command, or leaves the
// addresses alone and the machine calls from there.
func (w *walker) needsAddress(before []held, ips []string, ip string) bool {
	if ip == w.caller && ips == nil {
		return true
	}
	permits := func(list []string) bool {
		return slices.ContainsFunc(list, func(i string) bool { return i == "*" || strings.EqualFold(i, ip) })
	}
	return permits(ips) && slices.ContainsFunc(before, func(h held) bool {
		var list []string
		all, _ := h.attributes["permitted_ips"].([]any)
		for _, l := range all {
			list = append(list, l.(string)) //nolint:forcetypeassert // what the schema says
		}
		return permits(list)
	})
}

// cacheFiles are the names of what the provider may keep: sessions with their locks, and the time of the
// last opening at an address with its lock.
var cacheFiles = regexp.MustCompile(`^[0-9a-f]{40}(\.session|\.opened)?(\.opening)?(\.lock)?$`)

// checkCache checks that the provider left nothing on the machine but sessions and what paces calls.
func (w *walker) checkCache() {
	w.t.Helper()
	for _, name := range w.cli.CacheFiles(w.t) {
		if !cacheFiles.MatchString(filepath.Base(name)) {
			w.fail("the provider keeps a file that it must not have", "%s", name)
		}
	}
}
