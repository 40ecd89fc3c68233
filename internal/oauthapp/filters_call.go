package oauthapp

import (
	"context"
	"fmt"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
)

// filtersOnly are the words for the one set of a user.
var filtersOnly = only{
	resource: "bunq_notification_filters",
	title:    "notification filters",
	rule:     "bunq keeps one set of notification filters per user",
	harm:     "remove its filters",
}

// filtersCall replaces the set of one user. It reads the set first: bunq also replaces what others
// have set, without an error.
type filtersCall struct {
	calls *bunq.UserClient
	user  bunq.User
}

// filtersCallOf returns the calls for the user of a context.
func filtersCallOf(ctx context.Context, access *providerdata.Access) (*filtersCall, error) {
	user, err := access.Calls.User(ctx)
	return &filtersCall{calls: access.Calls, user: user}, err
}

// set makes want the set of the user. It returns the filters that bunq has and that are neither in
// want nor shown, as in the state; if those may not be removed, it changes nothing.
func (c *filtersCall) set(ctx context.Context, want, shown []bunq.NotificationFilter, mayRemove bool) (others []bunq.NotificationFilter, err error) {
	there, err := c.calls.NotificationFilters(ctx)
	if err != nil {
		return nil, err
	}
	others = without(there, want, shown)
	if len(others) > 0 && !mayRemove {
		return others, nil
	}
	return others, c.replace(ctx, there, want)
}

// remove removes those filters from the set of the user, and returns what is left.
func (c *filtersCall) remove(ctx context.Context, filters []bunq.NotificationFilter) (left []bunq.NotificationFilter, err error) {
	there, err := c.calls.NotificationFilters(ctx)
	if err != nil {
		return nil, err
	}
	left = without(there, filters)
	return left, c.replace(ctx, there, left)
}

// replace makes want the set, if it is not. before is what bunq has.
func (c *filtersCall) replace(ctx context.Context, before, want []bunq.NotificationFilter) error {
	if sameFilters(before, want) {
		return nil
	}
	return bunq.Confirm(c.calls.ReplaceNotificationFilters(ctx, want), func() (bool, error) {
		now, err := c.calls.NotificationFilters(ctx)
		return sameFilters(now, want), err
	})
}

// describe says which filters of the user would be removed.
func (c *filtersCall) describe(others []bunq.NotificationFilter) string {
	return fmt.Sprintf("%s and replaces it as a whole. User %d (%s) has filters that this resource does not declare:\n\n%s",
		filtersOnly.rule, c.user.ID, oneLine(c.user.DisplayName), filterLines(others))
}

// nextSteps says what to do if filters would be removed.
func (c *filtersCall) nextSteps() string {
	return "\n\nNext step: to keep them, add these lines to filters. To begin with the set that is there, import it:\n\n" +
		importBlock("bunq_notification_filters.NAME", providerdata.FormatID(c.user.ID)) +
		"\n\nTo remove them, set adopt_existing = true. If it is being replaced, apply without -replace: filters are changed in place. If another " +
		"configuration manages them, use that one."
}
