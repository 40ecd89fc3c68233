package bunq

// Statuses as bunq writes them. The status of a credential that expired is UNKNOWN.
const (
	// StatusActive: in use. Credentials, permitted addresses, devices and OAuth clients have it.
	StatusActive = "ACTIVE"

	// CredentialPendingFirstUse: the key was never used; bunq still shows it, until ExpiryTime
	// (DOCUMENTED in bunq's OpenAPI export).
	CredentialPendingFirstUse = "PENDING_FIRST_USE"

	// AddressInactive: calls from the address are refused (DOCUMENTED in bunq's OpenAPI export).
	AddressInactive = "INACTIVE"

	// DeviceNeedsConfirmation: the status is DOCUMENTED in bunq's OpenAPI export. That calls may be
	// refused until the device is confirmed is assumed from its name.
	DeviceNeedsConfirmation = "NEEDS_CONFIRMATION"

	// ClientCancelled and ClientCancelledPending: the client can no longer be used (DOCUMENTED in
	// bunq's OpenAPI export). What the latter waits for is UNKNOWN.
	ClientCancelled        = "CANCELLED"
	ClientCancelledPending = "CANCELLED_PENDING"
)
