package consent_test

import (
	"net/http"
	"net/http/cookiejar"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/witness"
)

// browser keeps cookies and follows redirects.
type browser struct{ witness.Browser }

// newBrowser returns a browser that trusts the certificate of app.
func newBrowser(t *testing.T, app *application) *browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &browser{witness.Browser{Client: &http.Client{Transport: app.server.Client().Transport, Jar: jar}}}
}

func (b *browser) open(t *testing.T, address string) *witness.Page {
	t.Helper()
	p, err := b.Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func (b *browser) press(t *testing.T, p *witness.Page, f *witness.Form, word string, choices ...string) *witness.Page {
	t.Helper()
	next, err := b.Press(t.Context(), p, f, word, choices...)
	if err != nil {
		t.Fatal(err)
	}
	return next
}
