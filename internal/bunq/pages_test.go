package bunq_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

func page(older string, ids ...int) reply {
	var elements []string
	for _, id := range ids {
		elements = append(elements, fmt.Sprintf(`{"DeviceServer":{"id":%d,"status":"ACTIVE"}}`, id))
	}
	link := "null"
	if older != "" {
		link = `"` + strings.ReplaceAll(older, "/", `\/`) + `"`
	}
	return ok(`{"Response":[` + strings.Join(elements, ",") + `],"Pagination":{"future_url":null,"newer_url":null,"older_url":` + link + `}}`)
}

func TestPages_areFollowedToTheEnd(t *testing.T) {
	for name, base := range map[string]struct{ url, older string }{
		"as bunq writes links":          {"https://bank.test/v1", "/v1/device-server?older_id=%d"},
		"with a count in the link":      {"https://bank.test/v1", "/v1/device-server?count=200&older_id=%d"},
		"a whole URL of the same host":  {"https://bank.test/v1", "https://bank.test/v1/device-server?older_id=%d"},
		"behind a gateway":              {"https://gate.test/bunq/v1", "/v1/device-server?older_id=%d"},
		"behind a gateway that rewrote": {"https://gate.test/bunq/v1", "/bunq/v1/device-server?older_id=%d"},
	} {
		t.Run(name, func(t *testing.T) {
			u, b := signedIn(t, inTurn(
				page(fmt.Sprintf(base.older, 8), 9, 8), page(fmt.Sprintf(base.older, 6), 7, 6), page("", 5),
			), func(c *bunq.Config) { c.BaseURL = mustURL(base.url) })
			devices, err := u.DeviceServers(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var ids []int64
			for _, d := range devices {
				ids = append(ids, d.ID)
			}
			if got := fmt.Sprint(ids); got != "[9 8 7 6 5]" {
				t.Errorf("got %s", got)
			}
			var paths []string
			for _, r := range b.requests() {
				paths = append(paths, r.path[strings.LastIndex(r.path, "/v1"):])
			}
			want := "/v1/device-server?count=200 /v1/device-server?count=200&older_id=8 /v1/device-server?count=200&older_id=6"
			if got := strings.Join(paths, " "); got != want {
				t.Errorf("asked for\n%s\nwant\n%s", got, want)
			}
		})
	}
}

func TestPages_areNotFollowedElsewhere(t *testing.T) {
	for name, older := range map[string]string{
		"another host":                   "https://evil.test/v1/device-server?older_id=5",
		"another host without a scheme":  "//evil.test/v1/device-server?older_id=5",
		"the same host in plain text":    "http://bank.test/v1/device-server?older_id=5",
		"a user name before the host":    "https://x@bank.test/v1/device-server?older_id=5",
		"another list":                   "/v1/user/1/oauth-client?older_id=5",
		"another version":                "/v2/device-server?older_id=5",
		"a way out of the list":          "/v1/device-server/../session/1?older_id=5",
		"no id":                          "/v1/device-server?count=200",
		"an id that is no number":        "/v1/device-server?older_id=x%26y",
		"a negative id":                  "/v1/device-server?older_id=-1",
		"zero":                           "/v1/device-server?older_id=0",
		"no URL":                         "%zz",
		"something with a scheme only":   "mailto:x",
		"a relative path":                "device-server?older_id=5",
		"an id larger than numbers here": "/v1/device-server?older_id=99999999999999999999",
	} {
		t.Run(name, func(t *testing.T) {
			u, b := signedIn(t, inTurn(page(older, 9), page("", 5)))
			_, err := u.DeviceServers(t.Context())
			var decode *bunq.DecodeError
			if !errorsAs(err, &decode) || b.count() != 1 || decode.ResponseID == "" {
				t.Errorf("%d requests, %v", b.count(), err)
			}
		})
	}
}

func TestPages_end(t *testing.T) {
	u, b := signedIn(t, always(page("/v1/device-server?older_id=8", 9)))
	_, err := u.DeviceServers(t.Context())
	var decode *bunq.DecodeError
	if !errorsAs(err, &decode) || b.count() != 2 {
		t.Errorf("a list that turns in a circle: %d requests, %v", b.count(), err)
	}
	u, b = signedIn(t, func(n int, _ request) reply {
		return page(fmt.Sprintf("/v1/device-server?older_id=%d", 1_000_000-n), n)
	})
	_, err = u.DeviceServers(t.Context())
	if !errorsAs(err, &decode) || b.count() != 500 {
		t.Errorf("a list without an end: %d requests, %v", b.count(), err)
	}
}

// The list fails with any of its pages: half a list would look like things that are gone.
func TestPages_halfAListIsAnError(t *testing.T) {
	u, _ := signedIn(t, inTurn(page("/v1/device-server?older_id=8", 9), refusal(404, "x")))
	if devices, err := u.DeviceServers(t.Context()); err == nil {
		t.Errorf("got %+v", devices)
	}
}
