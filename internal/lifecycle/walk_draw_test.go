package lifecycle_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// walk is a bunq and what is done, step by step. After each step its
// configuration is applied, and all is checked.
type walk struct {
	name string
	// pipeline: each command runs on a machine of its own, and what is applied is a plan that another
	// one saved.
	pipeline bool
	settings bunqsim.Settings
	// steps are actions, separated by "; ": changes of the configuration,
	// commands, and what others do.
	steps []string
}

// drawn is the walk of a seed.
func drawn(seed uint64, steps int) walk {
	d := &drawer{Rand: rand.New(rand.NewPCG(seed, 0))} //nolint:gosec // walks are to be repeated
	w := walk{name: fmt.Sprintf("seed %d", seed), pipeline: seed%2 == 1, settings: bunqsim.RandomSettings(d.Rand)}
	if w.pipeline {
		// No machine knows the session of another one, so a bunq that allows one at a time lets none of
		// them in.
		w.settings.ParallelSessions = bunqsim.Accepted
	}
	first := []string{}
	for range 2 + d.IntN(6) {
		first = append(first, d.again(d.change))
	}
	w.steps = append(w.steps, strings.Join(first, "; "))
	for len(w.steps) < steps {
		w.steps = append(w.steps, d.step())
	}
	return w
}

// drawer draws what a walk does.
type drawer struct{ *rand.Rand }

func (d *drawer) of(all ...string) string { return all[d.IntN(len(all))] }

func (d *drawer) truth() string { return d.of("true", "false") }

// leftOut reports whether an action is not to be drawn, so that what is known of
// it does not hide the rest.
func leftOut(action string) bool {
	matches := func(list string) bool {
		return slices.ContainsFunc(strings.Split(list, ","), func(s string) bool { return s != "" && strings.Contains(action, s) })
	}
	return *walkOnly != "" && !matches(*walkOnly) || matches(*walkWithout)
}

// again draws until something comes that is not left out; after many times it
// gives up.
func (d *drawer) again(draw func() string) string {
	for range 200 {
		if s := draw(); !leftOut(s) {
			return s
		}
	}
	return ""
}

// step draws one or two changes, a command, something that others do, or some
// of it together.
func (d *drawer) step() string {
	switch d.IntN(12) {
	case 0, 1, 2:
		return d.again(d.change)
	case 10:
		return d.again(d.change) + "; plan" + d.of("", "", " replace="+d.name()) + "; saved"
	case 11:
		return "certificate renewed; " + d.of("", "set keepers "+d.truth()+"; ") + d.again(d.command)
	case 3:
		return d.again(d.change) + "; " + d.again(d.change)
	case 4, 5:
		return d.again(d.change) + "; " + d.again(d.command)
	case 6:
		return d.again(d.others)
	case 7:
		return d.again(d.others) + "; " + d.again(d.command)
	case 8:
		return d.again(d.change) + "; plan; " + d.again(func() string { return d.of(d.others(), d.change(), "apply "+d.flag()) }) + "; saved"
	default:
		return d.again(d.command)
	}
}

func (d *drawer) name() string {
	return d.of("installation", "credential", "credential", "device", "device", "client", "client", "url", "url.0", "url.1", "url.2", "installation2", "credential2", "device2", "webhooks")
}

func (d *drawer) change() string {
	moved := d.of("moved", "unmoved")
	switch d.IntN(22) {
	case 20, 21:
		return "webhooks " + d.of("add", "add", "add", "drop", "change", "none")
	case 0:
		return "certificate renewed"
	case 1:
		return "certificate " + d.of("lf", "crlf", "bom", "comment")
	case 2:
		return "certificate " + d.of("omitted", "self", "issued", "reversed", "leaf", "joined")
	case 3:
		return d.of("certificate other", "certificate renewed", "certificate renewed")
	case 4:
		return "describe main " + d.of("walk", "runner", "same")
	case 5, 6, 7:
		return "ips " + d.of("omitted", "own", "more", "more", "less", "others", "any", "more-and-any", "late-element", "late-set", "late-any")
	case 8, 9:
		return d.of("keeper another", "set "+d.of("adopt", "protect", "deactivate", "key-only", "keepers")+" "+d.truth())
	case 10, 11:
		return "create-first " + d.of("installation", "credential", "device", "client", "url", "credential2", "device2", "webhooks") + " " + d.of("true", "true", "false")
	case 12, 13, 14:
		return "url " + d.of("add", "add", "drop", "change") + " " + d.of("front", "middle", "end")
	case 15:
		return "url " + d.of("swap", "list "+moved, "map "+moved, "rename "+moved)
	case 16:
		return d.of("second yes", "second yes", "second no")
	case 17:
		return d.of("describe second same", "describe second other", "context main", "context second", "context second")
	case 18:
		return "alias " + d.of("client", "url", "webhooks") + " " + d.truth()
	default:
		return d.of("module "+d.of("yes", "no")+" "+moved, "rename "+d.of("installation", "credential", "device", "client", "client")+" "+moved)
	}
}

func (d *drawer) flag() string {
	switch d.IntN(8) {
	case 0, 1:
		return "target=" + d.name()
	case 2, 3:
		return "replace=" + d.name()
	case 4:
		return "no-refresh"
	case 5:
		return "refresh-only"
	case 6:
		return "serial"
	default:
		return "replace=" + d.name() + " target=" + d.name()
	}
}

func (d *drawer) command() string {
	switch d.IntN(10) {
	case 0, 1, 2:
		return "apply " + d.flag()
	case 3:
		return d.of("taint ", "taint ", "untaint ") + d.name()
	case 4:
		return d.of("destroy", "destroy all "+d.flag(), "destroy all kill="+d.call()+":"+d.of("before", "after"), "destroy "+d.name(), "destroy "+d.name())
	case 5:
		return "forget " + d.name() + " " + d.of("import", "block", "for-good")
	case 6:
		return "removed " + d.of("url", "client")
	case 7, 8:
		return "apply " + d.of("", "replace="+d.name()+" ") + "kill=" + d.call() + ":" + d.of("before", "after")
	default:
		return "plan; " + d.of("others "+d.of("cancel-client", "delete-url", "end-sessions"), "apply "+d.flag()) + "; saved"
	}
}

func (d *drawer) call() string {
	return d.of("installation", "credential", "device", "session", "client", "cancel", "url", "url-change", "url-delete", "address", "address-change", "webhooks")
}

func (d *drawer) others() string {
	return "others " + d.of("cancel-client", "delete-url", "edit-url", "deactivate", "permit", "end-sessions", "time", "webhook", "caller elsewhere", "caller elsewhere", "caller home")
}
