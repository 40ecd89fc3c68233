package bunq_test

import (
	"errors"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

// Once bunq was asked, its word counts; where it could not be asked, what kept
// it from being asked says nothing about the write.
func TestUnansweredError_outcomeUnknownUnlessBunqSaysNo(t *testing.T) {
	t.Parallel()
	lost := &bunq.TransportError{Call: bunq.Call{Method: "POST", Endpoint: "/x"}, Sent: true, Err: errors.New("gone")}
	for name, c := range map[string]struct {
		err   error
		maybe bool
	}{
		"asked, not done":             {&bunq.UnansweredError{Err: lost}, false},
		"no session to ask with":      {&bunq.UnansweredError{Err: lost, LookUp: &bunq.SessionError{Err: errors.New("no")}}, true},
		"asking met a gateway":        {&bunq.UnansweredError{Err: lost, LookUp: &bunq.WaitError{Call: bunq.Call{Method: "GET"}}}, true},
		"asking was refused for good": {&bunq.UnansweredError{Err: lost, LookUp: &bunq.APIError{Call: bunq.Call{Method: "GET"}, Status: 400, Envelope: true}}, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if bunq.OutcomeUnknown(c.err) != c.maybe {
				t.Errorf("may have been done: %v", !c.maybe)
			}
			if bunq.IsCredentialsRefused(c.err) || bunq.IsNotFound(c.err) {
				t.Error("the look-up's answer is taken for the write's")
			}
			if !errors.Is(c.err, lost) {
				t.Error("the write's error is not in it")
			}
		})
	}
}

// A write is settled by looking only where its outcome is unknown: a refusal stands.
func TestConfirm(t *testing.T) {
	t.Parallel()
	lost := &bunq.TransportError{Call: bunq.Call{Method: "POST", Endpoint: "/x"}, Sent: true, Err: errors.New("gone")}
	refused := &bunq.APIError{Call: bunq.Call{Method: "POST", Endpoint: "/x"}, Status: 400, Envelope: true}
	blind := errors.New("nobody there")
	for name, c := range map[string]struct {
		err           error
		done          bool
		lookErr       error
		looks, unsure bool
		want          error // nil: settled
	}{
		"done at once":             {err: nil},
		"refused":                  {err: refused, done: true, want: refused},
		"lost, and done":           {err: lost, done: true, looks: true},
		"lost, and not done":       {err: lost, looks: true, want: lost},
		"lost, and no way to look": {err: lost, done: true, lookErr: blind, looks: true, unsure: true, want: lost},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			looked := false
			err := bunq.Confirm(c.err, func() (bool, error) {
				looked = true
				return c.done, c.lookErr
			})
			if looked != c.looks || !errors.Is(err, c.want) || (err == nil) != (c.want == nil) || bunq.OutcomeUnknown(err) != c.unsure {
				t.Errorf("looked %v, got %v", looked, err)
			}
		})
	}
}
