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
	api        *bunq.UserClient
	apiContext bunq.APIContext
	user       bunq.User
	clientID   int64
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
	return &callbackClient{api: access.Calls, apiContext: access.Context, user: user, clientID: id}, nil
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
	if !bunq.OutcomeUnknown(err) {
		return id, err
	}

	urls, lookErr := c.read(ctx)
	if lookErr != nil {
		return 0, &bunq.UnansweredError{Err: err, LookUp: lookErr}
	}
	for _, u := range urls {
		if u.URL == url {
			return u.ID, nil
		}
	}
	return 0, &bunq.UnansweredError{Err: err}
}

func (c *callbackClient) change(ctx context.Context, id int64, url string) error {
	err := c.api.UpdateCallbackURL(ctx, c.clientID, id, url)
	if !bunq.OutcomeUnknown(err) {
		return err
	}

	urls, lookErr := c.read(ctx)
	if lookErr != nil {
		return &bunq.UnansweredError{Err: err, LookUp: lookErr}
	}
	for _, u := range urls {
		if u.ID == id && u.URL == url {
			return nil
		}
	}
	return &bunq.UnansweredError{Err: err}
}

func (c *callbackClient) remove(ctx context.Context, id int64) error {
	err := c.api.DeleteCallbackURL(ctx, c.clientID, id)
	if err == nil || bunq.IsNotFound(err) {
		return nil
	}

	client, lookErr := c.api.OAuthClient(ctx, c.clientID)
	switch {
	case bunq.IsNotFound(lookErr):
		return nil
	case lookErr == nil && isCancelled(client.Status):
		return nil
	case lookErr == nil && !slices.ContainsFunc(client.CallbackURLs, func(u bunq.CallbackURL) bool { return u.ID == id }):
		return nil
	case !bunq.OutcomeUnknown(err):
		return err
	}
	return &bunq.UnansweredError{Err: err, LookUp: lookErr}
}
