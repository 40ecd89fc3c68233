package bunqsim

import (
	"slices"
	"time"
)

func createCredential(c *call) (reply, *apiError) {
	s, e := checkCertificate(c.sim.env, c.now,
		c.body.strings["client_payment_service_provider_certificate"],
		c.body.strings["client_payment_service_provider_certificate_chain"])
	if e != nil {
		return reply{}, e
	}
	// The stored key is canonical, however it was posted; the token makes the signature good for
	// this installation only.
	message := c.inst.ClientPublicKey + c.inst.Token
	if !verify(s.key, []byte(message), c.body.strings["client_public_key_signature"]) {
		return reply{}, errRegistrationSignatureInvalid()
	}
	user := providerUser(c, s)
	if c.set.OldKeys == Refused {
		for _, old := range filter(c.st.Credentials, func(k *Credential) bool { return k.UserID == user.ID && k.alive() }) {
			c.st.revoke(old, c.now)
		}
	}
	cred := newCredential(c, user.ID, newToken())
	cred.InstallationID = c.inst.ID
	return replyCredential(cred), nil
}

// providerUser returns the PSD2 user of the certificate's identity, a new one if there is none.
func providerUser(c *call, s *seal) *User {
	u := first(c.st.Users, func(u *User) bool { return u.Kind == UserPaymentServiceProvider && u.Identity == s.identity })
	if u == nil {
		u = newUser(c, UserPaymentServiceProvider, s.commonName)
		u.Identity, u.DistinguishedName = s.identity, s.dn
	}
	u.Roles = s.roles
	return u
}

// newCredential makes an unused key.
func newCredential(c *call, userID int64, key string) *Credential {
	cred := &Credential{
		ID: c.st.nextID("credential"), UserID: userID, Key: key, Status: CredentialPendingFirstUse,
		Expires: c.now.Add(c.sim.env.unusedKeyLife()), Created: c.now, Updated: c.now,
	}
	c.st.Credentials = append(c.st.Credentials, cred)
	return cred
}

// activate is the first use of a key: from now on it does not run out, and can no longer be read.
func (c *call) activate(cred *Credential, d *Device) {
	if cred.Status == CredentialPendingFirstUse {
		cred.Status, cred.Updated = CredentialActive, c.now
		cred.PermittedDevice = &PermittedDevice{Description: d.Description, IP: d.IP}
	}
}

// revoke ends a key and its sessions.
func (st *store) revoke(cred *Credential, at time.Time) {
	cred.Revoked, cred.Status, cred.Updated = true, CredentialRevoked, at
	for _, s := range st.Sessions {
		if s.CredentialID == cred.ID && s.Status == SessionActive {
			s.Status = SessionExpired
		}
	}
}

// alive reports whether the key can still be used, or be used for the first time.
func (cred *Credential) alive() bool {
	return !cred.Revoked && (cred.Status == CredentialPendingFirstUse || cred.Status == CredentialActive)
}

// usable reports whether the key opens sessions on an installation for this caller.
func (c *call) usable(cred *Credential, installationID int64) bool {
	return cred.alive() &&
		(c.registered(cred, installationID) || c.borrows(cred, installationID) || c.knownElsewhere(cred, installationID))
}

// knownElsewhere reports whether the key is in use on another installation, and this one has no
// device; with one answer of the setting that is enough.
func (c *call) knownElsewhere(cred *Credential, installationID int64) bool {
	return c.set.SessionWithoutDevice == Accepted && cred.Status == CredentialActive && c.permitted(cred) && !c.hasDevice(installationID)
}

// registered reports whether the key was made known to an installation, on a device that isn't
// blocked, and may be used from the caller's address.
func (c *call) registered(cred *Credential, installationID int64) bool {
	return c.permitted(cred) && slices.ContainsFunc(c.st.Devices, func(d *Device) bool {
		return d.CredentialID == cred.ID && d.InstallationID == installationID && d.Status == DeviceActive
	})
}

// borrows reports whether the key is an access token, and the installation one of the user it was
// given to: there it was seen to need no registration of its own.
func (c *call) borrows(cred *Credential, installationID int64) bool {
	conn := c.connectionOf(cred)
	return conn != nil && slices.ContainsFunc(c.st.Credentials, func(k *Credential) bool {
		return k.UserID == conn.RequestedBy && k.alive() && c.registered(k, installationID)
	})
}

// findOwnCredential serves the one route without a user in its path: the session's user, or the
// installation it was made with.
func findOwnCredential(c *call) *apiError {
	c.cred = first(c.st.Credentials, func(k *Credential) bool {
		if k.ID != c.ids[0] {
			return false
		}
		if c.sess != nil {
			return k.UserID == c.user.ID
		}
		return k.InstallationID == c.inst.ID
	})
	if c.cred == nil {
		return errNotFound("Credential password ip", c.ids[0])
	}
	return nil
}

func findCredential(c *call) *apiError {
	if e := findUser(c); e != nil {
		return e
	}
	c.cred = first(c.st.Credentials, func(k *Credential) bool { return k.ID == c.ids[1] && k.UserID == c.user.ID })
	if c.cred == nil {
		return errNotFound("Credential password ip", c.ids[1])
	}
	return nil
}

func credentialElement(cred *Credential) element {
	w := wireCredential{ID: cred.ID, Created: wireTime(cred.Created), Updated: wireTime(cred.Updated), Status: cred.Status}
	switch {
	case cred.Status == CredentialPendingFirstUse:
		w.TokenValue = &cred.Key
		w.ExpiryTime = (*wireTime)(&cred.Expires)
	case cred.Status == CredentialActive:
		w.PermittedDevice = cred.PermittedDevice
	case cred.PermittedDevice == nil: // ran out unused
		w.ExpiryTime = (*wireTime)(&cred.Expires)
	}
	return element{"CredentialPasswordIp", w}
}

func replyCredential(cred *Credential) reply {
	return reply{elements: []element{credentialElement(cred)}}
}

func readCredential(c *call) (reply, *apiError) { return replyCredential(c.cred), nil }

func listCredentials(c *call) (reply, *apiError) {
	var items []paged
	for _, k := range c.st.Credentials {
		if k.UserID == c.user.ID {
			items = append(items, paged{k.ID, credentialElement(k)})
		}
	}
	return paginate(items, c.query, c.path, c.st.LastID["credential"])
}
