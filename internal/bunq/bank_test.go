package bunq_test

import (
	"bytes"
	"context"
	"crypto/rsa"
	"io"
	"net/http"
	"net/url"
	"path"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/ratelimit"
	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

func newKey() *rsa.PrivateKey {
	key, err := signing.GenerateKey()
	if err != nil {
		panic(err)
	}
	return key
}

var (
	clientKey = sync.OnceValue(newKey)
	serverKey = sync.OnceValue(newKey)
)

// Secrets of the tests, in bunq's shape.
var (
	installationToken = strings.Repeat("1a", 32)
	apiKey            = strings.Repeat("2b", 32)
	sessionToken      = strings.Repeat("3c", 32)
	secondToken       = strings.Repeat("4d", 32)
)

const userID = 28196

const (
	// oneAttempt is a MaxWait in which the pause before a second one has no room.
	oneAttempt = 200 * time.Millisecond
	// someAttempts is one for real sockets, also on a busy machine.
	someAttempts = 3 * time.Second
)

// request is what arrived.
type request struct {
	method, path, body string // path with its query
	header             http.Header
	at                 time.Time
}

// reply is what goes back.
type reply struct {
	status   int
	body     string
	header   http.Header // names are sent as they are written
	unsigned bool
	err      error         // in place of an answer, after the request was taken
	after    time.Duration // latency
	hold     <-chan struct{}
}

func ok(body string) reply { return reply{status: 200, body: body} }

func refusal(status int, descriptions ...string) reply {
	var entries []string
	for _, d := range descriptions {
		entries = append(entries, `{"error_description":"`+d+`","error_description_translated":"`+d+`"}`)
	}
	return reply{status: status, body: `{"Error":[` + strings.Join(entries, ",") + `]}`, unsigned: true}
}

// bank is a RoundTripper that answers as bunq does, by a script: no sockets, so
// that it works with synctest's clock.
type bank struct {
	t      testing.TB
	script func(n int, r request) reply // n counts from 1

	mu   sync.Mutex
	seen []request
}

func (b *bank) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		_ = r.Body.Close()
	}
	b.mu.Lock()
	got := request{r.Method, r.URL.RequestURI(), string(body), r.Header.Clone(), time.Now()}
	b.seen = append(b.seen, got)
	n := len(b.seen)
	b.mu.Unlock()

	answer := b.script(n, got)
	if answer.after > 0 || answer.hold != nil {
		var passed <-chan time.Time
		if answer.after > 0 {
			passed = time.After(answer.after)
		}
		select {
		case <-passed:
		case <-answer.hold:
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	if answer.err != nil {
		return nil, answer.err
	}
	if answer.body == madeID && (r.Method == http.MethodPut || r.Method == http.MethodDelete) {
		answer.body = strings.Replace(madeID, "633", path.Base(r.URL.Path), 1) // the object that was named
	}
	h := http.Header{"Content-Type": {"application/json"}}
	if !answer.unsigned {
		signature, err := signing.Sign(serverKey(), []byte(answer.body))
		if err != nil {
			return nil, err
		}
		h["X-Bunq-Server-Signature"] = []string{signature}
	}
	h["X-Bunq-Client-Response-Id"] = []string{"9f2f9d21-2c5d-4f0e-8d8d-2f8d0c1b7a10"}
	for k, v := range answer.header {
		h[k] = v
	}
	return &http.Response{
		StatusCode: answer.status, Header: h, Body: io.NopCloser(bytes.NewReader([]byte(answer.body))), Request: r,
	}, nil
}

func (b *bank) requests() []request {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]request(nil), b.seen...)
}

func (b *bank) count() int { return len(b.requests()) }

func (b *bank) only() request {
	b.t.Helper()
	seen := b.requests()
	if len(seen) != 1 {
		b.t.Fatalf("%d requests came, want 1", len(seen))
	}
	return seen[0]
}

func always(r reply) func(int, request) reply { return func(int, request) reply { return r } }

// inTurn gives one reply after the other, and the last one for ever.
func inTurn(replies ...reply) func(int, request) reply {
	return func(n int, _ request) reply { return replies[min(n, len(replies))-1] }
}

func mustURL(s string) *url.URL {
	u, err := bunq.ParseBaseURL(s)
	if err != nil {
		panic(err)
	}
	return u
}

// open gives a client of a bank with that script, without rate limits.
func open(t testing.TB, script func(int, request) reply, change ...func(*bunq.Config)) (*bunq.Client, *bank) {
	t.Helper()
	b := &bank{t: t, script: script}
	c := bunq.Config{BaseURL: mustURL("https://bank.test/v1"), UserAgent: "tests/1", Transport: b, Limits: ratelimit.New(nil)}
	for _, f := range change {
		f(&c)
	}
	client, err := bunq.NewClient(c)
	if err != nil {
		t.Fatal(err)
	}
	return client, b
}

func installation() bunq.Installation {
	return bunq.Installation{Token: bunq.Secret(installationToken), PrivateKey: clientKey(), ServerPublicKey: &serverKey().PublicKey}
}

func apiContext() bunq.APIContext {
	return bunq.APIContext{Environment: bunq.Sandbox, APIKey: bunq.Secret(apiKey), Installation: installation()}
}

// desk is a SessionSource that gives one session after the other.
type desk struct {
	mu       sync.Mutex
	tokens   []string
	replaced int
	refused  int
	err      error
	after    time.Duration
}

func newDesk() *desk { return &desk{tokens: []string{sessionToken, secondToken}} }

func (d *desk) Session(ctx context.Context) (*bunq.Session, error) {
	if d.after > 0 { // as package session does it
		return bunq.Begin(ctx, bunq.ReasonSession, d.session).Wait(ctx)
	}
	return d.session(ctx)
}

func (d *desk) session(ctx context.Context) (*bunq.Session, error) {
	select {
	case <-time.After(d.after):
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.err != nil {
		return nil, d.err
	}
	return &bunq.Session{ID: 77, Token: bunq.Secret(d.tokens[0]), User: bunq.User{ID: userID, Kind: "UserPaymentServiceProvider"}}, nil
}

func (d *desk) Replace(ctx context.Context, dead *bunq.Session) (*bunq.Session, error) {
	d.mu.Lock()
	d.replaced++
	if dead.Token.Reveal() == d.tokens[0] && len(d.tokens) > 1 {
		d.tokens = d.tokens[1:]
	}
	d.mu.Unlock()
	return d.Session(ctx)
}

func (d *desk) Refused(_ context.Context, dead *bunq.Session, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if dead != nil && bunq.IsSessionDead(err) {
		d.refused++
	}
}

// signedIn gives a UserClient of a bank with that script.
func signedIn(t testing.TB, script func(int, request) reply, change ...func(*bunq.Config)) (*bunq.UserClient, *bank) {
	t.Helper()
	c, b := open(t, script, change...)
	return c.WithSession(apiContext(), newDesk()), b
}

const madeID = `{"Response":[{"Id":{"id":633}}]}`

const oauthClientBody = `{"Response":[{"OauthClient":{"id":633,"status":"ACTIVE","display_name":null,` +
	`"client_id":"cccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccccc",` +
	`"secret":"eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee",` +
	`"callback_url":[{"id":693,"created":"2020-05-21 09:55:44.319915","updated":"2020-05-21 09:55:44.319915","url":"https:\/\/yolt.com\/callback"}]}}]}`
