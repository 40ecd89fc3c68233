package bunq

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
)

// OAuthClient is the user's access for its own end users. ID is the number that
// paths need, ClientID the hex string that OAuth needs. Status: ACTIVE,
// CANCELLED or CANCELLED_PENDING (DOCUMENTED in bunq's OpenAPI export). bunq shows
// client id and secret on every read (OBSERVED).
type OAuthClient struct {
	ID       int64  `json:"id"`
	Status   string `json:"status"`
	ClientID string `json:"client_id"`
	Secret   Secret `json:"secret"`
	// CallbackURLs are bare objects on the wire, without a type key (OBSERVED).
	CallbackURLs []CallbackURL `json:"callback_url"`
}

// CallbackURL is an address to which bunq sends end users back.
type CallbackURL struct {
	ID  int64  `json:"id"`
	URL string `json:"url"`
}

// maxCallbackURLs is several times what has been tried. More of them would take Terraform
// minutes and gigabytes.
const maxCallbackURLs = 5000

const typeOAuthClient = "OauthClient"

func (c OAuthClient) checked() (OAuthClient, error) {
	if c.Status == "" {
		return c, errors.New("its " + typeOAuthClient + " has no status")
	}
	if n := len(c.CallbackURLs); n > maxCallbackURLs {
		return c, fmt.Errorf("its %s has %d callback URLs, and at most %d are read", typeOAuthClient, n, maxCallbackURLs)
	}
	for _, url := range c.CallbackURLs {
		if err := checkID("callback URL", url.ID); err != nil {
			return c, err
		}
	}
	return c, checkID(typeOAuthClient, c.ID)
}

// clone returns a copy that shares no callback URLs with c.
func (c OAuthClient) clone() OAuthClient {
	c.CallbackURLs = slices.Clone(c.CallbackURLs)
	return c
}

// OAuthClient reads one client with its callback URLs.
func (u *UserClient) OAuthClient(ctx context.Context, id int64) (*OAuthClient, error) {
	return readObject(ctx, u, routeOAuthClient(id), typeOAuthClient, OAuthClient.checked, func(c *OAuthClient) *OAuthClient {
		copied := c.clone()
		return &copied
	})
}

// OAuthClients reads all clients of the user, cancelled ones included, newest first.
func (u *UserClient) OAuthClients(ctx context.Context) ([]OAuthClient, error) {
	return readShared(ctx, u, routeOAuthClients(), true, func(elements []element) ([]OAuthClient, error) {
		return convert(elements, typeOAuthClient, OAuthClient.checked)
	}, func(list []OAuthClient) []OAuthClient {
		copied := make([]OAuthClient, len(list))
		for i, c := range list {
			copied[i] = c.clone()
		}
		return copied
	})
}

// CreateOAuthClient makes a client. bunq allows one active client per user and
// refuses a second one (DOCUMENTED; with which answer is UNKNOWN). Not idempotent.
func (u *UserClient) CreateOAuthClient(ctx context.Context) (int64, error) {
	return u.create(ctx, routeOAuthClients(), struct{}{})
}

// CancelOAuthClient ends a client for good, and presumably the connections of all
// its end users (UNKNOWN).
func (u *UserClient) CancelOAuthClient(ctx context.Context, id int64) error {
	return u.change(ctx, http.MethodPut, routeOAuthClient(id), statusPayload{"CANCELLED"})
}

type urlPayload struct {
	URL string `json:"url"`
}

// CreateCallbackURL adds a callback URL, which bunq compares byte by byte. Not
// idempotent.
func (u *UserClient) CreateCallbackURL(ctx context.Context, oauthClientID int64, url string) (int64, error) {
	return u.create(ctx, routeCallbackURLs(oauthClientID), urlPayload{url})
}

// UpdateCallbackURL changes a callback URL in place.
func (u *UserClient) UpdateCallbackURL(ctx context.Context, oauthClientID, id int64, url string) error {
	return u.change(ctx, http.MethodPut, routeCallbackURL(oauthClientID, id), urlPayload{url})
}

// DeleteCallbackURL removes a callback URL. IsNotFound matches one that is gone already.
func (u *UserClient) DeleteCallbackURL(ctx context.Context, oauthClientID, id int64) error {
	return u.change(ctx, http.MethodDelete, routeCallbackURL(oauthClientID, id), nil)
}
