package bunq

import (
	"context"
	"errors"
	"net/http"
)

// PermittedIP is an address from which a credential may be used. Status is
// ACTIVE or INACTIVE; an address can neither be edited nor deleted (bunq docs,
// "credential-password-ip/ip").
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
	})
}

// CreatePermittedIP adds an address, active. Not idempotent.
func (u *UserClient) CreatePermittedIP(ctx context.Context, credentialID int64, ip string) (int64, error) {
	// The status is said, since bunq's default is unknown.
	return u.create(ctx, routePermittedIPs(credentialID), struct {
		IP     string `json:"ip"`
		Status string `json:"status"`
	}{ip, "ACTIVE"})
}

// SetPermittedIPStatus sets ACTIVE or INACTIVE. The address itself must not be
// sent along (bunq docs).
func (u *UserClient) SetPermittedIPStatus(ctx context.Context, credentialID, id int64, status string) error {
	return u.change(ctx, http.MethodPut, routePermittedIP(credentialID, id), statusPayload{status})
}

type statusPayload struct {
	Status string `json:"status"`
}
