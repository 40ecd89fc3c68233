package lifecycle_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// protectedElsewhere is the address of a protected client in the state that the
// configuration does not have; "" for none.
func (w *walker) protectedElsewhere() string {
	return w.elsewhere(func(h held) bool { return h.attributes["deletion_protection"] == true })
}

func (w *walker) elsewhere(so func(held) bool) string {
	for _, h := range w.state() {
		if h.typ == client && so(h) && !slices.Contains(w.want.resourcesOf("client"), h.address) {
			return h.address
		}
	}
	return ""
}

func (w *walker) clientIs(so func(held) bool) bool {
	for _, h := range w.state() {
		if h.typ == client && h.deposed == "" && so(h) {
			return true
		}
	}
	return false
}

// hasDeadKey reports whether a key of the state has ended: bunq revoked it, or all its addresses are
// inactive.
func (w *walker) hasDeadKey() bool {
	s := w.bunq.Sim.Snapshot()
	return slices.ContainsFunc(w.state(), func(h held) bool {
		return h.typ == credential && slices.ContainsFunc(s.Credentials, func(c bunqsim.Credential) bool {
			open := slices.ContainsFunc(activeAddresses(s), func(a keyAddress) bool { return a.key == c.ID })
			return itoa(c.ID) == h.text("id") && (c.Revoked || c.Status != bunqsim.CredentialActive || !open)
		})
	})
}

// hasPendingKey reports whether a key of the state was never used.
func (w *walker) hasPendingKey() bool {
	s := w.bunq.Sim.Snapshot()
	return slices.ContainsFunc(w.state(), func(h held) bool {
		return h.typ == credential && slices.ContainsFunc(s.Credentials, func(c bunqsim.Credential) bool {
			return itoa(c.ID) == h.text("id") && c.Status == bunqsim.CredentialPendingFirstUse
		})
	})
}

// hasClient reports whether bunq has an active client.
func (w *walker) hasClient() bool {
	return slices.ContainsFunc(w.bunq.Sim.Snapshot().OAuthClients, func(c bunqsim.OAuthClient) bool { return c.Status != bunqsim.OAuthClientCancelled })
}

var (
	importID   = regexp.MustCompile(`(?s)import \{\s*to\s*=\s*\S+\s*id\s*=\s*"([^"]*)"\s*\}`)
	withObject = regexp.MustCompile(`(?m)^\s*with (\S+),$`)
)

// importBlocks are the import blocks of a message, as a user copies them: with
// the address that the error is about for NAME.
func importBlocks(said string) []string {
	var out []string
	for _, one := range strings.Split(said, "Error: ")[1:] {
		address, id := withObject.FindStringSubmatch(one), importID.FindStringSubmatch(one)
		if address != nil && id != nil {
			out = append(out, importOf(address[1], id[1]))
		}
	}
	return out
}

func importOf(address, id string) string {
	return fmt.Sprintf("\nimport {\n  to = %s\n  id = %q\n}\n", address, id)
}

// unowned are the callback URLs of active clients that no resource of the state
// is.
func (w *walker) unowned() []bunqsim.CallbackURL {
	state := w.state()
	return slices.DeleteFunc(w.bunq.Sim.Snapshot().CallbackURLs, func(u bunqsim.CallbackURL) bool {
		return slices.ContainsFunc(state, func(h held) bool { return h.typ == callback && h.text("id") == itoa(u.ID) })
	})
}

// undeclared are the addresses of callback URLs in the state that the configuration does not have.
func (w *walker) undeclared() []string {
	var out []string
	for _, h := range w.state() {
		if h.typ == callback && h.deposed == "" && !slices.Contains(w.want.resourcesOf("url"), h.address) {
			out = append(out, h.address)
		}
	}
	return out
}

// leftBehind are the resources in the state that the configuration does not have and whose API context
// is that of a provider block, without the keys of instances.
func (w *walker) leftBehind() []string {
	var out []string
	for _, h := range w.state() {
		ofUser := slices.Contains([]string{client, callback, filters}, h.typ) && h.attributes["api_context"] == nil
		address, _, _ := strings.Cut(h.address, "[")
		if ofUser && !slices.Contains(w.want.declared(), h.address) && !slices.Contains(out, address) {
			out = append(out, address)
		}
	}
	return out
}

// deviceStays are words of the error about a device that the plan would replace on its installation.
var deviceStays = []string{"one device for each installation", "-replace='" + installation}

// otherDevice are words of the error of a registration.
var otherDevice = []string{"the installation has another device", "-replace='" + installation}

// both are the suffixes of the names of the two sets of installation, credential and device.
var both = []string{"", "2"}

// set returns an installation, credential or device of the state; with false if it is not there.
func (w *walker) inState(name string) (held, bool) {
	addresses := w.want.resourcesOf(name)
	if len(addresses) == 0 {
		return held{}, false
	}
	return heldAt(w.state(), addresses[0])
}

