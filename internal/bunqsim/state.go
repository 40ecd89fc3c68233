package bunqsim

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"time"
)

// store is everything that bunq would keep in its database. It is guarded by Sim.mu and is what a
// state file holds.
type store struct {
	Version     int         `json:"version"`
	Environment Environment `json:"environment"`
	// ServerKey is the PKCS#8 PEM of the key that signs answers; ServerKeys those of single
	// installations, by id.
	ServerKey  string           `json:"server_key"`
	ServerKeys map[int64]string `json:"server_keys,omitempty"`
	// LastID counts per type; ids are never given out twice, not even after Wipe.
	LastID map[string]int64 `json:"last_id"`

	Installations []*Installation `json:"installations"`
	Users         []*User         `json:"users"`
	Credentials   []*Credential   `json:"credentials"`
	Devices       []*Device       `json:"devices"`
	PermittedIPs  []*PermittedIP  `json:"permitted_ips"`
	Sessions      []*Session      `json:"sessions"`
	OAuthClients  []*OAuthClient  `json:"oauth_clients"`
	CallbackURLs  []*CallbackURL  `json:"callback_urls"`

	NotificationFilters []*NotificationFilter `json:"notification_filters,omitempty"`
	Connections         []*Connection         `json:"connections,omitempty"`
	Deliveries          []*Delivery           `json:"deliveries,omitempty"`
}

// Installation is one POST /installation.
type Installation struct {
	ID              int64     `json:"id"`
	TokenID         int64     `json:"token_id"`
	Token           string    `json:"token"`
	ClientPublicKey string    `json:"client_public_key"` // canonical SubjectPublicKeyInfo PEM
	ServerPublicKey string    `json:"server_public_key"`
	Created         time.Time `json:"created"`
}

// UserKind is the type key of a user on the wire.
type UserKind string

// The kinds of users.
const (
	UserPaymentServiceProvider UserKind = "UserPaymentServiceProvider"
	UserPerson                 UserKind = "UserPerson"
	UserCompany                UserKind = "UserCompany"
	UserAPIKey                 UserKind = "UserApiKey"
)

// User is a PSD2 party, a person or company that could consent, or what a consent makes: the user
// of an access token.
type User struct {
	ID                int64     `json:"id"`
	Kind              UserKind  `json:"kind"`
	Identity          string    `json:"identity"` // organizationIdentifier, else the distinguished name; "" for sandbox users
	DistinguishedName string    `json:"distinguished_name"`
	DisplayName       string    `json:"display_name"`
	Roles             []string  `json:"roles,omitempty"` // of a PSD2 party, as its last certificate has them
	Status            string    `json:"status"`
	PublicUUID        string    `json:"public_uuid"`
	AvatarUUID        string    `json:"avatar_uuid"`
	AttachmentUUID    string    `json:"attachment_uuid"`
	Created           time.Time `json:"created"`
	Updated           time.Time `json:"updated"`
}

// The statuses of a credential. The last two, of keys that have ended, are the simulator's choice.
const (
	CredentialPendingFirstUse = "PENDING_FIRST_USE"
	CredentialActive          = "ACTIVE"
	CredentialExpired         = "EXPIRED"
	CredentialRevoked         = "REVOKED"
)

// Credential is an API key with its addresses (CredentialPasswordIp).
type Credential struct {
	ID              int64            `json:"id"`
	UserID          int64            `json:"user_id"`
	InstallationID  int64            `json:"installation_id"` // 0 for a sandbox user's key and an access token
	Key             string           `json:"key"`
	Status          string           `json:"status"`
	Expires         time.Time        `json:"expires"` // of an unused key
	PermittedDevice *PermittedDevice `json:"permitted_device,omitempty"`
	SessionsOpened  int              `json:"sessions_opened"`
	Revoked         bool             `json:"revoked"`
	Created         time.Time        `json:"created"`
	Updated         time.Time        `json:"updated"`
}

// PermittedDevice is what an active credential says of the device that used it first.
type PermittedDevice struct {
	Description string `json:"description"`
	IP          string `json:"ip"`
}

// The statuses of a device.
const (
	DeviceActive            = "ACTIVE"
	DeviceBlocked           = "BLOCKED"
	DeviceNeedsConfirmation = "NEEDS_CONFIRMATION"
	DeviceObsolete          = "OBSOLETE"
)

// Device is one POST /device-server: a key made known to an installation.
type Device struct {
	ID             int64     `json:"id"`
	UserID         int64     `json:"user_id"`
	CredentialID   int64     `json:"credential_id"`
	InstallationID int64     `json:"installation_id"`
	Description    string    `json:"description"`
	IP             string    `json:"ip"`
	Status         string    `json:"status"`
	Created        time.Time `json:"created"`
	Updated        time.Time `json:"updated"`
}

// The statuses of a permitted address.
const (
	PermittedIPActive   = "ACTIVE"
	PermittedIPInactive = "INACTIVE"
)

