package bunq

import (
	"bytes"
	"context"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/openpsd2/terraform-provider-bunq/internal/ratelimit"
	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

// exchange is one call as it is sent. Each attempt has a copy of it, so that nothing
// of one attempt gets into the next.
type exchange struct {
	Call
	environment Environment
	path, query string
	token       Secret
	// body is marshalled once; the same bytes are signed and sent.
	body []byte
	// key signs the body; nil for calls that go unsigned.
	key *rsa.PrivateKey
	// serverKey is bunq's; it verifies the answer.
	serverKey *rsa.PublicKey
	// unverified is true for POST /installation alone, whose answer brings the key.
	unverified bool
	// attempts is how many may reach bunq, where it does no harm if bunq does it twice: without
	// end for a GET; two for the opening of a session, as the second one waits for 30 seconds.
	attempts int
	// ignoreBody is true if bunq's answer has nothing of use beyond its status.
	ignoreBody bool
	// secrets are sent by the call itself, and must not be in an error.
	secrets []Secret

	signature string
}

// answer is what came back.
type answer struct {
	call                   Call // with bunq's response ID
	status                 int
	body                   []byte
	signature, contentType string
	elements               []element
	pagination             *pagination
}

// sendUntilAnswered makes attempts until one succeeds, another one cannot help, or ctx ends. Then it
// parses bunq's envelope of the answer.
func (c *Client) sendUntilAnswered(ctx context.Context, x *exchange) (*answer, error) {
	stats := StatsFrom(ctx)
	begun := time.Now()
	var last error
	var sent, told bool
	strangers := 0 // equal answers in a row that are not bunq's
	for attempt := 1; ; attempt++ {
		try := *x
		try.Attempts = attempt
		a, err := c.attempt(ctx, &try)
		if err == nil {
			return a, x.parse(a)
		}

		if ctx.Err() != nil {
			return nil, c.cutOff(ctx, &try, err, last, sent)
		}

		switch {
		case c.outlasts(ctx, err) && last != nil: // what is left of max_wait is too short for it
			return nil, c.gaveUp(ctx, x.Call, err, sent)
		case c.outlasts(ctx, err):
			return nil, err
		}
		f, status := faultOf(err)
		reason, repeat := decide(x.attempts, f, status, attempt, c.sandbox())
		d := backoff(attempt)
		if f == faultNotSent {
			d = min(d, maxConnectPause)
			repeat = repeat && c.network.patient(d)
		}
		if strangers = countStrangers(strangers, err, last); strangers == maxStrangers-1 {
			d = strangerPause
		}
		if !repeat || strangers == maxStrangers {
			return nil, err
		}

		// Any other write is only repeated if bunq did not receive it.
		sent = sent || f != faultNotSent && !(f == faultAnswered && rateLimited(status, c.sandbox()))
		last = err
		stats.failed(last, sent)
		if !told && time.Since(begun)+d >= tellAfter {
			told = true
			c.config.Logger.Info(ctx, "Still waiting for bunq", map[string]any{
				"method": x.Method, "endpoint": x.Endpoint, "waiting_for": reason, "attempts": attempt, "max_wait": c.config.MaxWait.String(),
			})
		}
		end := stats.waiting(reason)
		pause(ctx, d)
		c.tellWait(ctx, x.Call, reason, end(reason))
		if ctx.Err() != nil {
			return nil, c.ended(ctx, x.Call, last, sent)
		}
		stats.retry()
		c.config.Logger.Debug(ctx, "Repeating a request to bunq", map[string]any{
			"method": x.Method, "endpoint": x.Endpoint, "attempt": attempt + 1, "reason": reason,
		})
	}
}

// outlasts reports whether an attempt hit a limit that counts for longer than the operation
// may still take: calls that set something up are said to be limited by the day.
func (c *Client) outlasts(ctx context.Context, err error) bool {
	var refused *APIError
	return errors.As(err, &refused) && refused.Window() > time.Until(StatsFrom(ctx).begun.Add(c.config.MaxWait))
}

// cutOff returns the error of an attempt that ended with ctx. If max_wait was over, the
// error of an earlier attempt says more than that this one was cut off.
func (c *Client) cutOff(ctx context.Context, x *exchange, err, last error, sent bool) error {
	if !errors.Is(context.Cause(ctx), errMaxWait) {
		return err
	}
	if last == nil && wasTried(err) {
		last = err
	}
	return c.ended(ctx, x.Call, last, sent || !NeverSent(err))
}

// wasTried reports whether an attempt was made, and did not end before its turn.
func wasTried(err error) bool {
	var e *TransportError
	return !errors.As(err, &e) || e.Attempts > 0
}

// attempt sends one request and returns its answer. Each has a request id, a signature
// and a rate limit slot of its own. The answer is verified before it is parsed;
// anything but a 200 is an error.
func (c *Client) attempt(ctx context.Context, x *exchange) (*answer, error) {
	// bunq documents that an id must not be used twice, not even by a retry.
	id, err := uuid.NewRandom()
	if err != nil {
		return nil, x.notSent(fmt.Errorf("%w: make a request id: %w", errUnsendable, err))
	}
	x.RequestID = id.String()

	limit := ratelimit.Key{Method: x.Method, Endpoint: x.Endpoint}
	slot, err := c.takeSlot(ctx, x, limit)
	if err != nil {
		return nil, x.notSent(err)
	}
	if cause := c.network.down(); cause != nil {
		slot.Release()
		return nil, x.notSent(cause)
	}

	// The signature is made last: nothing touches the body after it.
	if err := x.sign(); err != nil {
		slot.Release()
		return nil, x.notSent(fmt.Errorf("%w: %w", errUnsendable, err))
	}
	end := StatsFrom(ctx).waiting(reasonAnswer)
	a, err := c.sendOnce(ctx, x)
	if NeverSent(err) {
		end(reasonConnection)
		slot.Release()
	} else {
		end(reasonAnswer)
		slot.Done()
	}

	var refused *APIError
	if errors.As(err, &refused) && rateLimited(refused.Status, c.sandbox()) {
		c.config.Limits.Close(limit)
	}
	return a, err
}

// takeSlot waits until the attempt may be sent. The slot is held until the answer has come.
func (c *Client) takeSlot(ctx context.Context, x *exchange, limit ratelimit.Key) (*ratelimit.Slot, error) {
	reason := "the rate limit of " + x.Method + " " + x.Endpoint
	opening := x.Endpoint == routeSessionServer().endpoint()
	if opening {
		reason = ReasonSession
	}
	end := StatsFrom(ctx).waiting(reason)
	slot, err := c.config.Limits.Acquire(ctx, limit)
	if took := end(reason); !opening { // those who wait for the session say so themselves
		c.tellWait(ctx, x.Call, reason, took)
	}
	return slot, err
}

// sign signs the very bytes that are sent, with the key of the installation.
//
// bunq only asks for it on POST /session-server. Every POST and PUT for which there is
// a key is signed nevertheless, as bunq's SDKs do: a valid signature is never refused,
// it protects the body on the way, and bunq may ask for it on more calls again. GET
// and DELETE have no body to protect.
func (x *exchange) sign() error {
	if x.key == nil {
		return nil
	}
	signature, err := signing.Sign(x.key, x.body)
	x.signature = signature
	return err
}

// sendOnce sends the request and judges the answer. It counts the request and logs both,
// with an allow list of fields: headers and bodies, which have tokens and keys, are
// never logged.
func (c *Client) sendOnce(ctx context.Context, x *exchange) (*answer, error) {
	StatsFrom(ctx).request(x.Method, x.Endpoint)
	c.config.Logger.Debug(ctx, "Request to bunq", map[string]any{
		"method": x.Method, "endpoint": x.Endpoint, "request_id": x.RequestID,
		"attempt": x.Attempts, "signed": x.signature != "", "body_bytes": len(x.body),
	})

	begun := time.Now()
	a, err := c.sender.send(ctx, x)
	c.learn(ctx, err, begun)
	if err == nil {
		err = x.judge(a)
	}
	c.logAnswer(ctx, x, a, err, time.Since(begun))
	if err != nil {
		return nil, err
	}
	return a, nil
}

// learn notes what an attempt showed about the network. One that max_wait cut off before
// it had a connection counts as well. A caller who left, or a certificate that is not
// valid for bunq, says nothing about it.
func (c *Client) learn(ctx context.Context, err error, begun time.Time) {
	if !NeverSent(err) {
		c.network.connected()
		return
	}
	callerLeft := ctx.Err() != nil && !errors.Is(context.Cause(ctx), errMaxWait)
	if f, _ := faultOf(err); f == faultNotSent && !callerLeft {
		c.network.failed(begun, errors.Unwrap(err))
	}
}

func (c *Client) logAnswer(ctx context.Context, x *exchange, a *answer, err error, took time.Duration) {
	fields := map[string]any{
		"method": x.Method, "endpoint": x.Endpoint, "request_id": x.RequestID,
		"attempt": x.Attempts, "took": took.Round(time.Millisecond).String(),
	}

	var refused *APIError
	var rejected *SignatureError
	switch {
	case err == nil:
		fields["outcome"], fields["status"] = "ok", a.status
		fields["response_id"], fields["body_bytes"] = a.call.ResponseID, len(a.body)
	case errors.As(err, &refused):
		fields["outcome"], fields["status"] = "refused", refused.Status
		fields["response_id"], fields["content_type"] = refused.ResponseID, refused.ContentType
	case errors.As(err, &rejected):
		fields["outcome"], fields["response_id"] = "signature does not match", rejected.ResponseID
	default:
		fields["outcome"] = "no answer"
	}

	c.config.Logger.Debug(ctx, "Answer from bunq", fields)
}

// ErrUnsigned is the reason of a SignatureError if there is no signature at all.
var ErrUnsigned = errors.New("it has no X-Bunq-Server-Signature")

// judge accepts a 200 only if bunq signed its raw bytes: bunq escapes slashes in JSON
// (OBSERVED), so re-encoded bytes would be others. Everything else is an APIError, as
// bunq's success is always 200, for creations too. Errors may come unsigned and are
// accepted all the same (OBSERVED: 403, 409, 429, 5xx). The one success that cannot be
// verified is that of POST /installation. GETs under /installation are no exception:
// bunq's SDKs demand a signature there as well.
func (x *exchange) judge(a *answer) error {
	if a.status != http.StatusOK {
		descriptions, envelope := decodeErrorEnvelope(a.body)
		for i, d := range descriptions {
			descriptions[i] = redact(d, x.secrets)
		}
		return &APIError{
			Call: a.call, Environment: x.environment, Status: a.status, Descriptions: descriptions,
			ContentType: a.contentType, Envelope: envelope,
		}
	}
	if x.unverified {
		return nil
	}

	err := ErrUnsigned
	if a.signature != "" {
		err = signing.Verify(x.serverKey, a.body, a.signature)
	}
	if err != nil {
		return &SignatureError{Call: a.call, Err: err}
	}
	return nil
}

// parse reads bunq's envelope of a verified success.
func (x *exchange) parse(a *answer) (err error) {
	if x.ignoreBody {
		return nil
	}
	if a.elements, a.pagination, err = decodeEnvelope(a.body); err != nil {
		return x.decodeError(a, err)
	}
	return nil
}

// notSent returns the error of an attempt that ended before anything was sent.
func (x *exchange) notSent(err error) error {
	call := x.Call
	call.Attempts = 0
	return &TransportError{Call: call, Err: err}
}

func (x *exchange) decodeError(a *answer, err error) *DecodeError {
	return &DecodeError{Call: a.call, Err: cleanError(err, x.secrets)}
}

// request describes a call before its token is known.
type request struct {
	method string
	route  route
	query  string
	// payload is marshalled as the body; nil for none.
	payload    any
	secrets    []Secret
	unsigned   bool // POST /installation
	attempts   int  // see exchange; 0 for a GET as well
	ignoreBody bool
}

// marshal returns the exact bytes to sign and send. Without HTML escaping, so that
// a URL's & is sent as it is.
func (r request) marshal() ([]byte, error) {
	if r.payload == nil {
		return nil, nil
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(r.payload); err != nil {
		return nil, fmt.Errorf("%w: %w", errUnsendable, err)
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}

// run sends a call with a token, on behalf of an installation.
func (c *Client) run(ctx context.Context, what request, inst Installation, token Secret, user int64) (*answer, *exchange, error) {
	x := &exchange{
		Call:        Call{Method: what.method, Endpoint: what.route.endpoint()},
		environment: c.config.Environment,
		path:        what.route.resolve(user), query: what.query,
		token: token, serverKey: inst.ServerPublicKey, unverified: what.unsigned, ignoreBody: what.ignoreBody,
		attempts: what.attempts,
		secrets:  append([]Secret{token, inst.Token}, what.secrets...),
	}
	if x.Method == http.MethodGet {
		x.attempts = math.MaxInt
	}
	body, err := what.marshal()
	if err != nil {
		return nil, x, x.notSent(err)
	}
	x.body = body

	if body != nil && !what.unsigned {
		if inst.PrivateKey == nil {
			return nil, x, x.notSent(fmt.Errorf("%w: the installation has no private key", errUnsendable))
		}
		x.key = inst.PrivateKey
	}

	a, err := c.sendUntilAnswered(ctx, x)
	return a, x, err
}

// onboard makes a write that needs no session, and decodes its answer.
func onboard[T any](ctx context.Context, c *Client, what request, inst Installation, decode func([]element) (T, error)) (T, error) {
	what.method = http.MethodPost
	// A key and a device are also listed in the credentials of a user, and a first
	// session may change the status of a key. Which call does is UNKNOWN.
	defer c.reads.invalidate(routeCredentials())
	defer c.reads.invalidate(what.route)

	ctx, cancel := c.bound(ctx)
	defer cancel()
	a, x, err := c.run(ctx, what, inst, inst.Token, 0)
	return decoded(x, a, err, decode)
}

// decoded returns what the answer to a call has, or the error of the call.
func decoded[T any](x *exchange, a *answer, err error, decode func([]element) (T, error)) (T, error) {
	var none T
	if err != nil {
		return none, err
	}
	value, err := decode(a.elements)
	if err != nil {
		return none, x.decodeError(a, err)
	}
	return value, nil
}
