package bunqsim

import (
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// callbacks returns the callback URLs of a client, in the order they were made.
func (c *call) callbacks(o *OAuthClient) []*CallbackURL {
	return filter(c.st.CallbackURLs, func(u *CallbackURL) bool { return u.OAuthClientID == o.ID })
}

func findCallback(c *call) *apiError {
	if e := findOAuthClient(c); e != nil {
		return e
	}
	c.cb = first(c.callbacks(c.client), func(u *CallbackURL) bool { return u.ID == c.ids[2] })
	if c.cb == nil {
		return errNotFound("Oauth callback url", c.ids[2])
	}
	return nil
}

// urlsWritable reports whether the URLs of the client can be changed.
func (c *call) urlsWritable() bool {
	return c.client.Status == OAuthClientActive
}

// checkCallback holds the rules for the URL of a new entry (self nil) or a changed one. URLs are
// compared byte by byte.
func (c *call) checkCallback(text string, self *CallbackURL) *apiError {
	if !c.urlsWritable() {
		return errOAuthClientCancelled()
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme == "" || u.Host == "" && strings.HasPrefix(u.Scheme, "http") ||
		strings.Contains(text, "#") || // RFC 6749, 3.1.2
		utf8.RuneCountInString(text) > c.set.MaxCallbackLength {
		return errInvalidValue("url")
	}
	if u.Scheme != "https" && (u.Scheme != "http" || c.set.HTTPCallback == Refused) {
		return errCallbackNotHTTPS()
	}
	all := c.callbacks(c.client)
	if c.set.DuplicateCallback == Refused &&
		slices.ContainsFunc(all, func(o *CallbackURL) bool { return o.URL == text && o != self }) {
		return errCallbackExists()
	}
	if self == nil && c.set.MaxCallbacks > 0 && len(all) >= c.set.MaxCallbacks {
		return errCallbackTooMany()
	}
	return nil
}

func createCallback(c *call) (reply, *apiError) {
	text := c.body.strings["url"]
	if e := c.checkCallback(text, nil); e != nil {
		return reply{}, e
	}
	return replyID(c.addCallback(c.client, text).ID), nil
}

func (c *call) addCallback(o *OAuthClient, text string) *CallbackURL {
	u := &CallbackURL{ID: c.st.nextID("callback"), OAuthClientID: o.ID, URL: text, Created: c.now, Updated: c.now}
	c.st.CallbackURLs = append(c.st.CallbackURLs, u)
	return u
}

func updateCallback(c *call) (reply, *apiError) {
	text := c.body.strings["url"]
	if e := c.checkCallback(text, c.cb); e != nil {
		return reply{}, e
	}
	c.cb.URL, c.cb.Updated = text, c.now
	return replyID(c.cb.ID), nil
}

func deleteCallback(c *call) (reply, *apiError) {
	if !c.urlsWritable() {
		return reply{}, errOAuthClientCancelled()
	}
	c.st.CallbackURLs = slices.DeleteFunc(c.st.CallbackURLs, func(u *CallbackURL) bool { return u == c.cb })
	return c.deleted(), nil
}

func callbackBody(u *CallbackURL) wireCallbackURL {
	return wireCallbackURL{ID: u.ID, Created: wireTime(u.Created), Updated: wireTime(u.Updated), URL: u.URL}
}

func callbackElement(u *CallbackURL) element { return element{"OauthCallbackUrl", callbackBody(u)} }

func readCallback(c *call) (reply, *apiError) {
	return reply{elements: []element{callbackElement(c.cb)}}, nil
}

func listCallbacks(c *call) (reply, *apiError) {
	var items []paged
	for _, u := range c.callbacks(c.client) {
		items = append(items, paged{u.ID, callbackElement(u)})
	}
	return paginate(items, c.query, c.path, c.st.LastID["callback"])
}
