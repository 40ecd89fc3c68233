package lifecycle_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// sample is a cell that is run with the CLI too.
type sample struct {
	scenario string
	call     call
	fault    string
	lasting  bool
}

// samples have at least one cell of each verdict, of each kind of operation,
// and of each way in which an answer can be missing.
func samples() []sample {
	first, create := "first apply of everything", "device: create with a key of an earlier run"
	list, post, get := "GET /user/{id}/oauth-client", "POST /user/{id}/oauth-client", "GET /user/{id}/oauth-client/{id}"
	return []sample{
		{first, call{"POST /installation", 1}, "answer lost", false},
		{first, call{"POST /payment-service-provider-credential", 1}, "500, but done", false},
		{first, call{"POST /device-server", 1}, "body cut off", false},
		{first, call{"POST /device-server", 1}, "500, not done", false},
		{first, call{"POST /session-server", 1}, "wrong signature", false},
		{first, call{"POST /session-server", 1}, refusedForGood, false},
		{first, call{post, 1}, "502 with HTML, but done", false},
		{first, call{get, 1}, "404 with HTML", false},
		{create, call{"POST /session-server", 2}, "answer lost", false},
		{create, call{"POST /device-server", 1}, "401", false},
		{"client: create", call{list, 1}, "404 with HTML", true},
		{"client: create", call{post, 1}, "dropped before it was read", false},
		{"client and callback URL: destroy", call{"DELETE /user/{id}/oauth-client/{id}/callback-url/{id}", 1}, "500, not done", false},
		{"client and callback URL: destroy", call{"PUT /user/{id}/oauth-client/{id}", 1}, "answer lost", false},
		{"callback URL: change", call{"PUT /user/{id}/oauth-client/{id}/callback-url/{id}", 1}, "no signature", false},
		{"callback URL: change", call{"PUT /user/{id}/oauth-client/{id}/callback-url/{id}", 1}, "502 with HTML, not done", false},
		{"refresh of everything", call{get, 1}, "wrong signature", false},
		{"refresh of everything", call{"GET /device-server/{id}", 1}, "404 with HTML", true},
	}
}

// refusedForGood is bunq's refusal of key or address: no fault of the way, so
// it is not in the matrix. It is what taints a device.
const refusedForGood = "400, key or address refused"

// written are the scenarios of samples in HCL: what is there before, and what
// the operation applies; "" for what only plans.
func written(scenario string) (before, applies string) {
	changed := strings.Replace(acctest.CallbackURL, "/callback", "/other", 1)
	switch scenario {
	case "first apply of everything":
		return "", acctest.CallbackURL
	case "device: create with a key of an earlier run":
		return acctest.Credential, acctest.Device
	case "client: create":
		return acctest.Device, acctest.Client
	case "client and callback URL: destroy":
		return acctest.CallbackURL, acctest.Device
	case "callback URL: change":
		return acctest.CallbackURL, changed
	case "refresh of everything":
		return acctest.CallbackURL, ""
	}
	panic("no HCL for " + scenario)
}

// seen is what an operation did, as far as Terraform's own part in it goes.
type seen struct {
	Verdict string
	// Calls of the operation, and of the clean apply after it.
	Calls, Next []string
	// State has the status of each object, "" or "tainted".
	State map[string]string
}

// The stand-in for core does as the CLI does: for a sample of the matrix the
// calls are the same, in the same order, and so are the ends and the states; also
// of the apply that comes after.
func TestAccCore_doesAsTheCLIDoes(t *testing.T) {
	if os.Getenv("TF_ACC") == "" {
		t.Skip("Acceptance tests skipped unless env 'TF_ACC' set")
	}
	mustKeys(t)
	for _, s := range samples() {
		t.Run(strings.ReplaceAll(s.scenario+", "+s.call.String()+", "+s.fault, "/", "|"), func(t *testing.T) {
			t.Parallel()
			var driven seen
			t.Run("driven", func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { driven = s.driven(t) })
			})
			if len(driven.Calls) == 0 {
				t.Error("the operation made no call")
			}
			if diff := cmp.Diff(s.withCLI(t), driven); diff != "" {
				t.Errorf("the stand-in differs from the CLI (-CLI +stand-in):\n%s", diff)
			}
		})
	}
}

