package oauthapp

import (
	"context"
	"slices"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
)

// callbackClient calls bunq about the callback URLs of one OAuth client.
type callbackClient struct {
	api      *bunq.UserClient
	clientID int64
}

var _ callbackAPI = (*callbackClient)(nil)

// newCallbackClient returns the calls for the OAuth client of m.
func newCallbackClient(access *providerdata.Access, m *callbackModel) *callbackClient {
	return &callbackClient{api: access.Calls, clientID: number(m.OAuthClientID)}
}

func (c *callbackClient) read(ctx context.Context) ([]bunq.CallbackURL, error) {
	client, err := c.api.OAuthClient(ctx, c.clientID)
	if err != nil {
		return nil, err
	}
	return client.CallbackURLs, nil
}

func (c *callbackClient) add(ctx context.Context, url string) (int64, error) {
	return c.api.CreateCallbackURL(ctx, c.clientID, url)
}

func (c *callbackClient) change(ctx context.Context, id int64, url string) error {
	return c.api.UpdateCallbackURL(ctx, c.clientID, id, url)
}

// remove removes a callback URL. It succeeds if the URL is gone, or if its client was cancelled: bunq
// accepts no more changes to that one, and with which answer is UNKNOWN.
func (c *callbackClient) remove(ctx context.Context, id int64) error {
	err := c.api.DeleteCallbackURL(ctx, c.clientID, id)
	if err == nil || bunq.IsNotFound(err) {
		return nil
	}

	client, lookErr := c.api.OAuthClient(ctx, c.clientID)
	isThere := func(u bunq.CallbackURL) bool { return u.ID == id }
	if bunq.IsNotFound(lookErr) || lookErr == nil && (isCancelled(client.Status) || !slices.ContainsFunc(client.CallbackURLs, isThere)) {
		return nil
	}
	return bunq.Confirm(err, func() (bool, error) { return false, lookErr })
}
