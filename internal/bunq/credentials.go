package bunq

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"
)

// Credential is an API key as bunq lists it.
type Credential struct {
	ID     int64  `json:"id"`
	Status string `json:"status"`
	// Created is UTC, zero where bunq names no time.
	Created time.Time `json:"-"`
	// ExpiryTime is until when an unused key lives, UTC; nil once it was used.
	ExpiryTime *time.Time `json:"-"`
	// TokenValue is the API key; shown while the status is CredentialPendingFirstUse only.
	TokenValue Secret `json:"token_value"`
	// PermittedDevice is what the key is bound to; nil until its first use.
	PermittedDevice *PermittedDevice `json:"permitted_device"`
}

// PermittedDevice is the device that a key was registered with.
type PermittedDevice struct {
	Description string `json:"description"`
	IP          string `json:"ip"`
}

type wireCredential struct {
	Credential
	Created    timestamp  `json:"created"`
	ExpiryTime *timestamp `json:"expiry_time"`
}

const typeCredential = "CredentialPasswordIp"

func (w wireCredential) credential() (Credential, error) {
	if w.Status == "" {
		return Credential{}, errors.New("its " + typeCredential + " has no status")
	}
	w.Credential.Created = w.Created.Time
	if w.ExpiryTime != nil {
		w.Credential.ExpiryTime = &w.ExpiryTime.Time
	}
	return w.Credential, checkID(typeCredential, w.ID)
}

// Credential reads one credential of the user.
func (u *UserClient) Credential(ctx context.Context, id int64) (*Credential, error) {
	return readObject(ctx, u, routeCredential(id), typeCredential, wireCredential.credential, shallow)
}

// Credentials reads all credentials of the user, newest first.
func (u *UserClient) Credentials(ctx context.Context) ([]Credential, error) {
	return readShared(ctx, u, routeCredentials(), true, func(elements []element) ([]Credential, error) {
		return convert(elements, typeCredential, wireCredential.credential)
	}, slices.Clone)
}

// PermittedIP is an address from which a credential may be used. Status is
// ACTIVE or INACTIVE; an address can neither be edited nor deleted (DOCUMENTED,
// https://doc.bunq.com/credential-password-ip).
type PermittedIP struct {
	ID     int64  `json:"id"`
	IP     string `json:"ip"`
	Status string `json:"status"`
}

const typePermittedIP = "PermittedIp"

func (p PermittedIP) checked() (PermittedIP, error) {
	if p.IP == "" {
		return PermittedIP{}, errors.New("its " + typePermittedIP + " has no address")
	}
	return p, checkID(typePermittedIP, p.ID)
}

// PermittedIPs reads all addresses of a credential.
func (u *UserClient) PermittedIPs(ctx context.Context, credentialID int64) ([]PermittedIP, error) {
	return readShared(ctx, u, routePermittedIPs(credentialID), true, func(elements []element) ([]PermittedIP, error) {
		return convert(elements, typePermittedIP, PermittedIP.checked)
	}, slices.Clone)
}

// CreatePermittedIP adds an address, active. Not idempotent.
func (u *UserClient) CreatePermittedIP(ctx context.Context, credentialID int64, ip string) (int64, error) {
	// The status is sent, since bunq's default is UNKNOWN.
	return u.create(ctx, routePermittedIPs(credentialID), permittedIPPayload{IP: ip, Status: StatusActive})
}

// SetPermittedIPStatus sets ACTIVE or INACTIVE. bunq finds the address by the ID of p;
// whether the body must contain the address as well is UNKNOWN (the OpenAPI export
// requires it, two SDKs omit it). So the form without it is sent first. A 400 from bunq
// itself means that nothing was done: then the other form is sent once. If bunq refuses
// both, the error is that of the first form.
func (u *UserClient) SetPermittedIPStatus(ctx context.Context, credentialID int64, p PermittedIP, status string) error {
	at := routePermittedIP(credentialID, p.ID)
	err := u.change(ctx, http.MethodPut, at, permittedIPPayload{Status: status})
	if !isBodyRefused(err) {
		return err
	}
	second := u.change(ctx, http.MethodPut, at, permittedIPPayload{IP: p.IP, Status: status})
	if isBodyRefused(second) {
		return err
	}
	return second
}

type permittedIPPayload struct {
	IP     string `json:"ip,omitempty"`
	Status string `json:"status"`
}

type statusPayload struct {
	Status string `json:"status"`
}

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
