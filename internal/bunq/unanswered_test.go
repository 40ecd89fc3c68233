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
	lost := &bunq.TransportError{Method: "POST", Endpoint: "/x", Sent: true, Err: errors.New("gone")}
	for name, c := range map[string]struct {
		err   error
		maybe bool
	}{
		"asked, not done":             {&bunq.UnansweredError{Err: lost}, false},
		"no session to ask with":      {&bunq.UnansweredError{Err: lost, LookUp: &bunq.SessionError{Err: errors.New("no")}}, true},
		"asking met a gateway":        {&bunq.UnansweredError{Err: lost, LookUp: &bunq.WaitError{Method: "GET"}}, true},
		"asking was refused for good": {&bunq.UnansweredError{Err: lost, LookUp: &bunq.APIError{Method: "GET", Status: 400, Envelope: true}}, true},
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
