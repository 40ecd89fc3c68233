package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// consent goes the way of a bunq user who says yes, and of the application that the user says it
// to, and writes to out who is connected in the end.
func (w *witness) consent(ctx context.Context, tokenURL string, o outputs, out io.Writer) error {
	callbacks := slices.Sorted(maps.Keys(o.AuthorizeURLs.Value))
	if len(callbacks) == 0 {
		return errors.New("the state has no output authorize_urls")
	}
	callback := callbacks[0]
	// An application makes a state of its own for each user that it sends.
	sent := rand.Text()
	address := o.AuthorizeURLs.Value[callback] + "&state=" + sent
	_, _ = fmt.Fprintf(out, "    %s\n", address)

	p, err := visit(ctx, address)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(out, "    The page: %s. The answer: yes.\n", p.heading)
	back, err := p.sayYes(ctx)
	if err != nil {
		return err
	}
	answer, isBack := strings.CutPrefix(back, callback+"?")
	query, err := url.ParseQuery(answer)
	if err != nil || !isBack || query.Get("code") == "" || query.Get("state") != sent {
		return fmt.Errorf("the page does not send the user to %s with a code and the state", callback)
	}
	_, _ = fmt.Fprintf(out, "    bunq sends the user to %s, with a code and the state.\n", callback)

	token, err := trade(ctx, tokenURL, url.Values{
		"grant_type": {"authorization_code"}, "code": {query.Get("code")}, "redirect_uri": {callback},
		"client_id": {o.ClientID.Value}, "client_secret": {o.ClientSecret.Value},
	})
	if err != nil {
		return err
	}
	if _, err := w.openSession(ctx, token, "UserApiKey"); err != nil {
		return err
	}
	connected, err := w.connectedUser(ctx)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(out, "    Connected: %s\n", connected)
	return nil
}

// trade asks for the access token of a code. All parameters go in the address. Source: bunq's
// documentation, "OAuth".
func trade(ctx context.Context, tokenURL string, query url.Values) (token string, err error) {
	response, err := request(ctx, http.MethodPost, tokenURL+"?"+query.Encode(), nil)
	if err != nil {
		return "", err
	}
	defer func() { _ = response.Body.Close() }()
	var answer struct {
		AccessToken string `json:"access_token"`
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return "", fmt.Errorf("POST %s: %s: %w", tokenURL, response.Status, err)
	}
	if response.StatusCode != http.StatusOK || answer.AccessToken == "" {
		return "", fmt.Errorf("POST %s: %s: %s: %s", tokenURL, response.Status, answer.Error, answer.Description)
	}
	return answer.AccessToken, nil
}

// connectedUser returns in words whose session it is.
func (w *witness) connectedUser(ctx context.Context) (string, error) {
	elements, err := w.call(ctx, http.MethodGet, "/user", w.session, nil)
	if err != nil {
		return "", err
	}
	type user struct {
		ID   int64  `json:"id"`
		Name string `json:"display_name"`
	}
	for _, element := range elements {
		raw, ok := element["UserApiKey"]
		if !ok {
			continue
		}
		var connected struct {
			ID        int64           `json:"id"`
			Granted   map[string]user `json:"granted_by_user"`
			Requested map[string]user `json:"requested_by_user"`
		}
		if err := json.Unmarshal(raw, &connected); err != nil {
			return "", fmt.Errorf("reading the connected user: %w", err)
		}
		for kind, granted := range connected.Granted {
			for _, requested := range connected.Requested {
				return fmt.Sprintf("%s (%s %d) to %s, as UserApiKey %d", granted.Name, kind, granted.ID, requested.Name, connected.ID), nil
			}
		}
	}
	return "", errors.New("GET /user: no UserApiKey that says who granted it, and to whom")
}

// request sends what a browser or an application would, and follows no redirect. Its errors do not
// show the query, which may hold secrets.
func request(ctx context.Context, method, address string, form url.Values) (*http.Response, error) {
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	shown, _, _ := strings.Cut(address, "?")
	r, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, fmt.Errorf("%s %s: not an address", method, shown)
	}
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(r)
	if err != nil {
		var failed *url.Error
		if errors.As(err, &failed) {
			err = failed.Err
		}
		return nil, fmt.Errorf("%s %s: %w", method, shown, err)
	}
	return response, nil
}
