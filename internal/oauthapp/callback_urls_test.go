package oauthapp

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

var shifts = map[string]struct{ before, after string }{
	"one is put in front":           {"0=a 1=b", "0=x 1=a 2=b"},
	"two are put in front":          {"0=a 1=b", "0=x 1=y 2=a 3=b"},
	"the first is taken out":        {"0=a 1=b 2=c", "0=b 1=c"},
	"the middle is taken out":       {"0=a 1=b 2=c", "0=a 1=c"},
	"the last is taken out":         {"0=a 1=b", "0=a"},
	"two change places":             {"0=a 1=b", "0=b 1=a"},
	"three go round":                {"0=a 1=b 2=c", "0=b 1=c 2=a"},
	"four go round":                 {"0=a 1=b 2=c 3=d", "0=d 1=a 2=b 3=c"},
	"a key is renamed":              {"one=a other=b", "two=a other=b"},
	"both keys are renamed":         {"one=a two=b", "three=b four=a"},
	"one changes":                   {"0=a 1=b", "0=x 1=b"},
	"one changes and one takes its": {"0=a 1=b", "0=x 1=a"},
	"everything is another":         {"0=a 1=b", "0=x 1=y 2=z"},
	"all go":                        {"0=a 1=b", ""},
}

// Whatever the order in which Terraform asks, and whether bunq takes a URL twice or not: the first
// apply does it, each resource has a callback URL of its own, and a URL that is declared before and
// after is never missing.
func TestCallbackURLs_everyOrder(t *testing.T) {
	t.Parallel()
	for name, tc := range shifts {
		for _, twice := range []bool{false, true} {
			start := newTerraform(&memory{}, of(tc.before))
			start.client.twice = twice
			start.client.keep = kept(tc.before, tc.after)
			todo := start.plan(of(tc.after), nil)
			for _, order := range orders(todo) {
				w := start.clone()
				if errs := w.apply(t.Context(), of(tc.after), order); len(errs) > 0 {
					t.Errorf("%s, %v: %v", name, order, errs)
				}
				if err := w.check(of(tc.after)); err != nil {
					t.Errorf("%s, %v: %v", name, order, err)
				}
				if len(w.client.lost) > 0 {
					t.Errorf("%s, %v: missing for a while: %q", name, order, w.client.lost)
				}
				if w.client.reads > 1 {
					t.Errorf("%s, %v: read %d times", name, order, w.client.reads)
				}
			}
		}
	}
}

// Killed after any call, in any order: the next apply goes on, in any order too.
func TestCallbackURLs_killedAnywhere(t *testing.T) {
	t.Parallel()
	for name, tc := range shifts {
		start := newTerraform(&memory{}, of(tc.before))
		start.client.keep = kept(tc.before, tc.after)
		todo := start.plan(of(tc.after), nil)
		for _, order := range orders(todo) {
			for at := 1; ; at++ {
				killed := start.clone()
				killed.client.killAt = at
				if errs := killed.apply(t.Context(), of(tc.after), order); !slices.Contains(errs, errKilled) {
					break
				}
				rest := killed.plan(of(tc.after), nil)
				for _, again := range orders(rest) {
					w := killed.clone()
					errs := w.apply(t.Context(), of(tc.after), again)
					if err := w.check(of(tc.after)); err != nil || len(errs) > 0 || len(w.client.lost) > 0 {
						t.Errorf("%s, %v killed after %d calls, then %v: %v, %v, missing for a while: %q", name, order, at, again, err, errs, w.client.lost)
					}
				}
			}
		}
	}
}

// Stopped between two operations, as by Ctrl-C or by an error of something else.
func TestCallbackURLs_stoppedAnywhere(t *testing.T) {
	t.Parallel()
	for name, tc := range shifts {
		start := newTerraform(&memory{}, of(tc.before))
		start.client.keep = kept(tc.before, tc.after)
		todo := start.plan(of(tc.after), nil)
		for _, order := range orders(todo) {
			for n := range order {
				w := start.clone()
				errs := w.apply(t.Context(), of(tc.after), order[:n])
				errs = append(errs, w.apply(t.Context(), of(tc.after), w.plan(of(tc.after), nil))...)
				if err := w.check(of(tc.after)); err != nil || len(errs) > 0 || len(w.client.lost) > 0 {
					t.Errorf("%s, %v of %v: %v, %v, missing for a while: %q", name, order[:n], order, err, errs, w.client.lost)
				}
			}
		}
	}
}

// Without a cache folder a URL may be missing between two calls; at the end it is all there, of one
// resource each.
func TestCallbackURLs_withoutALedger(t *testing.T) {
	t.Parallel()
	for name, tc := range shifts {
		for _, twice := range []bool{false, true} {
			start := newTerraform(noMemory{}, of(tc.before))
			start.client.twice = twice
			for _, order := range orders(start.plan(of(tc.after), nil)) {
				w := start.clone()
				if errs := w.apply(t.Context(), of(tc.after), order); len(errs) > 0 {
					t.Errorf("%s, %v: %v", name, order, errs)
				}
				if err := w.check(of(tc.after)); err != nil {
					t.Errorf("%s, %v: %v", name, order, err)
				}
			}
		}
	}
}

