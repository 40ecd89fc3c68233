package probe

import (
	"context"
	"net/http"
	"time"
)

const (
	clientActive    = "ACTIVE"
	clientCancelled = "CANCELLED"
	clientPending   = "CANCELLED_PENDING"
)

func oauthQuestions() []question {
	return []question{
		{setting: "oauth_client_fields", answers: []any{"with-display-name", "bare", "with-timestamps"},
			leaves: "a client, which is cancelled at the end", ask: askClientFields},
		{setting: "second_oauth_client", answers: []any{refused, accepted, existing}, refusal: refused,
			leaves: "a cancelled client, if there can be two", ask: askSecondClient},
		{setting: "cancel_pending", answers: []any{time.Duration(0), time.Second}, open: true,
			leaves: "a user, its key, a device, a cancelled client", sessions: 1, takes: 5 * time.Second, ask: askCancelPending},
		{setting: "cancelled_oauth_client", answers: []any{"readable", "gone"},
			leaves: "what cancel_pending leaves", ask: askCancelledClient},
		{setting: "cancel_twice", answers: []any{accepted, refused}, refusal: refused,
			leaves: "what cancel_pending leaves", ask: askCancelTwice},
	}
}

var clientFields = []string{"id", "status", "client_id", "secret", "callback_url"}

// baseClient returns the active client of the base user, made when it is first asked for.
func (r *run) baseClient(ctx context.Context) (*party, int64, error) {
	p, err := r.base(ctx)
	if err != nil || r.activeClient != 0 {
		return p, r.activeClient, err
	}
	x, err := r.post(ctx, p, p.userPath("/oauth-client"), struct{}{})
	if err != nil {
		return nil, 0, err
	}
	r.activeClient, err = x.id()
	return p, r.activeClient, err
}

func askClientFields(ctx context.Context, r *run) (*finding, error) {
	p, client, err := r.baseClient(ctx)
	if err != nil {
		return nil, err
	}
	x, err := r.get(ctx, p, p.userPath("/oauth-client/%d", client))
	if err != nil {
		return nil, err
	}
	o, err := x.object("OauthClient", clientFields...)
	if err != nil {
		return nil, err
	}
	name, created, updated := o.has("display_name"), o.has("created"), o.has("updated")
	switch {
	case name && created && updated:
		return settled("with-timestamps", x)
	case name && !created && !updated:
		return settled("with-display-name", x)
	case !name && !created && !updated:
		return settled("bare", x)
	default:
		return nil, unforeseen(x, "it has some of display_name, created and updated")
	}
}

func askSecondClient(ctx context.Context, r *run) (*finding, error) {
	p, client, err := r.baseClient(ctx)
	if err != nil {
		return nil, err
	}
	x, err := r.post(ctx, p, p.userPath("/oauth-client"), struct{}{})
	if err != nil {
		return nil, err
	}
	if x.says(http.StatusBadRequest, textClientExists) {
		return settled(refused, x)
	}
	if x.status != http.StatusOK {
		return nil, other(x)
	}
	id, err := x.id()
	if err != nil {
		return nil, err
	}
	if id == client {
		return settled(existing, x)
	}
	_, _ = r.put(ctx, p, p.userPath("/oauth-client/%d", id), map[string]string{"status": clientCancelled})
	return settled(accepted, x)
}

// cancelledClient is a client that was cancelled, and what was seen of it then.
type cancelledClient struct {
	p       *party
	id, url int64
	put     *exchange
	last    *exchange // the read that showed its end
	pending bool
	// low and high bound how long it was pending.
	low, high time.Duration
	gone      bool
}

// pendingPatience is how long a pending cancellation is watched.
const pendingPatience = 90 * time.Second

// cancelledOne cancels a client of a user of its own, once in a run, and watches it until it is no longer pending.
func (r *run) cancelledOne(ctx context.Context) (*cancelledClient, error) {
	if r.cancelled != nil {
		return r.cancelled, nil
	}
	p, err := r.open(ctx, "cancel")
	if err != nil {
		return nil, err
	}
	made, err := r.post(ctx, p, p.userPath("/oauth-client"), struct{}{})
	if err != nil {
		return nil, err
	}
	c := &cancelledClient{p: p}
	if c.id, err = made.id(); err != nil {
		return nil, err
	}
	url, err := r.post(ctx, p, p.userPath("/oauth-client/%d/callback-url", c.id), map[string]string{"url": drawURL()})
	if err != nil {
		return nil, err
	}
	if c.url, err = url.id(); err != nil {
		return nil, err
	}
	if c.put, err = r.cancel(ctx, c); err != nil {
		return nil, err
	}
	if _, err := c.put.id(); err != nil {
		return nil, err
	}
	if err := r.watchPending(ctx, c); err != nil {
		return nil, err
	}
	r.cancelled = c
	return c, nil
}

func (r *run) cancel(ctx context.Context, c *cancelledClient) (*exchange, error) {
	return r.put(ctx, c.p, c.p.userPath("/oauth-client/%d", c.id), map[string]string{"status": clientCancelled})
}

func (r *run) watchPending(ctx context.Context, c *cancelledClient) error {
	for {
		x, err := r.get(ctx, c.p, c.p.userPath("/oauth-client/%d", c.id))
		if err != nil {
			return err
		}
		c.last, c.high = x, x.answered.Sub(c.put.sent)
		if x.says(http.StatusNotFound, textNotFound("Oauth client", c.id)) {
			c.gone = true
			return nil
		}
		o, err := x.object("OauthClient", clientFields...)
		if err != nil {
			return err
		}
		switch o.text("status") {
		case clientCancelled:
			return nil
		case clientPending:
			c.pending, c.low = true, x.sent.Sub(c.put.answered)
		default:
			return unforeseen(x, "a cancelled client is neither "+clientCancelled+" nor "+clientPending)
		}
		if c.low > pendingPatience {
			return &unsettled{"needs longer: a cancelled client was still pending after " + seconds(pendingPatience)}
		}
		if err := r.clock.Sleep(ctx, time.Second); err != nil {
			return err
		}
	}
}

func askCancelPending(ctx context.Context, r *run) (*finding, error) {
	c, err := r.cancelledOne(ctx)
	if err != nil {
		return nil, err
	}
	if !c.pending {
		return settled(time.Duration(0), c.put, c.last)
	}
	d, ok := roundest(c.low, c.high)
	if !ok {
		return nil, &unsettled{"it was pending for more than " + c.low.String() + " and at most " + c.high.String()}
	}
	return settled(d, c.put, c.last)
}

func askCancelledClient(ctx context.Context, r *run) (*finding, error) {
	c, err := r.cancelledOne(ctx)
	if err != nil {
		return nil, err
	}
	if c.gone {
		return settled("gone", c.put, c.last)
	}
	return settled("readable", c.put, c.last)
}

func askCancelTwice(ctx context.Context, r *run) (*finding, error) {
	c, err := r.cancelledOne(ctx)
	if err != nil {
		return nil, err
	}
	if c.gone {
		return nil, &unsettled{"a cancelled client is gone, and so cannot be cancelled again"}
	}
	x, err := r.cancel(ctx, c)
	if err != nil {
		return nil, err
	}
	if x.says(http.StatusBadRequest, textCancelled) {
		return settled(refused, x)
	}
	if x.status != http.StatusOK {
		return nil, other(x)
	}
	if _, err := x.id(); err != nil {
		return nil, err
	}
	return settled(accepted, x)
}
