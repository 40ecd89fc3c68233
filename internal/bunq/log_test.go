package bunq_test

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

// Each request and each answer is a line at debug level, with what a report to bunq needs.
func TestLog_eachRequestAndItsAnswer(t *testing.T) {
	t.Parallel()
	const (
		post, get  = "/user/{id}/oauth-client", "/user/{id}/oauth-client/{id}"
		responseID = "9f2f9d21-2c5d-4f0e-8d8d-2f8d0c1b7a10"
	)
	create := func(u *bunq.UserClient) { _, _ = u.CreateOAuthClient(t.Context()) }
	read := func(u *bunq.UserClient) { _, _ = u.OAuthClient(t.Context(), 633) }

	for name, tc := range map[string]struct {
		answer        reply
		call          func(*bunq.UserClient)
		request, said map[string]any
	}{
		"a write": {
			ok(madeID), create,
			map[string]any{"method": "POST", "endpoint": post, "attempt": 1, "signed": true, "body_bytes": 2},
			map[string]any{
				"method": "POST", "endpoint": post, "attempt": 1, "outcome": "ok", "status": 200, "response_id": responseID, "body_bytes": len(madeID),
			},
		},
		"a read": {
			ok(oauthClientBody), read,
			map[string]any{"method": "GET", "endpoint": get, "attempt": 1, "signed": false, "body_bytes": 0},
			map[string]any{
				"method": "GET", "endpoint": get, "attempt": 1, "outcome": "ok", "status": 200, "response_id": responseID, "body_bytes": len(oauthClientBody),
			},
		},
		"refused": {
			refusal(403, "Insufficient authorisation."), read,
			map[string]any{"method": "GET", "endpoint": get, "attempt": 1, "signed": false, "body_bytes": 0},
			map[string]any{
				"method": "GET", "endpoint": get, "attempt": 1, "outcome": "refused", "status": 403, "response_id": responseID, "content_type": "application/json",
			},
		},
		"not signed by bunq": {
			reply{status: 200, body: oauthClientBody, unsigned: true}, read,
			map[string]any{"method": "GET", "endpoint": get, "attempt": 1, "signed": false, "body_bytes": 0},
			map[string]any{"method": "GET", "endpoint": get, "attempt": 1, "outcome": "signature does not match", "response_id": responseID},
		},
		"no answer": {
			reply{err: errors.New("connection reset")}, create,
			map[string]any{"method": "POST", "endpoint": post, "attempt": 1, "signed": true, "body_bytes": 2},
			map[string]any{"method": "POST", "endpoint": post, "attempt": 1, "outcome": "no answer"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log := &notebook{}
			u, b := signedIn(t, always(tc.answer), func(c *bunq.Config) { c.Logger = log })
			tc.call(u)

			if len(log.lines) < 2 {
				t.Fatalf("got %+v", log.lines)
			}
			sent, answered := log.lines[0], log.lines[1]
			id := b.requests()[0].header.Get("X-Bunq-Client-Request-Id")
			for _, l := range []line{sent, answered} {
				if l.level != "debug" || l.fields["request_id"] != id {
					t.Errorf("got %+v, want the request id %s", l, id)
				}
				delete(l.fields, "request_id")
			}
			if _, took := answered.fields["took"].(string); !took {
				t.Errorf("the answer does not say how long it took: %+v", answered)
			}
			delete(answered.fields, "took")
			if diff := cmp.Diff(tc.request, sent.fields); diff != "" || sent.text != "Request to bunq" {
				t.Errorf("%s (-want +got):\n%s", sent.text, diff)
			}
			if diff := cmp.Diff(tc.said, answered.fields); diff != "" || answered.text != "Answer from bunq" {
				t.Errorf("%s (-want +got):\n%s", answered.text, diff)
			}
		})
	}
}

// So is each repetition, with its reason.
func TestLog_eachRepetition(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log := &notebook{}
		u, _ := signedIn(t, inTurn(refusal(503, "Maintenance."), ok(oauthClientBody)), func(c *bunq.Config) { c.Logger = log })
		if _, err := u.OAuthClient(t.Context(), 633); err != nil {
			t.Fatal(err)
		}

		i := slices.IndexFunc(log.lines, func(l line) bool { return l.text == "Repeating a request to bunq" })
		if i < 0 {
			t.Fatalf("got %+v", log.lines)
		}
		want := map[string]any{
			"method": "GET", "endpoint": "/user/{id}/oauth-client/{id}", "attempt": 2,
			"reason": "bunq to recover from a server error or maintenance",
		}
		if diff := cmp.Diff(want, log.lines[i].fields); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}
