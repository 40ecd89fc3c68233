package bunqsim_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

const (
	urlFilters  = "/notification-filter-url"
	pushFilters = "/notification-filter-push"
	hook        = "https://example.com/hook"
	noLists     = `"all_user_id":[],"all_monetary_account_id":[],"all_verification_type":[]`
)

// filterBody is what a client posts: "CATEGORY target" each, or "CATEGORY" alone for push filters.
func filterBody(filters ...string) map[string]any {
	list := []map[string]string{}
	for _, f := range filters {
		category, target, ok := strings.Cut(f, " ")
		el := map[string]string{"category": category}
		if ok {
			el["notification_target"] = target
		}
		list = append(list, el)
	}
	return map[string]any{"notification_filters": list}
}

func (c *client) filterTexts(r request, key string) []string {
	c.t.Helper()
	var got []string
	for _, el := range c.ok(r) {
		f := pick[struct {
			Category string
			Target   string `json:"notification_target"`
		}](c.t, []map[string]json.RawMessage{el}, key)
		got = append(got, strings.TrimSpace(f.Category+" "+f.Target))
	}
	return got
}

// A POST replaces the whole set, and answers with it instead of an Id.
func TestNotificationFiltersAreReplacedAsAWhole(t *testing.T) {
	sim, _ := sandbox(t, bunqsim.Settings{})
	c := newClient(t, sim).onboard()
	if got := string(c.send(c.in("GET", urlFilters, nil)).raw); got != `{"Response":[],"Pagination":{"future_url":null,"newer_url":null,"older_url":null}}` {
		t.Errorf("a new user has %s", got)
	}

	res := c.send(c.in("POST", urlFilters, filterBody("MUTATION "+hook, "OAUTH "+hook)))
	c.mustVerify(res)
	const want = `{"Response":[{"NotificationFilterUrl":{"category":"MUTATION","notification_target":"https:\/\/example.com\/hook",` + noLists +
		`}},{"NotificationFilterUrl":{"category":"OAUTH","notification_target":"https:\/\/example.com\/hook",` + noLists + `}}]}`
	if string(res.raw) != want {
		t.Errorf("got  %s\nwant %s", res.raw, want)
	}

	c.ok(c.in("POST", urlFilters, filterBody("OAUTH "+hook+"/2", "OAUTH "+hook)))
	set := []string{"OAUTH " + hook + "/2", "OAUTH " + hook}
	if got := sim.Snapshot().NotificationURLsOf(c.user); !slices.Equal(got, set) {
		t.Errorf("kept are %q", got)
	}
	slices.Reverse(set) // lists are newest first
	if got := c.filterTexts(c.in("GET", urlFilters, nil), "NotificationFilterUrl"); !slices.Equal(got, set) {
		t.Errorf("listed are %q", got)
	}

	if got := string(c.send(c.in("POST", urlFilters, filterBody())).raw); got != `{"Response":[]}` {
		t.Errorf("clearing answers %s", got)
	}
	if got := c.ok(c.in("GET", urlFilters, nil)); len(got) != 0 {
		t.Errorf("after clearing: %v", got)
	}
}

// A filter may name verification types, which a read gives back, and ids, which the answer to a POST
// gives back and a read has filled in. What a POST leaves out is lost.
func TestListsOfANotificationFilter(t *testing.T) {
	sim, _ := sandbox(t, bunqsim.Settings{})
	c := newClient(t, sim).onboard()
	post := func(lists string) request {
		return c.in("POST", urlFilters, `{"notification_filters":[{"category":"OAUTH","notification_target":"`+hook+`"`+lists+`}]}`)
	}
	shown := func(r request, lists string) {
		t.Helper()
		want := `{"Response":[{"NotificationFilterUrl":{"category":"OAUTH","notification_target":"https:\/\/example.com\/hook",` + lists + `}}]`
		if got := string(c.send(r).raw); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %s", r.method, got)
		}
	}
	own := fmt.Sprintf(`"all_user_id":[%d],"all_monetary_account_id":[],`, c.user)
	shown(post(`,"all_user_id":[7],"all_monetary_account_id":[8,9],"all_verification_type":["BUNQ_CERTIFICATE"]`),
		`"all_user_id":[7],"all_monetary_account_id":[8,9],"all_verification_type":["BUNQ_CERTIFICATE"]`)
	shown(c.in("GET", urlFilters, nil), own+`"all_verification_type":["BUNQ_CERTIFICATE"]`)
	shown(post(`,"all_user_id":null`), noLists)
	shown(c.in("GET", urlFilters, nil), own+`"all_verification_type":[]`)

	c.refused(post(`,"all_user_id":["7"]`), 400, `Invalid type for field "all_user_id" (expected ARRAY containing INTEGER).`)
	c.refused(post(`,"all_user_id":[null]`), 400, `Invalid type for field "all_user_id" (expected ARRAY containing INTEGER).`)
	c.refused(post(`,"all_verification_type":"BUNQ_CERTIFICATE"`), 400, `Invalid type for field "all_verification_type" (expected ARRAY containing STRING).`)
	c.refused(post(`,"all_verification_type":[""]`), 400, `Invalid value for field "all_verification_type".`)
}

