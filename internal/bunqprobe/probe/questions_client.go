package probe

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	clientCancelled = "CANCELLED"
	clientPending   = "CANCELLED_PENDING"
)

func decimal(n int64) string { return strconv.FormatInt(n, 10) }

func clientQuestions() []question {
	return []question{
		{setting: "oauth_client_fields", answers: []any{"with-display-name", "bare", "with-timestamps"},
			leaves: "a client, which is cancelled at the end", ask: askClientFields},
		{setting: "second_oauth_client", answers: []any{refused, accepted, existing}, refusal: refused,
			leaves: "a cancelled client, if there can be two", ask: askSecondClient},
		{setting: "cancel_pending", answers: []any{time.Duration(0), time.Second}, open: true,
			leaves: "a cancelled client of another user", sessions: 1, takes: 5 * time.Second, ask: askCancelPending},
		{setting: "cancelled_oauth_client", answers: []any{"readable", "gone"},
			leaves: "what cancel_pending leaves", ask: askCancelledClient},
	}
}

var clientFields = []string{"id", "status", "client_id", "secret", "callback_url"}

// baseClient returns the active client of the base user, made when it is first asked for.
func (r *run) baseClient(ctx context.Context) (*party, int64) {
	p := r.base(ctx)
	if r.activeClient == 0 {
		r.activeClient = r.post(ctx, p, p.userPath("/oauth-client"), struct{}{}).id()
	}
	return p, r.activeClient
}

func (r *run) cancel(ctx context.Context, p *party, client int64) *exchange {
	return r.put(ctx, p, p.userPath("/oauth-client/%d", client), map[string]string{"status": clientCancelled})
}

func askClientFields(ctx context.Context, r *run) *finding {
	p, client := r.baseClient(ctx)
	x := r.get(ctx, p, p.userPath("/oauth-client/%d", client))
	o := x.object("OauthClient", clientFields...)
	name, created, updated := o.has("display_name"), o.has("created"), o.has("updated")
	switch {
	case name && created && updated:
		return settled("with-timestamps", x)
	case name && !created && !updated:
		return settled("with-display-name", x)
	case !name && !created && !updated:
		return settled("bare", x)
	default:
		fail(unforeseen(x, "it has some of display_name, created and updated"))
		return nil
	}
}

func askSecondClient(ctx context.Context, r *run) *finding {
	p, client := r.baseClient(ctx)
	x := r.post(ctx, p, p.userPath("/oauth-client"), struct{}{})
	f, id := taken(x, textClientExists)
	switch {
	case f.answer == refused:
	case id == client:
		f.answer = existing
	default:
		r.cancel(ctx, p, id)
	}
	return f
}

// cancelledClient is a client that was cancelled, and what was seen of it then.
type cancelledClient struct {
	put     *exchange
	last    *exchange // the read that showed its end
	pending bool
	// low and high bound how long it was pending.
	low, high time.Duration
	gone      bool
}

// pendingPatience is how long a pending cancellation is watched.
const pendingPatience = 90 * time.Second

// cancelledOne cancels a client of another user, once in a run, and watches it until it is no
// longer pending.
func (r *run) cancelledOne(ctx context.Context) *cancelledClient {
	if r.cancelled != nil {
		return r.cancelled
	}
	p := r.open(ctx, "first-use")
	id := r.post(ctx, p, p.userPath("/oauth-client"), struct{}{}).id()
	c := &cancelledClient{put: r.cancel(ctx, p, id)}
	c.put.id()
	for {
		x := r.get(ctx, p, p.userPath("/oauth-client/%d", id))
		c.last, c.high = x, x.answered.Sub(c.put.sent)
		if c.gone = x.says(http.StatusNotFound, textNotFound("Oauth client", id)); c.gone {
			break
		}
		status := x.object("OauthClient", clientFields...).text("status")
		if status == clientCancelled {
			break
		}
		if status != clientPending {
			fail(unforeseen(x, "a cancelled client is neither "+clientCancelled+" nor "+clientPending))
		}
		c.pending, c.low = true, x.sent.Sub(c.put.answered)
		if c.low > pendingPatience {
			fail(&unsettled{"needs longer: a cancelled client was still pending after " + seconds(pendingPatience)})
		}
		must(0, r.clock.Sleep(ctx, time.Second))
	}
	r.cancelled = c
	return c
}

