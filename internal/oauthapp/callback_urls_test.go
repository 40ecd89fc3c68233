package oauthapp

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

// memory is the file of a ledger.
type memory struct{ all [][]byte }

func (m *memory) Load() [][]byte     { return slices.Clone(m.all) }
func (m *memory) Append(line []byte) { m.all = append(m.all, line) }

// noMemory is a machine without a cache folder.
type noMemory struct{}

func (noMemory) Load() [][]byte { return nil }
func (noMemory) Append([]byte)  {}

var (
	errExists = errors.New("Callback URL already exists") //nolint:staticcheck // bunq's words
	errKilled = errors.New("the process was killed")
)

// fakeClient is an OAuth client's callback URLs as bunq keeps them.
type fakeClient struct {
	urls  map[int64]string
	twice bool // bunq takes a URL that it has
	next  int64
	reads int
	calls int

	killAt int // the call after which the process is no more; 0: never
	keep   []string
	lost   []string // of keep: those that were missing after some call
}

func (f *fakeClient) has(url string) bool {
	return slices.Contains(slices.Collect(maps.Values(f.urls)), url)
}

func (f *fakeClient) write(url string, do func()) error {
	if !f.twice && url != "" && f.has(url) {
		return errExists
	}
	f.calls++
	do()
	for _, k := range f.keep {
		if !f.has(k) {
			f.lost = append(f.lost, k)
		}
	}
	if f.calls == f.killAt {
		panic(errKilled)
	}
	return nil
}

func (f *fakeClient) read(context.Context) (all []bunq.CallbackURL, err error) {
	f.reads++
	for id, u := range f.urls {
		all = append(all, bunq.CallbackURL{ID: id, URL: u})
	}
	return all, nil
}

func (f *fakeClient) add(_ context.Context, url string) (id int64, err error) {
	err = f.write(url, func() {
		f.next++
		id = f.next
		f.urls[id] = url
	})
	return id, err
}

func (f *fakeClient) change(_ context.Context, id int64, url string) error {
	if _, ok := f.urls[id]; !ok {
		return errors.New("404")
	}
	return f.write(url, func() { f.urls[id] = url })
}

func (f *fakeClient) remove(_ context.Context, id int64) error {
	return f.write("", func() { delete(f.urls, id) })
}

// held is a resource in the state.
type held struct {
	id  int64
	url string
}

// terraform is a state, a client at bunq and a machine, with Terraform's ways
// reduced to what a provider sees of them.
type terraform struct {
	client *fakeClient
	state  map[string]held
	file   lines
}

func newTerraform(file lines, config map[string]string) *terraform {
	t := &terraform{client: &fakeClient{urls: map[int64]string{}}, state: map[string]held{}, file: file}
	for _, name := range slices.Sorted(maps.Keys(config)) {
		t.client.next++
		t.client.urls[t.client.next] = config[name]
		t.state[name] = held{t.client.next, config[name]}
	}
	return t
}

func (t *terraform) clone() *terraform {
	c := *t.client
	c.urls = maps.Clone(c.urls)
	file := t.file
	if m, ok := file.(*memory); ok {
		file = &memory{all: slices.Clone(m.all)}
	}
	return &terraform{client: &c, state: maps.Clone(t.state), file: file}
}

// operation is what an apply does with one resource.
type operation struct {
	name    string
	replace bool // one that is destroyed and made anew
}

// plan refreshes, leaves its ledger, and returns what is to be done. only: the
// targets; nil is all.
func (t *terraform) plan(config map[string]string, only []string, replace ...string) (todo []operation) {
	l := newLedger(t.file)
	names := map[string]bool{}
	for name, h := range t.state {
		if only != nil && !slices.Contains(only, name) {
			continue
		}
		names[name] = true
		if url, ok := t.client.urls[h.id]; ok {
			t.state[name] = held{h.id, url}
		} else {
			delete(t.state, name)
		}
	}
	for name := range config {
		names[name] = only == nil || slices.Contains(only, name)
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		have, exists := t.state[name]
		url, declared := config[name]
		switch {
		case !names[name] || !exists && !declared:
			continue
		case !declared:
			l.note(entry{ID: have.id, From: have.url, Gone: true})
		case !exists:
			l.note(entry{To: url})
		default:
			l.note(entry{ID: have.id, From: have.url, To: url})
		}
		replaced := slices.Contains(replace, name) && exists && declared
		if replaced {
			l.note(entry{To: url})
		}
		if !declared || !exists || have.url != url || replaced {
			todo = append(todo, operation{name, replaced})
		}
	}
	return todo
}

