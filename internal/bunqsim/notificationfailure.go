package bunqsim

import "strings"

// failures returns the notifications of the session's user that bunq has given up on.
func (c *call) failures() []*Delivery {
	return filter(c.st.Deliveries, func(d *Delivery) bool { return d.UserID == c.user.ID && d.Status == DeliveryFailed })
}

type wireFailedFilter struct {
	Method   string `json:"notification_delivery_method"`
	Target   string `json:"notification_target"`
	Category string `json:"category"`
}

type wireFailure struct {
	ID              int64              `json:"id"`
	Created         wireTime           `json:"created"`
	Updated         wireTime           `json:"updated"`
	UserID          int64              `json:"user_id"`
	UserRequestedID int64              `json:"user_requested_id"`
	Category        string             `json:"category"`
	EventType       string             `json:"event_type"`
	ObjectID        int64              `json:"object_id"`
	Target          string             `json:"notification_target"`
	Filters         []wireFailedFilter `json:"notification_filters"`
	Exception       string             `json:"exception_message"`
	ResponseCode    *int               `json:"response_code"`
}

// failureElement has the fields of bunq's newer documentation.
func failureElement(d *Delivery) element {
	w := wireFailure{
		ID: d.ID, Created: wireTime(d.Created), Updated: wireTime(d.Updated), UserID: d.UserID, UserRequestedID: d.UserID,
		Category: d.Category, EventType: d.EventType, ObjectID: d.ObjectID, Target: d.Target,
		Filters: []wireFailedFilter{{DeliveryURL, d.Target, d.Category}}, Exception: d.Problem,
	}
	if d.ResponseCode != 0 {
		w.ResponseCode = &d.ResponseCode
	}
	return element{"NotificationFilterFailure", w}
}

func listFailures(c *call) (reply, *apiError) {
	var items []paged
	for _, d := range c.failures() {
		items = append(items, paged{d.ID, failureElement(d)})
	}
	return paginate(items, c.query, c.path, c.st.LastID["delivery"])
}

// maxRetried is how many failed deliveries one call may begin again.
const maxRetried = 100

// retryFailures begins failed deliveries again, with as many tries as at first: their ids, with a
// comma between two and no blanks.
func retryFailures(c *call) (reply, *apiError) {
	const field = "notification_filter_failed_ids"
	ids := strings.Split(c.body.strings[field], ",")
	if len(ids) > maxRetried {
		return reply{}, errInvalidValue(field)
	}
	var again []*Delivery
	for _, text := range ids {
		id, ok := parseID(text)
		if !ok {
			return reply{}, errInvalidValue(field)
		}
		d := first(c.failures(), func(d *Delivery) bool { return d.ID == id })
		if d == nil {
			return reply{}, errNotFound("Notification filter failure", id)
		}
		again = append(again, d)
	}

	for _, d := range again {
		d.Status, d.Attempts, d.Next, d.Updated = DeliveryPending, 0, c.now, c.now
	}
	return reply{}, nil
}
