package bunq_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

// What a broken or hostile server puts into an error costs no memory and floods no
// terminal: an error of bunq's own is short.
func TestAPIError_isBounded(t *testing.T) {
	t.Parallel()
	entry := func(text string) string { return `{"error_description":"` + text + `"}` }
	array := func(n int, entry string) string {
		return `{"Error":[` + strings.TrimSuffix(strings.Repeat(entry+",", n), ",") + `]}`
	}
	for name, c := range map[string]struct {
		body     string
		envelope bool
		shown    int
	}{
		"ten MiB of descriptions":           {array(10_500, entry(strings.Repeat("Z", 950))), false, 0},
		"ten MiB of one description":        {array(1, entry(strings.Repeat("Z", 10<<20))), false, 0},
		"millions of empty entries":         {array(3_400_000, `{}`), false, 0},
		"more descriptions than are shown":  {array(2_000, entry("x")), true, 6},
		"as many descriptions as are shown": {array(5, entry("x")), true, 5},
		"a few long descriptions":           {array(50, entry(strings.Repeat("é", 500))), true, 6},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u, _ := signedIn(t, always(reply{status: 400, body: c.body, unsigned: true}))
			err := u.CancelOAuthClient(t.Context(), 633)
			var e *bunq.APIError
			if !errorsAs(err, &e) {
				t.Fatalf("got %v", err)
			}
			if e.Envelope != c.envelope || len(e.Descriptions) != c.shown {
				t.Errorf("envelope %v and %d descriptions, want %v and %d", e.Envelope, len(e.Descriptions), c.envelope, c.shown)
			}
			if n := len(err.Error()); n > 16<<10 {
				t.Errorf("the error has %d bytes", n)
			}
		})
	}

	u, _ := signedIn(t, always(reply{status: 400, body: array(2_000, entry("x")), unsigned: true}))
	if err := u.CancelOAuthClient(t.Context(), 633); !strings.Contains(err.Error(), "(and 1995 more)") {
		t.Errorf("it does not say that there are more: %v", err)
	}
}

// The same for a success, which a server with a key of its own can sign.
func TestSuccess_isBounded(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"millions of empty elements": `{"Response":[` + strings.TrimSuffix(strings.Repeat("{},", 600_000), ",") + `]}`,
		"more elements than a page":  `{"Response":[` + strings.TrimSuffix(strings.Repeat(`{"Id":{"id":633}},`, 1_001), ",") + `]}`,
		"a million keys":             `{"Response":[{` + strings.TrimSuffix(strings.Repeat(`"a":1,`, 250_000), ",") + `}]}`,
		"an endless array of arrays": `{"Response":[` + strings.Repeat("[", 1_000_000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u, b := signedIn(t, always(ok(body)))
			_, err := u.CreateOAuthClient(t.Context())
			var e *bunq.DecodeError
			if !errorsAs(err, &e) {
				t.Fatalf("got %v", err)
			}
			if n := len(err.Error()); n > 16<<10 || b.count() != 1 {
				t.Errorf("the error has %d bytes, after %d requests", n, b.count())
			}
		})
	}
}

// Pages that are full, and go on, do not fill the memory.
func TestPages_areBounded(t *testing.T) {
	t.Parallel()
	padding := `"` + strings.Repeat("x", 1<<20) + `"`
	u, b := signedIn(t, func(n int, _ request) reply {
		return ok(fmt.Sprintf(`{"Response":[{"DeviceServer":{"id":%d,"description":%s}}],"Pagination":{"older_url":"\/v1\/device-server?older_id=%d"}}`, 1000-n, padding, 1000-n))
	})
	_, err := u.DeviceServers(t.Context())
	var e *bunq.DecodeError
	if !errorsAs(err, &e) || b.count() != 16 {
		t.Errorf("after %d pages: %.300v", b.count(), err)
	}
}

func TestOAuthClient_hasNotTooManyURLs(t *testing.T) {
	t.Parallel()
	for n, accepted := range map[int]bool{5000: true, 5001: false} {
		urls := strings.TrimSuffix(strings.Repeat(`{"id":1},`, n), ",")
		u, _ := signedIn(t, always(ok(`{"Response":[{"OauthClient":{"id":633,"status":"ACTIVE","callback_url":[`+urls+`]}}]}`)))
		if _, err := u.OAuthClient(t.Context(), 633); (err == nil) != accepted {
			t.Errorf("%d URLs: %v", n, err)
		}
	}
}
