package bunqsim_test

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// otherFilters goes on with otherLater, for notification filters and limits.
var otherFilters = map[string]func(settingTest){
	"UnknownNotificationCategory": func(t settingTest) {
		sim, _ := sandbox(t, bunqsim.Settings{UnknownNotificationCategory: bunqsim.Accepted})
		c := newClient(t, sim).onboard()
		got := c.filterTexts(c.in("POST", urlFilters, filterBody("PARTY "+hook, "OAUTH "+hook)), "NotificationFilterUrl")
		if want := []string{"PARTY " + hook, "OAUTH " + hook}; !slices.Equal(got, want) {
			t.Errorf("%q", got)
		}
		c.refused(c.in("POST", urlFilters, `{"notification_filters":[{"category":"","notification_target":"`+hook+`"}]}`), 400,
			`Invalid value for field "category".`)
	},
	"NotificationFilterFields": func(t settingTest) {
		sim, _ := sandbox(t, bunqsim.Settings{NotificationFilterFields: bunqsim.WithTimestamps})
		c := newClient(t, sim).onboard()
		if got := string(c.send(c.in("POST", urlFilters, filterBody("OAUTH "+hook))).raw); strings.Contains(got, "created") {
			t.Errorf("POST: %s", got)
		}
		want := `{"NotificationFilterUrl":{"id":1377,"created":"2026-03-04 05:06:07.123456","updated":"2026-03-04 05:06:07.123456",` +
			`"category":"OAUTH","notification_target":"https:\/\/example.com\/hook",` + fmt.Sprintf(`"all_user_id":[%d],`, c.user) +
			`"all_monetary_account_id":[],"all_verification_type":[]}}`
		if got := string(c.send(c.in("GET", urlFilters, nil)).raw); !strings.Contains(got, want) {
			t.Errorf("GET: %s", got)
		}

		setSettings(t, sim, bunqsim.Settings{NotificationFilterFields: bunqsim.Bare})
		for _, r := range []request{c.in("POST", urlFilters, filterBody("OAUTH "+hook)), c.in("GET", urlFilters, nil)} {
			bare := `{"Response":[{"NotificationFilterUrl":{"category":"OAUTH","notification_target":"https:\/\/example.com\/hook"}}]`
			if got := string(c.send(r).raw); !strings.HasPrefix(got, bare) {
				t.Errorf("bare %s: %s", r.method, got)
			}
		}
	},
	"NotificationFilterList": func(t settingTest) {
		sim, _ := sandbox(t, bunqsim.Settings{NotificationFilterList: bunqsim.Whole})
		c := newClient(t, sim).onboard()
		all := strings.Fields("BILLING CHAT IDEAL SOFORT MUTATION OAUTH PAYMENT REQUEST SHARE TAB_RESULT SUPPORT")
		for i := range all {
			all[i] += " " + hook
		}
		c.ok(c.in("POST", urlFilters, filterBody(all...)))
		r := c.in("GET", urlFilters+"?count=2", nil)
		if got := c.filterTexts(r, "NotificationFilterUrl"); !slices.Equal(got, all) {
			t.Errorf("listed are %q", got)
		}
		if got := string(c.send(r).raw); strings.Contains(got, "Pagination") {
			t.Errorf("GET: %s", got)
		}
	},
	"RateLimitText": func(t settingTest) {
		clock := bunqsim.NewFakeClock(start)
		sim := bunqsim.NewTest(t, bunqsim.Config{Clock: clock, Limits: bunqsim.LimitsPublished, Settings: bunqsim.Settings{RateLimitText: bunqsim.NamesMethod}})
		c := newClient(t, sim).onboard()
		c.refused(c.sessionRequest(), 429, "Too many requests. You can do a maximum of 1 POST call per 30 second to this endpoint.")
		for range 3 {
			c.ok(c.get("/user"))
		}
		c.refused(c.get("/user"), 429, "Too many requests. You can do a maximum of 3 GET call per 3 second to this endpoint.")
		clock.Advance(minute)
		sim.Fail(bunqsim.Fault{Route: "GET /user", Kind: bunqsim.FaultStatus, Status: 429})
		c.refused(c.get("/user"), 429, "Too many requests. You can do a maximum of 3 GET call per 3 second to this endpoint.")
	},
	"SetupCallsPerDay": func(t settingTest) {
		const text = "Too many requests. You can do a maximum of 2 calls per 86400 second to this endpoint."
		clock := bunqsim.NewFakeClock(start)
		sim := bunqsim.NewTest(t, bunqsim.Config{Clock: clock, Limits: bunqsim.LimitsRecent, Settings: bunqsim.Settings{SetupCallsPerDay: 2}})
		install := func() request {
			return request{method: "POST", path: "/installation", body: map[string]string{"client_public_key": publicPEM(t, testKey(t, 0))}}
		}
		c := newClient(t, sim).onboard()
		clock.Advance(time.Hour)
		c.ok(install())
		clock.Advance(22 * time.Hour)
		c.refused(install(), 429, text)
		away := install()
		away.ip = "198.51.100.99"
		c.ok(away)
		clock.Advance(time.Hour)
		c.ok(install())
		if err := sim.SetLimits(bunqsim.LimitsPublished); err != nil { // the classic table has no such limit
			t.Fatal(err)
		}
		c.ok(install())
	},
}
