package oauthapp

import (
	"context"
	"fmt"
	"slices"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
)

// callbackURLs gives the callback URLs of one client to the resources of a run.
//
// A URL may move from one resource to another (a list with count that grows at
// its front, two that change places, a resource that was renamed), and Terraform
// applies them in any order, while bunq may refuse to have a URL twice. So what
// bunq has stays as it is where some resource of the plan wants its URL: the
// resource that had it leaves it, the one that wants it takes it, both without a
// call. The rest is changed or deleted by the resource that has it, and by no
// other. Which URLs are wanted is in the ledger. See ADR 5.
type callbackURLs struct {
	ledger *ledger
	// turn is held while an operation decides what to do, and while bunq is read for
	// the first time; not during its own call, as bunq's limits let several go at
	// once. It is a channel so that waiting for it can be cancelled.
	turn chan struct{}
	// blind says that no plan can be known, as there is no cache folder. Then alone
	// is held during a whole operation, to see at bunq what the others did.
	blind bool
	alone chan struct{}

	at   []bunq.CallbackURL // what bunq has, or will have when the calls under way are done; nil: to be read
	mine map[int64]bool     // callback URLs that a resource got in this run
	left map[int64]bool     // callback URLs that a resource left to another when it was destroyed
}

// callbackCalls are the calls for one client.
type callbackCalls interface {
	read(ctx context.Context) ([]bunq.CallbackURL, error)
	add(ctx context.Context, url string) (id int64, err error)
	change(ctx context.Context, id int64, url string) error
	remove(ctx context.Context, id int64) error
}

type callbacksKey struct{ user, client int64 }

// callbacksOf returns the one callbackURLs of a client that the resources of
// this run share.
func callbacksOf(data *providerdata.Data, c *callbackCall) *callbackURLs {
	return providerdata.Share(data, callbacksKey{c.user.ID, c.client}, func() *callbackURLs {
		urls := newCallbackURLs(callbackLedger(data, itoa(c.client)))
		urls.blind = !data.Sessions.For(c.context).Persists()
		return urls
	})
}

// callbackLedger holds what is planned for the callback URLs of a client.
func callbackLedger(data *providerdata.Data, client string) *ledger {
	return ledgerOf(data, "callback URLs of OAuth client "+client)
}

func newCallbackURLs(l *ledger) *callbackURLs {
	return &callbackURLs{
		ledger: l, turn: make(chan struct{}, 1), alone: make(chan struct{}, 1),
		mine: map[int64]bool{}, left: map[int64]bool{},
	}
}

// takenError means that bunq has the URL as a callback URL that is not to be had.
type takenError struct {
	id int64
	// kept: a resource of this run has it, or one of the plan that keeps it; else
	// nobody knows whose it is.
	kept bool
}

func (e *takenError) Error() string {
	return fmt.Sprintf("the client already has this URL as callback URL %d", e.id)
}

// placement is how a resource came to its callback URL.
type placement struct {
	id int64
	// found: bunq had it, and no resource of the plan is known to have given it up.
	found bool
}

