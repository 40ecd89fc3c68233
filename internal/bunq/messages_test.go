package bunq_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

func TestErrors_tellCallReasonAndTrace(t *testing.T) {
	const m, e = "POST", "/device-server"
	api := &bunq.APIError{Call: bunq.Call{Method: m, Endpoint: e, ResponseID: "r1", RequestID: "q1", Attempts: 1}, Status: 400, Descriptions: []string{"First.", "Second."}, Envelope: true}
	lost := &bunq.TransportError{Call: bunq.Call{Method: m, Endpoint: e}, Sent: true, Err: errors.New("reset")}
	for want, err := range map[string]error{
		"POST /device-server: HTTP status 400: First. Second. (response id r1, request id q1)": api,
		"POST /device-server: HTTP status 502, and the body is not bunq's (content type text/html) (request id q1, 3 attempts)": &bunq.APIError{
			Call: bunq.Call{Method: m, Endpoint: e, RequestID: "q1", Attempts: 3}, Status: 502, ContentType: "text/html"},
		"POST /device-server: HTTP status 400 without a description":                               &bunq.APIError{Call: bunq.Call{Method: m, Endpoint: e}, Status: 400, Envelope: true},
		"POST /device-server: not sent: refused (request id q1)":                                   &bunq.TransportError{Call: bunq.Call{Method: m, Endpoint: e, RequestID: "q1"}, Err: errors.New("refused")},
		"POST /device-server: sent, no answer: reset":                                              lost,
		"POST /device-server: sent, no answer: reset; a follow-up read shows that it was not done": &bunq.UnansweredError{Err: lost},
		"POST /device-server: sent, no answer: reset; a follow-up read failed: no way": &bunq.UnansweredError{
			Err: lost, LookUp: errors.New("no way"),
		},
		"POST /device-server: the answer was rejected: why (response id r1, request id q1)": &bunq.SignatureError{Call: bunq.Call{Method: m, Endpoint: e, ResponseID: "r1", RequestID: "q1"}, Err: errors.New("why")},
		"POST /device-server: unexpected answer: why":                                       &bunq.DecodeError{Call: bunq.Call{Method: m, Endpoint: e}, Err: errors.New("why")},
		"POST /device-server: no session: why":                                              &bunq.SessionError{Call: bunq.Call{Method: m, Endpoint: e}, Err: errors.New("why")},
		"POST /device-server: gave up waiting for a bus after 1.5s (at most 2s); last: why": &bunq.WaitError{
			Call: bunq.Call{Method: m, Endpoint: e}, Reason: "a bus", Waited: 1500 * time.Millisecond, Max: 2 * time.Second, Last: errors.New("why")},
		"POST /device-server: gave up waiting for a bus after 0s (at most 2s)": &bunq.WaitError{Call: bunq.Call{Method: m, Endpoint: e}, Reason: "a bus", Max: 2 * time.Second},
	} {
		if err.Error() != want {
			t.Errorf("got  %s\nwant %s", err, want)
		}
	}
}

func TestOutcomeUnknown(t *testing.T) {
	for name, c := range map[string]struct {
		err  error
		want bool
	}{
		"no error":                                        {nil, false},
		"an error of something else":                      {errors.New("x"), false},
		"a write that never left":                         {&bunq.TransportError{Call: bunq.Call{Method: "POST"}}, false},
		"a write that left":                               {&bunq.TransportError{Call: bunq.Call{Method: "POST"}, Sent: true}, true},
		"a read that left":                                {&bunq.TransportError{Call: bunq.Call{Method: "GET"}, Sent: true}, false},
		"a limit, whoever set it":                         {&bunq.APIError{Call: bunq.Call{Method: "PUT"}, Status: 429}, false},
		"a refusal of bunq's":                             {&bunq.APIError{Call: bunq.Call{Method: "PUT"}, Status: 400, Envelope: true}, false},
		"a refusal of somebody else's":                    {&bunq.APIError{Call: bunq.Call{Method: "PUT"}, Status: 400}, true},
		"a bug of bunq's":                                 {&bunq.APIError{Call: bunq.Call{Method: "DELETE"}, Status: 500, Envelope: true}, true},
		"maintenance":                                     {&bunq.APIError{Call: bunq.Call{Method: "DELETE"}, Status: 491, Envelope: true}, true},
		"a read with a bug":                               {&bunq.APIError{Call: bunq.Call{Method: "GET"}, Status: 500}, false},
		"a wait after something was lost":                 {&bunq.WaitError{Call: bunq.Call{Method: "POST"}, Sent: true}, true},
		"a wait before anything was sent":                 {&bunq.WaitError{Call: bunq.Call{Method: "POST"}, Last: &bunq.TransportError{Call: bunq.Call{Method: "POST"}}}, false},
		"a wait of a read":                                {&bunq.WaitError{Call: bunq.Call{Method: "GET"}, Sent: true}, false},
		"a wait, by its own word, not the last attempt's": {&bunq.WaitError{Call: bunq.Call{Method: "POST"}, Last: &bunq.APIError{Call: bunq.Call{Method: "POST"}, Status: 409}}, false},
		"wrapped by a caller":                             {fmt.Errorf("create: %w", &bunq.TransportError{Call: bunq.Call{Method: "POST"}, Sent: true}), true},
		"for want of a session":                           {&bunq.SessionError{Call: bunq.Call{Method: "POST"}, Err: &bunq.TransportError{Call: bunq.Call{Method: "POST"}, Sent: true}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			if got := bunq.OutcomeUnknown(c.err); got != c.want {
				t.Errorf("got %v", got)
			}
		})
	}
}
