package bunqsim

import "time"

// The ways a notification reaches a user.
const (
	DeliveryURL  = "URL"
	DeliveryPush = "PUSH"
)

// NotificationFilter is one event that a user wants to hear of.
type NotificationFilter struct {
	ID       int64     `json:"id"`
	UserID   int64     `json:"user_id"`
	Delivery string    `json:"delivery"`
	Category string    `json:"category"`
	Target   string    `json:"target"` // "" for DeliveryPush
	Created  time.Time `json:"created"`

	VerificationTypes []string `json:"verification_types,omitempty"` // BUNQ_CERTIFICATE: bunq shows its certificate
}

// The statuses of a connection.
const (
	ConnectionActive    = "ACTIVE"
	ConnectionRevoked   = "REVOKED"   // by who had agreed to it
	ConnectionCancelled = "CANCELLED" // with its client
)

// Connection is one consent: the code it gave, and the access token that the code was traded for.
type Connection struct {
	ID            int64     `json:"id"`
	OAuthClientID int64     `json:"oauth_client_id"`
	RequestedBy   int64     `json:"requested_by"`  // user of the client
	GrantedBy     int64     `json:"granted_by"`    // user who said yes
	UserID        int64     `json:"user_id"`       // the UserApiKey
	CredentialID  int64     `json:"credential_id"` // of the access token; 0 until the code is used
	Status        string    `json:"status"`
	Code          string    `json:"code"`
	CodeExpires   time.Time `json:"code_expires"`
	RedirectURI   string    `json:"redirect_uri"`
	State         string    `json:"state"`
	HasState      bool      `json:"has_state"`
	Created       time.Time `json:"created"`
	Updated       time.Time `json:"updated"`
}

// The statuses of a delivery.
const (
	DeliveryPending   = "PENDING"
	DeliveryDelivered = "DELIVERED"
	DeliveryFailed    = "FAILED" // after the last try
)

// Delivery is one notification to one URL.
type Delivery struct {
	ID           int64     `json:"id"`
	UserID       int64     `json:"user_id"` // whose filter it is
	Category     string    `json:"category"`
	EventType    string    `json:"event_type"`
	ObjectID     int64     `json:"object_id"`
	Target       string    `json:"target"`
	Body         string    `json:"body"`
	Status       string    `json:"status"`
	Attempts     int       `json:"attempts"`
	Next         time.Time `json:"next"`          // when it is tried, or tried again
	ResponseCode int       `json:"response_code"` // of the last try; 0 for none
	Problem      string    `json:"problem"`       // of the last try
	Created      time.Time `json:"created"`
	Updated      time.Time `json:"updated"`
}