func (c *callbackURLs) enter(ctx context.Context) (leave func(), err error) {
	select {
	case c.turn <- struct{}{}:
		return func() { <-c.turn }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// place sees to it that bunq has url for a resource whose callback URL is own so
// far, 0 for a new resource. Errors: *takenError, those of the calls. lost says,
// also with an error, that own is another resource's now.
func (c *callbackURLs) place(ctx context.Context, calls callbackCalls, own int64, url string) (p placement, lost bool, err error) {
	if c.blind {
		select {
		case c.alone <- struct{}{}:
			defer func() { <-c.alone }()
		case <-ctx.Done():
			return p, false, ctx.Err()
		}
	}
	p, lost, call, err := c.decide(ctx, calls, own, url)
	if err != nil {
		return placement{}, lost, err
	}

	if call != nil {
		var made int64
		if made, err = call(ctx); err != nil {
			c.failed(p.id, url, err)
			return placement{}, lost, err
		}
		if made != 0 {
			p.id = made
		}
	}
	c.done(p.id, url)
	return p, lost, nil
}

// decide chooses the callback URL for url, and the call that it takes; nil for
// none. The call returns the id of a callback URL that it made.
func (c *callbackURLs) decide(ctx context.Context, calls callbackCalls, own int64, url string) (
	p placement, lost bool, call func(context.Context) (int64, error), err error,
) {
	leave, err := c.enter(ctx)
	if err != nil {
		return p, false, nil, err
	}
	defer leave()

	plan, planned := c.ledger.plan("", func(e entry) bool { return e.ID == own && !e.Gone && (e.To == url || e.Open) })
	if c.mine[own] {
		own, lost = 0, true
	}
	if err := c.read(ctx, calls); err != nil {
		return p, lost, nil, err
	}
	p.id, p.found, err = c.find(own, url, plan, planned)
	if err != nil {
		return p, lost, nil, err
	}

	if has := c.url(own); p.id != own && wanted(plan, own, has) {
		c.ledger.free(has)
		own, lost = 0, true
	}
	switch {
	case p.id == 0 && own == 0:
		c.ledger.free(url)
		call = func(ctx context.Context) (int64, error) { return calls.add(ctx, url) }
	case p.id == 0:
		p.id = own
		c.expect(own, url)
		call = func(ctx context.Context) (int64, error) { return 0, calls.change(ctx, own, url) }
	case own != 0 && p.id != own:
		c.expectGone(own)
		call = func(ctx context.Context) (int64, error) { return 0, calls.remove(ctx, own) }
	}
	if p.id != 0 {
		c.mine[p.id] = true
	}
	return p, lost, call, nil
}

// destroy removes the callback URL of a resource that goes, unless another one
// has it or wants its URL. run is the plan's, "" where that is not known.
func (c *callbackURLs) destroy(ctx context.Context, calls callbackCalls, own int64, url, run string) error {
	if c.blind {
		select {
		case c.alone <- struct{}{}:
			defer func() { <-c.alone }()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	goes, err := c.decideToRemove(ctx, own, url, run)
	if err != nil || !goes {
		return err
	}
	if err := calls.remove(ctx, own); err != nil {
		c.failed(0, "", err)
		return err
	}
	return nil
}

func (c *callbackURLs) decideToRemove(ctx context.Context, own int64, url, run string) (bool, error) {
	leave, err := c.enter(ctx)
	if err != nil {
		return false, err
	}
	defer leave()

	if c.mine[own] {
		return false, nil
	}
	plan, _ := c.ledger.plan(run, func(entry) bool { return false })
	if run == "" {
		plan = c.ledger.newest()
	}
	if c.at != nil {
		url = c.url(own)
	}
	if wanted(plan, own, url) {
		c.ledger.free(url)
		c.left[own] = true
		return false, nil
	}
	c.expectGone(own)
	return true, nil
}

// wanted reports whether a resource of the plan wants the URL that callback URL
// id has, and has no other one with it.
func wanted(plan []entry, id int64, url string) bool {
	return url != "" && slices.ContainsFunc(plan, func(e entry) bool { return e.To == url && (e.From != url || e.ID == id) })
}

// find returns the callback URL that has url, 0 for none: the resource's own, or
// one that it may take. Without a plan nobody knows whose one is, and it may be
// taken; found says so, and that an interrupted run has left it.
func (c *callbackURLs) find(own int64, url string, plan []entry, planned bool) (id int64, found bool, err error) {
	if own != 0 && c.url(own) == url {
		return own, false, nil
	}
	for _, u := range c.at {
		if u.URL != url {
			continue
		}
		given, kept := c.left[u.ID], c.mine[u.ID]
		for _, e := range plan {
			if e.ID == u.ID && !c.left[u.ID] {
				keeps := !e.Gone && (e.To == url || e.Open)
				given, kept = given || !keeps, kept || keeps
			}
		}
		switch {
		case kept:
			err = &takenError{id: u.ID, kept: true}
		case given:
			return u.ID, false, nil
		case !planned, c.ledger.isFree(url):
			return u.ID, true, nil
		default:
			err = &takenError{id: u.ID}
		}
	}
	return 0, false, err
}

// url is what bunq has under id; "" for nothing.
func (c *callbackURLs) url(id int64) string {
	for _, u := range c.at {
		if u.ID == id {
			return u.URL
		}
	}
	return ""
}

// What is known of bunq. The caller of the first three has the turn.

func (c *callbackURLs) read(ctx context.Context, calls callbackCalls) error {
	if c.at != nil {
		return nil
	}
	at, err := calls.read(ctx)
	if err == nil {
		c.at = append([]bunq.CallbackURL{}, at...) // not nil
	}
	return err
}

func (c *callbackURLs) expect(id int64, url string) {
	for i, u := range c.at {
		if u.ID == id {
			c.at[i].URL = url
		}
	}
}

func (c *callbackURLs) expectGone(id int64) {
	c.at = slices.DeleteFunc(c.at, func(u bunq.CallbackURL) bool { return u.ID == id })
}

// done notes that a resource has url as callback URL id.
func (c *callbackURLs) done(id int64, url string) {
	c.turn <- struct{}{}
	defer func() { <-c.turn }()

	c.ledger.hold(url)
	c.mine[id] = true
	if c.at != nil && c.url(id) == "" {
		c.at = append(c.at, bunq.CallbackURL{ID: id, URL: url})
	}
}

// failed notes that bunq is not as expected: the next operation reads it again.
func (c *callbackURLs) failed(id int64, url string, err error) {
	c.turn <- struct{}{}
	defer func() { <-c.turn }()

	if url != "" && !bunq.OutcomeUnknown(err) {
		c.ledger.hold(url)
	}
	delete(c.mine, id)
	c.at = nil
}
