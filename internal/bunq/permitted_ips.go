package bunq

import (
	"context"
	"errors"
	"net/http"
	"slices"
)

// PermittedIP is an address from which a credential may be used. Status is
// ACTIVE or INACTIVE; an address can neither be edited nor deleted (DOCUMENTED,
// https://doc.bunq.com/credential-password-ip).
type PermittedIP struct {
	ID         int64
	IP, Status string
}

type wirePermittedIP struct {
	ID     int64  `json:"id"`
	IP     string `json:"ip"`
	Status string `json:"status"`
}

const typePermittedIP = "PermittedIp"

func (w wirePermittedIP) permittedIP() (PermittedIP, error) {
	if w.IP == "" {
		return PermittedIP{}, errors.New("its " + typePermittedIP + " has no address")
	}
	return PermittedIP(w), checkID(typePermittedIP, w.ID)
}

// PermittedIPs reads all addresses of a credential.
func (u *UserClient) PermittedIPs(ctx context.Context, credentialID int64) ([]PermittedIP, error) {
	return readShared(ctx, u, routePermittedIPs(credentialID), true, func(elements []element) ([]PermittedIP, error) {
		return convert(elements, typePermittedIP, wirePermittedIP.permittedIP)
	}, slices.Clone)
}

// CreatePermittedIP adds an address, active. Not idempotent.
func (u *UserClient) CreatePermittedIP(ctx context.Context, credentialID int64, ip string) (int64, error) {
	// The status is sent, since bunq's default is UNKNOWN.
	return u.create(ctx, routePermittedIPs(credentialID), permittedIPPayload{IP: ip, Status: StatusActive})
}

// ipUpdateForm is the form in which bunq accepts the update of a permitted address.
type ipUpdateForm int32

const (
	formUnknown ipUpdateForm = iota
	formStatusOnly
	formWithAddress
)

// SetPermittedIPStatus sets ACTIVE or INACTIVE. bunq finds the address by the ID of p;
// whether the body must contain the address as well is UNKNOWN (the OpenAPI export
// requires it, two SDKs omit it). So the form without it is sent first. A 400 from bunq
// itself means that nothing was done: then the other form is sent once, and the client
// remembers which one bunq accepted. If bunq refuses both, the error is that of the
// first form.
func (u *UserClient) SetPermittedIPStatus(ctx context.Context, credentialID int64, p PermittedIP, status string) error {
	form := ipUpdateForm(u.client.ipUpdate.Load())
	err := u.putPermittedIP(ctx, credentialID, p, status, form)
	if form != formUnknown || !isBodyRefused(err) {
		return err
	}

	second := u.putPermittedIP(ctx, credentialID, p, status, formWithAddress)
	if isBodyRefused(second) {
		return err
	}
	return second
}

// putPermittedIP sends the update in one form, and remembers it if bunq accepted it.
func (u *UserClient) putPermittedIP(ctx context.Context, credentialID int64, p PermittedIP, status string, form ipUpdateForm) error {
	payload := permittedIPPayload{Status: status}
	if form == formWithAddress {
		payload.IP = p.IP
	} else {
		form = formStatusOnly
	}

	err := u.change(ctx, http.MethodPut, routePermittedIP(credentialID, p.ID), payload)
	if err == nil {
		u.client.ipUpdate.Store(int32(form))
	}
	return err
}

type permittedIPPayload struct {
	IP     string `json:"ip,omitempty"`
	Status string `json:"status"`
}

type statusPayload struct {
	Status string `json:"status"`
}
