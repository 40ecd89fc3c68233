package oauthapp

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework/path"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/tfdiag"
)

// callbackCall is what a write to the URLs of a client needs.
type callbackCall struct {
	access *providerdata.Access
	calls  *bunq.UserClient
	user   bunq.User
	client int64
}

func (r *CallbackURLResource) call(ctx context.Context, m *callbackModel, failed tfdiag.Failure, diags *diagnostics) (*callbackCall, bool) {
	access, more := r.Data.Access(ctx, m.APIContext, apiContextPath)
	diags.Append(more...)
	if diags.HasError() {
		return nil, false
	}
	c := &callbackCall{access: access, calls: access.Calls}
	var err error
	if c.client, err = strconv.ParseInt(m.OAuthClientID.ValueString(), 10, 64); err == nil {
		c.user, err = access.Calls.User(ctx)
	}
	if err != nil {
		failed.Error(diags, err)
		return nil, false
	}
	return c, true
}

func (c *callbackCall) read(ctx context.Context) (*bunq.OAuthClient, error) {
	return c.calls.OAuthClient(ctx, c.client)
}

func (c *callbackCall) all() callbackCalls {
	return callbackCalls{read: c.read, change: c.change, add: c.add, remove: c.remove}
}

func (c *callbackCall) declaredTwice(url string, diags *diagnostics) {
	diags.AddAttributeError(path.Root("url"), "Two resources declare the same callback URL", fmt.Sprintf(
		"Another bunq_oauth_callback_url of this run has %q on OAuth client %d. bunq keeps a URL once.\n\n"+
			"Next step: remove one of them.", url, c.client))
}

// add makes the URL, once: where the answer is lost, the client tells whether
// it is there.
func (c *callbackCall) add(ctx context.Context, url string) (int64, error) {
	id, err := c.calls.CreateCallbackURL(ctx, c.client, url)
	if !bunq.MayHaveBeenDone(err) {
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
	if !bunq.MayHaveBeenDone(err) {
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
	case !bunq.MayHaveBeenDone(err):
		return err
	}
	return &bunq.UnansweredError{Err: err, LookUp: lookErr}
}
