package lifecycle_test

import (
	"context"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/acctest/core"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// cell is one fault that meets one call of an operation: once, or from that
// call on as long as the operation lasts.
type cell struct {
	scenario scenario
	call     call
	fault    fault
	lasting  bool
}

// atOnce is how many cells run at the same time: they wait for disks more than
// for processors.
const atOnce = 6

// Each call of each operation meets each fault. Whatever happens, nothing is
// lost and nothing is made twice: what was in the state stays there, no write
// that bunq carried out is sent again, and the next apply ends with what the
// configuration says, at bunq and in the state.
//
// What the user sees is in testdata/fault_matrix.md: it is as much a part of the
// promise, and a change of it is to be read.
func TestFaultMatrix(t *testing.T) {
	acctest.LongTest(t)
	mustKeys(t)
	// Hundreds of short lives: memory is cheaper here than collecting it.
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	var sheet strings.Builder
	fmt.Fprintf(&sheet, matrixHead, listOfClasses())
	var count counts
	for i, s := range scenarios() {
		ground := prepared(t, s)
		if ground.start == nil {
			count.unknown = true // it failed, or was not asked for
			continue
		}
		if len(ground.calls) == 0 {
			t.Errorf("%s: makes no call", s.name)
			continue
		}
		results := map[string]string{}
		var mu sync.Mutex
		var running sync.WaitGroup
		slots := make(chan struct{}, atOnce)
		for j, c := range ground.calls {
			for k, of := range classes() {
				for _, f := range of.against(c, i+j+k) {
					slots <- struct{}{}
					running.Go(func() {
						defer func() { <-slots }()
						once, repeated := runCell(t, cell{s, c, f, false}, ground)
						lasting := once
						if repeated {
							lasting, _ = runCell(t, cell{s, c, f, true}, ground)
						}

						mu.Lock()
						defer mu.Unlock()
						count.add(once, lasting, repeated)
						key, result := c.String()+of.name, once+" / "+lasting
						if other, again := results[key]; again && other != result {
							t.Errorf("%s, %s: %s ends as %q, others of its class as %q", s.name, c, f.name, result, other)
						}
						results[key] = result
					})
				}
			}
		}
		running.Wait()
		writeTable(&sheet, s, ground.calls, results)
	}
	fmt.Fprintf(&sheet, "%s\n", count)
	t.Log(count)
	if count.unknown || t.Failed() {
		t.Log("not all cells were run, or some failed: the golden file is left alone")
		return
	}
	golden(t, "fault_matrix.md", sheet.String())
}

// counts are the cells, and those among them whose result follows from another.
type counts struct {
	cells, same int
	unknown     bool
}

func (c *counts) add(once, lasting string, repeated bool) {
	c.cells += 2
	if !repeated {
		c.same++
	}
	c.unknown = c.unknown || once == "" || lasting == ""
}

func (c counts) String() string {
	return fmt.Sprintf("%d cells; %d of them are a lasting fault of a call that does not come again, and so the same as the fault that happens once.",
		c.cells, c.same)
}

const matrixHead = `# Fault matrix

What the user sees when a call to bunq meets a fault. In each cell: where the fault happens once / where it lasts as long as the
operation. **ok**: nothing but the result, and perhaps that it took long. **warning**: a warning, and the apply goes on. **error**: an error, and what was not done
is done by the next apply. **tainted**: an error, and the object is in the state, to be made again. **+1**: bunq holds one more
installation or credential, which the error says and calls harmless.

Faults that a client cannot tell apart are one class, of which each cell meets one:

%s
After each cell a clean apply converged, the plan after it was empty, and bunq held what the state holds. A GET commits nothing: it meets
a fault after the commit only where the answer shows it.

`

// ground is what all cells of a scenario begin with, and what it comes to when
// nothing goes wrong.
type ground struct {
	start *beginning
	calls []call
	// told are the notices of the run without a fault.
	told core.Notices
	left leftovers
}

// leftovers are the objects that stay at bunq without being in the state, by
// kind, and the permitted addresses.
type leftovers struct {
	objects   map[string]int
	addresses string
}

// prepared does a scenario without a fault.
func prepared(t *testing.T, s scenario) ground {
	t.Helper()
	var g ground
	ok := t.Run(s.name+"/prepare", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := newWorld(t)
			s.prepare(t.Context(), w)
			g.start = w.save()
		})
	})
	if !ok {
		return g
	}
	t.Run(s.name+"/no fault", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := g.start.world(t)
			var from int
			g.told = s.operate(t.Context(), w, func() { from = len(w.sim.Journal()) })
			if len(g.told.Errors()) > 0 {
				t.Fatalf("without a fault:\n%s", g.told)
			}
			g.calls = callsOf(w.sim.Journal()[from:])
			w.finish(t.Context(), s)
			g.left = w.unmanaged()
		})
	})
	return g
}

