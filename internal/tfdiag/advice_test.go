package tfdiag

import (
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

// Errors of one kind get one next step, whatever its words are. The golden file shows the words.
func TestFailure_sameNextStep(t *testing.T) {
	t.Parallel()
	after := func(last error) error {
		return &bunq.WaitError{Call: bunq.Call{Method: "GET", Endpoint: "/device-server/{id}"}, Waited: time.Minute, Max: time.Minute, Last: last}
	}
	for _, tt := range []struct {
		name      string
		one, like error
		same      bool
	}{
		{"every redirect is one, from 300 on", page(300, "text/html"), page(302, "text/html"), true},
		{"and up to 399", page(399, "text/html"), page(302, "text/html"), true},
		{"a page with 400 is a stranger's", page(400, "text/html"), page(403, ""), true},
		{"and so is one with 499", page(499, "text/html"), page(403, ""), true},
		{"a page with 500 is a gateway's, as one with 502", page(500, "text/html"), page(502, "text/html"), true},
		{"an error of bunq's own with 500 is not a gateway's", api(500), page(500, "text/html"), false},
		{"waiting for a busy endpoint is waiting for a limit", after(api(409)), after(api(429)), true},
		{"waiting for a limit is waiting, whatever the last answer", after(api(429)), after(nil), true},
		{"a limit of a minute is soon over, as one of seconds is", perWindow("60 second"), perWindow("3 second"), true},
		{"one of five minutes says when", perWindow("5 minute"), perWindow("300 second"), true},
		{"waiting through maintenance is not", after(api(503)), after(api(429)), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			one, like := nextStep(t, tt.one), nextStep(t, tt.like)
			if (one == like) != tt.same {
				t.Errorf("next steps that should be the same: %v\n%s\n%s", tt.same, one, like)
			}
		})
	}
}

// perWindow is the answer of a limit that counts calls for a time.
func perWindow(window string) error {
	return api(429, "Too many requests. You can do a maximum of 3 calls per "+window+" to this endpoint.")
}

func nextStep(t *testing.T, err error) string {
	t.Helper()
	var diags diag.Diagnostics
	Failure{Summary: "s"}.Error(&diags, err)
	_, next, ok := strings.Cut(diags[0].Detail(), "Next step:")
	if !ok {
		t.Fatalf("no next step:\n%s", diags[0].Detail())
	}
	return next
}
