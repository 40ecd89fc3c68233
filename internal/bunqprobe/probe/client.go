package probe

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

const (
	// callTimeout bounds one exchange.
	callTimeout = 30 * time.Second
	maxAnswer   = 1 << 20
	// longestLimit is the longest window that is waited out.
	longestLimit = 2 * time.Minute
	// limitRetries is how often a call is sent again after a 429.
	limitRetries = 3

	statusMaintenance = 491
)

// client sends calls and keeps to the limits. It believes nothing: what an answer means is for the
// questions.
type client struct {
	base   string
	http   *http.Client
	clock  Clock
	pace   *pace
	redact *redactor
	// seen is told of each exchange that bunq answered.
	seen func(*exchange)

	calls       int
	unannounced []string // 429 that came without having been looked for
}

func newClient(base string, transport http.RoundTripper, clock Clock, p *pace, r *redactor) *client {
	return &client{base: base, clock: clock, pace: p, redact: r, http: &http.Client{
		Transport: transport, Timeout: callTimeout,
		// bunq redirects nowhere; whoever does is not bunq.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// send sends a call and returns bunq's answer, whatever it says. An *outage is the error where bunq
// was not reached, or is not what answered; a *limited where a limit does not let the call through.
func (c *client) send(ctx context.Context, k call) (*exchange, error) {
	path, _, _ := strings.Cut(k.path, "?")
	route := routeOf(path)
	for try := 0; ; try++ {
		if words, ended := c.pace.endedWith(k.method, route); ended {
			return nil, &limited{k.method + " " + route, words}
		}
		if !k.unpaced {
			if err := c.pace.wait(ctx, k.method, route); err != nil {
				return nil, err
			}
		}
		x, err := c.once(ctx, k, route)
		if err != nil {
			return nil, err
		}
		lim, hit := x.hitLimit()
		if !hit || k.unpaced {
			return x, nil
		}

		c.pace.learn(k.method, route, lim)
		words := short(c.redact.text(string(x.body)))
		c.unannounced = append(c.unannounced, fmt.Sprintf("`%s %s`: %d %s", k.method, route, x.status, words))
		if lim.window > longestLimit {
			c.pace.end(k.method, route, words)
			continue
		}
		if try == limitRetries {
			return nil, &limited{k.method + " " + route, words}
		}
		if err := c.pace.sleep(ctx, max(lim.window, 3*time.Second)+time.Second, "bunq's limit was hit: "+words); err != nil {
			return nil, err
		}
	}
}

// once sends a call once.
func (c *client) once(ctx context.Context, k call, route string) (*exchange, error) {
	x := &exchange{call: k, route: route}
	req, err := c.request(ctx, x)
	if err != nil {
		return nil, err
	}

	c.calls++
	x.sent = c.clock.Now()
	resp, err := c.http.Do(req)
	defer c.pace.done(k.method, route)
	if err != nil {
		return nil, c.unreached(ctx, x, err)
	}
	x.body, err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	_ = resp.Body.Close()
	if err != nil {
		return nil, c.unreached(ctx, x, err)
	}
	x.answered = c.clock.Now()
	x.status, x.header = resp.StatusCode, resp.Header
	x.signature = verified(k.serverKey, x.body, x.header.Get(headerServerSignature))
	if x.wrongKind && x.status == http.StatusUnauthorized && x.signature == signedWrong {
		x.signature = signedUnproven
	}
	c.redact.learnFrom(x.body)

	if o := x.notBunq(); o != nil {
		return nil, o
	}
	if c.seen != nil {
		c.seen(x)
	}
	return x, nil
}

func (c *client) unreached(ctx context.Context, x *exchange, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	text := err.Error()
	var u *url.Error
	if errors.As(err, &u) {
		text = u.Err.Error() // without the address, which is said already
	}
	return &outage{reason: fmt.Sprintf("no network: %s %s was not answered: %s", x.method, x.path, text)}
}

func (c *client) request(ctx context.Context, x *exchange) (*http.Request, error) {
	if x.content != nil {
		raw, err := json.Marshal(x.content)
		if err != nil {
			return nil, err
		}
		x.raw = raw
	}
	req, err := http.NewRequestWithContext(ctx, x.method, c.base+x.path, bytes.NewReader(x.raw))
	if err != nil {
		return nil, err
	}

	h := req.Header
	h.Set("User-Agent", "terraform-provider-bunq-probe")
	h.Set("Cache-Control", "no-cache")
	h.Set("X-Bunq-Language", "en_US")
	h.Set("X-Bunq-Region", "en_US")
	h.Set("X-Bunq-Geolocation", "0 0 0 0 000")
	if len(x.raw) > 0 {
		h.Set("Content-Type", "application/json")
	}
	if x.requestID == "" {
		x.requestID = newUUID()
	}
	h.Set(headerRequestID, x.requestID)
	if x.token != "" {
		c.redact.learn(x.token)
		h.Set(headerAuthentication, x.token)
	}
	if x.sign != nil {
		signature, err := signing.Sign(x.sign, x.raw)
		if err != nil {
			return nil, err
		}
		h.Set(headerClientSignature, signature)
	}
	x.sentAs = h
	return req, nil
}

// notBunq returns an outage where something else than bunq's API has answered, or bunq says that it
// is closed.
func (x *exchange) notBunq() *outage {
	kind := strings.ToLower(x.header.Get("Content-Type"))
	page := strings.Contains(kind, "html") || bytes.HasPrefix(bytes.TrimSpace(x.body), []byte("<"))
	what := fmt.Sprintf("%s %s was answered with status %d", x.method, x.path, x.status)
	switch {
	case x.status == statusMaintenance || x.status == http.StatusServiceUnavailable:
		return &outage{reason: "bunq is in maintenance: " + what}
	case page:
		return &outage{reason: "the answer is HTML, of a proxy or gateway and not of bunq's API: " + what}
	case x.status >= 300 && x.status < 400 && x.status != 399:
		return &outage{reason: "the answer is a redirect, of a proxy or gateway and not of bunq's API: " + what}
	case len(bytes.TrimSpace(x.body)) == 0 && x.status == http.StatusOK && x.method == http.MethodDelete:
		return nil
	case !json.Valid(x.body):
		return &outage{reason: "the answer is not JSON, and so not of bunq's API: " + what}
	default:
		return nil
	}
}

// hitLimit reports whether the answer says that there were too many calls, and which limit it names.
func (x *exchange) hitLimit() (limit, bool) {
	if x.status != http.StatusTooManyRequests && x.status != http.StatusConflict {
		return limit{}, false
	}
	if lim, ok := limitNamed(x.errorTexts()); ok {
		return lim, true
	}
	return limit{}, x.status == http.StatusTooManyRequests
}

func newUUID() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b) // never fails: crypto/rand ends the process first
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
