package bunqsim

import (
	"net/url"
	"slices"
	"strings"
)

// maxTargets is how many URLs bunq calls for each category; it is documented among the rate limits.
const maxTargets = 2

// notificationCategories are the documented ones.
var notificationCategories = []string{
	"BILLING", "BUNQME_TAB", "CARD_TRANSACTION_FAILED", "CARD_TRANSACTION_SUCCESSFUL", "CHAT", "DRAFT_PAYMENT", "IDEAL",
	"MUTATION", "OAUTH", "PAYMENT", "REQUEST", "SCHEDULE_RESULT", "SCHEDULE_STATUS", "SHARE", "SOFORT", "SUPPORT", "TAB_RESULT",
}

// filtersBody is the body of a POST of filters: one list of them, which replaces all that the user has.
func filtersBody(of ...fieldSpec) *bodySpec {
	return &bodySpec{fields: []fieldSpec{
		{name: "notification_filters", kind: typeStructArray, required: true, of: &bodySpec{fields: of}},
	}}
}

func replaceURLFilters(c *call) (reply, *apiError) { return replaceFilters(c, DeliveryURL) }

func replacePushFilters(c *call) (reply, *apiError) { return replaceFilters(c, DeliveryPush) }

func replaceFilters(c *call, delivery string) (reply, *apiError) {
	var kept []NotificationFilter
	for _, posted := range c.body.structs["notification_filters"] {
		f := NotificationFilter{Category: posted.strings["category"], Target: posted.strings["notification_target"]}
		keep, e := c.checkFilter(f, delivery, kept)
		if e != nil {
			return reply{}, e
		}
		if keep {
			kept = append(kept, f)
		}
	}
	c.replaceFilters(c.user.ID, delivery, kept)

	// Seen on the wire: the filters in place of an Id, and nothing in them that was not sent.
	var r reply
	for _, f := range c.filters(delivery) {
		r.elements = append(r.elements, filterElement(f, false))
	}
	return r, nil
}

// checkFilter holds the rules for one filter, after those of the same body that come before it.
// keep is false for one that is silently left out.
func (c *call) checkFilter(f NotificationFilter, delivery string, before []NotificationFilter) (keep bool, e *apiError) {
	if !slices.Contains(notificationCategories, f.Category) {
		switch {
		case f.Category == "" || c.set.UnknownNotificationCategory == Refused:
			return false, errInvalidValue("category")
		case c.set.UnknownNotificationCategory == Ignored:
			return false, nil
		}
	}
	if delivery == DeliveryURL {
		if e := checkTarget(f.Target); e != nil {
			return false, e
		}
	}

	ofCategory := 0
	for _, b := range before {
		if b.Category != f.Category {
			continue
		}
		ofCategory++
		if b.Target == f.Target && c.set.DuplicateNotificationFilter == Refused {
			return false, errFilterExists()
		}
		if b.Target == f.Target && c.set.DuplicateNotificationFilter == Ignored {
			return false, nil
		}
	}
	if ofCategory >= maxTargets {
		return false, errTooManyTargets()
	}
	return true, nil
}

func checkTarget(text string) *apiError {
	u, err := url.Parse(text)
	if err != nil || u.Scheme == "" || u.Host == "" && strings.HasPrefix(u.Scheme, "http") {
		return errInvalidValue("notification_target")
	}
	if u.Scheme != "https" {
		return errTargetNotHTTPS()
	}
	return nil
}

func (c *call) replaceFilters(userID int64, delivery string, filters []NotificationFilter) {
	c.st.NotificationFilters = slices.DeleteFunc(c.st.NotificationFilters, func(f *NotificationFilter) bool {
		return f.UserID == userID && f.Delivery == delivery
	})
	for _, f := range filters {
		c.st.NotificationFilters = append(c.st.NotificationFilters, &NotificationFilter{
			ID: c.st.nextID("filter"), UserID: userID, Delivery: delivery, Category: f.Category, Target: f.Target, Created: c.now,
		})
	}
}

// filters returns those of the session's user, in the order they were sent in.
func (c *call) filters(delivery string) []*NotificationFilter {
	return filter(c.st.NotificationFilters, func(f *NotificationFilter) bool {
		return f.UserID == c.user.ID && f.Delivery == delivery
	})
}

type wireFilter struct {
	ID       int64     `json:"id,omitempty"`
	Created  *wireTime `json:"created,omitempty"`
	Updated  *wireTime `json:"updated,omitempty"`
	Category string    `json:"category"`
	Target   string    `json:"notification_target,omitempty"` // not of push filters
}

func filterElement(f *NotificationFilter, dated bool) element {
	w := wireFilter{Category: f.Category, Target: f.Target}
	if dated {
		w.ID, w.Created, w.Updated = f.ID, (*wireTime)(&f.Created), (*wireTime)(&f.Created)
	}
	if f.Delivery == DeliveryPush {
		return element{"NotificationFilterPush", w}
	}
	return element{"NotificationFilterUrl", w}
}

func listURLFilters(c *call) (reply, *apiError) { return listFilters(c, DeliveryURL) }

func listPushFilters(c *call) (reply, *apiError) { return listFilters(c, DeliveryPush) }

func listFilters(c *call, delivery string) (reply, *apiError) {
	var items []paged
	var whole reply
	for _, f := range c.filters(delivery) {
		el := filterElement(f, c.set.NotificationFilterFields == WithTimestamps)
		items = append(items, paged{f.ID, el})
		whole.elements = append(whole.elements, el)
	}
	if c.set.NotificationFilterList == Whole {
		return whole, nil
	}
	return paginate(items, c.query, c.path, c.st.LastID["filter"])
}