// replacesDeviceAlone reports whether the configuration wants another device on an installation that stays:
// with another description, another key, or to or from "*".
func (w *walker) replacesDeviceAlone() bool {
	return slices.ContainsFunc(both, func(n string) bool {
		d, there := w.inState("device" + n)
		if !there { // an import finds what bunq permits, which never counts as "*"
			return n == "" && slices.Contains(w.want.ips, "*") && strings.Contains(strings.Join(w.want.blocks, ""), "to = "+w.want.resourcesOf("device")[0])
		}
		description, ips := w.want.description, w.want.ips
		if n != "" {
			description, ips = w.want.secondAs, nil
		}
		key, hasKey := w.inState("credential" + n)
		has, _ := d.attributes["credential"].(map[string]any)
		list, _ := d.attributes["permitted_ips"].([]any)
		return d.text("description") != description || slices.Contains(list, any("*")) != slices.Contains(ips, "*") && ips != nil ||
			!hasKey || key.tainted || key.text("api_key") != has["api_key"] || key.text("fingerprint_sha256") != w.want.certificate.fingerprint(w.t)
	})
}

// onlyTheApplyKnows reports whether a plan may not know that it replaces a device: nothing but the key, which
// is not known yet, tells one credential from another, or the whole list is not known, and is "*".
func (w *walker) onlyTheApplyKnows() bool {
	return w.want.keyOnly || w.want.late == "set" && slices.Contains(w.want.ips, "*")
}

// lacksDevice reports whether the state lacks the device of one of its installations.
func (w *walker) lacksDevice() bool {
	s := w.bunq.Sim.Snapshot()
	return slices.ContainsFunc(both, func(n string) bool {
		i, there := w.inState("installation" + n)
		_, has := w.inState("device" + n)
		return there && !has && slices.ContainsFunc(s.Devices, func(d bunqsim.Device) bool { return itoa(d.InstallationID) == i.text("id") })
	})
}

var (
	printedCommand = regexp.MustCompile(`terraform (apply(?: -replace='?[a-z0-9_]+\.NAME'?)+)`)
	printedName    = regexp.MustCompile(`(bunq_[a-z0-9_]+)\.NAME`)
)

// runPrinted runs the first command that an error with those words names, as printed, with the address
// that the error is about for NAME. If there are several such errors, the options of all are in one
// command, as the message says.
func (w *walker) runPrinted(said string, words []string) {
	w.t.Helper()
	var all []string
	for _, one := range strings.Split(said, "Error: ")[1:] {
		text := strings.Join(strings.Fields(one), " ") + " "
		if slices.ContainsFunc(words, func(s string) bool { return !strings.Contains(strings.ToLower(text), strings.ToLower(s)) }) {
			continue
		}
		command := printedCommand.FindStringSubmatch(text)
		if command == nil {
			w.fail("a message names no command", "%s", one)
		}
		about := withObject.FindStringSubmatch(one)
		full := printedName.ReplaceAllStringFunc(command[1], func(name string) string {
			typ := strings.TrimSuffix(name, ".NAME")
			return w.addressOf(typ, len(about) > 1 && strings.HasSuffix(about[1], ".second"))
		})
		for _, word := range strings.Fields(strings.ReplaceAll(full, "'", "")) {
			if !slices.Contains(all, word) {
				all = append(all, word)
			}
		}
	}
	if len(all) > 0 {
		w.run(append(all, "-no-color", "-auto-approve")...)
	}
}

// addressOf is the address of the one resource of a type, or of its second one.
func (w *walker) addressOf(typ string, second bool) string {
	for _, name := range []string{"installation", "credential", "device", "client", "webhooks"} {
		if typeOf(name) != typ {
			continue
		}
		if second {
			name += "2"
		}
		return w.want.resourcesOf(name)[0]
	}
	w.t.Fatalf("no address for %s", typ)
	return ""
}

// renamedOnce are moved blocks for client and webhooks of the state whose name the configuration does not
// have any more.
func (w *walker) renamedOnce() []string {
	var out []string
	for _, name := range []string{"client", "webhooks"} {
		now := w.want.resourcesOf(name)
		if len(now) == 0 {
			continue
		}
		if _, there := heldAt(w.state(), now[0]); there {
			continue
		}
		for _, h := range w.state() {
			if h.typ == typeOf(name) && h.deposed == "" {
				out = append(out, movedTo(h.address, now[0]))
			}
		}
	}
	return out
}

// heldTwice are removed blocks for what the state has twice, at addresses that the configuration does not
// have.
func (w *walker) heldTwice() []string {
	count := map[string]int{}
	for _, h := range w.state() {
		count[h.typ+" "+h.text("id")]++
	}
	var out []string
	for _, h := range w.state() {
		if count[h.typ+" "+h.text("id")] > 1 && (h.typ == client || h.typ == filters) && !slices.Contains(w.want.declared(), h.address) {
			out = append(out, removalOf(h.address))
		}
	}
	return out
}

func (w *walker) hasTainted(types ...string) bool {
	return slices.ContainsFunc(w.state(), func(h held) bool { return h.tainted && slices.Contains(types, h.typ) })
}

// hasNoContext reports whether the state holds something of a user without a context, as after an import.
func (w *walker) hasNoContext() bool {
	return slices.ContainsFunc(w.state(), func(h held) bool {
		return slices.Contains([]string{client, callback, filters}, h.typ) && h.attributes["api_context"] == nil
	})
}