// One element alone, as with -target: it works or it is refused, and never takes what another
// resource has. The plain apply after it does the rest.
func TestCallbackURLs_oneAlone(t *testing.T) {
	t.Parallel()
	for name, tc := range shifts {
		start := newTerraform(&memory{}, of(tc.before))
		all := start.clone()
		for _, op := range all.plan(of(tc.after), nil) {
			w := start.clone()
			for _, err := range w.apply(t.Context(), of(tc.after), w.plan(of(tc.after), []string{op.name})) {
				var taken *takenError
				if !errors.As(err, &taken) {
					t.Errorf("%s, %s alone: %v", name, op.name, err)
				}
			}
			ids := map[int64]string{}
			for resource, h := range w.state {
				if other, ok := ids[h.id]; ok {
					t.Errorf("%s, %s alone: %s and %s are callback URL %d", name, op.name, other, resource, h.id)
				}
				ids[h.id] = resource
			}
			for _, order := range orders(w.plan(of(tc.after), nil)) {
				c := w.clone()
				errs := c.apply(t.Context(), of(tc.after), order)
				if err := c.check(of(tc.after)); err != nil || len(errs) > 0 {
					t.Errorf("%s, %s alone, then %v: %v, %v", name, op.name, order, err, errs)
				}
			}
		}
	}
}

// Replaced with the same URL, by -replace: it stays at bunq.
func TestCallbackURLs_replaced(t *testing.T) {
	t.Parallel()
	start := newTerraform(&memory{}, of("0=a 1=b"))
	start.client.keep = []string{"a", "b"}
	for _, order := range orders(start.plan(of("0=b 1=a"), nil, "0", "1")) {
		w := start.clone()
		errs := w.apply(t.Context(), of("0=b 1=a"), order)
		if err := w.check(of("0=b 1=a")); err != nil || len(errs) > 0 || len(w.client.lost) > 0 {
			t.Errorf("%v: %v, %v, missing for a while: %q", order, err, errs, w.client.lost)
		}
	}
	w := start.clone()
	errs := w.apply(t.Context(), of("0=a 1=b"), w.plan(of("0=a 1=b"), nil, "0"))
	if err := w.check(of("0=a 1=b")); err != nil || len(errs) > 0 || w.client.calls > 0 {
		t.Errorf("%v, %v, %d calls", err, errs, w.client.calls)
	}
}

// Two resources that are one callback URL, as older versions have left them: each gets its own, or
// one is destroyed; what the other wants stays.
func TestCallbackURLs_twoThatAreOne(t *testing.T) {
	t.Parallel()
	for _, after := range []string{"0=x 1=a", "0=a 1=x", "0=x 1=y", "1=a", "0=a"} {
		start := newTerraform(&memory{}, of("0=a"))
		start.state["1"] = start.state["0"]
		start.client.keep = kept("0=a", after)
		for _, order := range orders(start.plan(of(after), nil)) {
			w := start.clone()
			errs := w.apply(t.Context(), of(after), order)
			if err := w.check(of(after)); err != nil || len(errs) > 0 || len(w.client.lost) > 0 {
				t.Errorf("%s, %v: %v, %v, missing for a while: %q", after, order, err, errs, w.client.lost)
			}
		}
	}
}

// Nothing but the apply has seen the state: one alone takes no more than after a plan of
// everything.
func TestCallbackURLs_oneAloneRightAfterAnApply(t *testing.T) {
	t.Parallel()
	w := newTerraform(&memory{}, nil)
	if errs := w.apply(t.Context(), of("0=a 1=b"), w.plan(of("0=a 1=b"), nil)); len(errs) > 0 {
		t.Fatal(errs)
	}
	after := of("0=x 1=a 2=b")
	for _, name := range []string{"1", "2"} {
		c := w.clone()
		errs := c.apply(t.Context(), after, c.plan(after, []string{name}))
		var taken *takenError
		if len(errs) != 1 || !errors.As(errs[0], &taken) {
			t.Errorf("%s alone: %v, and the state has %v", name, errs, c.state)
		}
	}
}

// Where bunq takes a URL twice, one of the two goes with its resource.
func TestCallbackURLs_twoWithOneURL(t *testing.T) {
	t.Parallel()
	w := newTerraform(&memory{}, of("0=a 1=a"))
	errs := w.apply(t.Context(), of("1=a"), w.plan(of("1=a"), nil))
	if err := w.check(of("1=a")); err != nil || len(errs) > 0 {
		t.Errorf("%v, %v", err, errs)
	}
}

