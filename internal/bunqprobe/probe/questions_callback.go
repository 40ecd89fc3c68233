package probe

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"
)

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

// postURL adds a callback URL to the base user's client.
func (r *run) postURL(ctx context.Context, url string) (p *party, client int64, x *exchange, err error) {
	if p, client, err = r.baseClient(ctx); err != nil {
		return nil, 0, nil, err
	}
	x, err = r.post(ctx, p, p.userPath("/oauth-client/%d/callback-url", client), map[string]string{"url": url})
	return p, client, x, err
}

// newURL adds a callback URL that there is no reason to refuse.
func (r *run) newURL(ctx context.Context) (p *party, client, id int64, url string, err error) {
	url = drawURL()
	p, client, x, err := r.postURL(ctx, url)
	if err != nil {
		return nil, 0, 0, "", err
	}
	id, err = x.id()
	return p, client, id, url, err
}

func (r *run) removeURL(ctx context.Context, p *party, client, id int64) error {
	_, err := r.remove(ctx, p, p.userPath("/oauth-client/%d/callback-url/%d", client, id))
	return err
}

func askHTTP(ctx context.Context, r *run) (*finding, error) {
	return r.askURL(ctx, strings.Replace(drawURL(), "https:", "http:", 1), textHTTPS)
}

// askURL settles whether a callback URL is accepted, or refused with this text.
func (r *run) askURL(ctx context.Context, url, refusal string) (*finding, error) {
	p, client, x, err := r.postURL(ctx, url)
	if err != nil {
		return nil, err
	}
	if x.says(http.StatusBadRequest, refusal) {
		return settled(refused, x)
	}
	if x.status != http.StatusOK {
		return nil, other(x)
	}
	id, err := x.id()
	if err != nil {
		return nil, err
	}
	_ = r.removeURL(ctx, p, client, id)
	return settled(accepted, x)
}

func askDuplicateURL(ctx context.Context, r *run) (*finding, error) {
	p, client, id, url, err := r.newURL(ctx)
	if err != nil {
		return nil, err
	}
	f, err := r.askURL(ctx, url, textURLExists)
	_ = r.removeURL(ctx, p, client, id)
	return f, err
}

// askURLLength changes one URL, as adding them would run into max_callbacks.
func askURLLength(ctx context.Context, r *run) (*finding, error) {
	p, client, id, _, err := r.newURL(ctx)
	if err != nil {
		return nil, err
	}
	const start = "https://example.com/"
	f, err := longest(255, func(n int) (bool, *exchange, error) {
		if n < len(start) {
			return true, nil, nil
		}
		x, err := r.put(ctx, p, p.userPath("/oauth-client/%d/callback-url/%d", client, id),
			map[string]string{"url": start + strings.Repeat("p", n-len(start))})
		if err != nil {
			return false, nil, err
		}
		return fits(x, "url")
	})
	_ = r.removeURL(ctx, p, client, id)
	return f, err
}

// askURLNumber adds callback URLs until bunq refuses one, and deletes them again.
func askURLNumber(ctx context.Context, r *run) (*finding, error) {
	p, client, err := r.baseClient(ctx)
	if err != nil {
		return nil, err
	}
	before, err := r.get(ctx, p, p.userPath("/oauth-client/%d/callback-url?count=200", client))
	if err != nil {
		return nil, err
	}
	there, err := before.objects("OauthCallbackUrl", "id", "url")
	if err != nil {
		return nil, err
	}

	var made []int64
	defer func() {
		for _, id := range made {
			if r.removeURL(ctx, p, client, id) != nil {
				return // what is in the way of one is in the way of all
			}
		}
	}()
	var x *exchange
	for range manyURLs {
		if _, _, x, err = r.postURL(ctx, drawURL()); err != nil {
			return nil, err
		}
		if x.says(http.StatusBadRequest, textURLsTooMany) {
			return settled(len(there)+len(made), x)
		}
		if x.status != http.StatusOK {
			return nil, other(x)
		}
		id, err := x.id()
		if err != nil {
			return nil, err
		}
		made = append(made, id)
	}
	return &finding{answer: 0, shown: []*exchange{x}, how: fmt.Sprintf("%d were taken; whether there is a higher limit was not tried", len(there)+len(made))}, nil
}

func askDeleteBody(ctx context.Context, r *run) (*finding, error) {
	p, client, id, _, err := r.newURL(ctx)
	if err != nil {
		return nil, err
	}
	x, err := r.remove(ctx, p, p.userPath("/oauth-client/%d/callback-url/%d", client, id))
	if err != nil {
		return nil, err
	}
	if !x.ok() {
		return nil, other(x)
	}
	switch string(bytes.TrimSpace(x.body)) {
	case `{"Response":[]}`:
		return settled("empty-response", x)
	case `{}`:
		return settled("empty-object", x)
	case "":
		return settled("no-body", x)
	default:
		return nil, other(x)
	}
}
