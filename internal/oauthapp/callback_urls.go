package oauthapp

import (
	"context"
	"errors"
	"slices"

	"golang.org/x/sync/semaphore"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

// callbackURLs are the callback URLs of one OAuth client in a run: which resource has which, and what
// bunq has.
//
// A URL may move from one resource to another: a list with count that grows at its front, two that
// change places, a resource that was renamed. Terraform shows a provider one resource at a time, in
// any order. So no operation counts on another one: each looks at what bunq has, and makes its own URL
// right. That converges, in every order and after every interruption, because what a resource of the
// run has is nobody else's.
type callbackURLs struct {
	client int64
	// turn is held by the one operation that changes them, during its calls too. Whoever has it may
	// use atBunq and unread.
	turn   *semaphore.Weighted
	atBunq []bunq.CallbackURL // nil: to be read
	unread bool               // a plan could not read them

	// owned are the objects that a resource of this run has or is about to get, by ID. True: one that
	// is being imported.
	owned firsts[int64, bool]
	// planned are the objects of the state that this run has planned. True: its resource keeps it.
	planned firsts[int64, bool]
	// declared are the URLs that the resources of the plan will have.
	declared firsts[string, bool]
}

// callbackAPI is what callbackURLs needs of a bunq.UserClient.
type callbackAPI interface {
	OAuthClient(ctx context.Context, client int64) (*bunq.OAuthClient, error)
	CreateCallbackURL(ctx context.Context, client int64, url string) (id int64, err error)
	UpdateCallbackURL(ctx context.Context, client, id int64, url string) error
	DeleteCallbackURL(ctx context.Context, client, id int64) error
}

var errTaken = errors.New("the client has this URL already, as the callback URL of another resource of this run")

func newCallbackURLs(client int64) *callbackURLs {
	return &callbackURLs{client: client, turn: semaphore.NewWeighted(1)}
}

// claim makes an object that of the calling resource; false if another one has it.
func (c *callbackURLs) claim(id int64) bool {
	_, first := c.owned.note(id, false)
	return first
}

// place makes sure that bunq has url for a resource whose callback URL is own, 0 for a new resource,
// and returns the ID. Errors: errTaken, those of the calls and of ctx.
func (c *callbackURLs) place(ctx context.Context, api callbackAPI, own int64, url string) (id int64, err error) {
	if err := c.turn.Acquire(ctx, 1); err != nil {
		return 0, err
	}
	defer c.turn.Release(1)
	if err := c.look(ctx, api); err != nil {
		return 0, err
	}

	if c.url(own) == "" || !c.claim(own) {
		own = 0 // bunq no longer has it, or another resource does
	}
	found, err := c.find(own, url)
	if err == nil {
		id, err = c.send(ctx, api, own, found, url)
	}

	if err != nil && found != 0 {
		c.owned.forget(found)
	}
	if own != 0 && own != id {
		c.owned.forget(own)
	}
	return id, err
}

// find claims the object at bunq that has url: the resource's own, or one that no other resource has.
// 0 for none.
func (c *callbackURLs) find(own int64, url string) (int64, error) {
	if c.url(own) == url {
		return own, nil
	}

	all := c.with(url)
	if at := slices.IndexFunc(all, c.claim); at >= 0 {
		return all[at], nil
	}
	if len(all) > 0 {
		return 0, errTaken
	}
	return 0, nil
}

// send makes the call that gives the resource its URL, if that needs one, and returns the ID of the
// object that has it. own and found are claimed before: a Delete of either may wait for its turn.
func (c *callbackURLs) send(ctx context.Context, api callbackAPI, own, found int64, url string) (id int64, err error) {
	switch id = found; {
	case found == 0 && own == 0:
		id, err = api.CreateCallbackURL(ctx, c.client, url)
	case found == 0:
		id, err = own, api.UpdateCallbackURL(ctx, c.client, own, url)
	case own != 0 && own != found:
		err = c.remove(ctx, api, own)
	default:
		return found, nil
	}

	if err != nil {
		c.atBunq = nil
		err = bunq.Confirm(err, func() (bool, error) {
			lookErr := c.look(ctx, api)
			if id == 0 {
				id = slices.Max(append(c.with(url), 0))
			}
			return c.url(id) == url && (id == own || c.url(own) == ""), lookErr
		})
	}
	if err != nil {
		return 0, err
	}

	if id != own {
		c.note(own, "")
	}
	c.claim(id)
	c.note(id, url)
	return id, nil
}

// drop calls remove for the callback URL of a resource that is destroyed, unless another one has it.
// remove reports whether bunq no longer has it. The error is that of ctx.
func (c *callbackURLs) drop(ctx context.Context, own int64, remove func() bool) error {
	if err := c.turn.Acquire(ctx, 1); err != nil {
		return err
	}
	defer c.turn.Release(1)

	if !c.claim(own) {
		return nil
	}
	if !remove() {
		c.atBunq = nil
		c.owned.forget(own)
	}
	c.note(own, "")
	return nil
}

// remove removes a callback URL. It succeeds if the URL is gone, or if its client was cancelled: bunq
// accepts no more changes to that one, and with which answer is UNKNOWN.
func (c *callbackURLs) remove(ctx context.Context, api callbackAPI, id int64) error {
	err := api.DeleteCallbackURL(ctx, c.client, id)
	if err == nil || bunq.IsNotFound(err) {
		return nil
	}

	client, lookErr := api.OAuthClient(ctx, c.client)
	isThere := func(u bunq.CallbackURL) bool { return u.ID == id }
	if bunq.IsNotFound(lookErr) || lookErr == nil && (isCancelled(client.Status) || !slices.ContainsFunc(client.CallbackURLs, isThere)) {
		return nil
	}
	return bunq.Confirm(err, func() (bool, error) { return false, lookErr })
}

// existing returns the object at bunq that has url, if the run knows no resource that has it; 0 for
// none.
func (c *callbackURLs) existing(ctx context.Context, api callbackAPI, url string) int64 {
	if c.turn.Acquire(ctx, 1) != nil {
		return 0
	}
	defer c.turn.Release(1)

	if c.unread || c.look(ctx, api) != nil {
		c.unread = true
		return 0
	}
	for _, id := range c.with(url) {
		_, owned := c.owned.get(id)
		if _, planned := c.planned.get(id); !owned && !planned {
			return id
		}
	}
	return 0
}

// What bunq has. The caller has the turn.

// look reads it, unless the run knows it.
func (c *callbackURLs) look(ctx context.Context, api callbackAPI) error {
	if c.atBunq != nil {
		return nil
	}
	client, err := api.OAuthClient(ctx, c.client)
	if err == nil {
		c.atBunq = append([]bunq.CallbackURL{}, client.CallbackURLs...) // not nil
	}
	return err
}

// url returns what bunq has under id; "" for nothing.
func (c *callbackURLs) url(id int64) string {
	for _, u := range c.atBunq {
		if u.ID == id {
			return u.URL
		}
	}
	return ""
}

// with returns the IDs of what bunq has with url.
func (c *callbackURLs) with(url string) (ids []int64) {
	for _, u := range c.atBunq {
		if u.URL == url {
			ids = append(ids, u.ID)
		}
	}
	return ids
}

// note notes that bunq now has url under id; "" for nothing.
func (c *callbackURLs) note(id int64, url string) {
	if c.atBunq == nil {
		return // to be read
	}
	c.atBunq = slices.DeleteFunc(c.atBunq, func(u bunq.CallbackURL) bool { return u.ID == id })
	if url != "" {
		c.atBunq = append(c.atBunq, bunq.CallbackURL{ID: id, URL: url})
	}
}
