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

// filtersCall replaces the set of one user, after a look at what is there: bunq
// would replace what others have set without a word.
type filtersCall struct {
	data  *providerdata.Data
	calls *bunq.UserClient
	user  bunq.User
}

// filtersOwner notes that a resource of this run got the filters of a user.
type filtersOwner string

// own takes the filters of the user for one resource of this run. false: another
// one has them.
func (c *filtersCall) own() bool {
	return !providerdata.Keep(c.data, filtersOwner(providerdata.FormatID(c.user.ID)), true)
}

// disown gives them back, where nothing came of it.
func (c *filtersCall) disown() {
	providerdata.Take[bool](c.data, filtersOwner(providerdata.FormatID(c.user.ID)))
}

func ownedHere(data *providerdata.Data, user string) bool {
	_, owned := providerdata.Find[bool](data, filtersOwner(user))
	return owned
}

// replace makes want the set, where there is anything to do. before is what bunq has.
// A lost answer is looked up, and where bunq still has what it had, the call goes
// once more: it replaces, and so may be repeated.
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

// stays is the state after a write that failed.
func (c *filtersCall) stays(err error) string {
	if bunq.OutcomeUnknown(err) {
		return "nothing was stored. Whether bunq has the new filters is not known: the next apply looks before it sends them."
	}
	return "nothing was stored, and bunq has the filters that it had."
}

// listed are filters as lines; a word for none.
func listed(filters []bunq.NotificationFilter) string {
	if len(filters) == 0 {
		return "    (none)"
	}
	return filterLines(without(filters))
}

// there says what a plan or an apply would take away from the user.
func (c *filtersCall) there(lost []bunq.NotificationFilter) string {
	return fmt.Sprintf("bunq keeps one set of notification filters per user and replaces it as a whole. User %d (%s) has %s that this resource does not declare:\n\n%s",
		c.user.ID, oneLine(c.user.DisplayName), count(len(lost), "filter"), filterLines(lost))
}

// ways are the next steps where filters would be lost.
func (c *filtersCall) ways() string {
	return "Next step: to keep them, add these lines to filters. To begin with the set that is there, import it:\n\n" +
		importBlock("bunq_notification_filters.NAME", providerdata.FormatID(c.user.ID)) +
		"\n\nTo remove them, set adopt_existing = true. If another configuration manages them, use that one."
}

// had returns those of filters that objects of this state have, by the plan that
// makes wanted the set of a new resource: what is being replaced, or has another name
// now, is nobody else's.
func (c *filtersCall) had(filters, wanted []bunq.NotificationFilter) []bunq.NotificationFilter {
	plan, _ := filtersLedger(c.data).plan("", c.creates(wanted))
	return c.foundIn(plan, filters)
}

// creates tells the entry of a new resource with that set, for the user or for one who
// was not known yet.
func (c *filtersCall) creates(wanted []bunq.NotificationFilter) func(entry) bool {
	user := providerdata.FormatID(c.user.ID)
	return func(e entry) bool {
		return e.ID == 0 && (e.To == marks(wanted) || e.To == openMarks) && (e.For == user || e.For == "")
	}
}

// foundIn returns those of filters that an object of the entries has, which is the
// user's.
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
