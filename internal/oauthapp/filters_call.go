package oauthapp

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
)

// filtersCall replaces the set of one user. It reads the set first: bunq also replaces what others
// have set, without an error.
type filtersCall struct {
	data  *providerdata.Data
	calls *bunq.UserClient
	user  bunq.User
}

// userFilters are the notification filters of a user, as this run knows them. One resource at a time
// reads and replaces them: otherwise a destroy could remove what another resource has just found.
type userFilters struct {
	turn turn
	// owned: a resource of this run has them. Whoever has the turn may use it.
	owned bool
}

type userFiltersKey string

// userFiltersOf returns the one userFilters of a user in this run.
func userFiltersOf(data *providerdata.Data, user string) *userFilters {
	return providerdata.Share(data, userFiltersKey(user), func() *userFilters { return &userFilters{turn: newTurn()} })
}

// begin finds the user, and takes the turn of its filters.
func (c *filtersCall) begin(ctx context.Context) (filters *userFilters, endTurn func(), err error) {
	if c.user, err = c.calls.User(ctx); err != nil {
		return nil, nil, err
	}
	filters = userFiltersOf(c.data, providerdata.FormatID(c.user.ID))
	endTurn, err = filters.turn.wait(ctx)
	return filters, endTurn, err
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
func (c *filtersCall) stateAfter(err error) string {
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
func (c *filtersCall) describe(lost []bunq.NotificationFilter) string {
	return fmt.Sprintf("bunq keeps one set of notification filters per user and replaces it as a whole. User %d (%s) has %s that this resource does not declare:\n\n%s",
		c.user.ID, oneLine(c.user.DisplayName), count(len(lost), "filter"), filterLines(lost))
}

// nextSteps says what to do if filters would be removed.
func (c *filtersCall) nextSteps() string {
	return "Next step: to keep them, add these lines to filters. To begin with the set that is there, import it:\n\n" +
		importBlock("bunq_notification_filters.NAME", providerdata.FormatID(c.user.ID)) +
		"\n\nTo remove them, set adopt_existing = true. If another configuration manages them, use that one."
}

// hadBefore returns those of filters that objects of this state have, according to the plan that
// makes wanted the set of a new resource. They belong to an object that is replaced, or to one that
// was renamed, and so to nobody else.
func (c *filtersCall) hadBefore(filters, wanted []bunq.NotificationFilter) []bunq.NotificationFilter {
	plan, _ := filtersLedger(c.data).plan("", c.creates(wanted))
	return c.foundIn(plan, filters)
}

// creates matches the entry of a new resource with that set, for the user or for one who was not
// known yet.
func (c *filtersCall) creates(wanted []bunq.NotificationFilter) func(entry) bool {
	user := providerdata.FormatID(c.user.ID)
	return func(e entry) bool {
		return e.ID == 0 && (e.To == marks(wanted) || e.To == openMarks) && (e.For == user || e.For == "")
	}
}

// foundIn returns those of filters that an object in the entries has for this user.
func (c *filtersCall) foundIn(entries []entry, filters []bunq.NotificationFilter) []bunq.NotificationFilter {
	return slices.DeleteFunc(slices.Clone(filters), func(f bunq.NotificationFilter) bool {
		return !slices.ContainsFunc(entries, func(e entry) bool { return e.ID == c.user.ID && strings.Contains(e.From, mark(f)) })
	})
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