// Push filters are a set of their own, without targets.
func TestPushFilters(t *testing.T) {
	sim, _ := sandbox(t, bunqsim.Settings{})
	c := newClient(t, sim).onboard()
	c.ok(c.in("POST", urlFilters, filterBody("OAUTH "+hook)))
	res := c.send(c.in("POST", pushFilters, filterBody("CHAT", "SUPPORT")))
	if want := `{"Response":[{"NotificationFilterPush":{"category":"CHAT",` + noLists + `}},{"NotificationFilterPush":{"category":"SUPPORT",` +
		noLists + `}}]}`; string(res.raw) != want {
		t.Errorf("got %s", res.raw)
	}
	c.ok(c.in("POST", urlFilters, filterBody()))
	if got := c.filterTexts(c.in("GET", pushFilters, nil), "NotificationFilterPush"); !slices.Equal(got, []string{"SUPPORT", "CHAT"}) {
		t.Errorf("listed are %q", got)
	}
	c.refused(c.in("POST", pushFilters, filterBody("CHAT "+hook)), 400, `Superfluous field "notification_target".`)
}

// What is refused changes nothing, and says what is wrong.
func TestNotificationFilterRules(t *testing.T) {
	sim, _ := sandbox(t, bunqsim.Settings{})
	c := newClient(t, sim).onboard()
	c.ok(c.in("POST", urlFilters, filterBody("OAUTH "+hook)))
	const wrongType = `Invalid type for field "notification_filters" (expected ARRAY containing STRUCT).`
	for _, tc := range []struct {
		rule  string
		body  any
		texts []string
	}{
		{"no body", "", []string{"The request body is not valid JSON."}},
		{"no field", `{}`, []string{`Missing required field "notification_filters".`}},
		{"null", `{"notification_filters":null}`, []string{`Missing required field "notification_filters".`}},
		{"an object", `{"notification_filters":{}}`, []string{wrongType}},
		{"a list of texts", `{"notification_filters":["OAUTH"]}`, []string{wrongType}},
		{"a list with null", `{"notification_filters":[null]}`, []string{wrongType}},
		{"a number as category", `{"notification_filters":[{"category":1,"notification_target":"` + hook + `"}]}`,
			[]string{`Invalid type for field "category" (expected STRING).`}},
		{"no category, no target", `{"notification_filters":[{}]}`,
			[]string{`Missing required field "category".`, `Missing required field "notification_target".`}},
		{"unknown fields at both levels", `{"id":1,"notification_filters":[{"category":"OAUTH","notification_target":"` + hook +
			`","notification_delivery_method":"URL"}]}`,
			[]string{`Superfluous field "id".`, `Superfluous field "notification_delivery_method".`}},
		{"unknown fields come before missing ones", `{"notification_filters":[{"created":"x"}]}`, []string{`Superfluous field "created".`}},
		{"unknown category", filterBody("PARTY " + hook), []string{`Invalid value for field "category".`}},
		{"category in small letters", filterBody("oauth " + hook), []string{`Invalid value for field "category".`}},
		{"http", filterBody("OAUTH http://example.com/hook"), []string{"The notification target must use HTTPS."}},
		{"http to the same machine", filterBody("OAUTH http://localhost/"), []string{"The notification target must use HTTPS."}},
		{"relative", filterBody("OAUTH /hook"), []string{`Invalid value for field "notification_target".`}},
		{"no host", filterBody("OAUTH https:///hook"), []string{`Invalid value for field "notification_target".`}},
		{"empty", filterBody("OAUTH "), []string{`Invalid value for field "notification_target".`}},
		{"the same twice", filterBody("OAUTH "+hook, "OAUTH "+hook), []string{"Notification filter already exists."}},
		{"three of a category", filterBody("OAUTH "+hook+"1", "PAYMENT "+hook, "OAUTH "+hook+"2", "OAUTH "+hook+"3"),
			[]string{"Maximum number of notification targets for this category reached."}},
		{"a bad one after good ones", filterBody("PAYMENT "+hook, "OAUTH x"), []string{`Invalid value for field "notification_target".`}},
	} {
		t.Run(tc.rule, func(t *testing.T) {
			c.refused(c.in("POST", urlFilters, tc.body), 400, tc.texts...)
			if got := sim.Snapshot().NotificationURLsOf(c.user); !slices.Equal(got, []string{"OAUTH " + hook}) {
				t.Errorf("kept are %q", got)
			}
		})
	}
	for _, method := range []string{"PUT", "DELETE"} {
		c.refused(c.in(method, urlFilters, nil), 405, "Method not allowed.")
	}
	c.refused(c.get(fmt.Sprintf("/user/%d%s", c.user+1, urlFilters)), 404, fmt.Sprintf(`User for id "%d" not found.`, c.user+1))
	c.refused(request{method: "GET", path: fmt.Sprintf("/user/%d%s", c.user, urlFilters)}, 403, textAuthentication)
}

