package bunq_test

import (
	"net/http"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

// bunq answers everything under /installation unsigned (OBSERVED), so a missing
// signature is no reason to doubt the number of an installation. One that is
// there must fit.
func TestVerification_ofAnInstallationsNumber(t *testing.T) {
	const body = `{"Response":[{"Id":{"id":28}}]}`
	u, _ := signedIn(t, always(reply{status: 200, body: body, unsigned: true}))
	if id, err := u.InstallationID(t.Context()); err != nil || id != 28 {
		t.Errorf("without a signature: %d, %v", id, err)
	}
	u, _ = signedIn(t, always(reply{status: 200, body: body, header: http.Header{"X-Bunq-Server-Signature": {"AAAA"}}}))
	var e *bunq.SignatureError
	if id, err := u.InstallationID(t.Context()); !errorsAs(err, &e) {
		t.Errorf("with a wrong signature: %d, %v", id, err)
	}
}
