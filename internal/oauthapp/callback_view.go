package oauthapp

import (
	"context"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
)

// callbackView knows which callback URLs a client had when this run first
// needed to know, and which ones this run made. With it a hundred new URLs cost
// one read: reading again after each would show nothing but what was just made.
type callbackView struct {
	// gate is held around everything. A channel, because whoever loads the view
	// may wait for bunq, and those behind must be able to leave meanwhile.
	gate   chan struct{}
	loaded bool
	before map[string]int64
	made   map[string]bool
}

type viewKey struct {
	user, client int64
}

// viewOf gives the one view that all resources of this run share.
func viewOf(data *providerdata.Data, user, client int64) *callbackView {
	v, _ := data.Shared.LoadOrStore(viewKey{user, client}, &callbackView{gate: make(chan struct{}, 1)})
	return v.(*callbackView)
}

// claim answers what to do about a URL that a resource wants: make it (0,
// false), take up the one that bunq has (its id), or nothing, because another
// resource of this run already claimed it. The error is that of ctx or of the
// client.
func (v *callbackView) claim(ctx context.Context, calls *bunq.UserClient, client int64, url string) (there int64, taken bool, err error) {
	select {
	case v.gate <- struct{}{}:
	case <-ctx.Done():
		return 0, false, ctx.Err()
	}
	defer func() { <-v.gate }()
	if v.made[url] {
		return 0, true, nil
	}
	if !v.loaded {
		found, err := calls.OAuthClient(ctx, client)
		if err != nil {
			return 0, false, err
		}
		v.before = map[string]int64{}
		for _, u := range found.CallbackURLs {
			v.before[u.URL] = u.ID
		}
		v.made = map[string]bool{}
		v.loaded = true
	}
	v.made[url] = true
	return v.before[url], false, nil
}

// release takes a claim back: the URL was not made.
func (v *callbackView) release(url string) {
	v.gate <- struct{}{}
	defer func() { <-v.gate }()
	delete(v.made, url)
}

// forget notes that a URL was there and is no more: deleted or changed.
func (v *callbackView) forget(id int64) {
	v.gate <- struct{}{}
	defer func() { <-v.gate }()
	for url, have := range v.before {
		if have == id {
			delete(v.before, url)
		}
	}
}
