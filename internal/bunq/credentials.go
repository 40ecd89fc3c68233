package bunq

import (
	"context"
	"errors"
	"slices"
	"time"
)

// Credential is an API key as bunq lists it.
type Credential struct {
	ID     int64
	Status string
	// Created is UTC, zero where bunq names no time.
	Created time.Time
	// ExpiryTime is until when an unused key lives, UTC; nil once it was used.
	ExpiryTime *time.Time
	// TokenValue is the API key; shown while the status is CredentialPendingFirstUse only.
	TokenValue Secret
	// PermittedDevice is what the key is bound to; nil until its first use.
	PermittedDevice *PermittedDevice
}

// PermittedDevice is the device that a key was registered with.
type PermittedDevice struct {
	Description, IP string
}

type wireCredential struct {
	ID              int64      `json:"id"`
	Status          string     `json:"status"`
	Created         timestamp  `json:"created"`
	ExpiryTime      *timestamp `json:"expiry_time"`
	TokenValue      string     `json:"token_value"`
	PermittedDevice *struct {
		Description string `json:"description"`
		IP          string `json:"ip"`
	} `json:"permitted_device"`
}

const typeCredential = "CredentialPasswordIp"

func (w wireCredential) credential() (Credential, error) {
	if err := checkID(typeCredential, w.ID); err != nil {
		return Credential{}, err
	}
	if w.Status == "" {
		return Credential{}, errors.New("its " + typeCredential + " has no status")
	}
	c := Credential{ID: w.ID, Status: w.Status, Created: w.Created.Time, TokenValue: Secret(w.TokenValue)}
	if w.ExpiryTime != nil {
		c.ExpiryTime = &w.ExpiryTime.Time
	}
	if w.PermittedDevice != nil {
		c.PermittedDevice = &PermittedDevice{Description: w.PermittedDevice.Description, IP: w.PermittedDevice.IP}
	}
	return c, nil
}

// Credential reads one credential of the user.
func (u *UserClient) Credential(ctx context.Context, id int64) (*Credential, error) {
	return readShared(ctx, u, routeCredential(id), false, func(elements []element) (*Credential, error) {
		c, err := object(elements, typeCredential, wireCredential.credential)
		if err != nil {
			return nil, err
		}
		return c, sameID(typeCredential, c.ID, id)
	}, shallow)
}

// Credentials reads all credentials of the user, newest first.
func (u *UserClient) Credentials(ctx context.Context) ([]Credential, error) {
	return readShared(ctx, u, routeCredentials(), true, func(elements []element) ([]Credential, error) {
		return convert(elements, typeCredential, wireCredential.credential)
	}, slices.Clone)
}
