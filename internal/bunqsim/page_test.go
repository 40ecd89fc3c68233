package bunqsim_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

func TestPagination(t *testing.T) {
	sim, _ := sandbox(t, bunqsim.Settings{})
	c := newClient(t, sim).onboard()
	id := c.addOAuthClient()
	list := fmt.Sprintf("/user/%d/oauth-client/%d/callback-url", c.user, id)
	empty := string(c.send(c.get(list)).raw)
	if want := `{"Response":[],"Pagination":{"future_url":null,"newer_url":null,"older_url":null}}`; empty != want {
		t.Errorf("empty list is %s", empty)
	}
	var ids []int64
	for i := range 12 {
		ids = append(ids, c.addCallback(id, fmt.Sprintf("https://example.com/%d", i)))
	}
	name := func(i int) string { return fmt.Sprintf("%d", ids[i]) }
	for _, tc := range []struct {
		rule, query        string
		first, last        int // indexes into ids
		future, newer, old string
	}{
		{"ten of them, newest first", "", 11, 2, "?newer_id=" + name(11), "", "?older_id=" + name(2)},
		{"the rest, older", "?older_id=" + name(2), 1, 0, "", "?newer_id=" + name(1), ""},
		{"count", "?count=3", 11, 9, "?count=3&newer_id=" + name(11), "", "?count=3&older_id=" + name(9)},
		{"count and older", "?count=3&older_id=" + name(9), 8, 6, "", "?count=3&newer_id=" + name(8), "?count=3&older_id=" + name(6)},
		{"newer: those next to it", "?count=3&newer_id=" + name(2), 5, 3, "", "?count=3&newer_id=" + name(5), "?count=3&older_id=" + name(3)},
		{"newer, up to the newest", "?newer_id=" + name(2), 11, 3, "?newer_id=" + name(11), "", "?older_id=" + name(3)},
		{"all", "?count=200", 11, 0, "?count=200&newer_id=" + name(11), "", ""},
		{"none newer", "?newer_id=" + name(11), 0, 1, "?newer_id=" + name(11), "", ""},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			res := c.send(c.get(list + tc.query))
			c.mustVerify(res)
			var got struct {
				Response []struct {
					OauthCallbackURL idBody `json:"OauthCallbackUrl"`
				}
				Pagination map[string]*string
			}
			if err := json.Unmarshal(res.raw, &got); err != nil {
				t.Fatal(err)
			}
			var have, want []string
			for _, e := range got.Response {
				have = append(have, fmt.Sprint(e.OauthCallbackURL.ID))
			}
			for i := tc.first; i >= tc.last; i-- {
				want = append(want, name(i))
			}
			if strings.Join(have, " ") != strings.Join(want, " ") {
				t.Errorf("ids %s, want %s", have, want)
			}
			for key, suffix := range map[string]string{"future_url": tc.future, "newer_url": tc.newer, "older_url": tc.old} {
				url, ok := got.Pagination[key]
				switch {
				case !ok:
					t.Errorf("no %s", key)
				case suffix == "" && url != nil:
					t.Errorf("%s is %s, want null", key, *url)
				case suffix != "" && (url == nil || *url != "/v1"+list+suffix):
					t.Errorf("%s is %v, want %s", key, url, "/v1"+list+suffix)
				}
			}
		})
	}
	for query, field := range map[string]string{
		"?count=0": "count", "?count=201": "count", "?count=x": "count", "?older_id=0": "older_id", "?newer_id=x": "newer_id",
		"?older_id=5&newer_id=3": "newer_id",
	} {
		c.refused(c.get(list+query), 400, fmt.Sprintf("Invalid value for field %q.", field))
	}
	// Every list has it, but those under /installation.
	for path, want := range map[string]bool{
		"/user": true, "/device-server": true, "/installation": false, list: true,
		fmt.Sprintf("/user/%d/oauth-client", c.user):                               true,
		fmt.Sprintf("/user/%d/credential-password-ip", c.user):                     true,
		fmt.Sprintf("/user/%d/credential-password-ip/%d/ip", c.user, c.credential): true,
		fmt.Sprintf("/user/%d/credential-password-ip/%d", c.user, c.credential):    false,
	} {
		if got := strings.Contains(string(c.send(c.get(path)).raw), `"Pagination"`); got != want {
			t.Errorf("%s: Pagination %t, want %t", path, got, want)
		}
	}
}
