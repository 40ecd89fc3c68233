package lifecycle_test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// ledger is what happened at bunq during a command, write by write.
type ledger struct {
	sim *bunqsim.Sim

	mu     sync.Mutex
	last   bunqsim.Snapshot
	made   map[string]int // by type of resource, in the run of a command
	ended  []ending
	writes []string
	// again counts the calls that registered a device, or tried to, on an installation that had one.
	again int
	// began are the callback URLs of each client when the command began, moments those after each write.
	began   map[string][]string
	moments []map[string][]string
}

// ending is something that could be used before a write, and not after it.
type ending struct {
	kind string // client, callback or address
	id   int64  // for an address, of its credential
	what string // an address as it is, else words
	by   string // the call
}

// observe hears of each request that bunq has finished.
func (l *ledger) observe(e bunqsim.Entry) {
	if l.sim == nil || e.Method == "GET" || e.Call() == "POST /session-server" {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.writes = append(l.writes, e.Call())
	if slices.Contains(e.Errors, deviceExists) {
		l.again++
	}
	if !e.Committed {
		return
	}
	now := l.sim.Snapshot()
	for _, d := range now.Devices[min(len(l.last.Devices), len(now.Devices)):] {
		if hasDevice(l.last, d.InstallationID) {
			l.again++
		}
	}
	l.compare(l.last, now, e.Call())
	l.last = now
	l.moments = append(l.moments, urlsByClient(now))
}

// deviceExists is what bunq says to a second device of an installation.
const deviceExists = "A device already exists for the current installation."

func hasDevice(s bunqsim.Snapshot, installation int64) bool {
	return slices.ContainsFunc(s.Devices, func(d bunqsim.Device) bool { return d.InstallationID == installation })
}

func urlsByClient(s bunqsim.Snapshot) map[string][]string {
	out := map[string][]string{}
	for _, u := range s.CallbackURLs {
		id := itoa(u.OAuthClientID)
		out[id] = append(out[id], u.URL)
	}
	return out
}

func (l *ledger) compare(before, now bunqsim.Snapshot, by string) {
	old := idsOf(before)
	for kind, ids := range idsOf(now) {
		for _, id := range ids {
			if !slices.Contains(old[kind], id) {
				l.made[kind]++
			}
		}
	}

	for _, c := range before.OAuthClients {
		if c.Status == bunqsim.OAuthClientActive && !slices.Contains(now.ActiveOAuthClients(c.UserID), c.ID) {
			l.ended = append(l.ended, ending{client, c.ID, fmt.Sprintf("OAuth client %d", c.ID), by})
		}
	}
	for _, u := range before.CallbackURLs {
		if !slices.Contains(idsOf(now)[callback], u.ID) {
			l.ended = append(l.ended, ending{callback, u.ID, fmt.Sprintf("callback URL %d (%s)", u.ID, u.URL), by})
		}
	}
	for _, f := range before.NotificationFilters {
		if !slices.ContainsFunc(now.NotificationFilters, func(n bunqsim.NotificationFilter) bool { return n.Target == f.Target }) {
			l.ended = append(l.ended, ending{filters, f.UserID, f.Target, by})
		}
	}
	for _, p := range activeAddresses(before) {
		if !slices.Contains(activeAddresses(now), p) {
			l.ended = append(l.ended, ending{address, p.key, p.ip, by})
		}
	}
}

// address is the kind of an ending that is no resource of its own.
const address = "permitted address"

func idsOf(s bunqsim.Snapshot) map[string][]int64 {
	out := map[string][]int64{}
	for _, o := range s.Installations {
		out[installation] = append(out[installation], o.ID)
	}
	for _, o := range s.Credentials {
		out[credential] = append(out[credential], o.ID)
	}
	for _, o := range s.Devices {
		out[device] = append(out[device], o.ID)
	}
	for _, o := range s.OAuthClients {
		out[client] = append(out[client], o.ID)
	}
	for _, o := range s.CallbackURLs {
		out[callback] = append(out[callback], o.ID)
	}
	for _, f := range s.NotificationFilters {
		if !slices.Contains(out[filters], f.UserID) {
			out[filters] = append(out[filters], f.UserID)
		}
	}
	return out
}

// keyAddress is an address that a key may be used from.
type keyAddress struct {
	key int64
	ip  string
}

func activeAddresses(s bunqsim.Snapshot) []keyAddress {
	var out []keyAddress
	for _, p := range s.PermittedIPs {
		if p.Status == bunqsim.PermittedIPActive {
			out = append(out, keyAddress{p.CredentialID, p.IP})
		}
	}
	return out
}

// run begins the run of a command.
func (l *ledger) run() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.made, l.writes, l.ended, l.moments, l.again = map[string]int{}, nil, nil, nil, 0
	l.last = l.sim.Snapshot() // with what others did since
	l.began = urlsByClient(l.last)
}

func (l *ledger) counted() (made map[string]int, writes []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.made), slices.Clone(l.writes)
}

// strangersURL begins the callback URLs of others.
const strangersURL = "https://others.example.com/"

