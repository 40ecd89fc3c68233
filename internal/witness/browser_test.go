package witness_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/witness"
)

// What cannot be reached is named without the secret in its query.
func TestTrade_hidesTheSecret(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	_, _, err := witness.Trade(t.Context(), server.URL+"/token", url.Values{"client_secret": {"hidden"}})
	if err == nil || strings.Contains(err.Error(), "hidden") || !strings.Contains(err.Error(), server.URL+"/token") {
		t.Errorf("got %v", err)
	}
}
