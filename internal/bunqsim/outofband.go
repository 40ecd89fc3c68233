package bunqsim

import (
	"context"
	"fmt"
	"slices"
)

// The methods below change things behind a client's back, as bunq itself, its app or another
// program would. They bypass the rules of the API and leave no trace in the journal. Each fails on
// an id that does not exist.

// change runs f on the store, and keeps what it did.
func (s *Sim) change(f func(c *call) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	set := s.set
	c := &call{sim: s, set: &set, st: s.st, now: s.now()}
	s.st.settle(c.now)
	if err := f(c); err != nil {
		return err
	}
	return s.save()
}

func byID[T any](all []*T, kind string, id int64, of func(*T) int64) (*T, error) {
	v := first(all, func(v *T) bool { return of(v) == id })
	if v == nil {
		return nil, fmt.Errorf("bunqsim: no %s with id %d", kind, id)
	}
	return v, nil
}

func (c *call) clientByID(id int64) (*OAuthClient, error) {
	return byID(c.st.OAuthClients, "OAuth client", id, func(o *OAuthClient) int64 { return o.ID })
}

// CreateOAuthClient makes a client for a user, beside one that may exist, and returns its id.
func (s *Sim) CreateOAuthClient(userID int64) (id int64, err error) {
	err = s.change(func(c *call) error {
		if _, err := byID(c.st.Users, "user", userID, func(u *User) int64 { return u.ID }); err != nil {
			return err
		}
		id = newOAuthClient(c.st, userID, c).ID
		return nil
	})
	return id, err
}

// CancelOAuthClient cancels a client.
func (s *Sim) CancelOAuthClient(id int64) error {
	return s.change(func(c *call) error {
		o, err := c.clientByID(id)
		if err == nil {
			c.cancel(o)
		}
		return err
	})
}

// DeleteOAuthClient removes a client and its callback URLs: 404 from now on.
func (s *Sim) DeleteOAuthClient(id int64) error {
	return s.change(func(c *call) error {
		if _, err := c.clientByID(id); err != nil {
			return err
		}
		c.st.endConnections(id, c.now)
		c.st.OAuthClients = slices.DeleteFunc(c.st.OAuthClients, func(o *OAuthClient) bool { return o.ID == id })
		c.st.CallbackURLs = slices.DeleteFunc(c.st.CallbackURLs, func(u *CallbackURL) bool { return u.OAuthClientID == id })
		return nil
	})
}

// AddCallbackURL adds a callback URL, of whatever form, and returns its id.
func (s *Sim) AddCallbackURL(oauthClientID int64, url string) (id int64, err error) {
	err = s.change(func(c *call) error {
		o, err := c.clientByID(oauthClientID)
		if err == nil {
			id = c.addCallback(o, url).ID
		}
		return err
	})
	return id, err
}

// EditCallbackURL gives a callback URL another value.
func (s *Sim) EditCallbackURL(id int64, url string) error {
	return s.change(func(c *call) error {
		u, err := byID(c.st.CallbackURLs, "callback URL", id, func(u *CallbackURL) int64 { return u.ID })
		if err == nil {
			u.URL, u.Updated = url, c.now
		}
		return err
	})
}

// DeleteCallbackURL removes a callback URL.
func (s *Sim) DeleteCallbackURL(id int64) error {
	return s.change(func(c *call) error {
		u, err := byID(c.st.CallbackURLs, "callback URL", id, func(u *CallbackURL) int64 { return u.ID })
		if err == nil {
			c.st.CallbackURLs = slices.DeleteFunc(c.st.CallbackURLs, func(o *CallbackURL) bool { return o == u })
		}
		return err
	})
}

func (c *call) credentialByID(id int64) (*Credential, error) {
	return byID(c.st.Credentials, "credential", id, func(k *Credential) int64 { return k.ID })
}

// SetPermittedIP gives a key's address a status, and adds the address ("*" too) if it isn't there.
func (s *Sim) SetPermittedIP(credentialID int64, ip, status string) error {
	return s.change(func(c *call) error {
		if !validIPStatus(status) {
			return fmt.Errorf("bunqsim: status %q", status)
		}
		k, err := c.credentialByID(credentialID)
		if err == nil {
			c.permit(k, ip, status)
		}
		return err
	})
}

// DeletePermittedIP removes an address from a key, which the API itself can't.
func (s *Sim) DeletePermittedIP(credentialID int64, ip string) error {
	return s.change(func(c *call) error {
		n := len(c.st.PermittedIPs)
		c.st.PermittedIPs = slices.DeleteFunc(c.st.PermittedIPs, func(p *PermittedIP) bool {
			return p.CredentialID == credentialID && sameAddress(p.IP, ip)
		})
		if len(c.st.PermittedIPs) == n {
			return fmt.Errorf("bunqsim: credential %d has no address %s", credentialID, ip)
		}
		return nil
	})
}

// SetDeviceStatus gives a device one of its statuses; its key opens no sessions unless the device
// is ACTIVE.
func (s *Sim) SetDeviceStatus(id int64, status string) error {
	return s.change(func(c *call) error {
		switch status {
		case DeviceActive, DeviceBlocked, DeviceNeedsConfirmation, DeviceObsolete:
		default:
			return fmt.Errorf("bunqsim: status %q", status)
		}
		d, err := byID(c.st.Devices, "device", id, func(d *Device) int64 { return d.ID })
		if err == nil {
			d.Status, d.Updated = status, c.now
		}
		return err
	})
}

// RevokeCredential ends a key and its sessions.
func (s *Sim) RevokeCredential(id int64) error {
	return s.change(func(c *call) error {
		k, err := c.credentialByID(id)
		if err == nil {
			c.st.revoke(k, c.now)
		}
		return err
	})
}

// ExpireSessions ends all sessions, as if their time had run out.
func (s *Sim) ExpireSessions() error {
	return s.change(func(c *call) error {
		for _, e := range c.st.Sessions {
			if e.Status == SessionActive {
				e.Status = SessionExpired
			}
		}
		return nil
	})
}

// SetNotificationFilters replaces the URL filters of a user. Of each filter it takes Category and
// Target, of whatever form.
func (s *Sim) SetNotificationFilters(userID int64, filters ...NotificationFilter) error {
	return s.change(func(c *call) error {
		if _, err := byID(c.st.Users, "user", userID, func(u *User) int64 { return u.ID }); err != nil {
			return err
		}
		c.replaceFilters(userID, DeliveryURL, filters)
		return nil
	})
}

// RevokeConnection is a user who withdraws consent: the access token and its sessions end, and
// whoever has a filter of category OAUTH is told.
func (s *Sim) RevokeConnection(id int64) error {
	err := s.change(func(c *call) error {
		conn, err := byID(c.st.Connections, "connection", id, func(conn *Connection) int64 { return conn.ID })
		if err == nil && conn.Status != ConnectionActive {
			err = fmt.Errorf("bunqsim: connection %d has ended", id)
		}
		if err == nil {
			c.withdraw(conn)
		}
		return err
	})
	if err == nil {
		s.Deliver(context.Background())
	}
	return err
}

// Wipe is a reset of the sandbox: nothing that was registered is known any more, and no id comes
// twice. Server key, settings, armed faults and the journal stay.
func (s *Sim) Wipe() error {
	return s.change(func(c *call) error {
		c.st.wipe()
		s.forgetRequests()
		return nil
	})
}

// forgetRequests drops what is remembered of requests beside the store. Under Sim.mu.
func (s *Sim) forgetRequests() {
	s.requestIDs, s.tickets, s.brakes = map[int64]map[string]bool{}, map[string]ticket{}, map[int64]*brake{}
}
