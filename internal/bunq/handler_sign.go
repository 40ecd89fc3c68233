package bunq

import (
	"context"
	"fmt"

	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

// signBody signs the very bytes that are sent, with the key of the installation.
//
// bunq asks for it on POST /session-server only; every POST and PUT for which
// there is a key is signed all the same, as bunq's SDKs do: a right signature is
// never refused, it binds the body to the key on the way, and should bunq ask for
// it on more calls again, it is there. GET and DELETE have no body to protect.
func signBody(next handler) handler {
	return func(ctx context.Context, x *exchange) (*answer, error) {
		if x.key != nil {
			signature, err := signing.Sign(x.key, x.body)
			if err != nil {
				return nil, &TransportError{Method: x.method, Endpoint: x.endpoint, RequestID: x.requestID, Err: fmt.Errorf("%w: %w", errUnsendable, err)}
			}
			x.signature = signature
		}
		return next(ctx, x)
	}
}
