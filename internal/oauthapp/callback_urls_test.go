package oauthapp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
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

// eachShift calls test with a world before each shift, what is to be done, and the configuration; once
// for a bunq that refuses a URL that it has, and once for one that takes it.
func eachShift(t *testing.T, test func(t *testing.T, start *terraform, todo []operation, config map[string]string)) {
	t.Helper()
	for name, tc := range shifts {
		for answer, twice := range map[string]bool{"a URL twice is refused": false, "a URL twice is accepted": true} {
			t.Run(name+", "+answer, func(t *testing.T) {
				t.Parallel()
				start := newTerraform(of(tc.before))
				start.client.twice = twice
				test(t, start, start.plan(of(tc.after), start.inOrder()), of(tc.after))
			})
		}
	}
}

// finish wants one plain apply to set everything right, in whatever order it reads and does it.
func finish(t *testing.T, start *terraform, config map[string]string, what ...any) {
	t.Helper()
	for _, read := range orders(start.inOrder()) {
		planned := start.clone()
		for _, order := range orders(planned.plan(config, read)) {
			w := planned.clone()
			errs := w.apply(t.Context(), config, order)
			if err := w.check(config); err != nil || len(errs) > 0 {
				t.Errorf("%v, then read %v and %v: %v, %v", what, read, order, err, errs)
			}
		}
	}
}

// Whatever the order in which Terraform asks: the first apply does it, each resource has a callback URL
// of its own, and bunq is read once.
func TestCallbackURLs_everyOrder(t *testing.T) {
	t.Parallel()
	eachShift(t, func(t *testing.T, start *terraform, todo []operation, config map[string]string) {
		t.Helper()
		for _, order := range orders(todo) {
			w := start.clone()
			errs := w.apply(t.Context(), config, order)
			if err := w.check(config); err != nil || len(errs) > 0 {
				t.Errorf("%v: %v, %v", order, err, errs)
			}
			if w.client.reads > 1 {
				t.Errorf("%v: read %d times", order, w.client.reads)
			}
		}
	})
}

// Killed after any call, in any order.
func TestCallbackURLs_killedAnywhere(t *testing.T) {
	t.Parallel()
	eachShift(t, func(t *testing.T, start *terraform, todo []operation, config map[string]string) {
		t.Helper()
		for _, order := range orders(todo) {
			for at := 1; ; at++ {
				w := start.clone()
				w.client.killAt = at
				if errs := w.apply(t.Context(), config, order); !slices.Contains(errs, errKilled) {
					break
				}
				finish(t, w, config, order, "killed after call", at)
			}
		}
	})
}

// Stopped between two operations, as by Ctrl-C or by an error of something else.
func TestCallbackURLs_stoppedAnywhere(t *testing.T) {
	t.Parallel()
	eachShift(t, func(t *testing.T, start *terraform, todo []operation, config map[string]string) {
		t.Helper()
		for _, order := range orders(todo) {
			for n := range order {
				w := start.clone()
				if errs := w.apply(t.Context(), config, order[:n]); len(errs) > 0 {
					t.Errorf("%v: %v", order[:n], errs)
				}
				finish(t, w, config, order[:n], "of", order)
			}
		}
	})
}

// One call is refused, or its answer and the read after it are lost: what other resources do does not
// suffer, and the next apply does the rest.
func TestCallbackURLs_failedAnywhere(t *testing.T) {
	t.Parallel()
	eachShift(t, func(t *testing.T, start *terraform, todo []operation, config map[string]string) {
		t.Helper()
		for _, order := range orders(todo) {
			for at := 1; at <= len(order); at++ {
				for _, lost := range []bool{false, true} {
					w := start.clone()
					w.client.refuseAt = at
					if lost {
						w.client.refuseAt, w.client.loseAt = 0, at
					}
					errs := w.apply(t.Context(), config, order)
					if len(errs) > 1 {
						t.Errorf("%v, call %d failed: %v", order, at, errs)
					}
					if left := w.undeclared(); !lost && len(left) > 0 {
						t.Errorf("%v, call %d failed: in no resource: %v", order, at, left)
					}
					finish(t, w, config, order, "failed at call", at, "lost", lost)
				}
			}
		}
	})
}

// One element alone, as with -target.
func TestCallbackURLs_oneAlone(t *testing.T) {
	t.Parallel()
	eachShift(t, func(t *testing.T, start *terraform, todo []operation, config map[string]string) {
		t.Helper()
		for _, op := range todo {
			w := start.clone()
			if errs := w.apply(t.Context(), config, w.plan(config, w.inOrder(), op.name)); len(errs) > 0 {
				t.Errorf("%s alone: %v", op.name, errs)
			}
			finish(t, w, config, op.name, "alone")
		}
	})
}

