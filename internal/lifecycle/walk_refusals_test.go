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
	// atPlan: it is said before anything is sent.
	atPlan bool
	// way is what the user does, in words, and out does it, with what the message
	// says.
	way string
	out func(w *walker, said string)
}

// refusal is the one that the errors of an output show and the walk deserves, or nil.
func (w *walker) refusal(output string) *refusal {
	printed := strings.ToLower(strings.Join(strings.Fields(withoutWarnings(output)), " "))
	for _, r := range refusals() {
		said := !slices.ContainsFunc(r.says, func(s string) bool { return !strings.Contains(printed, strings.ToLower(s)) })
		if said && r.deserved(w) {
			return &r
		}
	}
	return nil
}

// withoutWarnings returns an output without its warnings, which may name the same things as an error.
func withoutWarnings(output string) string {
	var kept strings.Builder
	warning := false
	for line := range strings.Lines(output) {
		switch text := strings.TrimSpace(line); {
		case strings.HasPrefix(text, "Warning: "):
			warning = true
		case strings.HasPrefix(text, "Error: "):
			warning = false
		}
		if !warning {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

const notPermitted = "the key is not permitted to this address"

func refusals() []refusal {
	return []refusal{
		{
			name: "the provider block has the context of another user now, and what the first one has is no longer declared", says: []string{"this object belongs to bunq user", "removed block"},
			deserved: func(w *walker) bool { return w.want.certificate.other && len(w.leftBehind()) > 0 },
			way:      "It is forgotten, and stays at bunq.",
			out: func(w *walker, _ string) {
				for _, address := range w.leftBehind() {
					w.want.blocks = append(w.want.blocks, removalOf(address))
				}
			},
		},
		{
			name: "a certificate of another organisation is another bunq user", says: []string{"organisation"},
			deserved: func(w *walker) bool { return w.want.certificate.other },
			atPlan:   true,
			way:      "The certificate of the first organisation is put back.",
			out:      func(w *walker, _ string) { w.want.certificate.other = false },
		},
		{
			name: "the client is protected, and tainted", says: []string{"protect"},
			deserved: func(w *walker) bool {
				return w.clientIs(func(h held) bool { return h.tainted && h.attributes["deletion_protection"] == true })
			},
			way: "The client is untainted.",
			out: func(w *walker, _ string) { w.do([]string{"untaint", "client"}) },
		},
		{
			name: "the client is protected, and has another name now", says: []string{"protect"},
			deserved: func(w *walker) bool { return w.protectedElsewhere() != "" },
			way:      "A moved block says so, or a removed block if the new name is in the state already.",
			out: func(w *walker, _ string) {
				old, name := w.protectedElsewhere(), w.want.resourcesOf("client")[0]
				block := movedTo(old, name)
				if _, there := heldAt(w.state(), name); there {
					block = removalOf(old)
				}
				w.want.blocks = append(w.want.blocks, block)
			},
		},
		{
			name: "the user has a client, and it may not be adopted", says: []string{"adopt_existing"},
			deserved: func(w *walker) bool {
				return !w.want.adopt && !w.clientIs(func(held) bool { return true }) && w.hasClient()
			},
			way: "adopt_existing is set.",
			out: func(w *walker, _ string) { w.want.adopt = true },
		},
		{
			name: "the user has webhooks of others, and they may not be removed", says: []string{"notification filters already", "will not be made"},
			deserved: func(w *walker) bool {
				owned := slices.ContainsFunc(w.state(), func(h held) bool { return h.typ == filters })
				return !w.want.adopt && !owned && len(w.bunq.Sim.Snapshot().NotificationFilters) > 0
			},
			way: "adopt_existing is set.",
			out: func(w *walker, _ string) { w.want.adopt = true },
		},
		{
			name: "what goes has no context that bunq accepts", says: []string{"api_context", "provider block", "removed block (destroy = false)"},
			deserved: func(w *walker) bool { return w.settings.OldKeys == bunqsim.Refused || w.hasNoContext() },
			way:      "The provider block gets the context of another key of that user.",
			out: func(w *walker, _ string) {
				if key, there := w.inState("credential"); there {
					w.cli.Env = []string{"BUNQ_CONTEXT_FILE=" + w.contextFile(w.state(), key)}
				}
			},
		},
		{
			// Terraform's own error, whatever the provider: hashicorp/terraform orders the destroy
			// of an instance that the state has with create_before_destroy, and of what it depended
			// on, both ways.
			name: "Terraform cannot order the destroy of a URL and the replacement of its client", says: []string{"Cycle:", callback},
			deserved: func(w *walker) bool { return len(w.undeclared()) > 0 },
			way:      "The URL is destroyed first, by itself.",
			out: func(w *walker, _ string) {
				for _, address := range w.undeclared() {
					w.run("destroy", "-no-color", "-auto-approve", "-target="+address)
				}
			},
		},
		{
			name: "Terraform cannot order the destroy of webhooks and the replacement of their device", says: []string{"Cycle:", filters},
			deserved: func(w *walker) bool {
				return len(w.want.webhooks) == 0 && slices.ContainsFunc(w.state(), func(h held) bool { return h.typ == filters })
			},
			way: "The webhooks are destroyed first, by themselves.",
			out: func(w *walker, _ string) {
				for _, h := range w.state() {
					if h.typ == filters {
						w.run("destroy", "-no-color", "-auto-approve", "-target="+h.address)
					}
				}
			},
		},
		{
			// Terraform's own error again: the resource that the list of addresses came from goes, while
			// the device is replaced with create_before_destroy.
			name: "Terraform cannot order the replacement of a device and the destroy of what its list came from", says: []string{"Cycle:", "terraform_data.late"},
			deserved: func(w *walker) bool { return w.want.late == "" },
			way:      "The device is replaced first, by itself.",
			out: func(w *walker, _ string) {
				w.run("apply", "-no-color", "-auto-approve", "-target="+w.want.resourcesOf("device")[0])
			},
		},
		{
			name: "the client has a URL that no resource of the state is", says: []string{"import {", callback},
			deserved: func(w *walker) bool { return len(w.unowned()) > 0 },
			way:      "It is imported with the block of the message.",
			out: func(w *walker, said string) {
				for _, block := range importBlocks(said) {
					if !slices.Contains(w.want.blocks, block) {
						w.want.blocks = append(w.want.blocks, block)
					}
				}
			},
		},
		{
			name: "what bunq does not sign is not believed, so a context file cannot be proven", says: []string{"signature"},
			deserved: func(w *walker) bool {
				return w.settings.SignInstallationReads == bunqsim.Refused && strings.Contains(strings.Join(w.want.blocks, ""), "bunq.conf")
			},
			way: "The import block is taken out again.",
			out: func(w *walker, _ string) { w.want.blocks = nil },
		},
		{
			name: "what others have deleted cannot be imported", says: []string{"Cannot import non-existent remote object"},
			deserved: func(w *walker) bool {
				return w.disturbed && strings.Contains(strings.Join(w.want.blocks, ""), "import {")
			},
			atPlan: true,
			way:    "The import block is taken out again.",
			out:    func(w *walker, _ string) { w.want.blocks = nil },
		},
		{
			name: "an import has no API context before the device of its provider block is made", says: []string{"API context not known yet"},
			deserved: func(w *walker) bool {
				return w.want.hasAlias && strings.Contains(strings.Join(w.want.blocks, ""), "import {")
			},
			atPlan: true,
			way:    "The device is made first, by itself.",
			out:    func(w *walker, _ string) { w.do([]string{"apply", "target=device"}) },
		},
		{
			name: "a device is only replaced together with its installation", says: deviceStays,
			deserved: func(w *walker) bool { return w.replacesDeviceAlone() && !w.onlyTheApplyKnows() },
			atPlan:   true,
			way:      "The installation is replaced, as the message says.",
			out:      func(w *walker, said string) { w.runPrinted(said, deviceStays) },
		},
		{
			name: "a device is only replaced together with its installation, which only the apply finds out", says: deviceStays,
			deserved: func(w *walker) bool { return w.replacesDeviceAlone() && w.onlyTheApplyKnows() },
			way:      "The installation is replaced, as the message says.",
			out:      func(w *walker, said string) { w.runPrinted(said, deviceStays) },
		},
		{
			name: "a key that waits for its first use is refused on another installation", says: []string{"was not registered", "-replace='" + credential},
			deserved: func(w *walker) bool { return w.settings.PendingKeyElsewhere == bunqsim.Refused && w.hasPendingKey() },
			way:      "Installation and key are made again, as the message says.",
			out: func(w *walker, said string) {
				w.runPrinted(said, []string{"was not registered", "-replace='" + credential})
			},
		},
		{
			name: "a provider block has the context of a device that does not exist yet", says: []string{"API context that bunq refuses", "apply -target=" + device},
			deserved: func(w *walker) bool {
				d, there := w.inState("device")
				i, _ := w.inState("installation")
				on, _ := d.attributes["installation"].(map[string]any)
				return w.want.hasAlias && (!there || on["id"] != i.text("id"))
			},
			atPlan: true,
			way:    "The device is made first, by itself; if that is refused, as its message says.",
			out: func(w *walker, _ string) {
				r := w.run("apply", "-no-color", "-auto-approve", "-target="+w.want.resourcesOf("device")[0])
				if next := w.refusal(r.Output); r.Code != 0 && next != nil {
					next.out(w, r.Output)
				}
			},
		},
		{
			name: "an installation has a device that is not the one of the configuration", says: otherDevice,
			deserved: func(w *walker) bool { return w.lacksDevice() },
			way:      "The installation is replaced, as the message says.",
			out:      func(w *walker, said string) { w.runPrinted(said, otherDevice) },
		},
		{
			name: "addresses belong to a credential, whose id is needed", says: []string{"permitted_ips", "credential"},
			deserved: func(w *walker) bool { return w.want.keyOnly && w.want.ips != nil },
			atPlan:   true,
			way:      "The credential is passed with its id.",
			out:      func(w *walker, _ string) { w.want.keyOnly = false },
		},
		{
			name: "bunq has not finished the cancellation of the client before", says: []string{"CANCELLED_PENDING"},
			deserved: func(w *walker) bool { return w.settings.CancelPending > 0 },
			way:      "Two minutes pass.",
			out:      func(w *walker, _ string) { w.do([]string{"others", "time"}) },
		},
		{
			name: "a session that nobody knows is in the way", says: []string{"already has a user session"},
			deserved: func(w *walker) bool { return w.settings.ParallelSessions == bunqsim.Refused },
			way:      "The time of the session runs out.",
			out:      func(w *walker, _ string) { w.do([]string{"others", "end-sessions"}) },
		},
		{
			name: "client or webhooks have another name now, or are tainted", says: []string{"of one user", "moved block", "terraform untaint"},
			deserved: func(w *walker) bool { return len(w.renamedOnce()) > 0 || w.hasTainted(client, filters) },
			atPlan:   true,
			way:      "A moved block says so, or it is untainted.",
			out: func(w *walker, _ string) {
				w.want.blocks = append(w.want.blocks, w.renamedOnce()...)
				for _, name := range []string{"client", "webhooks"} {
					if h, _ := w.inState(name); h.tainted {
						w.do([]string{"untaint", name})
					}
				}
			},
		},
		{
			name: "two addresses of the state have one client, or one set of webhooks", says: []string{"the state has the", "twice"},
			deserved: func(w *walker) bool { return len(w.heldTwice()) > 0 },
			atPlan:   true,
			way:      "A removed block lets Terraform forget the one that the configuration does not have.",
			out:      func(w *walker, _ string) { w.want.blocks = append(w.want.blocks, w.heldTwice()...) },
		},
		{
			name: "the key of the state has ended, in an apply that was interrupted", says: []string{"refuses the API key", "-replace=" + installation},
			deserved: func(w *walker) bool { return w.hasDeadKey() },
			atPlan:   true,
			way:      "Installation and key are made again, as the message says.",
			out: func(w *walker, said string) {
				w.runPrinted(said, []string{"refuses the API key", "-replace=" + installation})
			},
		},
		{
			name: notPermitted, says: []string{"address"},
			deserved: func(w *walker) bool { return w.caller != home && !w.permitted(w.caller) },
			way:      "The machine moves home.",
			out: func(w *walker, _ string) {
				w.do([]string{"others", "caller", "home"})
			},
		},
		{
			name: "a key that is bound to addresses cannot be opened to all", says: []string{"*"},
			deserved: func(w *walker) bool {
				return slices.Contains(w.want.ips, "*") && w.settings.WildcardAfterConcrete != bunqsim.Accepted
			},
			way: "The list goes without *.",
			out: func(w *walker, _ string) { w.want.ips, w.want.late = []string{home}, "" },
		},
	}
}
