package bunqsim

func createOAuthClient(c *call) (reply, *apiError) {
	if c.body.has("status") && c.body.strings["status"] != OAuthClientActive {
		return reply{}, errInvalidValue("status")
	}
	current := first(c.st.OAuthClients, func(o *OAuthClient) bool {
		return o.UserID == c.user.ID && o.Status != OAuthClientCancelled
	})
	if current != nil {
		switch c.set.SecondOAuthClient {
		case Refused:
			return reply{}, errOAuthClientExists()
		case Existing:
			return replyID(current.ID), nil
		}
	}
	return replyID(newOAuthClient(c.st, c.user.ID, c).ID), nil
}

func newOAuthClient(st *store, userID int64, c *call) *OAuthClient {
	o := &OAuthClient{
		ID: st.nextID("client"), UserID: userID, Status: OAuthClientActive, ClientID: newToken(), Secret: newToken(),
		Created: c.now, Updated: c.now,
	}
	st.OAuthClients = append(st.OAuthClients, o)
	return o
}

// visible: a cancelled client may be gone for its user.
func (c *call) visible(o *OAuthClient) bool {
	return o.UserID == c.user.ID && (o.Status != OAuthClientCancelled || c.set.CancelledOAuthClient == Readable)
}

func findOAuthClient(c *call) *apiError {
	if e := findUser(c); e != nil {
		return e
	}
	c.client = first(c.st.OAuthClients, func(o *OAuthClient) bool { return o.ID == c.ids[1] && c.visible(o) })
	if c.client == nil {
		return errNotFound("Oauth client", c.ids[1])
	}
	return nil
}

func updateOAuthClient(c *call) (reply, *apiError) {
	status := c.body.strings["status"]
	cancelled := c.client.Status != OAuthClientActive
	switch {
	case status != OAuthClientActive && status != OAuthClientCancelled:
		return reply{}, errInvalidValue("status")
	case status == OAuthClientActive && cancelled:
		return reply{}, errOAuthClientCancelled()
	case status == OAuthClientCancelled && !cancelled:
		c.cancel(c.client)
	}
	return replyID(c.client.ID), nil
}

func (c *call) cancel(o *OAuthClient) {
	o.Status, o.Updated, o.CancelledAt = OAuthClientCancelled, c.now, c.now
	if c.set.CancelPending > 0 {
		o.Status, o.CancelledAt = OAuthClientCancelledPending, c.now.Add(c.set.CancelPending)
		return
	}
	c.st.endConnections(o.ID, c.now)
}

type wireOAuthClient struct {
	ID           int64             `json:"id"`
	Status       string            `json:"status"`
	ClientID     string            `json:"client_id"`
	Secret       string            `json:"secret"`
	CallbackURLs []wireCallbackURL `json:"callback_url"`
}

type wireNamedOAuthClient struct {
	ID           int64             `json:"id"`
	Created      *wireTime         `json:"created,omitempty"`
	Updated      *wireTime         `json:"updated,omitempty"`
	Status       string            `json:"status"`
	DisplayName  *string           `json:"display_name"` // always null: no call sets it
	ClientID     string            `json:"client_id"`
	Secret       string            `json:"secret"`
	CallbackURLs []wireCallbackURL `json:"callback_url"`
}

func (c *call) clientElement(o *OAuthClient) element {
	urls := []wireCallbackURL{}
	for _, u := range c.callbacks(o) {
		urls = append(urls, callbackBody(u))
	}
	const key = "OauthClient"
	if c.set.OAuthClientFields == Bare {
		return element{key, wireOAuthClient{ID: o.ID, Status: o.Status, ClientID: o.ClientID, Secret: o.Secret, CallbackURLs: urls}}
	}
	w := wireNamedOAuthClient{ID: o.ID, Status: o.Status, ClientID: o.ClientID, Secret: o.Secret, CallbackURLs: urls}
	if c.set.OAuthClientFields == WithTimestamps {
		w.Created, w.Updated = (*wireTime)(&o.Created), (*wireTime)(&o.Updated)
	}
	return element{key, w}
}

func readOAuthClient(c *call) (reply, *apiError) {
	return reply{elements: []element{c.clientElement(c.client)}}, nil
}

func listOAuthClients(c *call) (reply, *apiError) {
	var items []paged
	for _, o := range c.st.OAuthClients {
		if c.visible(o) {
			items = append(items, paged{o.ID, c.clientElement(o)})
		}
	}
	return paginate(items, c.query, c.path, c.st.LastID["client"])
}
