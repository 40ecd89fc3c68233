package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/openpsd2/terraform-provider-bunq/internal/witness"
)

// visitor calls bunq with the access of the state.
type visitor struct {
	baseURL string
	access  *witness.Access
}

type oauthClient struct {
	ID           int64  `json:"id"`
	Status       string `json:"status"`
	CallbackURLs []struct {
		URL string `json:"url"`
	} `json:"callback_url"`
}

// openSession opens a session for a key or an access token, whose user must be of a kind.
func (v *visitor) openSession(ctx context.Context, secret, wantKind string) (session string, user int64, err error) {
	session, elements, err := v.access.OpenSession(ctx, v.baseURL, secret)
	if err != nil {
		return "", 0, err
	}
	var found witness.User
	if err := witness.Find(elements, wantKind, &found); err != nil {
		return "", 0, fmt.Errorf("the session came without its user: %w", err)
	}
	if session == "" || found.ID == 0 {
		return "", 0, errors.New("the session came without token or user")
	}
	return session, found.ID, nil
}

func (v *visitor) oauthClients(ctx context.Context, session string, user int64) ([]oauthClient, error) {
	elements, err := v.access.Call(ctx, v.baseURL, http.MethodGet, fmt.Sprintf("/user/%d/oauth-client", user), session, nil)
	if err != nil {
		return nil, err
	}
	var clients []oauthClient
	for _, element := range elements {
		var c oauthClient
		if err := json.Unmarshal(element["OauthClient"], &c); err != nil {
			return nil, fmt.Errorf("reading an OAuth client: %w", err)
		}
		clients = append(clients, c)
	}
	return clients, nil
}
