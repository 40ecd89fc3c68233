package bunqsim

import "time"

func createSession(c *call) (reply, *apiError) {
	secret := c.body.strings["secret"]
	cred := first(c.st.Credentials, func(k *Credential) bool { return k.Key == secret })
	if cred == nil || !c.usable(cred, c.inst.ID) {
		return reply{}, errCredentialsIncorrect()
	}
	if c.set.ParallelSessions == Refused && first(c.st.Sessions, func(s *Session) bool {
		return s.CredentialID == cred.ID && s.InstallationID == c.inst.ID && s.Status == SessionActive
	}) != nil {
		return reply{}, errSessionExists()
	}
	device := first(c.st.Devices, func(d *Device) bool {
		return d.CredentialID == cred.ID && d.InstallationID == c.inst.ID && d.Status == DeviceActive
	})
	c.activate(cred, device)
	life := c.set.SessionLifetime
	if cred.SessionsOpened == 0 {
		life = c.set.FirstSessionLifetime
	}
	cred.SessionsOpened++
	s := &Session{
		ID: c.st.nextID("session"), UserID: cred.UserID, CredentialID: cred.ID, InstallationID: c.inst.ID,
		Token: newToken(), Status: SessionActive, Created: c.now, Expires: c.now.Add(life),
	}
	c.st.Sessions = append(c.st.Sessions, s)
	return reply{elements: []element{
		elementID(s.ID),
		{"Token", wireToken{ID: s.ID, Created: wireTime(c.now), Updated: wireTime(c.now), Token: s.Token}},
		c.userElement(c.userByID(cred.UserID)),
	}}, nil
}

// The documentation has two versions of how a session is extended by a request shortly before it ends.
const (
	extendedWithin     = 30 * time.Minute
	extendedLateWithin = 30 * time.Second
	extendedLateBy     = 5 * time.Minute
)

// extend extends the life of a session because it is used.
func (c *call) extend(s *Session) {
	left := s.Expires.Sub(c.now)
	switch {
	case s.Status != SessionActive:
	case c.set.SessionExtension == LastMinutes && left <= extendedWithin:
		s.Expires = c.now.Add(c.set.SessionLifetime)
	case c.set.SessionExtension == LastSeconds && left <= extendedLateWithin:
		s.Expires = c.now.Add(min(c.set.SessionLifetime, extendedLateBy))
	}
}

// deleteSession ends the caller's session, whatever id is in the path.
func deleteSession(c *call) (reply, *apiError) {
	c.sess.Status = SessionDeleted
	return c.deleted(), nil
}

// deleted is the answer to a successful DELETE.
func (c *call) deleted() reply {
	switch c.set.DeleteBody {
	case EmptyObject:
		return reply{raw: []byte("{}"), hasRaw: true}
	case NoBody:
		return reply{hasRaw: true}
	default:
		return reply{}
	}
}
