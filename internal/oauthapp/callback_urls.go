package oauthapp

import (
	"context"
	"fmt"
	"slices"

	"golang.org/x/sync/semaphore"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
)

// callbackURLs assigns the callback URLs of one OAuth client to the resources of a run.
//
// A URL may move from one resource to another (a list with count that grows at its front, two that
// change places, a resource that was renamed), and Terraform applies them in any order, while bunq
// may refuse to have a URL twice. So what bunq has stays as it is where some resource of the plan
// wants its URL: the resource that had it hands it over and the one that wants it takes it, both
// without a call. The rest is changed or deleted by the resource that has it, and by no other.
// Which URLs are wanted is in the ledger. See ADR 5.
type callbackURLs struct {
	ledger *ledger
	// turn is held while an operation decides what to do, and while bunq is read for the first
	// time; not during its own call, as bunq's limits let several go at once.
	turn turn
	// unplanned is held during a whole operation whose plan is not known: there is no cache folder, or
	// another machine made it. Such an operation sees at bunq what the others did. What only adds a
	// callback URL takes one place; what takes one away takes them all, and so runs alone.
	unplanned *semaphore.Weighted

	// current is what bunq has, or will have when the calls under way are done; nil: to be read.
	current []bunq.CallbackURL
	// taken are the callback URLs that a resource got in this run, handedOver those that a
	// destroyed resource left to another one. Both by ID.
	taken, handedOver map[int64]bool
}

// callbackAPI is what callbackURLs calls bunq with, for one OAuth client.
type callbackAPI interface {
	read(ctx context.Context) ([]bunq.CallbackURL, error)
	add(ctx context.Context, url string) (id int64, err error)
	change(ctx context.Context, id int64, url string) error
	remove(ctx context.Context, id int64) error
}

// allPlaces is more than the operations that Terraform runs at once.
const allPlaces = 1 << 20

type callbackURLsKey struct{ user, client int64 }

// callbackURLsOf returns the one callbackURLs of a user's OAuth client that the resources of this run
// share.
func callbackURLsOf(data *providerdata.Data, user, client int64) *callbackURLs {
	return providerdata.Share(data, callbackURLsKey{user, client}, func() *callbackURLs {
		return newCallbackURLs(callbackLedger(data, providerdata.FormatID(client)))
	})
}

// callbackLedger holds what is planned for the callback URLs of an OAuth client.
func callbackLedger(data *providerdata.Data, clientID string) *ledger {
	return ledgerOf(data, "callback URLs of OAuth client "+clientID)
}

func newCallbackURLs(l *ledger) *callbackURLs {
	return &callbackURLs{
		ledger:     l,
		turn:       newTurn(),
		unplanned:  semaphore.NewWeighted(allPlaces),
		taken:      map[int64]bool{},
		handedOver: map[int64]bool{},
	}
}

// takenError means that bunq has the URL as a callback URL that may not be taken.
type takenError struct {
	id int64
	// kept: a resource of this run has it, or one of the plan that keeps it; otherwise it is not
	// known whose it is.
	kept bool
}

func (e *takenError) Error() string {
	return fmt.Sprintf("the client already has this URL as callback URL %d", e.id)
}

// placement is how a resource came to its callback URL.
type placement struct {
	id int64
	// adopted: bunq had it, and no resource of the plan is known to have given it up.
	adopted bool
}

// place makes sure that bunq has url for a resource whose callback URL is own so far, 0 for a new
// resource. Errors: *takenError, those of the calls. lost reports, also with an error, that own
// belongs to another resource now.
func (c *callbackURLs) place(ctx context.Context, api callbackAPI, own int64, url string) (p placement, lost bool, err error) {
	if _, planned := c.planOf(own, url); !planned {
		places := int64(1)
		if own != 0 {
			places = allPlaces
		}
		if err := c.unplanned.Acquire(ctx, places); err != nil {
			return p, false, err
		}
		defer c.unplanned.Release(places)
	}

	p, lost, send, err := c.decide(ctx, api, own, url)
	if err != nil {
		return placement{}, lost, err
	}

	if send != nil {
		made, err := send(ctx)
		if err != nil {
			c.noteFailed(p.id, url, err)
			return placement{}, lost, err
		}
		if made != 0 {
			p.id = made
		}
	}
	c.noteDone(p.id, url)
	return p, lost, nil
}

// decide chooses the callback URL for url, and returns the call that this needs; nil for none. The
// call returns the ID of a callback URL that it made.
func (c *callbackURLs) decide(ctx context.Context, api callbackAPI, own int64, url string) (
	p placement, lost bool, send func(context.Context) (int64, error), err error,
) {
	endTurn, err := c.turn.wait(ctx)
	if err != nil {
		return p, false, nil, err
	}
	defer endTurn()

	plan, planned := c.planOf(own, url)
	if c.taken[own] {
		own, lost = 0, true
	}
	if err := c.read(ctx, api); err != nil {
		return p, lost, nil, err
	}

	p.id, p.adopted, err = c.find(own, url, plan, planned)
	// Also if this resource gets no other one: the resource that wants it takes it, before or after.
	if has := c.url(own); p.id != own && wanted(plan, own, has) {
		c.ledger.noteFree(has)
		own, lost = 0, true
	}
	if err != nil {
		return p, lost, nil, err
	}

	switch {
	case p.id == 0 && own == 0:
		c.ledger.noteFree(url)
		send = func(ctx context.Context) (int64, error) { return api.add(ctx, url) }
	case p.id == 0:
		p.id = own
		c.expect(own, url)
		send = func(ctx context.Context) (int64, error) { return 0, api.change(ctx, own, url) }
	case own != 0 && p.id != own:
		c.expectGone(own)
		send = func(ctx context.Context) (int64, error) { return 0, api.remove(ctx, own) }
	}
	if p.id != 0 {
		c.taken[p.id] = true
	}
	return p, lost, send, nil
}

