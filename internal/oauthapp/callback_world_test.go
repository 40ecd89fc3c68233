package oauthapp

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

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

// remover returns the call that removes a callback URL.
func (f *fakeClient) remover(id int64) func(context.Context) error {
	return func(ctx context.Context) error { return f.remove(ctx, id) }
}

// held is a resource in the state.
type held struct {
	id  int64
	url string
}

// terraform is a state, a client at bunq and a machine, with Terraform's ways reduced to what a
// provider sees of them.
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
	replace bool // one that is destroyed and made again
}

// plan refreshes, leaves its ledger, and returns what is to be done. only: the targets; nil is all.
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
		if err := urls.destroy(ctx, have.id, have.url, "", t.client.remover(have.id)); err != nil {
			return err
		}
		delete(t.state, op.name)
		have = held{}
	}
	if !declared {
		return nil
	}

	urls.ledger.note(entry{ID: have.id, From: have.url, To: url}) // Terraform plans it once more
	p, lost, err := urls.place(ctx, t.client, have.id, url)
	if err == nil {
		t.state[op.name] = held{p.id, url}
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
