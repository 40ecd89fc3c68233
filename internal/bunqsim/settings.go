package bunqsim

import (
	"encoding/json"
	"time"
)

// Choice is one of the named answers of a setting. The empty string stands for the default, which
// is the first one named.
type Choice string

// The answers of the settings.
const (
	Refused         Choice = "refused"
	Accepted        Choice = "accepted"
	Ignored         Choice = "ignored"
	Required        Choice = "required"
	Existing        Choice = "existing"          // answered with the id of what exists already
	ByDeviceServer  Choice = "device-server"     // POST /device-server
	BySession       Choice = "session-server"    // POST /session-server
	CallerOnly      Choice = "caller-only"       // the caller's address only
	Wildcard        Choice = "wildcard"          // every address
	OfUser          Choice = "user"              // everything of the session's user
	OfInstallation  Choice = "installation"      // only what was made with the session's installation
	Readable        Choice = "readable"          // still there
	Gone            Choice = "gone"              // 404
	Canonical       Choice = "canonical"         // as net/netip prints it
	AsSent          Choice = "as-sent"           // byte by byte
	PerProcess      Choice = "process"           // one for all
	PerInstallation Choice = "per-installation"  // one each
	EmptyResponse   Choice = "empty-response"    // {"Response":[]}
	EmptyObject     Choice = "empty-object"      // {}
	NoBody          Choice = "no-body"           // zero bytes
	WithDisplayName Choice = "with-display-name" // display_name, no timestamps
	Bare            Choice = "bare"              // neither
	WithTimestamps  Choice = "with-timestamps"   // display_name, created and updated
	WithLists       Choice = "with-lists"        // of ids and verification types
	Plain           Choice = "plain"
	NamesMethod     Choice = "with-method"
	InPages         Choice = "pages" // newest first, with Pagination
	Whole           Choice = "whole" // all at once, without Pagination

	Never       Choice = "never"
	LastMinutes Choice = "last-30-minutes"
	LastSeconds Choice = "last-30-seconds"
)

