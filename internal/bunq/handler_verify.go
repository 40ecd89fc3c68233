package bunq

import (
	"context"
	"errors"
	"net/http"

	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

// ErrUnsigned is the reason of a SignatureError where there is no signature at all.
var ErrUnsigned = errors.New("it has no X-Bunq-Server-Signature")

// verifyAnswer believes a 200 only when bunq signed its raw bytes: bunq escapes
// slashes in JSON, so that decoded and re-encoded bytes are others. Errors may
// come unsigned and are never refused for it (OBSERVED: 403, 409, 429, 5xx).
// The one success that comes unverified is that of POST /installation. GETs under
// /installation are no exception: bunq's SDKs demand a signature there as well.
func verifyAnswer(next handler) handler {
	return func(ctx context.Context, x *exchange) (*answer, error) {
		a, err := next(ctx, x)
		if err != nil || a.status != http.StatusOK || x.unverified {
			return a, err
		}
		err = ErrUnsigned
		if a.signature != "" {
			err = signing.Verify(x.serverKey, a.body, a.signature)
		}
		if err != nil {
			return nil, &SignatureError{Method: x.method, Endpoint: x.endpoint, ResponseID: a.responseID, RequestID: x.requestID, Err: err}
		}
		return a, nil
	}
}
