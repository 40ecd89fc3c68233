package oauthapp

import (
	"context"
	"slices"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
)

// callbackCall is what a write to the URLs of a client needs.
type callbackCall struct {
	calls  *bunq.UserClient
	user   bunq.User
	client int64

	context bunq.APIContext
}

var _ callbackCalls = (*callbackCall)(nil)

// callsOf prepares the calls for the client of m.
func callsOf(ctx context.Context, access *providerdata.Access, m *callbackModel) (*callbackCall, error) {
	client, err := number(m.OAuthClientID)
	if err != nil {
		return nil, err
	}
	user, err := access.Calls.User(ctx)
	if err != nil {
		return nil, err
	}
	return &callbackCall{calls: access.Calls, user: user, client: client, context: access.Context}, nil
}

// number is one of bunq's ids; 0 for null.
func number(v types.String) (int64, error) {
	if v.IsNull() {
		return 0, nil
	}
	return providerdata.ParseID(v.ValueString())
}

func (c *callbackCall) read(ctx context.Context) ([]bunq.CallbackURL, error) {
	found, err := c.calls.OAuthClient(ctx, c.client)
	if err != nil {
		return nil, err
	}
	return found.CallbackURLs, nil
}

// add makes the URL, once: where the answer is lost, the client tells whether
// it is there.
func (c *callbackCall) add(ctx context.Context, url string) (int64, error) {
	id, err := c.calls.CreateCallbackURL(ctx, c.client, url)
	if !bunq.OutcomeUnknown(err) {
		return id, err
	}

	found, lookErr := c.calls.OAuthClient(ctx, c.client)
	if lookErr != nil {
		return 0, &bunq.UnansweredError{Err: err, LookUp: lookErr}
	}
	for _, u := range found.CallbackURLs {
		if u.URL == url {
			return u.ID, nil
		}
	}
	return 0, &bunq.UnansweredError{Err: err}
}

func (c *callbackCall) change(ctx context.Context, id int64, url string) error {
	err := c.calls.UpdateCallbackURL(ctx, c.client, id, url)
	if !bunq.OutcomeUnknown(err) {
		return err
	}

	found, lookErr := c.calls.OAuthClient(ctx, c.client)
	if lookErr != nil {
		return &bunq.UnansweredError{Err: err, LookUp: lookErr}
	}
	for _, u := range found.CallbackURLs {
		if u.ID == id && u.URL == url {
			return nil
		}
	}
	return &bunq.UnansweredError{Err: err}
}

func (c *callbackCall) remove(ctx context.Context, id int64) error {
	err := c.calls.DeleteCallbackURL(ctx, c.client, id)
	if err == nil || bunq.IsNotFound(err) {
		return nil
	}

	found, lookErr := c.calls.OAuthClient(ctx, c.client)
	switch {
	case bunq.IsNotFound(lookErr):
		return nil
	case lookErr == nil && isCancelled(found.Status):
		return nil
	case lookErr == nil && !slices.ContainsFunc(found.CallbackURLs, func(u bunq.CallbackURL) bool { return u.ID == id }):
		return nil
	case !bunq.OutcomeUnknown(err):
		return err
	}
	return &bunq.UnansweredError{Err: err, LookUp: lookErr}
}
