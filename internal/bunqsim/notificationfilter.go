package bunqsim

import (
	"net/url"
	"slices"
	"strings"
)

// maxTargets is how many URLs bunq calls for each category; it is documented among the rate limits.
const maxTargets = 2

// notificationCategories are the documented ones: those of the onboarding product, then those of
// bunq's newer documentation.
var notificationCategories = []string{
	"BILLING", "BUNQME_TAB", "CARD_TRANSACTION_FAILED", "CARD_TRANSACTION_SUCCESSFUL", "CHAT", "DRAFT_PAYMENT", "IDEAL",
	"MUTATION", "OAUTH", "PAYMENT", "REQUEST", "SCHEDULE_RESULT", "SCHEDULE_STATUS", "SHARE", "SOFORT", "SUPPORT", "TAB_RESULT",

	"CARD", "CARD_TOKENIZATION", "CARD_TRANSACTION_REFUND", "CARD_TRANSACTION_UPDATED", "INSTANT_PAYMENT", "PARTNER_USER_PROVISION",
	"USER_INFORMATION_INQUIRY", "USER_ONBOARDING",
}

// filtersBody is the body of a POST of filters: one list of them, which replaces all that the user has.
func filtersBody(of ...fieldSpec) *bodySpec {
	of = append(of, fieldSpec{name: "all_user_id", kind: typeNumberArray}, fieldSpec{name: "all_monetary_account_id", kind: typeNumberArray},
		fieldSpec{name: "all_verification_type", kind: typeStringArray})
	return &bodySpec{fields: []fieldSpec{
		{name: "notification_filters", kind: typeStructArray, required: true, of: &bodySpec{fields: of}},
	}}
}

func replaceURLFilters(c *call) (reply, *apiError) { return replaceFilters(c, DeliveryURL) }

func replacePushFilters(c *call) (reply, *apiError) { return replaceFilters(c, DeliveryPush) }

func replaceFilters(c *call, delivery string) (reply, *apiError) {
	var all []NotificationFilter
	var r reply
	for _, posted := range c.body.structs["notification_filters"] {
		f := NotificationFilter{Delivery: delivery, Category: posted.strings["category"], Target: posted.strings["notification_target"],
			VerificationTypes: posted.arrays["all_verification_type"]}
		if e := c.checkFilter(f, all); e != nil {
			return reply{}, e
		}
		all = append(all, f)

		// Seen on the wire: the filters in place of an Id, with the ids that were sent.
		r.elements = append(r.elements, filterElement(&f, c.wireFilter(&f, posted.numbers["all_user_id"], posted.numbers["all_monetary_account_id"])))
	}
	c.replaceFilters(c.user.ID, delivery, all)
	return r, nil
}

// checkFilter holds the rules for one filter, after those of the same body that come before it.
func (c *call) checkFilter(f NotificationFilter, before []NotificationFilter) *apiError {
	if f.Category == "" || c.set.UnknownNotificationCategory == Refused && !slices.Contains(notificationCategories, f.Category) {
		return errInvalidValue("category")
	}
	if f.Delivery == DeliveryURL {
		if e := checkTarget(f.Target); e != nil {
			return e
		}
	}
	if slices.Contains(f.VerificationTypes, "") {
		return errInvalidValue("all_verification_type")
	}

	ofCategory := 0
	for _, b := range before {
		if b.Category != f.Category {
			continue
		}
		if b.Target == f.Target {
			return errFilterExists()
		}
		ofCategory++
	}
	if ofCategory >= maxTargets {
		return errTooManyTargets()
	}
	return nil
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
			ID: c.st.nextID("filter"), UserID: userID, Delivery: delivery, Category: f.Category, Target: f.Target,
			VerificationTypes: f.VerificationTypes, Created: c.now,
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

	Users             *[]int64  `json:"all_user_id,omitempty"`
	Accounts          *[]int64  `json:"all_monetary_account_id,omitempty"`
	VerificationTypes *[]string `json:"all_verification_type,omitempty"`
}

// wireFilter returns a filter as it is shown, with these ids of users and accounts.
func (c *call) wireFilter(f *NotificationFilter, users, accounts []int64) wireFilter {
	w := wireFilter{Category: f.Category, Target: f.Target}
	if c.set.NotificationFilterFields != Bare {
		users, accounts = append([]int64{}, users...), append([]int64{}, accounts...) // never null
		types := append([]string{}, f.VerificationTypes...)
		w.Users, w.Accounts, w.VerificationTypes = &users, &accounts, &types
	}
	return w
}

func filterElement(f *NotificationFilter, w wireFilter) element {
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
		w := c.wireFilter(f, []int64{c.user.ID}, nil) // bunq fills them in; a PSD2 party has no accounts
		if c.set.NotificationFilterFields == WithTimestamps {
			w.ID, w.Created, w.Updated = f.ID, (*wireTime)(&f.Created), (*wireTime)(&f.Created)
		}
		el := filterElement(f, w)
		items = append(items, paged{f.ID, el})
		whole.elements = append(whole.elements, el)
	}
	if c.set.NotificationFilterList == Whole {
		return whole, nil
	}
	return paginate(items, c.query, c.path, c.st.LastID["filter"])
}