// others does at bunq what somebody else could do, and returns what that was in
// a sentence, "" where there was nothing to do it to.
func (w *walker) others(words []string) string {
	s, state := w.bunq.Sim.Snapshot(), w.state()
	mine := func(typ string) []string {
		var ids []string
		for _, r := range state {
			if r.typ == typ {
				ids = append(ids, r.text("id"))
			}
		}
		slices.Sort(ids)
		return ids
	}
	must := func(err error) {
		if err != nil {
			w.t.Fatal(err)
		}
	}
	switch words[0] {
	case "cancel-client":
		for _, c := range s.OAuthClients {
			if c.Status == bunqsim.OAuthClientActive && slices.Contains(mine(client), itoa(c.ID)) {
				must(w.bunq.Sim.CancelOAuthClient(c.ID))
				return fmt.Sprintf("somebody cancels OAuth client %d", c.ID)
			}
		}
	case "delete-url":
		for _, u := range s.CallbackURLs {
			if slices.Contains(mine(callback), itoa(u.ID)) {
				must(w.bunq.Sim.DeleteCallbackURL(u.ID))
				return fmt.Sprintf("somebody deletes callback URL %d (%s)", u.ID, u.URL)
			}
		}
	case "edit-url":
		for _, u := range s.CallbackURLs {
			if slices.Contains(mine(callback), itoa(u.ID)) {
				w.strangers++
				url := fmt.Sprintf("%s%d", strangersURL, w.strangers)
				must(w.bunq.Sim.EditCallbackURL(u.ID, url))
				return fmt.Sprintf("somebody changes callback URL %d to %s", u.ID, url)
			}
		}
	case "deactivate":
		for _, p := range s.PermittedIPs {
			if slices.Contains(mine(credential), itoa(p.CredentialID)) && p.IP != home && p.IP != "*" && p.IP != w.caller && p.Status == bunqsim.PermittedIPActive {
				must(w.bunq.Sim.SetPermittedIP(p.CredentialID, p.IP, bunqsim.PermittedIPInactive))
				return fmt.Sprintf("somebody sets address %s of credential %d inactive", p.IP, p.CredentialID)
			}
		}
	case "permit":
		for _, c := range s.Credentials {
			if slices.Contains(mine(credential), itoa(c.ID)) {
				must(w.bunq.Sim.SetPermittedIP(c.ID, "198.51.100.9", bunqsim.PermittedIPActive))
				return fmt.Sprintf("somebody permits 198.51.100.9 to credential %d", c.ID)
			}
		}
	case "webhook":
		if users := mine(filters); len(users) > 0 {
			w.strangers++
			hook := bunqsim.NotificationFilter{Category: "CHAT", Target: fmt.Sprintf("%s%d", strangersURL, w.strangers)}
			id, err := strconv.ParseInt(users[0], 10, 64)
			must(err)
			must(w.addWebhook(id, hook))
			return "somebody adds the webhook " + hook.Target
		}
	case "end-sessions":
		must(w.bunq.Sim.ExpireSessions())
		return "all sessions end"
	case "time":
		w.clock.Advance(2 * time.Minute)
		return "two minutes pass"
	case "caller":
		return w.callFrom(words[1])
	default:
		panic("nobody does " + strings.Join(words, " "))
	}
	return ""
}

// addWebhook adds a webhook to those of a user.
func (w *walker) addWebhook(user int64, hook bunqsim.NotificationFilter) error {
	all := []bunqsim.NotificationFilter{hook}
	for _, f := range w.bunq.Sim.Snapshot().NotificationFilters {
		if f.UserID == user {
			all = append(all, f)
		}
	}
	return w.bunq.Sim.SetNotificationFilters(user, all...)
}

// callFrom moves the machine to another address that all its keys permit, or
// back home, if they do.
func (w *walker) callFrom(where string) string {
	if where == "home" {
		if !w.permitted(home) {
			return ""
		}
		w.bunq.Sim.SetCallerIP("")
		w.caller = home
		return "the machine is at " + home + " again"
	}

	var all []string
	for _, p := range activeAddresses(w.bunq.Sim.Snapshot()) {
		all = append(all, p.ip)
	}
	slices.Sort(all)
	for _, ip := range all {
		if ip != home && ip != "*" && w.permitted(ip) {
			w.bunq.Sim.SetCallerIP(ip)
			w.caller = ip
			return "the machine moves to " + ip
		}
	}
	return ""
}

// permitted reports whether every key of the state may be used from an address: it is active in the
// key's list, or "*" is and the address is not inactive.
func (w *walker) permitted(ip string) bool {
	s := w.bunq.Sim.Snapshot()
	return !slices.ContainsFunc(w.state(), func(h held) bool {
		listed := func(listed, status string) bool {
			return slices.ContainsFunc(s.PermittedIPs, func(p bunqsim.PermittedIP) bool {
				return itoa(p.CredentialID) == h.text("id") && p.IP == listed && p.Status == status
			})
		}
		return h.typ == credential && !listed(ip, bunqsim.PermittedIPActive) &&
			(!listed("*", bunqsim.PermittedIPActive) || listed(ip, bunqsim.PermittedIPInactive))
	})
}