// Two or three resources of the state that are one callback URL, as in a state that was copied.
func TestCallbackURLs_copies(t *testing.T) {
	t.Parallel()
	for _, after := range []string{"0=x 1=a", "0=a 1=x", "0=x 1=y", "1=a", "0=a", "0=x 1=y 2=a", "0=b 1=a 2=x", "2=a", ""} {
		for copies := 2; copies <= 3; copies++ {
			w := newTerraform(of("0=a"))
			for i := 1; i < copies; i++ {
				w.state[fmt.Sprint(i)] = w.state["0"]
			}
			finish(t, w, of(after), copies, after)
		}
	}
}

// Replaced, by -replace or a taint, alone or together with moves.
func TestCallbackURLs_replaced(t *testing.T) {
	t.Parallel()
	for _, after := range []string{"0=a 1=b", "0=b 1=a", "0=x 1=a", "0=x 1=a 2=b"} {
		for _, how := range []string{destroyFirst, createFirst} {
			start := newTerraform(of("0=a 1=b"))
			all := []operation{{"0", how}, {"1", how}}
			if strings.Contains(after, "2=") {
				all = append(all, operation{name: "2"})
			}
			for _, order := range orders(all) {
				w := start.clone()
				errs := w.apply(t.Context(), of(after), order)
				if err := w.check(of(after)); err != nil || len(errs) > 0 {
					t.Errorf("%s, %s, %v: %v, %v", after, how, order, err, errs)
				}
			}
		}
	}
}

// Created before it is destroyed, with the same URL: it stays at bunq.
func TestCallbackURLs_createdFirstStays(t *testing.T) {
	t.Parallel()
	w := newTerraform(of("0=a"))
	errs := w.apply(t.Context(), of("0=a"), []operation{{"0", createFirst}})
	if err := w.check(of("0=a")); err != nil || len(errs) > 0 || w.client.calls > 0 {
		t.Errorf("%v, %v, %d calls", err, errs, w.client.calls)
	}
}

// Two that want one URL, which only the apply knows: one has it, and the other one gets an error and
// keeps what it has.
func TestCallbackURLs_declaredTwice(t *testing.T) {
	t.Parallel()
	for _, before := range []string{"", "0=b", "0=b 1=c", "other=b"} {
		for _, order := range orders([]operation{{name: "0"}, {name: "1"}}) {
			w := newTerraform(of(before))
			errs := w.apply(t.Context(), of("0=a 1=a"), order)
			if len(errs) != 1 || !errors.Is(errs[0], errTaken) {
				t.Errorf("%q, %v: %v", before, order, errs)
			}
			loser := order[1].name
			if had := newTerraform(of(before)).state[loser]; w.state[loser] != had || had.id != 0 && w.client.urls[had.id] != had.url {
				t.Errorf("%q, %v: %s is %v and bunq has %v", before, order, loser, w.state[loser], w.client.urls)
			}
		}
	}
}

// Where bunq has a URL twice, the second one is another object: of its own resource, or of nobody.
func TestCallbackURLs_twoWithOneURL(t *testing.T) {
	t.Parallel()
	w := newTerraform(of("0=a 1=a"))
	w.client.twice = true
	finish(t, w, of("1=a"))

	w = newTerraform(of("0=a 1=a"))
	w.client.twice = true
	errs := w.apply(t.Context(), of("0=a 1=a"), []operation{{name: "0"}, {name: "1"}})
	if len(errs) > 0 || w.client.calls > 0 || w.state["0"].id == w.state["1"].id {
		t.Errorf("%v, %d calls, %v", errs, w.client.calls, w.state)
	}
}

// The state is old (-refresh=false): what bunq has counts.
func TestCallbackURLs_oldState(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		atBunq map[int64]string
		calls  int
	}{
		"it has the URL already":             {map[int64]string{1: "x", 2: "b"}, 0},
		"it is gone":                         {map[int64]string{2: "b"}, 1},
		"it is gone, and another object has": {map[int64]string{2: "b", 3: "x"}, 0},
		"it has another one":                 {map[int64]string{1: "z", 2: "b"}, 1},
	} {
		w := newTerraform(of("0=a 1=b"))
		w.client.urls, w.client.next = tc.atBunq, 3
		errs := w.apply(t.Context(), of("0=x 1=b"), []operation{{name: "0"}})
		if err := w.check(of("0=x 1=b")); err != nil || len(errs) > 0 || w.client.calls != tc.calls {
			t.Errorf("%s: %v, %v, %d calls", name, err, errs, w.client.calls)
		}
	}
}

