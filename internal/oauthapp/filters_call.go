package oauthapp

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
)

// filtersOnly are the words for the one set of a user.
var filtersOnly = only{
	resource: "bunq_notification_filters",
	title:    "set of notification filters",
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
func (c *filtersCall) set(ctx context.Context, want, shown []bunq.NotificationFilter, mayRemove bool, diags *diag.Diagnostics) (others []bunq.NotificationFilter, err error) {
	there, err := c.calls.NotificationFilters(ctx)
	if err != nil {
		return nil, err
	}
	others = without(there, want, shown)
	if len(others) > 0 && !mayRemove {
		return others, nil
	}
	return others, c.replace(ctx, there, want, diags)
}

// remove removes those filters from the set of the user, and returns what is left.
func (c *filtersCall) remove(ctx context.Context, filters []bunq.NotificationFilter, diags *diag.Diagnostics) (left []bunq.NotificationFilter, err error) {
	there, err := c.calls.NotificationFilters(ctx)
	if err != nil {
		return nil, err
	}
	left = without(there, filters)
	return left, c.replace(ctx, there, left, diags)
}

// replace makes want the set, if it is not. before is what bunq has. If the answer is lost, the set
// is read; if it is still before, the call is sent once more, as it replaces and so may be repeated.
func (c *filtersCall) replace(ctx context.Context, before, want []bunq.NotificationFilter, diags *diag.Diagnostics) error {
	if sameFilters(before, want) {
		return nil
	}

	err := c.post(ctx, want, diags)
	if !bunq.OutcomeUnknown(err) {
		return err
	}

	now, lookErr := c.calls.NotificationFilters(ctx)
	switch {
	case lookErr != nil:
		return &bunq.UnansweredError{Err: err, LookUp: lookErr}
	case sameFilters(now, want):
		return nil
	case !sameFilters(now, before):
		return &bunq.UnansweredError{Err: err}
	}

	if err = c.post(ctx, want, diags); !bunq.OutcomeUnknown(err) {
		return err
	}
	now, lookErr = c.calls.NotificationFilters(ctx)
	if lookErr == nil && sameFilters(now, want) {
		return nil
	}
	return &bunq.UnansweredError{Err: err, LookUp: lookErr}
}

func (c *filtersCall) post(ctx context.Context, want []bunq.NotificationFilter, diags *diag.Diagnostics) error {
	now, err := c.calls.ReplaceNotificationFilters(ctx, want)
	if err == nil && !sameFilters(now, want) {
		diags.AddAttributeWarning(path.Root("filters"), "bunq has other notification filters than it was sent", fmt.Sprintf(
			"bunq accepted the filters of user %d, and answered with another set:\n\n%s\n\n"+
				"State: it has what was declared. The next plan shows the difference.", c.user.ID, listed(now)))
	}
	return err
}

// stateAfter says what a failed write means for the state.
func stateAfter(err error) string {
	if bunq.OutcomeUnknown(err) {
		return "nothing was stored. Whether bunq has the new filters is not known: the next apply looks before it sends them."
	}
	return "nothing was stored, and bunq has the filters that it had."
}

// listed returns the filters as lines, or a word for none.
func listed(filters []bunq.NotificationFilter) string {
	if len(filters) == 0 {
		return "    (none)"
	}
	return filterLines(without(filters))
}

// describe says which filters of the user would be removed.
func (c *filtersCall) describe(others []bunq.NotificationFilter) string {
	return fmt.Sprintf("bunq keeps one set of notification filters per user and replaces it as a whole. User %d (%s) has %s that this resource does not declare:\n\n%s",
		c.user.ID, oneLine(c.user.DisplayName), count(len(others), "filter"), filterLines(others))
}

// nextSteps says what to do if filters would be removed.
func (c *filtersCall) nextSteps() string {
	return "Next step: to keep them, add these lines to filters. To begin with the set that is there, import it:\n\n" +
		importBlock("bunq_notification_filters.NAME", providerdata.FormatID(c.user.ID)) +
		"\n\nTo remove them, set adopt_existing = true. If another configuration manages them, use that one."
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