// apply does it in that order, in a process of its own, which a call may kill.
func (t *terraform) apply(ctx context.Context, config map[string]string, todo []operation) (errs []error) {
	defer func() {
		if killed := recover(); killed != nil {
			errs = append(errs, killed.(error)) //nolint:forcetypeassert // nothing else panics with anything else
			t.client.killAt = 0
		}
	}()
	urls := newCallbackURLs(newLedger(t.file))
	for _, op := range todo {
		if err := t.operate(ctx, urls, op, config); err != nil {
			errs = append(errs, err)
		}
	}
	return errs
}

func (t *terraform) operate(ctx context.Context, urls *callbackURLs, op operation, config map[string]string) error {
	have := t.state[op.name]
	url, declared := config[op.name]
	if !declared || op.replace {
		if err := urls.destroy(ctx, t.client, have.id, have.url, ""); err != nil {
			return err
		}
		delete(t.state, op.name)
		have = held{}
	}
	if !declared {
		return nil
	}

	urls.ledger.note(entry{ID: have.id, From: have.url, To: url}) // Terraform plans it once more
	now, lost, err := urls.place(ctx, t.client, have.id, url)
	if err == nil {
		t.state[op.name] = held{now.id, url}
	} else if have.id != 0 && lost {
		t.state[op.name] = held{0, have.url}
	}
	return err
}

// check tells where the state and bunq are not as the configuration says.
func (t *terraform) check(config map[string]string) error {
	want, seen := slices.Sorted(maps.Values(config)), map[int64]bool{}
	if got := slices.Sorted(maps.Values(t.client.urls)); !slices.Equal(got, want) {
		return fmt.Errorf("bunq has %q, want %q", got, want)
	}
	for name, url := range config {
		h := t.state[name]
		if seen[h.id] || t.client.urls[h.id] != url {
			return fmt.Errorf("%s is callback URL %d (%q), want %q and one of its own", name, h.id, t.client.urls[h.id], url)
		}
		seen[h.id] = true
	}
	if len(t.state) != len(config) {
		return fmt.Errorf("the state has %v", t.state)
	}
	return nil
}

func orders(todo []operation) (all [][]operation) {
	if len(todo) < 2 {
		return [][]operation{todo}
	}
	for i := range todo {
		rest := slices.Delete(slices.Clone(todo), i, i+1)
		for _, o := range orders(rest) {
			all = append(all, append([]operation{todo[i]}, o...))
		}
	}
	return all
}

// of reads "0=a 1=b": resource and URL.
func of(text string) map[string]string {
	config := map[string]string{}
	for _, pair := range strings.Fields(text) {
		name, url, _ := strings.Cut(pair, "=")
		config[name] = url
	}
	return config
}

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

// Whatever the order in which Terraform asks, and whether bunq takes a URL twice
// or not: the first apply does it, each resource has a callback URL of its own,
// and a URL that is declared before and after is never missing.
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

// Without a cache folder a URL may be missing between two calls; at the end it
// is all there, of one resource each.
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

// One element alone, as with -target: it works or it is refused, and never takes
// what another resource has. The plain apply after it does the rest.
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

// Two resources that are one callback URL, as older versions have left them: each
// gets its own, or one is destroyed; what the other wants stays.
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

// What no resource has given up is not taken where the plan is known: it may be
// a resource's that the plan does not show, or somebody else's.
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

// A URL that bunq refused is nobody's: who adds it later keeps it.
func TestCallbackURLs_refusedIsNotFree(t *testing.T) {
	t.Parallel()
	w := newTerraform(&memory{}, nil)
	w.client.urls[7] = "a"
	urls := newCallbackURLs(newLedger(w.file))
	urls.at = []bunq.CallbackURL{} // read before someone else added it
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
	leave, err := urls.enter(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer leave()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := urls.place(ctx, nil, 1, "a"); !errors.Is(err, context.Canceled) {
		t.Errorf("place: %v", err)
	}
	if err := urls.destroy(ctx, nil, 1, "a", ""); !errors.Is(err, context.Canceled) {
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
