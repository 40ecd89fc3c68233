package bunqsim

import (
	"encoding/json"
	"slices"
)

// Snapshot is a copy of all that exists, oldest first. It holds the secrets (tokens, keys), so that
// a test can compare them; don't print it.
type Snapshot struct {
	Installations []Installation `json:"installations"`
	Users         []User         `json:"users"`
	Credentials   []Credential   `json:"credentials"`
	Devices       []Device       `json:"devices"`
	PermittedIPs  []PermittedIP  `json:"permitted_ips"`
	Sessions      []Session      `json:"sessions"`
	OAuthClients  []OAuthClient  `json:"oauth_clients"`
	CallbackURLs  []CallbackURL  `json:"callback_urls"`

	NotificationFilters []NotificationFilter `json:"notification_filters"`
	Connections         []Connection         `json:"connections"`
	Deliveries          []Delivery           `json:"deliveries"`
}

// Snapshot returns what exists now, with the statuses as of now.
func (s *Sim) Snapshot() Snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.st.settle(s.now())
	out := Snapshot{
		Installations: copies(s.st.Installations), Users: copies(s.st.Users), Credentials: copies(s.st.Credentials),
		Devices: copies(s.st.Devices), PermittedIPs: copies(s.st.PermittedIPs), Sessions: copies(s.st.Sessions),
		OAuthClients: copies(s.st.OAuthClients), CallbackURLs: copies(s.st.CallbackURLs),
		NotificationFilters: copies(s.st.NotificationFilters), Connections: copies(s.st.Connections), Deliveries: copies(s.st.Deliveries),
	}
	for i := range out.Credentials {
		if p := out.Credentials[i].PermittedDevice; p != nil {
			d := *p
			out.Credentials[i].PermittedDevice = &d
		}
	}
	for i := range out.NotificationFilters {
		out.NotificationFilters[i].VerificationTypes = slices.Clone(out.NotificationFilters[i].VerificationTypes)
	}
	for i := range out.Users {
		out.Users[i].Roles = slices.Clone(out.Users[i].Roles)
	}
	return out
}

func copies[T any](all []*T) []T {
	out := make([]T, len(all))
	for i, p := range all {
		out[i] = *p
	}
	return out
}

// MarshalJSON keeps a snapshot that is logged by accident from showing its secrets.
func (sn Snapshot) MarshalJSON() ([]byte, error) {
	type plain Snapshot
	c := plain(sn)
	c.Installations = slices.Clone(c.Installations)
	for i := range c.Installations {
		c.Installations[i].Token = "(hidden)"
	}
	c.Credentials = slices.Clone(c.Credentials)
	for i := range c.Credentials {
		c.Credentials[i].Key = "(hidden)"
	}
	c.Sessions = slices.Clone(c.Sessions)
	for i := range c.Sessions {
		c.Sessions[i].Token = "(hidden)"
	}
	c.OAuthClients = slices.Clone(c.OAuthClients)
	for i := range c.OAuthClients {
		c.OAuthClients[i].Secret = "(hidden)"
	}
	c.Connections = slices.Clone(c.Connections)
	for i := range c.Connections {
		c.Connections[i].Code = "(hidden)"
	}
	return json.Marshal(c)
}

// ActiveOAuthClients returns the ids of the clients of a user that are ACTIVE.
func (sn Snapshot) ActiveOAuthClients(userID int64) []int64 {
	var ids []int64
	for _, o := range sn.OAuthClients {
		if o.UserID == userID && o.Status == OAuthClientActive {
			ids = append(ids, o.ID)
		}
	}
	return ids
}

// CallbackURLsOf returns the URLs of a client.
func (sn Snapshot) CallbackURLsOf(oauthClientID int64) []string {
	var urls []string
	for _, u := range sn.CallbackURLs {
		if u.OAuthClientID == oauthClientID {
			urls = append(urls, u.URL)
		}
	}
	return urls
}

// NotificationURLsOf returns the URL filters of a user as "CATEGORY https://target", in the order
// they were sent in.
func (sn Snapshot) NotificationURLsOf(userID int64) []string {
	var filters []string
	for _, f := range sn.NotificationFilters {
		if f.UserID == userID && f.Delivery == DeliveryURL {
			filters = append(filters, f.Category+" "+f.Target)
		}
	}
	return filters
}
