package bunq_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

// POST /installation is the only success without a signature: what is read under
// /installation afterwards is verified like every other 200.
func TestVerification_ofAnInstallationsNumber(t *testing.T) {
	const body = `{"Response":[{"Id":{"id":28}}]}`
	u, _ := signedIn(t, always(ok(body)))
	if id, err := u.InstallationID(t.Context()); err != nil || id != 28 {
		t.Errorf("signed: %d, %v", id, err)
	}

	for name, answer := range map[string]reply{
		"without a signature":    {status: 200, body: body, unsigned: true},
		"with a wrong signature": {status: 200, body: body, header: http.Header{"X-Bunq-Server-Signature": {"AAAA"}}},
	} {
		u, _ := signedIn(t, always(answer))
		id, err := u.InstallationID(t.Context())
		var e *bunq.SignatureError
		if !errorsAs(err, &e) || errors.Is(err, bunq.ErrUnsigned) != answer.unsigned {
			t.Errorf("%s: %d, %v", name, id, err)
		}
	}
}
