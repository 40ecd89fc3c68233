package probe

import (
	"context"
	"net/http"
	"time"
)

// cancelledQuestions are about one client that is cancelled for them; the last makes it active
// again, if it can.
func cancelledQuestions() []question {
	const leaves = "what cancel_pending leaves"
	return []question{
		{setting: "cancel_pending", answers: []any{time.Duration(0), time.Second}, open: true,
			leaves: "a user, its key, a device, a cancelled client", sessions: 1, takes: 5 * time.Second, ask: askCancelPending},
		{setting: "cancelled_oauth_client", answers: []any{"readable", "gone"},
			leaves: leaves, ask: askCancelledClient},
		{setting: "cancel_twice", answers: []any{accepted, refused}, refusal: refused,
			leaves: leaves, ask: askCancelTwice},
		{setting: "cancelled_oauth_client_urls", answers: []any{refused, accepted}, refusal: refused,
			leaves: leaves, ask: askCancelledURLs},
		{setting: "reactivate_oauth_client", answers: []any{refused, accepted, ignored}, refusal: refused,
			leaves: leaves, ask: askReactivate},
	}
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

// cancelledOne cancels a client of a user of its own, once in a run, and watches it until it is no
// longer pending.
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
		return nil, errGone
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

// errGone ends the questions about a cancelled client that cannot be found.
var errGone = &unsettled{"a cancelled client is gone (cancelled_oauth_client), and so nothing can be done with it"}

// askCancelledURLs adds, changes and deletes callback URLs of the cancelled client.
func askCancelledURLs(ctx context.Context, r *run) (*finding, error) {
	c, err := r.cancelledOne(ctx)
	if err != nil {
		return nil, err
	}
	if c.gone {
		return nil, errGone
	}
	urls := c.p.userPath("/oauth-client/%d/callback-url", c.id)
	one := c.p.userPath("/oauth-client/%d/callback-url/%d", c.id, c.url)
	var shown []*exchange
	taken := 0
	for _, k := range []call{
		{method: http.MethodPost, path: urls, content: map[string]string{"url": drawURL()}},
		{method: http.MethodPut, path: one, content: map[string]string{"url": drawURL()}},
		{method: http.MethodDelete, path: one},
	} {
		x, err := r.withSession(ctx, c.p, k)
		if err != nil {
			return nil, err
		}
		shown = append(shown, x)
		switch {
		case x.ok():
			taken++
		case !x.says(http.StatusBadRequest, textCancelled):
			return nil, other(x)
		}
		if k.method != http.MethodDelete && x.ok() {
			if _, err := x.id(); err != nil {
				return nil, err
			}
		}
		if taken != 0 && taken != len(shown) {
			return nil, unforeseen(x, "some changes of a cancelled client's URLs are taken and others not")
		}
	}
	if taken == 0 {
		return settled(refused, shown...)
	}
	return settled(accepted, shown...)
}

func askReactivate(ctx context.Context, r *run) (*finding, error) {
	c, err := r.cancelledOne(ctx)
	if err != nil {
		return nil, err
	}
	if c.gone {
		return nil, errGone
	}
	x, err := r.put(ctx, c.p, c.p.userPath("/oauth-client/%d", c.id), map[string]string{"status": clientActive})
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
	read, err := r.get(ctx, c.p, c.p.userPath("/oauth-client/%d", c.id))
	if err != nil {
		return nil, err
	}
	o, err := read.object("OauthClient", clientFields...)
	if err != nil {
		return nil, err
	}
	switch o.text("status") {
	case clientActive:
		_, _ = r.cancel(ctx, c)
		return settled(accepted, x, read)
	case clientCancelled:
		return settled(ignored, x, read)
	default:
		return nil, unforeseen(read, "it is neither active again nor cancelled")
	}
}