// The state is old (-refresh=false): what bunq has counts.
func TestCallbackURLs_oldState(t *testing.T) {
	t.Parallel()
	w := newTerraform(&memory{}, of("0=a 1=b"))
	notePlan(w.file, entry{ID: 1, From: "a", To: "x"}, entry{ID: 2, From: "b", Gone: true}, entry{To: "b"})
	w.client.urls[1], w.client.urls[2] = "x", "z"
	urls := newCallbackURLs(newLedger(w.file))
	if p, _, err := urls.place(t.Context(), w.client, 1, "x"); err != nil || p.id != 1 || w.client.calls > 0 {
		t.Errorf("one that is done: callback URL %d, %v, %d calls", p.id, err, w.client.calls)
	}
	if err := urls.destroy(t.Context(), 2, "b", "", w.client.remover(2)); err != nil || w.client.has("z") {
		t.Errorf("one that has not the URL that is wanted: %v, bunq has %v", err, w.client.urls)
	}
}

// What no resource has given up is not taken where the plan is known: it may be a resource's that
// the plan does not show, or somebody else's.
func TestCallbackURLs_ofAStranger(t *testing.T) {
	t.Parallel()
	for name, keeps := range map[string]bool{"of a resource that keeps it": true, "of nobody": false} {
		w := newTerraform(&memory{}, of("0=a 1=b"))
		config := of("0=a 1=a")
		if !keeps {
			delete(w.state, "0")
			delete(config, "0")
		}
		errs := w.apply(t.Context(), config, w.plan(config, []string{"1", "0"}))
		var taken *takenError
		if len(errs) != 1 || !errors.As(errs[0], &taken) || taken.id != 1 || taken.kept != keeps {
			t.Errorf("%s: %v", name, errs)
		}
		if w.client.calls > 0 || w.state["1"].id != 2 {
			t.Errorf("%s: %d calls, and the state has %v", name, w.client.calls, w.state["1"])
		}
	}
}

// A resource cannot move to a URL that a stranger has, and another one wants the URL that it has: in
// whatever order they come, the two do not become one callback URL.
func TestCallbackURLs_ofAStrangerWhileAnotherTakesIts(t *testing.T) {
	t.Parallel()
	start := newTerraform(&memory{}, of("0=a 1=b"))
	delete(start.state, "1")
	config := of("0=b 1=a 2=c")
	todo := start.plan(config, nil)
	for _, order := range orders(todo) {
		w := start.clone()
		errs := w.apply(t.Context(), config, order)
		var taken *takenError
		if len(errs) != 1 || !errors.As(errs[0], &taken) || taken.id != 2 {
			t.Errorf("%v: %v", order, errs)
		}
		if w.state["0"].id != 0 || w.state["1"].id != 1 || w.state["2"].id == 0 {
			t.Errorf("%v: the state has %v", order, w.state)
		}
	}
}

// A URL that bunq refused is nobody's: who adds it later keeps it.
func TestCallbackURLs_refusedIsNotFree(t *testing.T) {
	t.Parallel()
	w := newTerraform(&memory{}, nil)
	w.client.urls[7] = "a"
	urls := newCallbackURLs(newLedger(w.file))
	urls.current = []bunq.CallbackURL{} // read before someone else added it
	w.plan(of("0=a"), nil)
	if _, _, err := urls.place(t.Context(), w.client, 0, "a"); !errors.Is(err, errExists) {
		t.Fatal(err)
	}
	errs := w.apply(t.Context(), of("0=a"), w.plan(of("0=a"), nil))
	var taken *takenError
	if len(errs) != 1 || !errors.As(errs[0], &taken) {
		t.Errorf("%v", errs)
	}
}

// A plan that was left and never applied is none of the next one's business.
func TestCallbackURLs_planThatWasNotApplied(t *testing.T) {
	t.Parallel()
	w := newTerraform(&memory{}, of("0=a 1=b"))
	w.plan(of("two=a 1=b"), nil) // a rename
	errs := w.apply(t.Context(), of("1=b"), w.plan(of("1=b"), nil))
	if err := w.check(of("1=b")); err != nil || len(errs) > 0 {
		t.Errorf("%v, %v", err, errs)
	}
}

// The wait for one's turn ends with the operation.
func TestCallbackURLs_waitIsCancelled(t *testing.T) {
	t.Parallel()
	urls := newCallbackURLs(newLedger(noMemory{}))
	endTurn, err := urls.turn.wait(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer endTurn()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := urls.place(ctx, nil, 1, "a"); !errors.Is(err, context.Canceled) {
		t.Errorf("place: %v", err)
	}
	if err := urls.destroy(ctx, 1, "a", "", nil); !errors.Is(err, context.Canceled) {
		t.Errorf("destroy: %v", err)
	}
}

// kept are the URLs that are declared before and after.
func kept(before, after string) (both []string) {
	later := slices.Collect(maps.Values(of(after)))
	for _, url := range of(before) {
		if slices.Contains(later, url) {
			both = append(both, url)
		}
	}
	return both
}
