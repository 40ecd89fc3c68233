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
	StatusActive    Choice = "ACTIVE"
	StatusInactive  Choice = "INACTIVE"
	InPages         Choice = "pages" // newest first, with Pagination
	ByDevice        Choice = "device"
	ByAddress       Choice = "address"
	Whole           Choice = "whole" // all at once, without Pagination

	Never             Choice = "never"
	LastMinutes       Choice = "last-30-minutes"
	LastSeconds       Choice = "last-30-seconds"
	Revokes           Choice = "revokes"             // refused, and what was given before ends
	ByRFC6749         Choice = "rfc6749"             // the errors that RFC 6749 has for each case
	AllInvalidGrant   Choice = "invalid-grant"       // the one error that is documented, for everything
	GivenAndWithdrawn Choice = "given-and-withdrawn" // a notification of each
	WithdrawnOnly     Choice = "withdrawn"
)

// Settings are the simulator's choices where it is not known what bunq does, and a client could
// come to depend on it. The zero value of a field is its default. SettingChoices lists the answers
// of each.
type Settings struct {
	// FirstUse is the call that makes a key ACTIVE. UNKNOWN: "which call counts as first use".
	// ByDeviceServer or BySession.
	FirstUse Choice `json:"first_use,omitempty"`
	// ExpiredKeyStatus is the status of a key that was not used in time. UNKNOWN. Default "EXPIRED".
	ExpiredKeyStatus string `json:"expired_key_status,omitempty"`
	// RevokedKeyStatus is the status of a key that bunq has revoked (RevokeCredential). UNKNOWN.
	// Default "REVOKED".
	RevokedKeyStatus string `json:"revoked_key_status,omitempty"`
	// CredentialWithInstallationToken says whether GET /payment-service-provider-credential/{id}
	// also takes the installation token the credential was made with. UNKNOWN. Accepted or Refused.
	CredentialWithInstallationToken Choice `json:"credential_with_installation_token,omitempty"`
	// OldKeys says what happens to a user's keys when another certificate of the same user is
	// registered. UNKNOWN. Accepted (they go on working) or Refused (they and their sessions end).
	OldKeys Choice `json:"old_keys,omitempty"`
	// ExpiredCertificate in the sandbox, where the issuer is documented not to be checked, but
	// nothing is said of the dates. UNKNOWN. Refused or Accepted. Production always refuses.
	ExpiredCertificate Choice `json:"expired_certificate,omitempty"`
	// ECCertificate: a QSEAL certificate with an EC key, and so an ECDSA signature. Every source
	// has RSA. UNKNOWN. Refused or Accepted.
	ECCertificate Choice `json:"ec_certificate,omitempty"`
	// LeafInChain in production: the documentation says that the chain is sent without the leaf,
	// not what happens else. UNKNOWN. Refused or Accepted.
	LeafInChain Choice `json:"leaf_in_chain,omitempty"`
	// InstallationKeyReuse: the same client key in a second installation. UNKNOWN. Accepted or Refused.
	InstallationKeyReuse Choice `json:"installation_key_reuse,omitempty"`
	// ServerKey: whether bunq's public key is the same for all installations. Two installations were
	// seen to have different ones. PerInstallation or PerProcess.
	ServerKey Choice `json:"server_key,omitempty"`
	// SignInstallationReads: whether GETs under /installation are answered with a signature. Bunq's
	// own SDKs demand one, no recording shows it. Accepted (signed) or Refused (unsigned).
	SignInstallationReads Choice `json:"sign_installation_reads,omitempty"`
	// OptionalSignature: what happens to a wrong signature on a POST or PUT that needs none.
	// UNKNOWN. Refused or Ignored.
	OptionalSignature Choice `json:"optional_signature,omitempty"`
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
	// DeviceFromUnpermittedIP: POST /device-server with a key in use, from an address it does not
	// permit. The documented text of the refusal names the address, and a lockout is said not to be
	// repairable from outside; not seen in a recording. Refused or Accepted.
	DeviceFromUnpermittedIP Choice `json:"device_from_unpermitted_ip,omitempty"`
	// LoneWildcard: permitted_ips of ["*"] alone. Documented both ways; production clients rely on it
	// to open a key to every address. Wildcard or CallerOnly.
	LoneWildcard Choice `json:"lone_wildcard,omitempty"`
	// WildcardAfterConcrete: "*" for a key that already has concrete addresses. Documented not to
	// be possible, not how it fails. Refused, Ignored (200, "*" is left out) or Accepted.
	WildcardAfterConcrete Choice `json:"wildcard_after_concrete,omitempty"`
	// WildcardInList: whether a key open to every address shows an entry "*" in its list of
	// permitted addresses. UNKNOWN. Accepted (shown) or Refused (not shown).
	WildcardInList Choice `json:"wildcard_in_list,omitempty"`
	// DeviceList is what GET /device-server lists. UNKNOWN. OfUser or OfInstallation.
	DeviceList Choice `json:"device_list,omitempty"`
	// MaxDescription is the most characters of a device's description. UNKNOWN. Default 255.
	MaxDescription int `json:"max_description,omitempty"`
	// IPv6: an IPv6 address among those that are to be permitted. Two documents say that it is not
	// supported, a third that it is; how it is refused is UNKNOWN. Refused or Accepted.
	IPv6 Choice `json:"ipv6,omitempty"`
	// IPText is how addresses are given back (2001:DB8::1 sent). UNKNOWN. Canonical or AsSent.
	IPText Choice `json:"ip_text,omitempty"`

	// PermittedIPDefaultStatus of a permitted address posted without status. UNKNOWN. StatusActive
	// or StatusInactive.
	PermittedIPDefaultStatus Choice `json:"permitted_ip_default_status,omitempty"`
	// DuplicatePermittedIP: an address posted that is in the list already, in whatever status.
	// UNKNOWN. Refused or Accepted (a second entry).
	DuplicatePermittedIP Choice `json:"duplicate_permitted_ip,omitempty"`
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
	// UnknownTokenStatus: a token that was never given out, is of the wrong kind, or missing.
	// UNKNOWN. 403 (default) or 401.
	UnknownTokenStatus int `json:"unknown_token_status,omitempty"`
	// ForeignUserStatus: another user's id in the path. UNKNOWN. 404 (default) or 403.
	ForeignUserStatus int `json:"foreign_user_status,omitempty"`
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
	// CancelTwice: PUT CANCELLED on a cancelled client. UNKNOWN. Accepted (no change) or Refused.
	CancelTwice Choice `json:"cancel_twice,omitempty"`
	// ReactivateOAuthClient: PUT ACTIVE on a cancelled client. UNKNOWN. Refused, Accepted (it is
	// ACTIVE again, unless another one is) or Ignored (200, and it stays cancelled).
	ReactivateOAuthClient Choice `json:"reactivate_oauth_client,omitempty"`
	// CancelledOAuthClientURLs: POST, PUT and DELETE of a cancelled client's callback URLs.
	// UNKNOWN. Refused or Accepted.
	CancelledOAuthClientURLs Choice `json:"cancelled_oauth_client_urls,omitempty"`
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

	// CodeLifetime is how long an authorisation code waits for its exchange. UNKNOWN. Default 10
	// min, the most RFC 6749 allows.
	CodeLifetime time.Duration `json:"code_lifetime,omitempty"`
	// UsedCode: an authorisation code that was traded before is documented to be refused. Whether
	// the access token that it gave ends, as RFC 6749 recommends, is UNKNOWN. Refused or Revokes.
	UsedCode Choice `json:"used_code,omitempty"`
	// TokenErrors of the token endpoint, for what is not a bad code: a missing or wrong parameter,
	// a body, wrong client credentials, a cancelled client. UNKNOWN. ByRFC6749 (invalid_request,
	// unsupported_grant_type, invalid_client) or AllInvalidGrant.
	TokenErrors Choice `json:"token_errors,omitempty"`
	// AccessTokenWithoutDevice: session-server with an access token that was not registered by
	// device-server, on an installation of the PSD2 user. Seen accepted; the documentation says to
	// register it. Accepted or Refused.
	AccessTokenWithoutDevice Choice `json:"access_token_without_device,omitempty"`
	// ConsentNotifications: what filters of category OAUTH are told. Documented is "revoked
	// connections". GivenAndWithdrawn or WithdrawnOnly.
	ConsentNotifications Choice `json:"consent_notifications,omitempty"`

	// MissingNotificationFilters: a POST of filters without the field notification_filters, or with
	// null. UNKNOWN. Refused or Accepted (as an empty list: no filter is left).
	MissingNotificationFilters Choice `json:"missing_notification_filters,omitempty"`
	// UnknownNotificationCategory: a category that is not in the documentation. UNKNOWN. Refused,
	// Accepted (kept as it is) or Ignored (200, and left out).
	UnknownNotificationCategory Choice `json:"unknown_notification_category,omitempty"`
	// DuplicateNotificationFilter: category and target of another filter of the same body. UNKNOWN.
	// Refused, Accepted (both are kept, and both count for the two of a category) or Ignored (200,
	// and left out).
	DuplicateNotificationFilter Choice `json:"duplicate_notification_filter,omitempty"`
	// NotificationFilterFields of a read; the answer to a POST has category and target only, which
	// was seen. UNKNOWN. Bare or WithTimestamps (id, created and updated, too).
	NotificationFilterFields Choice `json:"notification_filter_fields,omitempty"`
	// NotificationFilterList is how a GET lists filters. Lists have pages, but nothing says it of
	// this one, whose elements have no id. UNKNOWN. InPages or Whole.
	NotificationFilterList Choice `json:"notification_filter_list,omitempty"`

	// WarningHeader is the text of X-Bunq-Warning, which answers "occasionally" have; it is on
	// every answer then. UNKNOWN. Default none.
	WarningHeader string `json:"warning_header,omitempty"`
	// DeleteBody of a successful DELETE. UNKNOWN. EmptyResponse, EmptyObject or NoBody.
	DeleteBody Choice `json:"delete_body,omitempty"`
	// RateLimitStatus: 429, formerly also 409 in the sandbox. 429 (default) or 409 (sandbox only).
	RateLimitStatus int `json:"rate_limit_status,omitempty"`
	// RecentLimitsFor is whom LimitsRecent counts for. Documented is "per device", with key,
	// session and address named as what tells devices apart. ByDevice (the session's key, without a
	// session the installation, without that the address) or ByAddress.
	RecentLimitsFor Choice `json:"recent_limits_for,omitempty"`
	// RefusedRequestsCount: whether requests answered with 429 use up the limit themselves.
	// UNKNOWN. Refused (they don't count) or Accepted (they do).
	RefusedRequestsCount Choice `json:"refused_requests_count,omitempty"`
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
