// Package bunqsim is a strict simulator of the part of bunq's API that a PSD2 party needs to get
// from a key pair and a QSEAL certificate to an OAuth client with its callback URLs: installation,
// payment-service-provider-credential, device-server, session-server, the user, the addresses
// permitted to a key, OAuth clients and their callback URLs, notification filters. It also has what
// comes after the API: the page where a bunq user says yes or no, the token endpoint, sessions with
// an access token, the withdrawal of a consent, and the notifications of both.
//
// What bunq would refuse, it refuses, with bunq's status and words where they are known; ErrorTexts
// says of each error which they are: less than half of the texts are recorded, the rest is invented. Real
// signatures are checked on requests and made on answers, sessions and unused keys run out, keys
// are bound to addresses, and bunq's published rate limits can be switched on. Where bunq's
// behaviour is not known the simulator makes a choice; each choice that a client could come to
// depend on is one named field of Settings, so that a test can try the other answer.
//
// # The rule of honesty
//
// This package shares no code, no structs and no constants with the client that is tested against
// it, and it must never import another package of this module (nor anything outside the standard
// library): a mistake in shared code would be made on both sides and cancel itself out. It is
// written from bunq's documentation and from what working clients of others were seen to send and
// receive, never from what our own client does.
//
// # Use
//
// In a test, in-process, with no sockets and no goroutines of its own (so it works inside a
// testing/synctest bubble):
//
//	sim := bunqsim.NewTest(t, bunqsim.Config{})
//	client := &http.Client{Transport: sim.RoundTripper()}
//
// Over HTTP on a loopback port:
//
//	sim, srv := bunqsim.NewServer(t, bunqsim.Config{})
//	os.Setenv("BUNQ_BASE_URL", srv.BaseURL())
//
// On its own: go run ./internal/bunqsim/cmd/bunqsim -listen 127.0.0.1:8080
//
// Journal returns the requests that came, Snapshot what exists, Fail scripts faults, and methods
// such as CancelOAuthClient or SetPermittedIP change things behind the client's back, as other
// users of bunq would.
//
// # Where things are
//
// A request comes in at exchange.go, which lets scripted faults happen around it. What is below /v1
// goes through the one gate of gate.go, by the table in routes.go, into the file of its object.
// What bunq has on other hosts goes by the table in web.go to authorise.go, token.go and
// connection.go; its pages are in the directory pages. webhook.go sends notifications.
package bunqsim
