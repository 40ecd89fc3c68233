package consent_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/witness"
)

// application is a company's: its callback URL and its webhook, over TLS on this machine, and what
// arrived there.
type application struct {
	server   *httptest.Server
	arrivals chan arrival
	notices  chan notice
}

// arrival is a person who was sent back, wherever to.
type arrival struct {
	path  string
	query url.Values
}

// notice is bunq's NotificationUrl, as far as a company looks at it.
type notice struct {
	Category string `json:"category"`
	Event    string `json:"event_type"`
	Object   struct {
		User witness.UserAPIKey `json:"UserApiKey"`
	} `json:"object"`
}

const (
	callbackPath = "/bunq/callback"
	webhookPath  = "/bunq/events"
)

func newApplication(t *testing.T) *application {
	t.Helper()
	a := &application{arrivals: make(chan arrival, 16), notices: make(chan notice, 16)}
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+webhookPath, func(_ http.ResponseWriter, r *http.Request) {
		var body struct {
			URL notice `json:"NotificationUrl"`
		}
		raw, err := io.ReadAll(r.Body)
		if err == nil {
			err = json.Unmarshal(raw, &body)
		}
		if err != nil {
			t.Errorf("the webhook was called with %q: %v", raw, err)
		}
		a.notices <- body.URL
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/favicon.ico" {
			http.NotFound(w, r)
			return
		}
		a.arrivals <- arrival{r.URL.Path, r.URL.Query()}
		_, _ = io.WriteString(w, "<p>Thank you. You can close this page.</p>")
	})
	a.server = httptest.NewTLSServer(mux)
	t.Cleanup(a.server.Close)
	return a
}

// arrived returns the query with which a person was sent back.
func (a *application) arrived(t *testing.T) url.Values {
	t.Helper()
	got := next(t, a.arrivals, "nobody arrived at the callback URL")
	if got.path != callbackPath {
		t.Errorf("somebody was sent to %s, not to the callback URL", got.path)
	}
	return got.query
}

// nobody fails the test if a person was sent back. The request that would do so has been answered by now.
func (a *application) nobody(t *testing.T) {
	t.Helper()
	select {
	case got := <-a.arrivals:
		t.Errorf("somebody was sent to %s with %v", got.path, got.query)
	default:
	}
}

func next[T any](t *testing.T, from <-chan T, otherwise string) T {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	select {
	case v := <-from:
		return v
	case <-ctx.Done():
		t.Fatal(otherwise)
		panic("unreachable")
	}
}

// trade asks the token endpoint for the access token of a code. All parameters are in the address, none
// in the body.
func (s *situation) trade(t *testing.T, code string) (status int, answer map[string]any) {
	t.Helper()
	q := url.Values{
		"grant_type": {"authorization_code"}, "code": {code}, "redirect_uri": {s.app.server.URL + callbackPath},
		"client_id": {s.clientID}, "client_secret": {s.clientSecret},
	}
	status, answer, err := witness.Trade(t.Context(), s.bunq.Server().TokenURL(), q)
	if err != nil {
		t.Fatal(err)
	}
	return status, answer
}

// token trades a code that must be good.
func (s *situation) token(t *testing.T, code string) string {
	t.Helper()
	status, answer := s.trade(t, code)
	token, _ := answer["access_token"].(string)
	if status != http.StatusOK || token == "" || answer["token_type"] != "bearer" || answer["state"] != state {
		t.Fatalf("the token endpoint answered with status %d and the fields %v", status, names(answer))
	}
	return token
}

// names are an answer without its secrets.
func names(answer map[string]any) []string {
	var all []string
	for name := range answer {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}
