package bunqsim

import (
	"net/http"
	"net/url"
	"time"
)

// codeLife is how long an authorisation code waits for its exchange: the most that RFC 6749 allows.
// bunq's is not known.
const codeLife = 10 * time.Minute

// connect records a person's consent: it makes a user of its own, as which the application acts,
// and a code to fetch that user's key with.
func (c *call) connect(o *OAuthClient, person *User, a authorisation) *Connection {
	conn := &Connection{
		ID: c.st.nextID("connection"), OAuthClientID: o.ID, RequestedBy: o.UserID, GrantedBy: person.ID,
		UserID: newUser(c, UserAPIKey, person.DisplayName).ID, Status: ConnectionActive,
		Code: newToken(), CodeExpires: c.now.Add(codeLife), RedirectURI: a.redirectURI, State: a.state, HasState: a.hasState,
		Created: c.now, Updated: c.now,
	}
	c.st.Connections = append(c.st.Connections, conn)
	c.notify(conn, eventConnected)
	return conn
}

// withdraw takes a consent back: the code, the access token and its sessions end.
func (c *call) withdraw(conn *Connection) {
	c.st.end(conn, ConnectionRevoked, c.now)
	c.notify(conn, eventRevoked)
}

// end ends a connection and its access token.
func (st *store) end(conn *Connection, status string, at time.Time) {
	conn.Status, conn.Updated = status, at
	if cred := first(st.Credentials, func(k *Credential) bool { return k.ID == conn.CredentialID }); cred != nil {
		st.revoke(cred, at)
	}
}

// endConnections ends the connections of a client that is cancelled.
func (st *store) endConnections(clientID int64, at time.Time) {
	for _, conn := range st.Connections {
		if conn.OAuthClientID == clientID && conn.Status == ConnectionActive {
			st.end(conn, ConnectionCancelled, at)
		}
	}
}

// connectionOf returns the connection whose access token cred is, nil for every other key.
func (c *call) connectionOf(cred *Credential) *Connection {
	return first(c.st.Connections, func(conn *Connection) bool { return conn.CredentialID == cred.ID })
}

type wireUserAPIKey struct {
	ID          int64    `json:"id"`
	Created     wireTime `json:"created"`
	Updated     wireTime `json:"updated"`
	RequestedBy element  `json:"requested_by_user"`
	GrantedBy   element  `json:"granted_by_user"`
}

// apiKeyElement shows the user of a connection: who asked, and who said yes.
func (c *call) apiKeyElement(u *User) element {
	conn := first(c.st.Connections, func(conn *Connection) bool { return conn.UserID == u.ID })
	w := wireUserAPIKey{ID: u.ID, Created: wireTime(u.Created), Updated: wireTime(u.Updated)}
	w.RequestedBy, w.GrantedBy = labelElement(c.userByID(conn.RequestedBy)), labelElement(c.userByID(conn.GrantedBy))
	return element{string(UserAPIKey), w}
}

// showConnections stands for the place in bunq's app where a person sees what they have allowed.
func showConnections(c *call) (*answer, bool) { return c.connectionsPage(http.StatusOK, "", ""), false }

func withdrawConsent(c *call) (*answer, bool) {
	form, err := url.ParseQuery(string(c.raw))
	if err != nil || c.large {
		return problem(http.StatusBadRequest, "The form cannot be read."), false
	}
	if _, refusal := c.ticketOf(form.Get("ticket")); refusal != nil {
		return refusal, false
	}
	id, _ := parseID(form.Get("connection"))
	conn := first(c.st.Connections, func(conn *Connection) bool { return conn.ID == id && conn.Status == ConnectionActive })
	if conn == nil {
		return c.connectionsPage(http.StatusBadRequest, "", "This access has ended already."), false
	}
	delete(c.sim.tickets, form.Get("ticket"))
	c.withdraw(conn)
	return c.connectionsPage(http.StatusOK, "Access withdrawn.", ""), true
}

type shownConnection struct {
	ID      int64
	Person  shownPerson
	Company string
	Since   string
}

func (c *call) connectionsPage(status int, done, wrong string) *answer {
	body := struct {
		Done, Wrong, Ticket string
		Connections         []shownConnection
	}{Done: done, Wrong: wrong, Ticket: c.issue(authorisation{})}
	for _, conn := range c.st.Connections {
		if conn.Status != ConnectionActive {
			continue
		}
		body.Connections = append(body.Connections, shownConnection{
			ID: conn.ID, Person: describe(c.userByID(conn.GrantedBy)), Company: c.userByID(conn.RequestedBy).DisplayName,
			Since: conn.Created.UTC().Format("2 January 2006, 15:04 UTC"),
		})
	}

	p := show(status, "connections.html", "Who has access to a bunq account", body)
	if wrong != "" {
		p.errors = []string{wrong}
	}
	return p
}
