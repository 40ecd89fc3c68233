package bunq

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync/atomic"
	"time"
)

const (
	// maxBody limits an answer. The longest expected one, a page of 200 objects, has a few
	// hundred kilobytes.
	maxBody = 2 << 20
	// maxErrorBody limits what is read of an error. bunq's have a few hundred bytes.
	maxErrorBody = 64 << 10
)

var (
	errTooLarge = fmt.Errorf("the answer is longer than %d MiB", maxBody>>20)
	// errUnsendable marks a request that no repetition can fix.
	errUnsendable = errors.New("the request cannot be made")
)

// sender makes one HTTP exchange.
type sender struct {
	client    *http.Client
	base      *url.URL
	userAgent string
	timeout   time.Duration
	// standard is true for net/http's own transport, whose reports on connections
	// are known to be complete.
	standard bool
}

func newSender(c Config) *sender {
	_, standard := c.Transport.(*http.Transport)
	return &sender{
		client: &http.Client{
			Transport: c.Transport,
			// bunq does not redirect. A server that does must not get the token, and a
			// followed POST would become a GET.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		base: c.BaseURL, userAgent: c.UserAgent, timeout: c.RequestTimeout, standard: standard,
	}
}

func (s *sender) send(ctx context.Context, x *exchange) (*answer, error) {
	within, cancel := context.WithTimeout(ctx, s.timeout)
	defer cancel()

	var asked, connected atomic.Bool
	within = httptrace.WithClientTrace(within, &httptrace.ClientTrace{
		GetConn: func(string) { asked.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { connected.Store(true) },
	})

	fail := func(err error) error {
		return &TransportError{
			Call: x.Call, Sent: !s.neverSent(err, asked.Load(), connected.Load()), Err: s.reason(ctx, within, err, x.secrets),
		}
	}

	request, err := s.request(within, x)
	if err != nil {
		return nil, &TransportError{Call: x.Call, Err: fmt.Errorf("%w: %w", errUnsendable, err)}
	}
	response, err := s.client.Do(request)
	if err != nil {
		return nil, fail(err)
	}

	defer func() { _ = response.Body.Close() }() // everything that matters was read
	limit := int64(maxBody)
	if response.StatusCode != http.StatusOK {
		limit = maxErrorBody // the rest is left where it is
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, limit+1))
	if err == nil && len(body) > maxBody {
		err = errTooLarge
	}
	if err != nil {
		connected.Store(true) // there is an answer, even if the transport did not report a connection
		return nil, fail(err)
	}

	a := &answer{
		call: x.Call, status: response.StatusCode, body: body,
		signature:   response.Header.Get("X-Bunq-Server-Signature"),
		contentType: cleanContentType(response.Header.Get("Content-Type")),
	}
	a.call.ResponseID = cleanID(response.Header.Get("X-Bunq-Client-Response-Id"))
	return a, nil
}

// request sets all headers of bunq's docs; the geolocation is the one for "unknown".
func (s *sender) request(ctx context.Context, x *exchange) (*http.Request, error) {
	if x.token != "" && !headerText(x.token.Reveal()) {
		// net/http reports it as well, but then it is not clear whether it was sent.
		return nil, errors.New("the token has characters that no token has (a line break at its end?)")
	}

	u := *s.base
	u.Path += x.path
	u.RawQuery = x.query
	var body io.Reader
	if x.body != nil {
		body = bytes.NewReader(x.body)
	}
	r, err := http.NewRequestWithContext(ctx, x.Method, u.String(), body)
	if err != nil {
		return nil, err
	}

	r.GetBody = nil // so that no transport can send the body a second time

	r.Header.Set("User-Agent", s.userAgent)
	r.Header.Set("Cache-Control", "no-cache")
	r.Header.Set("X-Bunq-Language", "en_US")
	r.Header.Set("X-Bunq-Region", "en_US")
	r.Header.Set("X-Bunq-Geolocation", "0 0 0 0 000")
	r.Header.Set("X-Bunq-Client-Request-Id", x.RequestID)

	if x.body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	if x.token != "" {
		r.Header.Set("X-Bunq-Client-Authentication", x.token.Reveal())
	}
	if x.signature != "" {
		r.Header.Set("X-Bunq-Client-Signature", x.signature)
	}
	return r, nil
}

// neverSent reports whether it is certain that the request was not sent: the transport
// was asked for a connection and never had one. A transport that reports nothing (a
// test's, for example) is trusted if its error is a dial error.
func (s *sender) neverSent(err error, asked, connected bool) bool {
	if connected {
		return false
	}
	var dial *net.OpError
	return asked || s.standard || errors.As(err, &dial) && dial.Op == "dial"
}

// reason returns the cause without the URL that net/http puts before it, and
// distinguishes a timeout of the exchange from the end of the caller's context.
func (s *sender) reason(ctx, within context.Context, err error, secrets []Secret) error {
	if errors.Is(context.Cause(ctx), errMaxWait) {
		return errMaxWait
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if within.Err() != nil {
		return fmt.Errorf("no complete answer within %s", s.timeout)
	}
	var outer *url.Error
	if errors.As(err, &outer) {
		err = outer.Err
	}
	return cleanError(err, secrets)
}
