package bunq

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Credential is an API key as bunq keeps it. Times are UTC.
type Credential struct {
	ID               int64
	Created, Updated time.Time
	Status           string
	// ExpiryTime is until when an unused key lives; nil once it was used.
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
	Created         timestamp  `json:"created"`
	Updated         timestamp  `json:"updated"`
	Status          string     `json:"status"`
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
	c := Credential{ID: w.ID, Created: w.Created.Time, Updated: w.Updated.Time, Status: w.Status, TokenValue: Secret(w.TokenValue)}
	if w.ExpiryTime != nil {
		c.ExpiryTime = &w.ExpiryTime.Time
	}
	if w.PermittedDevice != nil {
		c.PermittedDevice = &PermittedDevice{Description: w.PermittedDevice.Description, IP: w.PermittedDevice.IP}
	}
	return c, nil
}

func credentialOf(elements []element) (*Credential, error) {
	w, err := one[wireCredential](elements, typeCredential)
	if err != nil {
		return nil, err
	}
	c, err := w.credential()
	if err != nil {
		return nil, err
	}
	return &c, nil
}

// Credential reads one credential of the user.
func (u *UserClient) Credential(ctx context.Context, id int64) (*Credential, error) {
	return readShared(ctx, u, routeCredential(id), false, func(elements []element) (*Credential, error) {
		c, err := credentialOf(elements)
		if err != nil {
			return nil, err
		}
		return c, sameID(typeCredential, c.ID, id)
	})
}

// Credentials reads all credentials of the user, newest first.
func (u *UserClient) Credentials(ctx context.Context) ([]Credential, error) {
	return readShared(ctx, u, routeCredentials(), true, func(elements []element) ([]Credential, error) {
		return convert(elements, typeCredential, wireCredential.credential)
	})
}

// convert decodes the elements of one type to what callers see.
func convert[W, T any](elements []element, typ string, to func(W) (T, error)) ([]T, error) {
	wires, err := all[W](elements, typ)
	if err != nil {
		return nil, err
	}
	list := make([]T, 0, len(wires))
	for _, w := range wires {
		t, err := to(w)
		if err != nil {
			return nil, err
		}
		list = append(list, t)
	}
	return list, nil
}

// sameID refuses an object that is not the one asked for: it would end up in a
// state under another's id.
func sameID(typ string, got, want int64) error {
	if got != want {
		return fmt.Errorf("its %s has the id %d, asked for was %d", typ, got, want)
	}
	return nil
}