func askCancelPending(ctx context.Context, r *run) *finding {
	c := r.cancelledOne(ctx)
	if !c.pending {
		return settled(time.Duration(0), c.put, c.last)
	}
	d, ok := roundest(c.low, c.high)
	if !ok {
		fail(&unsettled{"it was pending for more than " + c.low.String() + " and at most " + c.high.String()})
	}
	return settled(d, c.put, c.last)
}

func askCancelledClient(ctx context.Context, r *run) *finding {
	c := r.cancelledOne(ctx)
	if c.gone {
		return settled("gone", c.put, c.last)
	}
	return settled("readable", c.put, c.last)
}

// manyURLs is how many callback URLs are tried before their number is taken to be free.
const manyURLs = 50

func callbackQuestions() []question {
	const leaves = "nothing: what it adds is deleted"
	return []question{
		{setting: "http_callback", answers: []any{refused, accepted}, refusal: refused, leaves: leaves, ask: askHTTP},
		{setting: "duplicate_callback", answers: []any{refused, accepted}, refusal: refused, leaves: leaves, ask: askDuplicateURL},
		{setting: "max_callback_length", answers: []any{255, 2000}, open: true, leaves: leaves, takes: 25 * time.Second, ask: askURLLength},
		{setting: "max_callbacks", answers: []any{0, 20}, open: true, leaves: leaves, takes: 70 * time.Second, ask: askURLNumber},
		{setting: "delete_body", answers: []any{"empty-response", "empty-object", "no-body"}, leaves: leaves, ask: askDeleteBody},
	}
}

func drawURL() string { return "https://" + drawHex(6) + ".example.com/callback" }

func (r *run) urlsPath(ctx context.Context) (*party, string) {
	p, client := r.baseClient(ctx)
	return p, p.userPath("/oauth-client/%d/callback-url", client)
}

// postURL adds a callback URL to the base user's client. remove deletes it again, if bunq took it, and
// reports whether it could.
func (r *run) postURL(ctx context.Context, url string) (x *exchange, remove func() bool) {
	p, path := r.urlsPath(ctx)
	x = r.post(ctx, p, path, map[string]string{"url": url})
	return x, func() bool {
		return !x.ok() || caught(func() { r.remove(ctx, p, path+"/"+decimal(x.id())) }) == nil
	}
}

// askURL settles whether a callback URL is accepted, or refused with this text.
func (r *run) askURL(ctx context.Context, url, refusal string) *finding {
	x, remove := r.postURL(ctx, url)
	f, _ := taken(x, refusal)
	remove()
	return f
}

func askHTTP(ctx context.Context, r *run) *finding {
	return r.askURL(ctx, strings.Replace(drawURL(), "https:", "http:", 1), textHTTPS)
}

func askDuplicateURL(ctx context.Context, r *run) *finding {
	url := drawURL()
	first, remove := r.postURL(ctx, url)
	first.id()
	defer remove()
	return r.askURL(ctx, url, textURLExists)
}

// askURLLength changes one URL, as adding them would run into max_callbacks.
func askURLLength(ctx context.Context, r *run) *finding {
	first, remove := r.postURL(ctx, drawURL())
	p, path := r.urlsPath(ctx)
	path += "/" + decimal(first.id())
	defer remove()
	const start = "https://example.com/"
	return longest("url", 255, func(n int) *exchange {
		return r.put(ctx, p, path, map[string]string{"url": start + strings.Repeat("p", max(0, n-len(start)))})
	})
}

