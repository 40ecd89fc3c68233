package lifecycle_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// walker goes a walk.
type walker struct {
	t      *testing.T
	bunq   *acctest.Bunq
	cli    *acctest.CLI
	ledger *ledger
	clock  *bunqsim.FakeClock // bunq's
	want   *wanted

	settings  bunqsim.Settings
	forgotten map[string]bool // callback URLs that the state was made to forget
	caller    string          // the machine's address, as bunq sees it
	strangers int             // what strangers made
	saved     map[string]int  // what the saved plan makes; nil for no plan
	pipeline  bool            // see walk
	// What the step did so far: others did something, resources were replaced or
	// destroyed on purpose, a key among them, a provider is being killed; and the
	// types whose objects may be others after it.
	disturbed, replaces, endsKey, dying bool
	mayChange                           map[string]bool
	// planned are the permitted addresses of the saved plan.
	planned []string

	written map[string]string // files as they are
	script  strings.Builder
}

// do does one action of a step.
func (w *walker) do(words []string) {
	w.t.Helper()
	verb, rest := words[0], words[1:]
	w.expectChanges(words)
	switch verb {
	case "others":
		if did := w.others(rest); did != "" {
			w.disturbed = true
			w.note("At bunq: " + did + ".")
		}
	case "apply":
		w.noteReplaced(rest)
		w.apply(rest)
	case "destroy":
		w.replaces, w.endsKey = true, true
		w.destroy(rest)
	case "taint", "untaint":
		w.replaces, w.endsKey = true, w.endsKey || strings.HasPrefix(rest[0], "credential") || rest[0] == "installation"
		for _, address := range w.existing(rest[0]) {
			w.run(verb, "-no-color", address)
		}
	case "forget":
		if w.want.certificate.other {
			return // what is made in place of the forgotten one would be another user's
		}
		w.replaces = true
		w.forget(rest[0], rest[1])
	case "removed":
		w.removed(rest[0])
	case "plan":
		w.noteReplaced(rest)
		w.save(rest)
	case "saved":
		if w.saved != nil {
			w.run("apply", "-no-color", "saved.tfplan")
			w.saved = nil
		}
	default:
		if verb == "second" && w.settings.OldKeys == bunqsim.Refused {
			return // a second key would be the first one's end
		}
		if verb == "certificate" && w.saved != nil {
			return // Terraform wants files to be the same in plan and apply
		}
		if verb == "certificate" && rest[0] == "other" && len(w.want.blocks) > 0 {
			return // as with "forget"
		}
		w.want.change(words)
	}
}

// noteReplaced notes what an apply or a plan with these flags replaces on purpose.
func (w *walker) noteReplaced(flags []string) {
	all := strings.Join(flags, " ")
	w.replaces = w.replaces || strings.Contains(all, "replace=")
	w.endsKey = w.endsKey || strings.Contains(all, "replace=credential") || strings.Contains(all, "replace=installation")
}

// existing are the addresses of a resource that are in the state.
func (w *walker) existing(name string) []string {
	state := w.state()
	return slices.DeleteFunc(w.want.resourcesOf(name), func(address string) bool {
		_, there := heldAt(state, address)
		return !there
	})
}

// apply applies with flags: target=NAME, replace=NAME, no-refresh, refresh-only,
// serial, and kill=CALL:before or :after for a provider that dies.
func (w *walker) apply(words []string) {
	w.t.Helper()
	more, death := w.flags(words)
	args := append([]string{"apply", "-no-color", "-auto-approve"}, more...)
	w.runAndDie(death, args)
}

// runAndDie runs a command, during which the provider may be killed.
func (w *walker) runAndDie(death *death, args []string) {
	w.t.Helper()
	if death == nil {
		w.run(args...)
		return
	}
	armed := w.bunq.Sim.Fail(bunqsim.Fault{
		Route: death.call, Kind: bunqsim.FaultDrop, Stage: death.stage,
		Hook: func(bunqsim.Entry) { _ = w.cli.KillProviders() },
	})
	w.note(fmt.Sprintf("The provider is killed %s of %s.", strings.Replace(string(death.stage), " commit", " bunq's commit", 1), death.call))
	w.dying = true
	w.run(args...)
	w.dying = false
	armed.Disarm()
}

func (w *walker) flags(words []string) (args []string, dies *death) {
	for _, word := range words {
		flag, value, _ := strings.Cut(word, "=")
		switch flag {
		case "target", "replace":
			for _, address := range w.want.resourcesOf(value) {
				args = append(args, "-"+flag+"="+address)
			}
		case "no-refresh":
			args = append(args, "-refresh=false")
		case "refresh-only":
			args = append(args, "-refresh-only")
		case "serial":
			args = append(args, "-parallelism=1")
		case "kill":
			name, stage, _ := strings.Cut(value, ":")
			dies = &death{deaths[name], bunqsim.Stage(stage + " commit")}
		default:
			panic("no flag " + word)
		}
	}
	return args, dies
}

