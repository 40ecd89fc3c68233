package probe

import (
	"errors"
)

// finding is an answer that was settled, and the exchanges that show it.
type finding struct {
	answer any
	shown  []*exchange
	// how says what the exchanges alone don't.
	how string
}

// settled makes a finding.
func settled(answer any, shown ...*exchange) *finding { return &finding{answer: answer, shown: shown} }

// unsettled ends a question without an answer.
type unsettled struct{ reason string }

func (e *unsettled) Error() string { return e.reason }

// surprise is an answer that no choice of the setting foresees.
type surprise struct {
	x    *exchange
	what string
}

func (e *surprise) Error() string { return e.what }

func unforeseen(x *exchange, what string) error { return &surprise{x, what} }

// other is the surprise of a question whose answers x is none of.
func other(x *exchange) error {
	if !x.trusted() {
		return unforeseen(x, "its signature is "+string(x.signature))
	}
	return unforeseen(x, "no answer of this setting is like this")
}

// outage: bunq was not reached, is closed, or is not what answered.
type outage struct{ reason string }

func (e *outage) Error() string { return e.reason }

// limited: a limit of bunq's does not let the call through for now.
type limited struct{ endpoint, words string }

func (e *limited) Error() string {
	return "bunq's limit for " + e.endpoint + " is used up: " + e.words
}

// errReset: bunq no longer knows what was registered in this run.
var errReset = errors.New("the sandbox was reset in the middle: bunq no longer knows the installation of this run")

// failure is what fail panics with. It never leaves the package: caught takes it.
type failure struct{ err error }

// fail ends a question. A question is a row of calls of which any can end it in the same way; so
// they hand on no errors.
func fail(err error) { panic(failure{err}) }

// must returns v, unless err ends the question.
func must[T any](v T, err error) T {
	if err != nil {
		fail(err)
	}
	return v
}

// caught runs f, and returns what it failed with.
func caught(f func()) (err error) {
	defer func() {
		switch p := recover().(type) {
		case nil:
		case failure:
			err = p.err
		default:
			panic(p)
		}
	}()
	f()
	return nil
}