func (s sample) of(f fault) bunqsim.Fault {
	f.Route, f.Nth, f.Every = s.call.route, s.call.nth, s.lasting
	return f.Fault
}

func (s sample) armed(t *testing.T) bunqsim.Fault {
	t.Helper()
	for _, f := range append(faults(), fault{name: refusedForGood, Fault: bunqsim.Fault{Kind: bunqsim.FaultStatus, Status: 400}}) {
		if f.name == s.fault {
			return s.of(f)
		}
	}
	t.Fatalf("no fault %q", s.fault)
	return bunqsim.Fault{}
}

func (s sample) driven(t *testing.T) seen {
	t.Helper()
	list := scenarios()
	sc := list[slices.IndexFunc(list, func(c scenario) bool { return c.name == s.scenario })]
	w := newWorld(t)
	sc.prepare(t.Context(), w)
	var from int
	got := sc.operate(t.Context(), w, func() {
		from = len(w.sim.Journal())
		w.sim.Fail(s.armed(t))
	})
	out := seen{Verdict: verdict(got, nil, state{}), Calls: callsIn(w.sim.Journal()[from:]), State: map[string]string{}}
	for typ, o := range w.state {
		out.State[typ] = ""
		if o.tainted {
			out.State[typ] = "tainted"
		}
	}
	w.sim.ClearFaults()
	from = len(w.sim.Journal())
	p := w.plan(t.Context(), sc.target(w))
	w.apply(t.Context(), p)
	out.Next = callsIn(w.sim.Journal()[from:])
	return out
}

func (s sample) withCLI(t *testing.T) seen {
	t.Helper()
	b := acctest.New(t)
	cli := acctest.NewCLI(t, b)
	before, applies := written(s.scenario)
	cli.Write(t, before)
	if before != "" {
		cli.MustApply(t)
	}
	var from int
	var r acctest.Result
	arm := func() {
		from = len(b.Sim.Journal())
		b.Sim.Fail(s.armed(t))
	}
	if applies == "" {
		arm()
		r = cli.Plan(t)
	} else {
		cli.Write(t, applies)
		if p := cli.Plan(t, "-out=plan.bin"); p.Code != 2 {
			t.Fatalf("plan: exit code %d\n%s", p.Code, p.Output)
		}
		arm()
		r = cli.Run(t, "apply", "-no-color", "-input=false", "plan.bin")
	}
	out := seen{Verdict: "ok", Calls: callsIn(b.Sim.Journal()[from:]), State: statuses(t, cli)}
	if len(warningsIn(r.Output)) > 0 {
		out.Verdict = "warning"
	}
	if r.Code == 1 {
		out.Verdict = "error"
	}
	b.Sim.ClearFaults()
	from = len(b.Sim.Journal())
	cli.MustApply(t)
	out.Next = callsIn(b.Sim.Journal()[from:])
	return out
}

// callsIn are the calls of a journal, with how they ended.
func callsIn(journal []bunqsim.Entry) []string {
	var out []string
	for _, e := range journal {
		call := e.Call()
		if e.Status != 200 {
			call += " (" + itoa(int64(e.Status)) + ")"
		}
		out = append(out, call)
	}
	return out
}

// statuses reads from the state what "terraform show" keeps to itself.
func statuses(t *testing.T, cli *acctest.CLI) map[string]string {
	t.Helper()
	r := cli.Run(t, "state", "pull")
	var raw struct {
		Resources []struct {
			Type      string `json:"type"`
			Instances []struct {
				Status string `json:"status"`
			} `json:"instances"`
		} `json:"resources"`
	}
	out := map[string]string{}
	_, text, there := strings.Cut(r.Output, "{") // a warning about the overrides may come first
	if !there {
		return out
	}
	if err := json.NewDecoder(strings.NewReader("{" + text)).Decode(&raw); err != nil {
		t.Fatalf("state: %v", err)
	}
	for _, res := range raw.Resources {
		if res.Type == "bunq_sandbox_certificate" {
			continue // the stand-in has a certificate of its own
		}
		for _, i := range res.Instances {
			out[res.Type] = i.Status
		}
	}
	return out
}