// deaths are the calls at which a provider may die.
var deaths = map[string]string{
	"installation": "POST /installation", "credential": "POST /payment-service-provider-credential", "device": "POST /device-server",
	"session": "POST /session-server", "client": "POST /user/{id}/oauth-client", "cancel": "PUT /user/{id}/oauth-client/{id}",
	"url": "POST /user/{id}/oauth-client/{id}/callback-url", "url-change": "PUT /user/{id}/oauth-client/{id}/callback-url/{id}",
	"url-delete": "DELETE /user/{id}/oauth-client/{id}/callback-url/{id}",
	"webhooks":   "POST /user/{id}/notification-filter-url",
	"address":    "POST /user/{id}/credential-password-ip/{id}/ip", "address-change": "PUT /user/{id}/credential-password-ip/{id}/ip/{id}",
}

// destroy destroys one resource with all below it, or "all", with the flags of
// apply.
func (w *walker) destroy(words []string) {
	w.t.Helper()
	args := []string{"destroy", "-no-color", "-auto-approve"}
	if len(words) > 0 && words[0] != "all" {
		addresses := w.existing(words[0])
		if len(addresses) == 0 {
			return
		}
		for _, a := range addresses {
			args = append(args, "-target="+a)
		}
	}
	more, death := w.flags(words[min(1, len(words)):])
	w.runAndDie(death, append(args, more...))
}

// forget takes a resource out of the state and, where how says so, imports it
// with a command or a block.
func (w *walker) forget(name, how string) {
	w.t.Helper()
	state := w.state()
	for _, address := range w.existing(name) {
		h, _ := heldAt(state, address)
		file := w.contextFile(state, h)
		w.forgotten[h.text("url")] = true
		for _, hook := range w.want.webhooks {
			w.forgotten[hook.target] = w.forgotten[hook.target] || h.typ == filters
		}
		if w.run("state", "rm", address).Code != 0 {
			return
		}
		id := file + "#" + h.text("id")
		switch h.typ {
		case client:
			id = h.text("user_id") + "/" + h.text("id")
		case callback:
			id = h.text("user_id") + "/" + h.text("oauth_client_id") + "/" + h.text("id")
		case filters:
			id = h.text("id")
		case installation:
			id = file
		}
		if how == "for-good" {
			continue
		}
		w.cli.Env = []string{"BUNQ_CONTEXT_FILE=" + file}
		if how == "import" {
			w.run("import", "-no-color", address, id)
			w.cli.Env = nil
			continue
		}
		w.want.blocks = append(w.want.blocks, importOf(address, id))
	}
}

// removed lets Terraform forget a resource and all that depend on it, by
// removed blocks; then they are declared as before.
func (w *walker) removed(name string) {
	w.t.Helper()
	for _, h := range w.state() {
		if h.typ == callback {
			w.forgotten[h.text("url")] = true
		}
	}
	was := *w.want
	gone := []string{callback + ".web"}
	w.want.urls = nil
	if name == "client" {
		gone = append(gone, w.want.called("client"))
		w.want.noClient = true
	}
	for _, address := range gone {
		if was.inModule {
			address = "module.bank." + address
		}
		w.want.blocks = append(w.want.blocks, removalOf(address))
	}
	w.run("apply", "-no-color", "-auto-approve")
	*w.want = was
}

// removalOf is the block that lets Terraform forget what is at an address.
func removalOf(address string) string {
	return fmt.Sprintf("\nremoved {\n  from = %s\n  lifecycle {\n    destroy = false\n  }\n}\n", address)
}

// save plans into a file, which "saved" applies.
func (w *walker) save(words []string) {
	w.t.Helper()
	args, _ := w.flags(words)
	r := w.run(append([]string{"plan", "-no-color", "-out=saved.tfplan"}, args...)...)
	w.saved, w.planned = nil, w.want.ips
	if r.Code == 0 {
		w.saved = creations(r.Output)
	}
}

