package oauthapp

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
)

// setFilters makes want the set of the user. It reads the set first: bunq also replaces what others
// have set, without an error. It returns the filters that bunq has and that are neither in want nor
// shown, as in the state; if those may not be removed, it changes nothing.
func setFilters(ctx context.Context, calls *bunq.UserClient, want, shown []bunq.NotificationFilter, mayRemove bool) (others []bunq.NotificationFilter, err error) {
	there, err := calls.NotificationFilters(ctx)
	if err != nil {
		return nil, err
	}
	others = without(there, want, shown)
	if len(others) > 0 && !mayRemove {
		return others, nil
	}
	return others, replaceFilters(ctx, calls, there, want)
}

// removeFilters removes filters from the set of the user, and returns what is left.
func removeFilters(ctx context.Context, calls *bunq.UserClient, filters []bunq.NotificationFilter) (left []bunq.NotificationFilter, err error) {
	there, err := calls.NotificationFilters(ctx)
	if err != nil {
		return nil, err
	}
	left = without(there, filters)
	return left, replaceFilters(ctx, calls, there, left)
}

// replaceFilters makes want the set, if it is not. before is what bunq has.
func replaceFilters(ctx context.Context, calls *bunq.UserClient, before, want []bunq.NotificationFilter) error {
	if sameFilters(before, want) {
		return nil
	}
	return bunq.Confirm(calls.ReplaceNotificationFilters(ctx, want), func() (bool, error) {
		now, err := calls.NotificationFilters(ctx)
		return sameFilters(now, want), err
	})
}

// aboutOthers says which filters of the user would be removed.
func aboutOthers(user bunq.User, others []bunq.NotificationFilter) string {
	return fmt.Sprintf("%s and replaces it as a whole. User %d (%s) has filters that this resource does not declare:\n\n%s",
		filtersKind.rule, user.ID, oneLine(user.DisplayName), filterLines(others))
}

// keepingOthers says what to do if filters would be removed.
func keepingOthers(user bunq.User) string {
	return "\n\nNext step: to keep them, add these lines to filters. To begin with the set that is there, import it:\n\n" +
		importBlock("bunq_notification_filters.NAME", providerdata.FormatID(user.ID)) +
		"\n\nTo remove them, set adopt_existing = true. If it is being replaced, apply without -replace: filters are changed in place. If another " +
		"configuration manages them, use that one."
}

// reportOthers reports that a new resource would remove filters. warned: the details have been said.
func reportOthers(user bunq.User, others []bunq.NotificationFilter, warned bool, diags *diag.Diagnostics) {
	said, next := aboutOthers(user, others), keepingOthers(user)
	if warned {
		said = fmt.Sprintf("User %d has filters that this resource does not declare.", user.ID)
		next = "\n\nNext step: follow the warning \"bunq_notification_filters will not be made\", which lists them."
	}
	diags.AddAttributeError(path.Root("filters"), "The user has notification filters already",
		said+"\n\nState: nothing was stored, and nothing was changed at bunq."+next)
}