// A lost answer is looked up. What was done is not sent again, and what was not is an error.
func TestCallbackURLs_lostAnswer(t *testing.T) {
	t.Parallel()
	for what, tc := range map[string]struct {
		own   int64
		url   string
		blind bool // the first read after it is lost, too
	}{
		"add":                        {0, "c", false},
		"change":                     {1, "c", false},
		"take and remove":            {1, "b", false},
		"take, and remove unwatched": {1, "b", true},
	} {
		for _, done := range []bool{true, false} {
			w := newTerraform(of("0=a 1=b"))
			id, err := newCallbackURLs(1).place(t.Context(), &lossy{w.client, done, tc.blind}, tc.own, tc.url)
			if done && (err != nil || w.client.urls[id] != tc.url) || !done && (err == nil || bunq.OutcomeUnknown(err)) || w.client.calls != 1 {
				t.Errorf("%s, done %t: callback URL %d, %v, %d calls, bunq has %v", what, done, id, err, w.client.calls, w.client.urls)
			}
		}
	}
}

// lossy loses the answer to each write, but to no read.
type lossy struct {
	*fakeClient

	done, blind bool // whether bunq does it, and whether the read after it is lost
}

var errLost = &bunq.TransportError{Call: bunq.Call{Method: "POST"}, Sent: true, Err: errRefused}

func (l *lossy) lose(do func()) error {
	l.calls++
	l.unread = l.blind
	if l.done {
		do()
	}
	return errLost
}

func (l *lossy) CreateCallbackURL(_ context.Context, _ int64, url string) (int64, error) {
	return 0, l.lose(func() { l.urls[99] = url })
}

func (l *lossy) UpdateCallbackURL(_ context.Context, _, id int64, url string) error {
	return l.lose(func() { l.urls[id] = url })
}

func (l *lossy) DeleteCallbackURL(_ context.Context, _, id int64) error {
	return l.lose(func() { delete(l.urls, id) })
}

// However many and however long: 700 URLs of 240 characters, one put in front.
func TestCallbackURLs_many(t *testing.T) {
	t.Parallel()
	before, after := map[string]string{}, map[string]string{}
	long := func(i int) string { return fmt.Sprintf("https://app.example.com/%s/%03d", strings.Repeat("x", 212), i) }
	for i := range 700 {
		before[fmt.Sprint(i)] = long(i)
		after[fmt.Sprint(i+1)] = long(i)
	}
	after["0"] = long(999)
	w := newTerraform(before)
	todo := w.plan(after, w.inOrder())
	if len(todo) != 701 || len(after["0"]) != 240 {
		t.Fatalf("%d operations, %d characters", len(todo), len(after["0"]))
	}

	errs := w.apply(t.Context(), after, todo)
	if err := w.check(after); err != nil || len(errs) > 0 || w.client.reads != 1 {
		t.Errorf("%v, %v, read %d times", err, errs, w.client.reads)
	}
}

// As Terraform does it, ten at a time.
func TestCallbackURLs_sideBySide(t *testing.T) {
	t.Parallel()
	eachShift(t, func(t *testing.T, start *terraform, todo []operation, config map[string]string) {
		t.Helper()
		for range 20 {
			w, run := start.clone(), newCallbackURLs(1)
			var all sync.WaitGroup
			var mu sync.Mutex
			for _, op := range todo {
				have, url := start.state[op.name], config[op.name]
				all.Go(func() {
					if url == "" {
						if err := run.drop(t.Context(), have.id, func() bool { return run.remove(t.Context(), w.client, have.id) == nil }); err != nil {
							t.Error(err)
						}
						mu.Lock()
						defer mu.Unlock()
						delete(w.state, op.name)
						return
					}
					id, err := run.place(t.Context(), w.client, have.id, url)
					if err != nil {
						t.Error(err)
					}
					mu.Lock()
					defer mu.Unlock()
					w.state[op.name] = held{id, url}
				})
			}
			all.Wait()
			if err := w.check(config); err != nil {
				t.Error(err)
			}
		}
	})
}

// The wait for one's turn ends with the operation.
func TestCallbackURLs_waitIsCancelled(t *testing.T) {
	t.Parallel()
	urls := newCallbackURLs(1)
	if err := urls.turn.Acquire(t.Context(), 1); err != nil {
		t.Fatal(err)
	}
	defer urls.turn.Release(1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := urls.place(ctx, nil, 1, "a"); !errors.Is(err, context.Canceled) {
		t.Errorf("place: %v", err)
	}
	if err := urls.drop(ctx, 1, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("drop: %v", err)
	}
}
