package bunq

import (
	"context"
	"crypto/rsa"
)

// exchange is one call on its way through the chain. Each attempt is a copy of it,
// so that nothing of an attempt can leak into the next.
type exchange struct {
	method, endpoint string
	path, query      string
	token            Secret
	// body is marshalled once; the same bytes are signed and sent.
	body []byte
	// key signs the body; nil for calls that go unsigned.
	key *rsa.PrivateKey
	// serverKey is bunq's; it verifies the answer.
	serverKey *rsa.PublicKey
	// unverified is true for POST /installation alone, whose answer brings the key.
	unverified bool
	// ignoreBody is true where bunq's answer says nothing beyond its status.
	ignoreBody bool
	// secrets are what the call itself sends and no error may repeat.
	secrets []Secret

	attempt              int
	requestID, signature string
}

// answer is what came back.
type answer struct {
	status                             int
	body                               []byte
	signature, responseID, contentType string
	requestID                          string
	elements                           []element
	pagination                         *pagination
}

type handler func(ctx context.Context, x *exchange) (*answer, error)

// newChain is the order of things, outermost first. The retries stand before
// request id, slot and signature: each attempt gets its own. The signature stands
// after the last handler that could touch the body. On the way back, an answer is
// verified as it came, before anybody reads it; then what is not a 200 becomes an
// error, which the log, the rate limit (429) and the retries go by; and only a
// believed success is parsed.
func (c *Client) newChain() handler {
	config := c.config
	sandbox := config.Environment == Sandbox
	h := newSender(config)
	h = verifyAnswer(h)
	h = answerToError(h)
	h = logExchange(h, config.Logger)
	h = signBody(h)
	h = takeSlot(h, config.Limits, config.Logger, sandbox)
	h = giveRequestID(h)
	h = c.retry(h, sandbox)
	h = parseAnswer(h)
	return h
}

func (x *exchange) decodeError(a *answer, err error) *DecodeError {
	return &DecodeError{
		Method: x.method, Endpoint: x.endpoint, ResponseID: a.responseID, RequestID: a.requestID,
		Err: cleanError(err, x.secrets),
	}
}