// run writes the configuration, runs a command of the CLI, and checks what can
// be checked of every command.
func (w *walker) run(args ...string) acctest.Result {
	w.t.Helper()
	w.writeConfiguration()
	before := w.state()
	w.ledger.run()
	w.clock.Advance(time.Second)
	r := w.execute(args)
	if i := strings.Index(r.Output, "Error: "); r.Code != 0 && i >= 0 {
		fmt.Fprintf(&w.script, "#   Error: %s\n", strings.Join(errorsIn(r.Output), "; "))
	}
	w.checkOutput(r)
	made, writes := w.ledger.counted()
	shown, ips := creations(r.Output), w.want.ips
	if slices.Contains(args, "saved.tfplan") {
		shown, ips = w.saved, w.planned
	}
	w.checkInUse(before, w.state(), ips, shown)
	w.checkRegistrations(before)
	for kind, n := range made {
		if kind == callback && w.disturbed {
			continue // one that others deleted after the plan is made again in place of its update
		}
		if n > shown[kind] {
			w.fail("made something that was not shown", "%s: %d %s made at bunq, and %d shown as created", args[0], n, kind, shown[kind])
		}
	}
	if args[0] == "apply" && r.Code == 0 && !w.disturbed {
		w.checkTruth(args)
	}
	if args[0] != "apply" && args[0] != "destroy" && len(writes) > 0 {
		w.fail("a command that reads has written", "%s wrote: %s", args[0], strings.Join(writes, ", "))
	}
	return r
}

// execute runs a command as a person or a pipeline does. In a pipeline, an apply is two commands on two
// machines: one saves the plan, the other applies it. The result has the output of both.
func (w *walker) execute(args []string) acctest.Result {
	w.t.Helper()
	if !w.pipeline {
		w.command(args)
		return w.cli.Run(w.t, args...)
	}

	onNewMachine := func(args []string) acctest.Result {
		w.cli.MoveToNewMachine(w.t)
		w.command(args)
		return w.cli.Run(w.t, args...)
	}
	if saved := slices.Contains(args, "saved.tfplan"); saved || args[0] != "apply" && args[0] != "destroy" {
		return onNewMachine(args)
	}

	plan := []string{"plan", "-no-color", "-out=pipeline.tfplan"}
	if args[0] == "destroy" {
		plan = append(plan, "-destroy")
	}
	apply := []string{"apply", "-no-color"}
	for _, flag := range args[1:] {
		switch {
		case flag == "-no-color", flag == "-auto-approve":
		case strings.HasPrefix(flag, "-parallelism="):
			apply = append(apply, flag)
		default:
			plan = append(plan, flag)
		}
	}
	planned := onNewMachine(plan)
	if planned.Code != 0 {
		return planned
	}
	applied := onNewMachine(append(apply, "pipeline.tfplan"))
	return acctest.Result{Output: planned.Output + applied.Output, Code: applied.Code}
}

var (
	creation = regexp.MustCompile(`^\s*# (\S+).* (?:will be created|must be replaced|will be replaced)`)
	updating = regexp.MustCompile(`^\s*# (\S+).* will be updated in-place`)
	otherID  = regexp.MustCompile(`^\s*~ id +=.* -> \(known after apply\)`)
)

// creations counts what a plan shows as made, by type. A callback URL that is changed may get another
// object, and so the plan shows its ID as unknown (ADR 5): a new object, where its own goes to
// another resource.
func creations(output string) map[string]int {
	out := map[string]int{}
	changed := ""
	for line := range strings.Lines(output) {
		if m := creation.FindStringSubmatch(line); m != nil {
			changed = ""
			out[typeAt(m[1])]++
		} else if m := updating.FindStringSubmatch(line); m != nil {
			if changed = typeAt(m[1]); changed == filters {
				out[filters]++ // the set is there in any case, and may have been empty
			}
		} else if changed == callback && otherID.MatchString(line) {
			out[callback]++
		}
	}
	return out
}

// typeAt is the type of the resource at an address.
func typeAt(address string) string {
	typ, _, _ := strings.Cut(strings.TrimPrefix(address, "module.bank."), ".")
	return typ
}

func errorsIn(output string) []string {
	var out []string
	for line := range strings.Lines(output) {
		if text, ok := strings.CutPrefix(strings.TrimSpace(line), "Error: "); ok && !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return out
}

// writeConfiguration writes the files that differ from those that are there.
func (w *walker) writeConfiguration() {
	w.t.Helper()
	root, module := w.want.hcl()
	root = "terraform {\n  required_providers {\n    bunq = {\n      source = \"openpsd2/bunq\"\n    }\n  }\n}\n\n" + root
	files := w.want.certificate.files(w.t)
	files["main.tf"] = root
	if module != "" {
		files["bank/main.tf"] = module
		// What "terraform get" writes, which takes as long as a plan.
		files[".terraform/modules/modules.json"] = `{"Modules":[{"Key":"","Source":"","Dir":"."},{"Key":"bank","Source":"./bank","Dir":"bank"}]}`
	}
	for name, text := range files {
		if w.written[name] == text {
			continue
		}
		path := filepath.Join(w.cli.Dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			w.t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			w.t.Fatal(err)
		}
		w.written[name] = text
		w.file(name, text)
	}
}
