package oauthapp

import (
	"context"
	"slices"
	"strconv"

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
	return strconv.ParseInt(v.ValueString(), 10, 64)
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
	err = c.confirm(ctx, err, func(u bunq.CallbackURL) bool {
		if u.URL == url {
			id = u.ID
		}
		return u.URL == url
	})
	return id, err
}

func (c *callbackCall) change(ctx context.Context, id int64, url string) error {
	err := c.calls.UpdateCallbackURL(ctx, c.client, id, url)
	return c.confirm(ctx, err, func(u bunq.CallbackURL) bool { return u.ID == id && u.URL == url })
}

// confirm asks bunq what became of a write whose answer was lost.
func (c *callbackCall) confirm(ctx context.Context, err error, done func(bunq.CallbackURL) bool) error {
	return bunq.Confirm(err, func() (bool, error) {
		now, err := c.read(ctx)
		return slices.ContainsFunc(now, done), err
	})
}

func (c *callbackCall) remove(ctx context.Context, id int64) error {
	err := c.calls.DeleteCallbackURL(ctx, c.client, id)
	if err == nil || bunq.IsNotFound(err) {
		return nil
	}

	isGone := func() (bool, error) {
		found, err := c.calls.OAuthClient(ctx, c.client)
		switch {
		case bunq.IsNotFound(err):
			return true, nil
		case err != nil:
			return false, err
		}
		kept := slices.ContainsFunc(found.CallbackURLs, func(u bunq.CallbackURL) bool { return u.ID == id })
		return !kept || isCancelled(found.Status), nil
	}
	if bunq.OutcomeUnknown(err) {
		return bunq.Confirm(err, isGone)
	}
	// A client that was cancelled takes no more changes, in words that are unknown.
	if gone, _ := isGone(); gone {
		return nil
	}
	return err
}
