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

var (
	errExists  = errors.New("The Callback URL has already been registered for this Client.") //nolint:staticcheck,revive // bunq's words
	errRefused = errors.New("refused")
	errKilled  = errors.New("the process was killed")
)

// fakeClient is an OAuth client's callback URLs as bunq keeps them.
type fakeClient struct {
	urls  map[int64]string
	twice bool // bunq takes a URL that it has
	next  int64
	reads int
	calls int

	// The number of the call with which something happens; 0: none.
	killAt   int // it is done, and the process is no more
	refuseAt int // bunq does not do it
	loseAt   int // it is done, and the answer is lost, as well as that to the next read
	unread   bool
}

func (f *fakeClient) has(url string) bool {
	return slices.Contains(slices.Collect(maps.Values(f.urls)), url)
}

func (f *fakeClient) write(url string, do func()) error {
	f.calls++
	switch {
	case !f.twice && url != "" && f.has(url):
		return errExists
	case f.calls == f.refuseAt:
		return errRefused
	}

	do()
	switch f.calls {
	case f.killAt:
		panic(errKilled)
	case f.loseAt:
		f.unread = true
		return errLost
	}
	return nil
}

func (f *fakeClient) OAuthClient(context.Context, int64) (*bunq.OAuthClient, error) {
	f.reads++
	if f.unread {
		f.unread = false
		return nil, errRefused
	}
	c := &bunq.OAuthClient{Status: bunq.StatusActive}
	for _, id := range slices.Sorted(maps.Keys(f.urls)) {
		c.CallbackURLs = append(c.CallbackURLs, bunq.CallbackURL{ID: id, URL: f.urls[id]})
	}
	return c, nil
}

func (f *fakeClient) CreateCallbackURL(_ context.Context, _ int64, url string) (id int64, err error) {
	err = f.write(url, func() {
		f.next++
		id = f.next
		f.urls[id] = url
	})
	return id, err
}

func (f *fakeClient) UpdateCallbackURL(_ context.Context, _, id int64, url string) error {
	if _, ok := f.urls[id]; !ok {
		return errRefused
	}
	return f.write(url, func() { f.urls[id] = url })
}

func (f *fakeClient) DeleteCallbackURL(_ context.Context, _, id int64) error {
	return f.write("", func() { delete(f.urls, id) })
}

// held is a resource in the state.
type held struct {
	id  int64
	url string
}

// terraform is a state and a client at bunq, with Terraform's ways reduced to what a provider sees of
// them.
type terraform struct {
	client *fakeClient
	state  map[string]held
}

func newTerraform(config map[string]string) *terraform {
	t := &terraform{client: &fakeClient{urls: map[int64]string{}}, state: map[string]held{}}
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
	return &terraform{client: &c, state: maps.Clone(t.state)}
}

// operation is what an apply does with one resource.
type operation struct {
	name    string
	replace string // how it is destroyed and made again: destroyFirst, createFirst; "" for not
}

const (
	destroyFirst = "destroy first"
	createFirst  = "create first"
)

// plan reads the resources of the state in that order, and returns what is to be done. only: the
// targets; nil is all.
func (t *terraform) plan(config map[string]string, read []string, only ...string) (todo []operation) {
	run := newCallbackURLs(1)
	for _, name := range read {
		h, exists := t.state[name]
		if !exists || only != nil && !slices.Contains(only, name) {
			continue
		}
		url, isThere := t.client.urls[h.id]
		if _, first := run.owned.note(h.id, false); !first || !isThere {
			delete(t.state, name)
			continue
		}
		t.state[name] = held{h.id, url}
	}

	names := slices.Collect(maps.Keys(config))
	for name := range t.state {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, name := range slices.Sorted(slices.Values(names)) {
		url, declared := config[name]
		have, exists := t.state[name]
		if (only == nil || slices.Contains(only, name)) && (!declared || !exists || have.url != url) {
			todo = append(todo, operation{name: name})
		}
	}
	return todo
}

// inOrder are the names of the state.
func (t *terraform) inOrder() []string { return slices.Sorted(maps.Keys(t.state)) }

// apply does it in that order, in a process of its own, which a call may kill.
func (t *terraform) apply(ctx context.Context, config map[string]string, todo []operation) (errs []error) {
	defer func() {
		if killed := recover(); killed != nil {
			errs = append(errs, killed.(error)) //nolint:forcetypeassert // nothing else panics with anything else
			t.client.killAt = 0
		}
	}()
	run := newCallbackURLs(1)
	for _, op := range todo {
		if err := t.operate(ctx, run, op, config); err != nil {
			errs = append(errs, err)
		}
	}
	t.client.refuseAt, t.client.loseAt = 0, 0
	return errs
}

func (t *terraform) operate(ctx context.Context, run *callbackURLs, op operation, config map[string]string) error {
	have := t.state[op.name]
	url, declared := config[op.name]
	switch {
	case !declared:
		return t.destroy(ctx, run, op.name, have.id)
	case op.replace == destroyFirst:
		if err := t.destroy(ctx, run, op.name, have.id); err != nil {
			return err
		}
		have.id = 0
	}

	own := have.id
	if op.replace != "" {
		own = 0
	}
	id, err := run.place(ctx, t.client, own, url)
	if err != nil {
		return err
	}
	t.state[op.name] = held{id, url}
	if op.replace == createFirst {
		_, err = t.drop(ctx, run, have.id)
	}
	return err
}

func (t *terraform) destroy(ctx context.Context, run *callbackURLs, name string, id int64) error {
	done, err := t.drop(ctx, run, id)
	if done {
		delete(t.state, name)
	}
	return err
}

func (t *terraform) drop(ctx context.Context, run *callbackURLs, id int64) (done bool, err error) {
	dropErr := run.drop(ctx, id, func() bool {
		err = run.remove(ctx, t.client, id)
		return err == nil
	})
	return err == nil && dropErr == nil, errors.Join(err, dropErr)
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

// undeclared are the callback URLs at bunq that no resource of the state is.
func (t *terraform) undeclared() map[int64]string {
	left := maps.Clone(t.client.urls)
	for _, h := range t.state {
		delete(left, h.id)
	}
	return left
}

// orders returns all orders of some things.
func orders[T any](of []T) (all [][]T) {
	if len(of) < 2 {
		return [][]T{of}
	}
	for i := range of {
		for _, o := range orders(slices.Delete(slices.Clone(of), i, i+1)) {
			all = append(all, append([]T{of[i]}, o...))
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