// planOf returns the plan of an operation that gives url to a resource whose callback URL is own.
func (c *callbackURLs) planOf(own int64, url string) ([]entry, bool) {
	return c.ledger.plan("", func(e entry) bool { return e.ID == own && !e.Gone && (e.To == url || e.Open) })
}

// destroy calls remove for the callback URL of a resource that is destroyed, unless another one has
// it or wants its URL. run is the plan's, "" where that is not known.
func (c *callbackURLs) destroy(ctx context.Context, own int64, url, run string, remove func(context.Context) error) error {
	if c.planOfDestroy(run) == nil {
		if err := c.unplanned.Acquire(ctx, allPlaces); err != nil {
			return err
		}
		defer c.unplanned.Release(allPlaces)
	}

	unwanted, err := c.decideToRemove(ctx, own, url, run)
	if err != nil || !unwanted {
		return err
	}

	if err := remove(ctx); err != nil {
		c.noteFailed(0, "", err)
		return err
	}
	return nil
}

func (c *callbackURLs) decideToRemove(ctx context.Context, own int64, url, run string) (bool, error) {
	endTurn, err := c.turn.wait(ctx)
	if err != nil {
		return false, err
	}
	defer endTurn()

	if c.taken[own] {
		return false, nil
	}

	plan := c.planOfDestroy(run)
	if c.current != nil {
		url = c.url(own)
	}

	if wanted(plan, own, url) {
		c.ledger.noteFree(url)
		c.handedOver[own] = true
		return false, nil
	}
	c.expectGone(own)
	return true, nil
}

// planOfDestroy returns the plan of a destroy; nil if it is not known.
func (c *callbackURLs) planOfDestroy(run string) []entry {
	plan, _ := c.ledger.plan(run, func(entry) bool { return false })
	if run == "" {
		plan = c.ledger.newest()
	}
	return plan
}

// wanted reports whether a resource of the plan wants the URL that callback URL id has, and has no
// other one with it.
func wanted(plan []entry, id int64, url string) bool {
	return url != "" && slices.ContainsFunc(plan, func(e entry) bool { return e.To == url && (e.From != url || e.ID == id) })
}

// find returns the callback URL that has url, 0 for none: the resource's own, or one that it may
// take. Without a plan it is not known whose it is, and it may be taken; adopted reports that, and
// that an interrupted run left it.
func (c *callbackURLs) find(own int64, url string, plan []entry, planned bool) (id int64, adopted bool, err error) {
	if own != 0 && c.url(own) == url {
		return own, false, nil
	}
	for _, u := range c.current {
		if u.URL != url {
			continue
		}

		given, kept := c.handedOver[u.ID], c.taken[u.ID]
		for _, e := range plan {
			if e.ID == u.ID && !c.handedOver[u.ID] {
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

// url returns what bunq has under id; "" for nothing.
func (c *callbackURLs) url(id int64) string {
	for _, u := range c.current {
		if u.ID == id {
			return u.URL
		}
	}
	return ""
}

// What is known of bunq. The caller of the first three has the turn.

func (c *callbackURLs) read(ctx context.Context, api callbackAPI) error {
	if c.current != nil {
		return nil
	}
	urls, err := api.read(ctx)
	if err == nil {
		c.current = append([]bunq.CallbackURL{}, urls...) // not nil
	}
	return err
}

func (c *callbackURLs) expect(id int64, url string) {
	for i, u := range c.current {
		if u.ID == id {
			c.current[i].URL = url
		}
	}
}

func (c *callbackURLs) expectGone(id int64) {
	c.current = slices.DeleteFunc(c.current, func(u bunq.CallbackURL) bool { return u.ID == id })
}

// noteDone notes that a resource has url as callback URL id.
func (c *callbackURLs) noteDone(id int64, url string) {
	defer c.turn.take()()

	c.ledger.noteHeld(url)
	c.taken[id] = true
	if c.current != nil && c.url(id) == "" {
		c.current = append(c.current, bunq.CallbackURL{ID: id, URL: url})
	}
}

// noteFailed notes that bunq is not as expected: the next operation reads it again.
func (c *callbackURLs) noteFailed(id int64, url string, err error) {
	defer c.turn.take()()

	if url != "" && !bunq.OutcomeUnknown(err) {
		c.ledger.noteHeld(url)
	}
	delete(c.taken, id)
	c.current = nil
}
