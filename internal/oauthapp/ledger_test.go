package oauthapp

import (
	"testing"
)

// An entry of a plan for the URLs of a client, as ModifyPlan leaves it.
func notePlan(file lines, all ...entry) (run string) {
	l := newLedger(file)
	for _, e := range all {
		l.note(e)
	}
	return l.run
}

func TestLedger_findsThePlanOfAnOperation(t *testing.T) {
	t.Parallel()
	file := &memory{}
	rename := notePlan(file, entry{ID: 1, From: "a", Gone: true}, entry{To: "a"})
	file.Append([]byte(`{"run":"half a li`))
	notePlan(file, entry{ID: 1, From: "a", Gone: true})

	l := newLedger(file)
	if plan, ok := l.plan("", func(e entry) bool { return e.ID == 1 && e.Gone }); !ok || len(plan) != 1 {
		t.Errorf("not the newest plan that says so: %v", plan)
	}
	if plan, ok := l.plan("", func(e entry) bool { return e.To == "a" }); !ok || len(plan) != 2 {
		t.Errorf("the only plan that says so is another one: %v", plan)
	}
	if plan, ok := l.plan(rename, func(entry) bool { return false }); !ok || len(plan) != 2 {
		t.Errorf("not the plan of that run: %v", plan)
	}
	if plan, ok := l.plan("another machine's", func(entry) bool { return true }); ok {
		t.Errorf("a plan for a run that is not there: %v", plan)
	}
}

// What an apply plans once more is a part of a plan: the next apply does not take it for one.
func TestLedger_applyIsNoPlan(t *testing.T) {
	t.Parallel()
	file := &memory{}
	notePlan(file, entry{ID: 1, From: "a", To: "x"}, entry{ID: 2, From: "b", To: "a"})
	apply := newLedger(file)
	matches := func(e entry) bool { return e.ID == 1 && e.To == "x" }
	apply.note(entry{ID: 1, From: "a", To: "x"})
	if plan, ok := apply.plan("", matches); !ok || len(plan) != 2 {
		t.Errorf("the apply took its own: %v", plan)
	}
	if plan, ok := newLedger(file).plan("", matches); !ok || len(plan) != 2 {
		t.Errorf("the next apply took what the last one planned once more: %v", plan)
	}
}

// A URL is free until an operation gets it, or a plan sees it in the state.
func TestLedger_freeURLs(t *testing.T) {
	t.Parallel()
	file := &memory{}
	l := newLedger(file)
	l.noteFree("a")
	l.noteFree("b")
	l.noteFree("c")
	l.noteHeld("a")
	notePlan(file, entry{ID: 2, From: "b", To: "x"}, entry{To: "c"})
	for url, free := range map[string]bool{"a": false, "b": false, "c": true} {
		if newLedger(file).isFree(url) != free {
			t.Errorf("%s is free: %v", url, !free)
		}
	}
}

// URLs that were not known at plan: what became known since counts, and the rest is neither given
// up nor wanted.
func TestCallbackURLs_notKnownAtPlan(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		now   []entry // planned once more by the apply
		taken bool
	}{
		"still not known": {nil, true},
		"known: kept":     {[]entry{{ID: 1, From: "a", To: "a"}}, true},
		"known: given up": {[]entry{{ID: 1, From: "a", To: "x"}}, false},
	} {
		w := newTerraform(&memory{}, of("0=a 1=b"))
		notePlan(w.file, entry{ID: 1, From: "a", Open: true}, entry{ID: 2, From: "b", Open: true})
		urls := newCallbackURLs(newLedger(w.file))
		for _, e := range tc.now {
			urls.ledger.note(e)
		}
		p, _, err := urls.place(t.Context(), w.client, 2, "a")
		if (err != nil) != tc.taken || err == nil && p.id != 1 {
			t.Errorf("%s: callback URL %d, %v", name, p.id, err)
		}
	}
}

// A destroy counts on the plan that it belongs to, and on no other: otherwise a URL would stay at
// bunq for a resource that nobody declares any more.
func TestCallbackURLs_destroyOfAnotherMachinesPlan(t *testing.T) {
	t.Parallel()
	for run, stays := range map[string]bool{"": true, "another machine's": false} {
		w := newTerraform(&memory{}, of("0=a"))
		notePlan(w.file, entry{ID: 1, From: "a", Gone: true}, entry{To: "a"})
		urls := newCallbackURLs(newLedger(w.file))
		if err := urls.destroy(t.Context(), 1, "a", run, w.client.remover(1)); err != nil {
			t.Fatal(err)
		}
		if w.client.has("a") != stays {
			t.Errorf("run %q: bunq has the URL: %v", run, !stays)
		}
	}
}
