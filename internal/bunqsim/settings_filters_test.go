package bunqsim_test

import (
	"slices"
	"strings"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// otherFilters goes on with otherLater, for notification filters and the newer limits.
var otherFilters = map[string]func(settingTest){
	"MissingNotificationFilters": func(t settingTest) {
		sim, _ := sandbox(t, bunqsim.Settings{MissingNotificationFilters: bunqsim.Accepted})
		c := newClient(t, sim).onboard()
		for _, body := range []string{`{}`, `{"notification_filters":null}`} {
			c.ok(c.in("POST", urlFilters, filterBody("OAUTH "+hook)))
			c.ok(c.in("POST", urlFilters, body))
			if got := sim.Snapshot().NotificationURLsOf(c.user); len(got) != 0 {
				t.Errorf("%s leaves %q", body, got)
			}
		}
		c.refused(c.in("POST", urlFilters, `{"notification_filters":[{}]}`), 400,
			`Missing required field "category".`, `Missing required field "notification_target".`)
		c.refused(c.in("POST", "/oauth-client", `{"notification_filters":[]}`), 400, `Superfluous field "notification_filters".`)
	},
	"UnknownNotificationCategory": func(t settingTest) {
		for choice, want := range map[bunqsim.Choice][]string{
			bunqsim.Accepted: {"PARTY " + hook, "OAUTH " + hook},
			bunqsim.Ignored:  {"OAUTH " + hook},
		} {
			sim, _ := sandbox(t, bunqsim.Settings{UnknownNotificationCategory: choice})
			c := newClient(t, sim).onboard()
			got := c.filterTexts(c.in("POST", urlFilters, filterBody("PARTY "+hook, "OAUTH "+hook)), "NotificationFilterUrl")
			if !slices.Equal(got, want) {
				t.Errorf("%s: %q", choice, got)
			}
			c.refused(c.in("POST", urlFilters, `{"notification_filters":[{"category":"","notification_target":"`+hook+`"}]}`), 400,
				`Invalid value for field "category".`)
		}
	},
	"DuplicateNotificationFilter": func(t settingTest) {
		const a, b = "OAUTH " + hook, "OAUTH " + hook + "/2"
		sim, _ := sandbox(t, bunqsim.Settings{DuplicateNotificationFilter: bunqsim.Accepted})
		c := newClient(t, sim).onboard()
		if got := c.filterTexts(c.in("POST", urlFilters, filterBody(a, a)), "NotificationFilterUrl"); !slices.Equal(got, []string{a, a}) {
			t.Errorf("accepted: %q", got)
		}
		c.refused(c.in("POST", urlFilters, filterBody(a, a, b)), 400, "Maximum number of notification targets for this category reached.")
		setSettings(t, sim, bunqsim.Settings{DuplicateNotificationFilter: bunqsim.Ignored})
		if got := c.filterTexts(c.in("POST", urlFilters, filterBody(a, a, b, a)), "NotificationFilterUrl"); !slices.Equal(got, []string{a, b}) {
			t.Errorf("ignored: %q", got)
		}
	},
	"NotificationFilterFields": func(t settingTest) {
		sim, _ := sandbox(t, bunqsim.Settings{NotificationFilterFields: bunqsim.WithTimestamps})
		c := newClient(t, sim).onboard()
		if got := string(c.send(c.in("POST", urlFilters, filterBody("OAUTH "+hook))).raw); strings.Contains(got, "created") {
			t.Errorf("POST: %s", got)
		}
		want := `{"NotificationFilterUrl":{"id":1377,"created":"2026-03-04 05:06:07.123456","updated":"2026-03-04 05:06:07.123456",` +
			`"category":"OAUTH","notification_target":"https:\/\/example.com\/hook"}}`
		if got := string(c.send(c.in("GET", urlFilters, nil)).raw); !strings.Contains(got, want) {
			t.Errorf("GET: %s", got)
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
	"RecentLimitsFor": func(t settingTest) {
		sim := bunqsim.NewTest(t, bunqsim.Config{Clock: bunqsim.NewFakeClock(start), Limits: bunqsim.LimitsRecent,
			Settings: bunqsim.Settings{RecentLimitsFor: bunqsim.ByAddress}})
		c, d := newClient(t, sim), newClient(t, sim)
		c.onboard()
		d.install()
		d.register()
		d.addDevice()
		const text = "Too many requests. You can do a maximum of 1 calls per 30 second to this endpoint."
		d.refused(d.sessionRequest(), 429, text) // another installation, from the same address
		d.ip = "198.51.100.99"
		d.refused(d.sessionRequest(), 400, textCredentials) // let in, and judged
	},
}
