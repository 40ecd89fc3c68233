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
	ID           int64              `json:"id"`
	Created      wireTime           `json:"created"`
	Updated      wireTime           `json:"updated"`
	Filters      []wireFailedFilter `json:"notification_filters"`
	Category     string             `json:"category"`
	EventType    string             `json:"event_type"`
	ObjectID     int64              `json:"object_id"`
	Exception    string             `json:"exception_message"`
	ResponseCode *int               `json:"response_code"`
}

// failureElement has the fields of bunq's OpenAPI file, and the id that a retry needs and that the
// file leaves out.
func failureElement(d *Delivery) element {
	w := wireFailure{
		ID: d.ID, Created: wireTime(d.Created), Updated: wireTime(d.Updated), Category: d.Category, EventType: d.EventType,
		Filters: []wireFailedFilter{{DeliveryURL, d.Target, d.Category}}, ObjectID: d.ObjectID, Exception: d.Problem,
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

// retryFailures begins failed deliveries again, with as many tries as at first. That ids are
// separated by commas, and that the answer holds what is tried again, is the simulator's choice.
func retryFailures(c *call) (reply, *apiError) {
	const field = "notification_filter_failed_ids"
	var again []*Delivery
	for text := range strings.SplitSeq(c.body.strings[field], ",") {
		id, ok := parseID(strings.TrimSpace(text))
		if !ok {
			return reply{}, errInvalidValue(field)
		}
		d := first(c.failures(), func(d *Delivery) bool { return d.ID == id })
		if d == nil {
			return reply{}, errNotFound("Notification filter failure", id)
		}
		again = append(again, d)
	}

	var r reply
	for _, d := range again {
		r.elements = append(r.elements, failureElement(d))
		d.Status, d.Attempts, d.Next, d.Updated = DeliveryPending, 0, c.now, c.now
	}
	return r, nil
}
