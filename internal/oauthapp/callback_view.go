package oauthapp

import (
	"context"
	"errors"
	"slices"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
)

// callbackView knows which callback URLs a client had when this run first
// needed to know, and what this run did to them since. With it a hundred new
// URLs cost one read: reading again after each would show nothing but what was
// just made.
//
// It also keeps resources of one run apart. A URL may move from one resource to
// another (a list with count that grows at its front, two that change places, a
// resource that was renamed), and Terraform applies them at once and in any
// order, while bunq refuses to have a URL twice. So the resource that declares a
// URL takes the callback URL that has it, without a call; the resource that had
// it uses one that was given up so, or makes one, or, if it is destroyed,
// removes one that was given up. A URL that is declared before and after is
// never missing at bunq.
type callbackView struct {
	// turn is held during each look, change and removal, so that none of them
	// sees half of another one. It is a channel so that waiting for it can be
	// cancelled.
	turn chan struct{}

	before map[string]int64 // what bunq has, by URL; nil: not read yet
	wanted map[string]bool  // URLs that a resource declared in this run
	taken  map[int64]bool   // callback URLs that another resource has since this run
	spare  []int64          // callback URLs given up by a resource that took another
}

func newCallbackView() *callbackView {
	return &callbackView{turn: make(chan struct{}, 1), wanted: map[string]bool{}, taken: map[int64]bool{}}
}

type viewKey struct {
	user, client int64
}

// readKey notes that a resource of this run was read as that callback URL.
type readKey int64

// viewOf gives the one view that all resources of this run share.
func viewOf(data *providerdata.Data, user, client int64) *callbackView {
	v, _ := data.Shared.LoadOrStore(viewKey{user, client}, newCallbackView())
	return v.(*callbackView) //nolint:forcetypeassert // nothing else is stored under this key
}

// errDeclaredTwice means that another resource of this run has the same URL.
var errDeclaredTwice = errors.New("another bunq_oauth_callback_url of this run declares the same URL")

func (v *callbackView) enter(ctx context.Context) (leave func(), err error) {
	select {
	case v.turn <- struct{}{}:
		return func() { <-v.turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// claim answers what a new resource that wants url has to do: make it (0), or
// use the one that bunq has (its id). It returns errDeclaredTwice where another
// resource came first.
func (v *callbackView) claim(ctx context.Context, url string, read func(context.Context) (*bunq.OAuthClient, error)) (int64, error) {
	leave, err := v.enter(ctx)
	if err != nil {
		return 0, err
	}
	defer leave()
	if v.wanted[url] {
		return 0, errDeclaredTwice
	}
	id, err := v.find(ctx, url, read)
	if err != nil {
		return 0, err
	}
	v.wanted[url] = true
	v.take(id)
	return id, nil
}

// take makes id the property of the resource whose turn it is.
func (v *callbackView) take(id int64) {
	if id == 0 {
		return
	}
	v.taken[id] = true
	v.spare = slices.DeleteFunc(v.spare, func(s int64) bool { return s == id })
}

// find is the callback URL that bunq has; 0 for none. The caller has the turn.
func (v *callbackView) find(ctx context.Context, url string, read func(context.Context) (*bunq.OAuthClient, error)) (int64, error) {
	if v.before == nil {
		found, err := read(ctx)
		if err != nil {
			return 0, err
		}
		v.before = map[string]int64{}
		for _, u := range found.CallbackURLs {
			v.before[u.URL] = u.ID
		}
	}
	return v.before[url], nil
}

// release takes a claim back: the URL was not made.
func (v *callbackView) release(url string) {
	v.turn <- struct{}{}
	defer func() { <-v.turn }()
	delete(v.wanted, url)
}

// callbackCalls are the calls that a move may need.
type callbackCalls struct {
	read   func(context.Context) (*bunq.OAuthClient, error)
	change func(ctx context.Context, id int64, url string) error
	add    func(ctx context.Context, url string) (int64, error)
	remove func(ctx context.Context, id int64) error
}

// move gives the resource that has id another URL. It returns the callback URL
// that the resource has then, and whether it lost id to another resource: that
// holds also where the call fails. An id of 0 was lost in an earlier run.
func (v *callbackView) move(ctx context.Context, id int64, url string, calls callbackCalls) (now int64, lost bool, err error) {
	leave, err := v.enter(ctx)
	if err != nil {
		return 0, false, err
	}
	defer leave()
	lost = id == 0 || v.taken[id]
	if v.wanted[url] {
		return 0, lost, errDeclaredTwice
	}
	there, err := v.find(ctx, url, calls.read)
	switch {
	case err != nil:
		return 0, lost, err
	case there != 0 && there != id:
		v.take(there)
		if !lost {
			v.spare = append(v.spare, id)
		}
		now = there
	case lost && len(v.spare) == 0:
		now, err = calls.add(ctx, url)
	case lost:
		now = v.spare[0]
		err = calls.change(ctx, now, url)
	default:
		now = id
		err = calls.change(ctx, id, url)
	}
	if err != nil {
		return 0, lost, err
	}
	v.wanted[url] = true
	if now != there {
		v.forget(now)
		v.take(now)
	}
	return now, lost, nil
}

// remove deletes the callback URL of a resource that goes: id, or, where another
// resource has it now, one that was given up for it.
func (v *callbackView) remove(ctx context.Context, id int64, calls callbackCalls) error {
	leave, err := v.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	if v.taken[id] {
		if len(v.spare) == 0 {
			return nil
		}
		id = v.spare[0]
	}
	if err := calls.remove(ctx, id); err != nil {
		return err
	}
	v.spare = slices.DeleteFunc(v.spare, func(s int64) bool { return s == id })
	v.forget(id)
	return nil
}

// forget notes that what bunq had under id is no more. The caller has the turn.
func (v *callbackView) forget(id int64) {
	for url, have := range v.before {
		if have == id {
			delete(v.before, url)
		}
	}
}
