package lifecycle_test

import (
	"slices"
	"strings"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// refusal is an error that a configuration deserves, with what leads out of it.
type refusal struct {
	name string
	// says are words of the message.
	says []string
	// deserved tells whether things are so that this is the right answer.
	deserved func(*walker) bool
	// way is what the user does, in words, and out does it.
	way string
	out func(*walker)
}

// refusal is the one that the output shows and the walk deserves, or nil.
func (w *walker) refusal(output string) *refusal {
	printed := strings.ToLower(strings.Join(strings.Fields(output), " "))
	for _, r := range refusals() {
		said := !slices.ContainsFunc(r.says, func(s string) bool { return !strings.Contains(printed, strings.ToLower(s)) })
		if said && r.deserved(w) {
			return &r
		}
	}
	return nil
}

func refusals() []refusal {
	return []refusal{
		{
			name: "a certificate of another organisation is another bunq user", says: []string{"organisation"},
			deserved: func(w *walker) bool { return w.want.certificate.other },
			way:      "The certificate of the first organisation is put back.",
			out:      func(w *walker) { w.want.certificate.other = false },
		},
		{
			name: "the client is protected, and tainted", says: []string{"protect"},
			deserved: func(w *walker) bool {
				return w.clientIs(func(h held) bool { return h.tainted && h.attributes["deletion_protection"] == true })
			},
			way: "The client is untainted.",
			out: func(w *walker) { w.do([]string{"untaint", "client"}) },
		},
		{
			name: "the user has a client, and it may not be adopted", says: []string{"adopt_existing"},
			deserved: func(w *walker) bool {
				return !w.want.adopt && !w.clientIs(func(held) bool { return true }) && w.hasClient()
			},
			way: "adopt_existing is set.",
			out: func(w *walker) { w.want.adopt = true },
		},
		{
			name: "a user has one active client, so it cannot be made before the old one is cancelled", says: []string{"one active"},
			deserved: func(w *walker) bool {
				return w.want.createFirst["client"] && w.clientIs(func(h held) bool { return h.tainted })
			},
			way: "create_before_destroy is taken off the client.",
			out: func(w *walker) { w.want.createFirst["client"] = false },
		},
		{
			name: "the key is not permitted to this address", says: []string{"address"},
			deserved: func(w *walker) bool { return w.caller != home },
			way:      "The machine moves home.",
			out: func(w *walker) {
				w.do([]string{"others", "caller", "home"})
			},
		},
		{
			name: "a key that is bound to addresses cannot be opened to all", says: []string{"*"},
			deserved: func(w *walker) bool {
				return slices.Contains(w.want.ips, "*") && w.settings.WildcardAfterConcrete != bunqsim.Accepted
			},
			way: "The list goes without *.",
			out: func(w *walker) { w.want.ips, w.want.late = []string{home}, "" },
		},
		{
			name: "bunq registers a key once only, under the name it had first", says: []string{"the api key has a device already"},
			deserved: func(w *walker) bool {
				return w.settings.SameDeviceAgain != bunqsim.Accepted && w.settings.SameDeviceAgain != ""
			},
			way: "The device gets its old name back, and is no longer made first.",
			out: func(w *walker) {
				w.want.createFirst["device"] = false
				w.nameAsAtBunq()
			},
		},
	}
}

func (w *walker) clientIs(so func(held) bool) bool {
	for _, h := range w.state() {
		if h.typ == client && h.deposed == "" && so(h) {
			return true
		}
	}
	return false
}

// hasClient reports whether bunq has an active client.
func (w *walker) hasClient() bool {
	return slices.ContainsFunc(w.bunq.Sim.Snapshot().OAuthClients, func(c bunqsim.OAuthClient) bool { return c.Status != bunqsim.OAuthClientCancelled })
}

// nameAsAtBunq gives each device the name with which bunq registered its key
// first.
func (w *walker) nameAsAtBunq() {
	s := w.bunq.Sim.Snapshot()
	first := func(name, now string) string {
		for _, address := range w.want.resourcesOf(name) {
			key, _ := heldAt(w.state(), address)
			for _, d := range s.Devices {
				if itoa(d.CredentialID) == key.text("id") {
					return d.Description
				}
			}
		}
		return now
	}
	w.want.description = first("credential", w.want.description)
	w.want.secondAs = first("credential2", w.want.secondAs)
}
