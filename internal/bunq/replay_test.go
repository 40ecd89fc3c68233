package bunq_test

import (
	"context"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

// bunq signs the body of an answer, and not which request it answers. So who sits inside of
// TLS can answer with what bunq once said to another one. What the answer shows must fit.
func TestReplayedAnswers(t *testing.T) {
	const (
		foreignID = `{"Response":[{"Id":{"id":634}}]}`
		device    = `{"Response":[` + deviceBody + `]}`
	)
	empty, credentials := list(), list(activeCredential)
	cancel := func(ctx context.Context, u *bunq.UserClient) error { return u.CancelOAuthClient(ctx, 633) }
	remove := func(ctx context.Context, u *bunq.UserClient) error { return u.DeleteCallbackURL(ctx, 4, 633) }
	devices := func(ctx context.Context, u *bunq.UserClient) error { _, err := u.DeviceServers(ctx); return err }
	for name, c := range map[string]struct {
		do       func(context.Context, *bunq.UserClient) error
		answer   string
		accepted bool
	}{
		"a PUT with its own id":              {cancel, madeID, true},
		"a PUT with another id":              {cancel, foreignID, false},
		"a PUT with the object itself":       {cancel, oauthClientBody, true},
		"a PUT with another object":          {cancel, device, false},
		"a PUT with a list of others":        {cancel, credentials, false},
		"a PUT that names nothing":           {cancel, empty, true},
		"a DELETE that names nothing":        {remove, empty, true},
		"a DELETE with an empty object":      {remove, `{}`, true},
		"a DELETE with no JSON":              {remove, `gone`, true},
		"a DELETE with its own id":           {remove, madeID, true},
		"a DELETE with another id":           {remove, foreignID, false},
		"a DELETE with another object":       {remove, device, false},
		"a list of its kind":                 {devices, list(deviceBody), true},
		"an empty list":                      {devices, empty, true},
		"a list of another kind":             {devices, credentials, false},
		"a list with one of another kind":    {devices, list(deviceBody, activeCredential), false},
		"a list with an element of nothing":  {devices, list("{}"), false},
		"a list with the answer to a create": {devices, madeID, false},
	} {
		t.Run(name, func(t *testing.T) {
			u, b := signedIn(t, always(ok(c.answer)))
			err := c.do(t.Context(), u)
			var e *bunq.DecodeError
			if (err == nil) != c.accepted || err != nil && !errorsAs(err, &e) {
				t.Errorf("got %v", err)
			}
			if err != nil && bunq.OutcomeUnknown(err) != (e.Method != "GET") {
				t.Errorf("outcome unknown: %v", bunq.OutcomeUnknown(err))
			}
			b.only()
		})
	}
}