// askURLNumber adds callback URLs until bunq refuses one, and deletes them again.
func askURLNumber(ctx context.Context, r *run) *finding {
	p, path := r.urlsPath(ctx)
	n := len(r.get(ctx, p, path+"?count=200").objects("OauthCallbackUrl", "id", "url"))
	var undo []func() bool
	defer func() {
		for _, remove := range undo {
			if !remove() {
				return // what is in the way of one is in the way of all
			}
		}
	}()
	var x *exchange
	for range manyURLs {
		var remove func() bool
		x, remove = r.postURL(ctx, drawURL())
		if f, _ := taken(x, textURLsTooMany); f.answer == refused {
			return settled(n, x)
		}
		undo = append(undo, remove)
		n++
	}
	f := settled(0, x)
	f.how = fmt.Sprintf("%d were taken; whether there is a higher limit was not tried", n)
	return f
}

func askDeleteBody(ctx context.Context, r *run) *finding {
	p, path := r.urlsPath(ctx)
	made, _ := r.postURL(ctx, drawURL())
	x := r.remove(ctx, p, path+"/"+decimal(made.id()))
	if !x.ok() {
		fail(other(x))
	}
	switch string(bytes.TrimSpace(x.body)) {
	case `{"Response":[]}`:
		return settled("empty-response", x)
	case `{}`:
		return settled("empty-object", x)
	case "":
		return settled("no-body", x)
	default:
		fail(other(x))
		return nil
	}
}

func filterQuestions() []question {
	const leaves = "nothing: the filters of its own user are cleared"
	return []question{
		{setting: "unknown_notification_category", answers: []any{refused, accepted}, refusal: refused, leaves: leaves, ask: askUnknownCategory},
		{setting: "notification_filter_fields", answers: []any{"with-lists", "bare", "with-timestamps"}, leaves: leaves, ask: askFilterFields},
		{setting: "notification_filter_list", answers: []any{"pages", "whole"}, leaves: leaves, ask: askFilterList},
	}
}

const filterKind = "NotificationFilterUrl"

// setFilters replaces the filters of the base user by one, or by none.
func (r *run) setFilters(ctx context.Context, categories ...string) *exchange {
	p, filters := r.base(ctx), []map[string]string{}
	for _, c := range categories {
		filters = append(filters, map[string]string{"category": c, "notification_target": drawURL()})
	}
	return r.post(ctx, p, p.userPath("/notification-filter-url"), map[string]any{"notification_filters": filters})
}

// readFilters sets one filter, reads it and clears it.
func (r *run) readFilters(ctx context.Context) *exchange {
	if x := r.setFilters(ctx, "OAUTH"); !x.ok() {
		fail(other(x))
	}
	p := r.base(ctx)
	x := r.get(ctx, p, p.userPath("/notification-filter-url"))
	r.setFilters(ctx)
	return x
}

func askUnknownCategory(ctx context.Context, r *run) *finding {
	x := r.setFilters(ctx, "TERRAFORM_PROBE")
	if x.says(http.StatusBadRequest, textInvalidValue("category")) {
		return settled(refused, x)
	}
	r.setFilters(ctx)
	if x.object(filterKind, "category", "notification_target").text("category") != "TERRAFORM_PROBE" {
		fail(unforeseen(x, "it has another filter than was sent"))
	}
	return settled(accepted, x)
}

func askFilterFields(ctx context.Context, r *run) *finding {
	x := r.readFilters(ctx)
	o := x.object(filterKind, "category", "notification_target")
	id, created, updated := o.has("id"), o.has("created"), o.has("updated")
	users, accounts, types := o.has("all_user_id"), o.has("all_monetary_account_id"), o.has("all_verification_type")
	switch {
	case id && created && updated:
		return settled("with-timestamps", x)
	case id || created || updated || users != accounts || users != types:
		fail(unforeseen(x, "it has some of the fields that belong together"))
		return nil
	case users:
		return settled("with-lists", x)
	default:
		return settled("bare", x)
	}
}

func askFilterList(ctx context.Context, r *run) *finding {
	x := r.readFilters(ctx)
	x.object(filterKind, "category", "notification_target")
	var outer map[string]json.RawMessage
	_ = json.Unmarshal(x.body, &outer) // it was read before
	if page, ok := outer["Pagination"]; ok && strings.HasPrefix(string(page), "{") {
		return settled("pages", x)
	}
	if len(outer) != 1 {
		fail(unforeseen(x, "it has something else beside Response than Pagination"))
	}
	return settled("whole", x)
}