// Every documented category may have two targets; all of them together fill more than one page.
func TestNotificationFiltersOfEveryCategory(t *testing.T) {
	sim, _ := sandbox(t, bunqsim.Settings{})
	c := newClient(t, sim).onboard()
	var all []string
	for _, category := range strings.Fields("BILLING CARD_TRANSACTION_SUCCESSFUL CARD_TRANSACTION_FAILED CHAT DRAFT_PAYMENT IDEAL SOFORT " +
		"MUTATION OAUTH PAYMENT REQUEST SCHEDULE_RESULT SCHEDULE_STATUS SHARE TAB_RESULT BUNQME_TAB SUPPORT " +
		"PARTNER_USER_PROVISION USER_ONBOARDING USER_INFORMATION_INQUIRY CARD CARD_TRANSACTION_UPDATED CARD_TRANSACTION_REFUND CARD_TOKENIZATION INSTANT_PAYMENT") {
		all = append(all, category+" "+hook+"/1", category+" "+hook+"/2")
	}
	if got := c.filterTexts(c.in("POST", urlFilters, filterBody(all...)), "NotificationFilterUrl"); !slices.Equal(got, all) {
		t.Errorf("POST answers %q", got)
	}
	var listed []string
	path, pages := fmt.Sprintf("/user/%d%s", c.user, urlFilters), 0
	for path != "" {
		r := c.get(path)
		listed = append(listed, c.filterTexts(r, "NotificationFilterUrl")...)
		path = strings.TrimPrefix(older(t, c.send(r)), "/v1")
		pages++
	}
	slices.Reverse(listed)
	if !slices.Equal(listed, all) || pages != 5 {
		t.Errorf("%d pages list %q", pages, listed)
	}
}

func TestSetNotificationFilters(t *testing.T) {
	sim, _ := sandbox(t, bunqsim.Settings{})
	c := newClient(t, sim).onboard()
	c.ok(c.in("POST", urlFilters, filterBody("PAYMENT "+hook)))
	c.ok(c.in("POST", pushFilters, filterBody("CHAT")))
	if err := sim.SetNotificationFilters(c.user, bunqsim.NotificationFilter{Category: "OAUTH", Target: hook}); err != nil {
		t.Fatal(err)
	}
	if got := c.filterTexts(c.in("GET", urlFilters, nil), "NotificationFilterUrl"); !slices.Equal(got, []string{"OAUTH " + hook}) {
		t.Errorf("URL filters %q", got)
	}
	if got := c.filterTexts(c.in("GET", pushFilters, nil), "NotificationFilterPush"); !slices.Equal(got, []string{"CHAT"}) {
		t.Errorf("push filters %q", got)
	}
	if err := sim.SetNotificationFilters(1); err == nil {
		t.Error("a user that does not exist has filters")
	}
	if err := sim.Wipe(); err != nil || len(sim.Snapshot().NotificationFilters) != 0 {
		t.Errorf("after a wipe: %v, %v", sim.Snapshot().NotificationFilters, err)
	}
}

// older returns where the next page is, "" after the last.
func older(t *testing.T, r *result) string {
	t.Helper()
	var body struct {
		Pagination struct {
			OlderURL *string `json:"older_url"`
		}
	}
	if err := json.Unmarshal(r.raw, &body); err != nil {
		t.Fatal(err)
	}
	if body.Pagination.OlderURL == nil {
		return ""
	}
	return *body.Pagination.OlderURL
}