// finish is the clean run after an operation.
func (w *world) finish(ctx context.Context, s scenario) {
	w.t.Helper()
	if s.again != nil {
		s.again(ctx, w)
	}
	w.converge(ctx, s.target(w))
}

// unmanaged counts what bunq holds and the state does not; what the state holds
// must be at bunq.
func (w *world) unmanaged() leftovers {
	w.t.Helper()
	out := leftovers{objects: map[string]int{}}
	held := w.holdings()
	for kind, ids := range held {
		out.objects[kind] = len(ids)
	}
	for typ, o := range w.state {
		if !slices.Contains(held[typ], o.Text("id")) {
			w.t.Errorf("%s %s is in the state and not at bunq", typ, o.Text("id"))
		}
		out.objects[typ]--
	}
	maps.DeleteFunc(out.objects, func(_ string, n int) bool { return n == 0 })
	out.addresses = strings.Join(w.addresses(), " ")
	return out
}

// runCell also tells whether the call that met the fault came again in the
// same operation.
func runCell(t *testing.T, c cell, g ground) (result string, repeated bool) {
	t.Helper()
	kind := "once"
	if c.lasting {
		kind = "lasting"
	}
	name := strings.NewReplacer("/", "|").Replace(fmt.Sprintf("%s, %s, %s", c.call, c.fault.name, kind))
	t.Run(c.scenario.name+"/"+name, func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) { result, repeated = inCell(t, c, g) })
	})
	return result, repeated
}

func inCell(t *testing.T, c cell, g ground) (result string, repeated bool) {
	t.Helper()
	w := g.start.world(t)
	before := maps.Clone(w.state)
	var armed *bunqsim.Armed
	var from int
	got := c.scenario.operate(t.Context(), w, func() {
		from = len(w.sim.Journal())
		f := c.fault.Fault
		f.Route, f.Nth, f.Every = c.call.route, c.call.nth, c.lasting
		armed = w.sim.Fail(f)
	})
	if armed.Fired() == 0 {
		t.Fatal("the call that was to meet the fault did not come")
	}
	// A request that was on its way when the operation gave up meets the fault, too.
	synctest.Wait()
	w.sim.ClearFaults()
	during := w.sim.Journal()[from:]
	writtenOnce(t, during)
	w.keptAll(c.scenario, before)
	toldEnough(t, got)
	result = verdict(got, g.told, w.state)

	w.finish(t.Context(), c.scenario)
	left := w.unmanaged()
	if left.addresses != g.left.addresses {
		t.Errorf("bunq permits %s, without the fault it would permit %s", left.addresses, g.left.addresses)
	}
	extra := left.objects
	for kind, n := range g.left.objects {
		if extra[kind] -= n; extra[kind] == 0 {
			delete(extra, kind)
		}
	}
	switch {
	case len(extra) == 0:
	case c.mayLeave(extra) && strings.Contains(got.Errors().String(), "harmless"):
		result += " +1"
	default:
		t.Errorf("bunq holds more than the state: %v", extra)
	}
	return result, slices.Contains(callsOf(during), call{c.call.route, c.call.nth + 1})
}