// PermittedIP is one address a key may be used from, or "*".
type PermittedIP struct {
	ID           int64     `json:"id"`
	CredentialID int64     `json:"credential_id"`
	IP           string    `json:"ip"`
	Status       string    `json:"status"`
	Created      time.Time `json:"created"`
	Updated      time.Time `json:"updated"`
}

// The statuses of a session.
const (
	SessionActive  = "ACTIVE"
	SessionExpired = "EXPIRED"
	SessionDeleted = "DELETED"
)

// Session is one POST /session-server. Ended ones are kept: their tokens are answered otherwise
// than unknown ones.
type Session struct {
	ID             int64     `json:"id"`
	UserID         int64     `json:"user_id"`
	CredentialID   int64     `json:"credential_id"`
	InstallationID int64     `json:"installation_id"`
	Token          string    `json:"token"`
	Status         string    `json:"status"`
	Created        time.Time `json:"created"`
	Expires        time.Time `json:"expires"`
}

// The statuses of an OAuth client.
const (
	OAuthClientActive           = "ACTIVE"
	OAuthClientCancelled        = "CANCELLED"
	OAuthClientCancelledPending = "CANCELLED_PENDING"
)

// OAuthClient is a user's OAuth client.
type OAuthClient struct {
	ID          int64     `json:"id"`
	UserID      int64     `json:"user_id"`
	Status      string    `json:"status"`
	ClientID    string    `json:"client_id"`
	Secret      string    `json:"secret"`
	CancelledAt time.Time `json:"cancelled_at"` // when CANCELLED_PENDING turns into CANCELLED
	Created     time.Time `json:"created"`
	Updated     time.Time `json:"updated"`
}

// CallbackURL is one address an OAuth client may redirect to.
type CallbackURL struct {
	ID            int64     `json:"id"`
	OAuthClientID int64     `json:"oauth_client_id"`
	URL           string    `json:"url"`
	Created       time.Time `json:"created"`
	Updated       time.Time `json:"updated"`
}

// firstIDs start each type of object elsewhere, so that a client which mixes up two ids meets a 404.
var firstIDs = map[string]int64{
	"installation": 4916, "token": 16469, "user": 28196, "credential": 184760, "device": 2523,
	"ip": 42, "session": 6372800, "client": 633, "callback": 693,
	"filter": 1377, "connection": 5120, "delivery": 9001,
}

func newStore(env Environment) *store {
	return &store{Version: stateVersion, Environment: env, LastID: map[string]int64{}, ServerKeys: map[int64]string{}}
}

func (st *store) nextID(kind string) int64 {
	if st.LastID[kind] == 0 {
		first, ok := firstIDs[kind]
		if !ok {
			panic(fmt.Sprintf("bunqsim: no ids for %q", kind))
		}
		st.LastID[kind] = first - 1
	}
	st.LastID[kind]++
	return st.LastID[kind]
}

// wipe forgets all objects, and keeps the counters and the server's key.
func (st *store) wipe() {
	st.ServerKeys = map[int64]string{}
	st.Installations, st.Users, st.Credentials, st.Devices = nil, nil, nil, nil
	st.PermittedIPs, st.Sessions, st.OAuthClients, st.CallbackURLs = nil, nil, nil, nil
	st.NotificationFilters, st.Connections, st.Deliveries = nil, nil, nil
}

// settle ends the keys, sessions and pending cancellations whose time has run out.
func (st *store) settle(now time.Time) {
	for _, c := range st.Credentials {
		if c.Status == CredentialPendingFirstUse && !now.Before(c.Expires) {
			c.Status, c.Updated = CredentialExpired, c.Expires
		}
	}
	for _, e := range st.Sessions {
		if e.Status == SessionActive && !now.Before(e.Expires) {
			e.Status = SessionExpired
		}
	}
	for _, o := range st.OAuthClients {
		if o.Status == OAuthClientCancelledPending && !now.Before(o.CancelledAt) {
			o.Status, o.Updated = OAuthClientCancelled, o.CancelledAt
			st.endConnections(o.ID, o.CancelledAt)
		}
	}
}

// first returns the first element that matches, or nil.
func first[T any](all []*T, fits func(*T) bool) *T {
	for _, v := range all {
		if fits(v) {
			return v
		}
	}
	return nil
}

// filter returns the elements that match, in their order.
func filter[T any](all []*T, fits func(*T) bool) []*T {
	var out []*T
	for _, v := range all {
		if fits(v) {
			out = append(out, v)
		}
	}
	return out
}

// newToken returns 64 lower-case hex characters, the form of all tokens, keys and secrets of the API.
func newToken() string { return randomHex(32) }

func randomHex(bytes int) string {
	b := make([]byte, bytes)
	_, _ = rand.Read(b) // never fails: crypto/rand ends the process first
	return hex.EncodeToString(b)
}

// newUUID returns a random (version 4) UUID.
func newUUID() string {
	b := make([]byte, 16)
	_, _ = rand.Read(b)
	b[6] = b[6]&0x0f | 0x40
	b[8] = b[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
