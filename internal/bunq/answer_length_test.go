package bunq_test

import (
	"strings"
	"testing"
)

// An answer may have 2 MiB, and no byte more.
func TestAnswer_length(t *testing.T) {
	t.Parallel()
	const limit = 2 << 20
	for _, length := range []int{limit, limit + 1} {
		u, _ := signedIn(t, always(ok(oauthClientBody+strings.Repeat(" ", length-len(oauthClientBody)))))
		if _, err := u.OAuthClient(t.Context(), 633); (err == nil) != (length == limit) {
			t.Errorf("%d bytes: got %v", length, err)
		}
	}
}
