package bunq

import "context"

// parseAnswer reads bunq's envelope of a believed success.
func parseAnswer(next handler) handler {
	return func(ctx context.Context, x *exchange) (*answer, error) {
		a, err := next(ctx, x)
		if err != nil || x.ignoreBody {
			return a, err
		}
		a.elements, a.pagination, err = decodeEnvelope(a.body)
		if err != nil {
			return nil, x.decodeError(a, err)
		}
		return a, nil
	}
}