// mayLeave allows what nobody can look up: one installation or credential whose
// one answer was lost.
func (c cell) mayLeave(extra map[string]int) bool {
	lost := map[string]string{"POST /installation": installation, "POST /payment-service-provider-credential": credential}
	kind := lost[c.call.route]
	return c.fault.committed && kind != "" && len(extra) == 1 && extra[kind] == 1
}

// writtenOnce proves that no write that bunq carried out was sent again. A
// session is no object: another one takes its place.
func writtenOnce(t *testing.T, journal []bunqsim.Entry) {
	t.Helper()
	done := map[string]bool{}
	for _, e := range journal {
		what := e.Method + " " + e.Path
		if e.Method == "GET" || e.Call() == "POST /session-server" {
			continue
		}
		if done[what] {
			t.Errorf("%s was sent again after bunq had carried it out", e.Call())
		}
		done[what] = done[what] || e.Committed
	}
}

// keptAll proves that the operation forgot nothing: neither objects nor what
// bunq shows only once.
func (w *world) keptAll(s scenario, before state) {
	w.t.Helper()
	once := map[string][]string{
		installation: {"id", "token", "private_key_pem"}, credential: {"id", "api_key"}, device: {"id"}, client: {"id", "client_id", "client_secret"}, callback: {"id"}, filters: {"id"},
	}
	for _, typ := range s.keeps {
		o, there := w.state[typ]
		if !there {
			w.t.Errorf("%s is no more in the state", typ)
			continue
		}
		if o.tainted {
			w.t.Errorf("%s is tainted, and was not made by this operation", typ)
		}
		for _, name := range once[typ] {
			if o.Text(name) != before[typ].Text(name) {
				w.t.Errorf("%s.%s has changed", typ, name)
			}
		}
	}
}

// toldEnough proves that an error names the resource, what it
// means for the state, and the next step.
func toldEnough(t *testing.T, got core.Notices) {
	t.Helper()
	for _, n := range got {
		for _, part := range []string{"State: ", "Next step:"} {
			if !strings.Contains(n.Detail, part) && !n.Warning {
				t.Errorf("no %q in:\n%s", part, n)
			}
		}
	}
}

// verdict is how the operation ended for the user, beside what it says when
// nothing goes wrong.
func verdict(got, without core.Notices, s state) string {
	result := "ok"
	for _, n := range got {
		if n.Summary == "Waited for bunq" {
			continue
		}
		if !slices.ContainsFunc(without, func(o core.Notice) bool { return o.Summary == n.Summary && o.Warning == n.Warning }) {
			result = "warning"
		}
	}
	if len(got.Errors()) > 0 {
		result = "error"
	}
	for _, o := range s {
		if o.tainted {
			result = "tainted"
		}
	}
	return result
}

func listOfClasses() string {
	var b strings.Builder
	for _, c := range classes() {
		names := make([]string, len(c.members))
		for i, m := range c.members {
			names[i] = m.name
		}
		fmt.Fprintf(&b, "- %s: %s\n", c.name, strings.Join(names, "; "))
	}
	return b.String()
}

func writeTable(sheet *strings.Builder, s scenario, calls []call, results map[string]string) {
	fmt.Fprintf(sheet, "## %s\n\n", s.name)
	for i, c := range calls {
		fmt.Fprintf(sheet, "%d. `%s`\n", i+1, c)
	}
	sheet.WriteString("\n| fault |")
	for i := range calls {
		fmt.Fprintf(sheet, " %d |", i+1)
	}
	sheet.WriteString("\n| --- |" + strings.Repeat(" --- |", len(calls)) + "\n")
	for _, of := range classes() {
		fmt.Fprintf(sheet, "| %s |", of.name)
		for _, c := range calls {
			fmt.Fprintf(sheet, " %s |", results[c.String()+of.name])
		}
		sheet.WriteString("\n")
	}
	sheet.WriteString("\n")
}