// Settings are the simulator's choices where it is not known what bunq does, and a client could
// come to depend on it. The zero value of a field is its default. SettingChoices lists the answers
// of each.
type Settings struct {
	// FirstUse is the call that makes a key ACTIVE. UNKNOWN: "which call counts as first use".
	// ByDeviceServer or BySession.
	FirstUse Choice `json:"first_use,omitempty"`
	// OldKeys says what happens to a user's keys when another certificate of the same user is
	// registered. UNKNOWN. Accepted (they go on working) or Refused (they and their sessions end).
	OldKeys Choice `json:"old_keys,omitempty"`
	// InstallationKeyReuse: the same client key in a second installation. UNKNOWN. Accepted or Refused.
	InstallationKeyReuse Choice `json:"installation_key_reuse,omitempty"`
	// ServerKey: whether bunq's public key is the same for all installations. Two installations were
	// seen to have different ones. PerInstallation or PerProcess.
	ServerKey Choice `json:"server_key,omitempty"`
	// SignInstallationReads: whether GETs under /installation are answered with a signature. Bunq's
	// own SDKs demand one, no recording shows it. Accepted (signed) or Refused (unsigned).
	SignInstallationReads Choice `json:"sign_installation_reads,omitempty"`
	// UsedRequestID: documented is that X-Bunq-Client-Request-Id must be unique, seen is that it
	// needn't be. Accepted (a used one is accepted) or Refused (400, for each installation).
	UsedRequestID Choice `json:"used_request_id,omitempty"`

	// SecondDeviceOfInstallation: POST /device-server on an installation that has a device, whatever
	// the key and the description. Seen refused by four clients, none of which shows it for the key
	// of a PSD2 party. Refused or Accepted (a new device id).
	SecondDeviceOfInstallation Choice `json:"second_device_of_installation,omitempty"`
	// SessionWithoutDevice: a session on an installation that has no device, with a key that is in
	// use elsewhere. UNKNOWN. Refused or Accepted (it opens).
	SessionWithoutDevice Choice `json:"session_without_device,omitempty"`
	// PendingKeyElsewhere: a key that waits for its first use, registered on another installation
	// than it was made with. UNKNOWN. Accepted or Refused.
	PendingKeyElsewhere Choice `json:"pending_key_elsewhere,omitempty"`
	// LoneWildcard: permitted_ips of ["*"] alone. Documented both ways; production clients rely on it
	// to open a key to every address. Wildcard or CallerOnly.
	LoneWildcard Choice `json:"lone_wildcard,omitempty"`
	// WildcardAfterConcrete: "*" for a key that already has concrete addresses. Documented not to
	// be possible, not how it fails. Refused, Ignored (200, "*" is left out) or Accepted.
	WildcardAfterConcrete Choice `json:"wildcard_after_concrete,omitempty"`
	// DeviceList is what GET /device-server lists. UNKNOWN. OfUser or OfInstallation.
	DeviceList Choice `json:"device_list,omitempty"`
	// DeviceListWithInstallationToken: GET /device-server with the installation token. Documented is
	// the session's; one client says that it reads the list with the other. Refused or Accepted (the
	// installation's device).
	DeviceListWithInstallationToken Choice `json:"device_list_with_installation_token,omitempty"`
	// BrakeAfterWrongKeys is how many wrong keys on one installation make bunq refuse all of them for
	// a minute. The text was seen; how many it takes, and for how long, is UNKNOWN. Default 0: never.
	BrakeAfterWrongKeys int `json:"brake_after_wrong_keys,omitempty"`
	// IPv6: an IPv6 address among those that are to be permitted. Two documents say that it is not
	// supported, a third that it is; how it is refused is UNKNOWN. Refused or Accepted.
	IPv6 Choice `json:"ipv6,omitempty"`
	// IPText is how addresses are given back (2001:DB8::1 sent). UNKNOWN. Canonical or AsSent.
	IPText Choice `json:"ip_text,omitempty"`

	// IPInPermittedIPUpdate: the field ip in a PUT. Its sources contradict each other. Refused
	// (superfluous), Ignored or Required.
	IPInPermittedIPUpdate Choice `json:"ip_in_permitted_ip_update,omitempty"`

	// FirstSessionLifetime of a key. Documented as one hour, not visible in any field. Default 1 h.
	FirstSessionLifetime time.Duration `json:"first_session_lifetime,omitempty"`
	// SessionLifetime of all later ones. Seen: 90 h. Default 90 h (324000 s), which is also what
	// session_timeout says.
	SessionLifetime time.Duration `json:"session_lifetime,omitempty"`
	// SessionExtension: whether the use of a session makes it last. Documented in two ways. Never,
	// LastMinutes (a request in the last 30 minutes gives it a life again) or LastSeconds (one in
	// the last 30 seconds gives it 5 minutes at most).
	SessionExtension Choice `json:"session_extension,omitempty"`
	// DeadSessionStatus: both were seen for a session that has ended. 401 (default) or 403.
	DeadSessionStatus int `json:"dead_session_status,omitempty"`
	// ParallelSessions: a second session of a key on an installation where one lives. Seen accepted
	// (years ago refused). Accepted or Refused.
	ParallelSessions Choice `json:"parallel_sessions,omitempty"`

	// SecondOAuthClient: POST /user/{id}/oauth-client where an active one exists "gives errors". The
	// text of one was seen, its status is UNKNOWN. Refused, Accepted (silently made) or Existing.
	SecondOAuthClient Choice `json:"second_oauth_client,omitempty"`
	// CancelledOAuthClient: reading a cancelled client. UNKNOWN. Readable or Gone.
	CancelledOAuthClient Choice `json:"cancelled_oauth_client,omitempty"`
	// CancelPending is how long a client stays CANCELLED_PENDING before it is CANCELLED; the status
	// is documented, when it is used UNKNOWN. Default 0: at once. While pending it still takes the
	// user's one place.
	CancelPending time.Duration `json:"cancel_pending,omitempty"`
	// OAuthClientFields: the optional fields of a client. WithDisplayName, Bare or WithTimestamps.
	OAuthClientFields Choice `json:"oauth_client_fields,omitempty"`

	// HTTPCallback: a callback URL with http. UNKNOWN answer. Refused or Accepted.
	HTTPCallback Choice `json:"http_callback,omitempty"`
	// DuplicateCallback: a callback URL the client has already. The text of a refusal was seen, its
	// status is UNKNOWN. Refused or Accepted.
	DuplicateCallback Choice `json:"duplicate_callback,omitempty"`
	// MaxCallbackLength in characters. UNKNOWN. Default 255.
	MaxCallbackLength int `json:"max_callback_length,omitempty"`
	// MaxCallbacks of one client. UNKNOWN. Default 0: any number.
	MaxCallbacks int `json:"max_callbacks,omitempty"`

	// UnknownNotificationCategory: a category that is in none of bunq's lists, of which the newer has
	// more than the older. UNKNOWN. Refused or Accepted (kept as it is).
	UnknownNotificationCategory Choice `json:"unknown_notification_category,omitempty"`
	// NotificationFilterFields beside category and target: bunq's newer documentation has three lists
	// in every answer, an older recording has none; whether a read has more is UNKNOWN. WithLists
	// (all_user_id, all_monetary_account_id, all_verification_type), Bare or WithTimestamps (the lists,
	// and in a read id, created and updated, too).
	NotificationFilterFields Choice `json:"notification_filter_fields,omitempty"`
	// NotificationFilterList is how a GET lists filters. Lists have pages, but nothing says it of
	// this one, whose elements have no id. UNKNOWN. InPages or Whole.
	NotificationFilterList Choice `json:"notification_filter_list,omitempty"`

	// DeleteBody of a successful DELETE. UNKNOWN. EmptyResponse, EmptyObject or NoBody.
	DeleteBody Choice `json:"delete_body,omitempty"`
	// RateLimitStatus: 429, formerly also 409 in the sandbox. 429 (default) or 409 (sandbox only).
	RateLimitStatus int `json:"rate_limit_status,omitempty"`
	// RateLimitText: both forms were seen. Plain ("3 calls per 3 second") or NamesMethod ("3 GET call
	// per 3 second").
	RateLimitText Choice `json:"rate_limit_text,omitempty"`
	// SetupCallsPerDay is how many POST /installation, /payment-service-provider-credential and
	// /device-server each LimitsRecent takes from an address in 24 hours. Bunq's newer page is quoted
	// with about 10; which calls count is UNKNOWN. Default 0: any number.
	SetupCallsPerDay int `json:"setup_calls_per_day,omitempty"`
}

// String returns the settings that are not left at their default, as the JSON object that the flag
// -settings takes.
func (s Settings) String() string {
	b, err := json.Marshal(s)
	if err != nil {
		panic("bunqsim: " + err.Error()) // strings and numbers only
	}
	return string(b)
}
