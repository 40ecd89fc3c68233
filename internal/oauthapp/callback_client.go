package oauthapp

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
)

// callbackClient calls bunq about the callback URLs of one OAuth client.
type callbackClient struct {
	api      *bunq.UserClient
	user     bunq.User
	clientID int64
}

var _ callbackAPI = (*callbackClient)(nil)

// newCallbackClient returns the calls for the OAuth client of m.
func newCallbackClient(ctx context.Context, access *providerdata.Access, m *callbackModel) (*callbackClient, error) {
	id, err := idOf(m.OAuthClientID)
	if err != nil {
		return nil, err
	}

	user, err := access.Calls.User(ctx)
	if err != nil {
		return nil, err
	}
	return &callbackClient{api: access.Calls, user: user, clientID: id}, nil
}

// idOf returns one of bunq's IDs; 0 for null.
func idOf(v types.String) (int64, error) {
	if v.IsNull() {
		return 0, nil
	}
	return providerdata.ParseID(v.ValueString())
}

func (c *callbackClient) read(ctx context.Context) ([]bunq.CallbackURL, error) {
	client, err := c.api.OAuthClient(ctx, c.clientID)
	if err != nil {
		return nil, err
	}
	return client.CallbackURLs, nil
}

// add adds the URL once: after a lost answer the client shows whether it is there.
func (c *callbackClient) add(ctx context.Context, url string) (int64, error) {
	id, err := c.api.CreateCallbackURL(ctx, c.clientID, url)
	err = c.confirm(ctx, err, func(u bunq.CallbackURL) bool {
		if u.URL == url {
			id = u.ID
		}
		return u.URL == url
	})
	return id, err
}

func (c *callbackClient) change(ctx context.Context, id int64, url string) error {
	err := c.api.UpdateCallbackURL(ctx, c.clientID, id, url)
	return c.confirm(ctx, err, func(u bunq.CallbackURL) bool { return u.ID == id && u.URL == url })
}

// confirm reads the URLs after a write whose answer was lost, and reports whether it was done.
func (c *callbackClient) confirm(ctx context.Context, err error, done func(bunq.CallbackURL) bool) error {
	return bunq.Confirm(err, func() (bool, error) {
		urls, err := c.read(ctx)
		return slices.ContainsFunc(urls, done), err
	})
}

func (c *callbackClient) remove(ctx context.Context, id int64) error {
	err := c.api.DeleteCallbackURL(ctx, c.clientID, id)
	if err == nil || bunq.IsNotFound(err) {
		return nil
	}

	isGone := func() (bool, error) {
		client, err := c.api.OAuthClient(ctx, c.clientID)
		switch {
		case bunq.IsNotFound(err):
			return true, nil
		case err != nil:
			return false, err
		}
		kept := slices.ContainsFunc(client.CallbackURLs, func(u bunq.CallbackURL) bool { return u.ID == id })
		return !kept || isCancelled(client.Status), nil
	}
	if bunq.OutcomeUnknown(err) {
		return bunq.Confirm(err, isGone)
	}
	// A cancelled client accepts no more changes; with which answer is UNKNOWN.
	if gone, _ := isGone(); gone {
		return nil
	}
	return err
}
