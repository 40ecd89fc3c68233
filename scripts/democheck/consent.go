package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/openpsd2/terraform-provider-bunq/internal/witness"
)

// consent goes the way of a bunq user who says yes, and of the application that the user says it
// to, and writes to out who is connected in the end.
func (v *visitor) consent(ctx context.Context, tokenURL string, o outputs, out io.Writer) error {
	callbacks := slices.Sorted(maps.Keys(o.AuthorizeURLs.Value))
	if len(callbacks) == 0 {
		return errors.New("the state has no output authorize_urls")
	}
	callback := callbacks[0]
	// An application makes a state of its own for each user that it sends.
	sent := rand.Text()
	address := o.AuthorizeURLs.Value[callback] + "&state=" + sent
	_, _ = fmt.Fprintf(out, "    %s\n", address)

	browser := &witness.Browser{Client: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	page, err := browser.Open(ctx, address)
	if err != nil {
		return err
	}
	if page.Status != http.StatusOK || len(page.Forms) != 1 {
		return fmt.Errorf("the authorisation page has status %d: %s, and no form to answer", page.Status, page.Text)
	}
	_, _ = fmt.Fprintf(out, "    The page: %s. The answer: yes.\n", page.Heading)
	answered, err := browser.Press(ctx, page, page.Forms[0], "Yes")
	if err != nil {
		return err
	}
	answer, isBack := strings.CutPrefix(answered.Location, callback+"?")
	query, err := url.ParseQuery(answer)
	if err != nil || !isBack || query.Get("code") == "" || query.Get("state") != sent {
		return fmt.Errorf("the page does not send the user to %s with a code and the state", callback)
	}
	_, _ = fmt.Fprintf(out, "    bunq sends the user to %s, with a code and the state.\n", callback)

	status, traded, err := witness.Trade(ctx, tokenURL, url.Values{
		"grant_type": {"authorization_code"}, "code": {query.Get("code")}, "redirect_uri": {callback},
		"client_id": {o.ClientID.Value}, "client_secret": {o.ClientSecret.Value},
	})
	if err != nil {
		return err
	}
	token, _ := traded["access_token"].(string)
	if status != http.StatusOK || token == "" {
		return fmt.Errorf("POST %s: %d: %v: %v", tokenURL, status, traded["error"], traded["error_description"])
	}
	session, _, err := v.openSession(ctx, token, "UserApiKey")
	if err != nil {
		return err
	}
	connected, err := v.connectedUser(ctx, session)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(out, "    Connected: %s\n", connected)
	return nil
}

// connectedUser returns in words whose session it is.
func (v *visitor) connectedUser(ctx context.Context, session string) (string, error) {
	elements, err := v.access.Call(ctx, v.baseURL, http.MethodGet, "/user", session, nil)
	if err != nil {
		return "", err
	}
	var connected witness.UserAPIKey
	if err := witness.Find(elements, "UserApiKey", &connected); err != nil {
		return "", fmt.Errorf("GET /user: %w", err)
	}
	for kind, granted := range connected.Granted {
		for _, requested := range connected.Requested {
			return fmt.Sprintf("%s (%s %d) to %s, as UserApiKey %d", granted.Name, kind, granted.ID, requested.Name, connected.ID), nil
		}
	}
	return "", errors.New("GET /user: the UserApiKey does not say who granted it, and to whom")
}
