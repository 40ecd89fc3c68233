package bunq

// Statuses as bunq writes them. What it calls a credential whose time ran out is UNKNOWN.
const (
	// StatusActive: in use. Credentials, permitted addresses, devices and OAuth clients have it.
	StatusActive = "ACTIVE"

	// CredentialPendingFirstUse: the key was never used; bunq still shows it, until ExpiryTime
	// (bunq docs, "credential-password-ip").
	CredentialPendingFirstUse = "PENDING_FIRST_USE"

	// AddressInactive: calls from the address are refused (bunq docs, "credential-password-ip/ip").
	AddressInactive = "INACTIVE"

	// DeviceNeedsConfirmation: calls may be refused until the device is confirmed (bunq docs,
	// GET /device-server).
	DeviceNeedsConfirmation = "NEEDS_CONFIRMATION"

	// ClientCancelled and ClientCancelledPending: the client is of no more use (bunq docs,
	// oauth-client). What the latter waits for is UNKNOWN.
	ClientCancelled        = "CANCELLED"
	ClientCancelledPending = "CANCELLED_PENDING"
)
