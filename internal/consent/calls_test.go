package consent_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/witness"
)

// statusOf returns the status of a call, and fails the test for any error but bunq's.
func statusOf(t *testing.T, err error) int {
	t.Helper()
	var refused *witness.StatusError
	switch {
	case errors.As(err, &refused):
		return refused.Status
	case err != nil:
		t.Fatal(err)
	}
	return http.StatusOK
}

// session opens one with an access token, on the installation of the state.
func (s *situation) session(t *testing.T, accessToken string) (status int, token string, as witness.UserAPIKey) {
	t.Helper()
	token, elements, err := s.context.OpenSession(t.Context(), s.bunq.URL, accessToken)
	if status = statusOf(t, err); status == http.StatusOK {
		as = userOf(t, elements)
	}
	return status, token, as
}

// user asks bunq whose session it is.
func (s *situation) user(t *testing.T, sessionToken string) (status int, as witness.UserAPIKey) {
	t.Helper()
	elements, err := s.context.Call(t.Context(), s.bunq.URL, http.MethodGet, "/user", sessionToken, nil)
	if status = statusOf(t, err); status == http.StatusOK {
		as = userOf(t, elements)
	}
	return status, as
}

func userOf(t *testing.T, elements []witness.Element) (found witness.UserAPIKey) {
	t.Helper()
	if err := witness.Find(elements, "UserApiKey", &found); err != nil {
		t.Fatal(err)
	}
	return found
}
