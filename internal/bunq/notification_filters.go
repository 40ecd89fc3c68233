package bunq

import (
	"context"
	"errors"
	"net/http"
	"slices"
)

// NotificationFilter is one webhook of a user: bunq notifies Target, an https URL, of
// events in Category (DOCUMENTED, https://doc.bunq.com/basics/callbacks-webhooks). It
// has neither an ID nor times (OBSERVED in the answer to a POST).
//
// all_user_id and all_monetary_account_id, which bunq fills in by itself, are left out.
type NotificationFilter struct {
	Category string `json:"category"`
	Target   string `json:"notification_target"`
	// VerificationTypes are how bunq proves to Target who it is, sorted:
	// BUNQ_CERTIFICATE for its client certificate. A POST that leaves them out loses
	// them (DOCUMENTED in bunq's SDKs).
	VerificationTypes []string `json:"all_verification_type,omitempty"`
}

const typeNotificationFilter = "NotificationFilterUrl"

func (f NotificationFilter) checked() (NotificationFilter, error) {
	if f.Category == "" || f.Target == "" {
		return NotificationFilter{}, errors.New("its " + typeNotificationFilter + " lacks category or target")
	}
	slices.Sort(f.VerificationTypes)
	f.VerificationTypes = slices.Compact(f.VerificationTypes)
	if len(f.VerificationTypes) == 0 {
		f.VerificationTypes = nil // none has one form: bunq sends an empty list where it was sent nothing
	}
	return f, nil
}

func filtersOf(elements []element) ([]NotificationFilter, error) {
	return convert(elements, typeNotificationFilter, NotificationFilter.checked)
}

// NotificationFilters reads all webhooks of the user.
func (u *UserClient) NotificationFilters(ctx context.Context) ([]NotificationFilter, error) {
	return readShared(ctx, u, routeNotificationFilters(), true, filtersOf, slices.Clone)
}

// ReplaceNotificationFilters replaces all webhooks of the user, whoever set them. Besides
// the opening of a session, this is the only POST that may be repeated.
//
// bunq answers with the filters, not with the Id of the OpenAPI export (OBSERVED).
func (u *UserClient) ReplaceNotificationFilters(ctx context.Context, filters []NotificationFilter) error {
	filters = append([]NotificationFilter{}, filters...) // [], not null, for none
	_, _, err := u.write(ctx, request{
		method: http.MethodPost, route: routeNotificationFilters(),
		payload: struct {
			Filters []NotificationFilter `json:"notification_filters"`
		}{filters},
	})
	return err
}
