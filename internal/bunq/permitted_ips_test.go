package bunq_test

import (
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

const (
	withoutAddress = `{"status":"INACTIVE"}`
	withAddress    = `{"ip":"203.0.113.7","status":"INACTIVE"}`
)

var entry = bunq.PermittedIP{ID: 42, IP: "203.0.113.7", Status: "ACTIVE"}

// put answers each of the two forms of the update; the texts are nobody's, since bunq's are unknown.
func put(without, with reply) func(int, request) reply {
	return func(_ int, r request) reply {
		if strings.Contains(r.body, `"ip"`) {
			return with
		}
		return without
	}
}

// Sources contradict each other about the field ip: refused, ignored or required. The update comes
// through with each.
func TestSetPermittedIPStatus_findsTheFormThatBunqTakes(t *testing.T) {
	for _, tc := range []struct {
		name          string
		without, with reply
		bodies        []string // of two updates, one after the other
	}{
		{"bunq refuses the address", ok(madeID), refusal(400, "x"), []string{withoutAddress, withoutAddress}},
		{"bunq ignores the address", ok(madeID), ok(madeID), []string{withoutAddress, withoutAddress}},
		{"bunq wants the address", refusal(400, "x"), ok(madeID), []string{withoutAddress, withAddress, withoutAddress, withAddress}},
		{"bunq wants the address, with the other status for it", refusal(490, "x"), ok(madeID), []string{withoutAddress, withAddress, withoutAddress, withAddress}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			u, b := signedIn(t, put(tc.without, tc.with))
			for range 2 {
				if err := u.SetPermittedIPStatus(t.Context(), 9, entry, "INACTIVE"); err != nil {
					t.Fatal(err)
				}
			}
			checkBodies(t, b, tc.bodies)
		})
	}
}

// Only bunq's own refusal of the body says that nothing was done and that the body may be why. The
// second form is sent once, and its error counts only where it tells more than the first one.
func TestSetPermittedIPStatus_failures(t *testing.T) {
	page := reply{status: 400, body: "<html>", unsigned: true}
	for _, tc := range []struct {
		name          string
		without, with reply
		bodies        []string
		status        int
		said          string
	}{
		{"both forms are refused", refusal(400, "first"), refusal(400, "second"), []string{withoutAddress, withAddress}, 400, "first"},
		{"the entry is gone meanwhile", refusal(400, "first"), refusal(404, "second"), []string{withoutAddress, withAddress}, 404, "second"},
		{"the answer to the second is lost", refusal(400, "first"), refusal(500, "second"), []string{withoutAddress, withAddress}, 500, "second"},
		{"the key is refused", refusal(400, "User credentials are incorrect. Incorrect API key or IP address."), ok(madeID), []string{withoutAddress}, 400, "User"},
		{"the entry is not there", refusal(404, "first"), ok(madeID), []string{withoutAddress}, 404, "first"},
		{"a gateway's page", page, ok(madeID), []string{withoutAddress}, 400, ""},
		{"a server error", refusal(500, "first"), ok(madeID), []string{withoutAddress}, 500, "first"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			u, b := signedIn(t, put(tc.without, tc.with))
			err := u.SetPermittedIPStatus(t.Context(), 9, entry, "INACTIVE")

			var e *bunq.APIError
			if !errorsAs(err, &e) || e.Status != tc.status || !strings.HasPrefix(strings.Join(e.Descriptions, " "), tc.said) {
				t.Errorf("error is %v", err)
			}
			checkBodies(t, b, tc.bodies)
		})
	}
}

func checkBodies(t *testing.T, b *bank, want []string) {
	t.Helper()
	var got []string
	for _, r := range b.requests() {
		got = append(got, r.body)
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("bodies\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
