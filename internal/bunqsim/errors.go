package bunqsim

import (
	"fmt"
	"net/http"
	"time"
)

// statusSignatureRequired is bunq's own HTTP status for a request that had to be signed and was not.
const statusSignatureRequired = 466

// statusMaintenance is bunq's own HTTP status for planned downtime.
const statusMaintenance = 491

// apiError is an answer in bunq's Error envelope. Each constructor below stands for one error of
// the API; texts that are not known of bunq are marked "invented".
type apiError struct {
	status  int
	entries []errorEntry
}

type errorEntry struct {
	Description string            `json:"error_description"`
	Translated  string            `json:"error_description_translated"`
	Additional  []additionalParam `json:"error_additional_parameter,omitempty"`
}

type additionalParam struct {
	URLTogetherPost string `json:"url_together_post"`
}

// descriptions returns the untranslated texts, for the journal.
func (e *apiError) descriptions() []string {
	out := make([]string, len(e.entries))
	for i, n := range e.entries {
		out[i] = n.Description
	}
	return out
}

// dutch holds the one translation that has been seen; every other text is given in English in both
// languages.
var dutch = map[string]string{
	"Insufficient authorisation.": "Onvoldoende autorisatie.",
}

func newError(status int, texts ...string) *apiError {
	e := &apiError{status: status}
	for _, t := range texts {
		e.entries = append(e.entries, errorEntry{Description: t})
	}
	return e
}

// envelope returns the body for a client that asked for language.
func (e *apiError) envelope(language string) any {
	entries := make([]errorEntry, len(e.entries))
	for i, n := range e.entries {
		n.Translated = n.Description
		if t, ok := dutch[n.Description]; ok && language == "nl_NL" {
			n.Translated = t
		}
		entries[i] = n
	}
	return struct {
		Error []errorEntry `json:"Error"`
	}{entries}
}

func errRouteNotFound() *apiError { return newError(http.StatusNotFound, "Route not found.") }

// errMethodNotAllowed: the text is invented.
func errMethodNotAllowed() *apiError {
	return newError(http.StatusMethodNotAllowed, "Method not allowed.")
}

// errTooManyRequests names the limit, in one of the two forms that were seen.
func errTooManyRequests(status int, l limit, method string, form Choice) *apiError {
	calls := "calls"
	if form == NamesMethod {
		calls = method + " call"
	}
	return newError(status, fmt.Sprintf("Too many requests. You can do a maximum of %d %s per %d second to this endpoint.",
		l.max, calls, int(l.window/time.Second)))
}

// errUserAgentMissing: that the header is needed is documented, the answer without it is invented.
func errUserAgentMissing() *apiError {
	return newError(http.StatusBadRequest, `Missing required header "User-Agent".`)
}

// errInsufficientAuthentication answers tokens that were never given out, or are of the wrong kind,
// or missing.
func errInsufficientAuthentication() *apiError {
	return newError(http.StatusForbidden, "Insufficient authentication.")
}

// errInsufficientAuthorisation answers sessions that have ended.
func errInsufficientAuthorisation() *apiError {
	return newError(http.StatusUnauthorized, "Insufficient authorisation.")
}

// errCredentialsIncorrect is bunq's one text for a key that is unknown, dead or not registered, and
// for a caller whose address is not permitted.
func errCredentialsIncorrect() *apiError {
	return newError(http.StatusBadRequest, "User credentials are incorrect. Incorrect API key or IP address.")
}

// errTryAgain was seen after wrong keys; that it is for a while only, and its status, are inferred.
func errTryAgain() *apiError {
	return newError(http.StatusBadRequest, "The operation could not be completed. Please try again.")
}

func errRequestIDUsed() *apiError {
	return newError(http.StatusBadRequest, "The X-Bunq-Client-Request-Id has already been used.") // invented
}

func errSignatureRequired() *apiError {
	e := newError(statusSignatureRequired,
		"For this operation a request signature is required. Check the urls for more information.")
	e.entries[0].Additional = []additionalParam{{URLTogetherPost: "https://together.bunq.com/d/15399"}}
	return e
}

func errSignatureInvalid() *apiError {
	return newError(http.StatusBadRequest, "The request signature is invalid.")
}

func errBodyInvalid() *apiError {
	return newError(http.StatusBadRequest, "The request body is not valid JSON.") // invented
}

func errBodyTooLarge() *apiError {
	return newError(http.StatusBadRequest, "The request body is too large.") // invented
}

func textSuperfluous(field string) string { return fmt.Sprintf("Superfluous field %q.", field) }

func textInvalidType(field, expected string) string {
	return fmt.Sprintf("Invalid type for field %q (expected %s).", field, expected)
}

func textMissing(field string) string { return fmt.Sprintf("Missing required field %q.", field) } // invented

func errInvalidValue(field string) *apiError {
	return newError(http.StatusBadRequest, fmt.Sprintf("Invalid value for field %q.", field)) // invented
}

// errNotFound follows the one observed text, "Monetary account for id … not found".
func errNotFound(kind string, id int64) *apiError {
	return newError(http.StatusNotFound, fmt.Sprintf(`%s for id "%d" not found.`, kind, id))
}

func errPublicKeyInvalid() *apiError {
	return newError(http.StatusBadRequest, "The provided public key is invalid.") // invented
}

func errPublicKeyUsed() *apiError {
	return newError(http.StatusBadRequest, "The provided public key is already in use.") // invented
}

func errCertificateInvalid() *apiError {
	return newError(http.StatusBadRequest, "The provided certificate is invalid.") // invented
}

// errRootNotTrusted answers a chain that does not end with a root; seen in production.
func errRootNotTrusted() *apiError {
	return newError(http.StatusBadRequest,
		"Certificate root is not trusted. Make sure that the last certificate in the chain is the root certificate.")
}

func errCertificateWithoutRole() *apiError {
	return newError(http.StatusBadRequest, "The provided certificate has no PSD2 role.") // invented
}

func errRegistrationSignatureInvalid() *apiError {
	return newError(http.StatusBadRequest, "The provided client public key signature is invalid.") // invented
}

// errDeviceExists answers a second device of an installation, whatever its key.
func errDeviceExists() *apiError {
	return newError(http.StatusBadRequest, "A device already exists for the current installation.")
}

// errSessionExists was seen around 2017 and 2018 only.
func errSessionExists() *apiError {
	return newError(http.StatusBadRequest, "Authentication token already has a user session.")
}

func errIPInvalid(ip string) *apiError {
	return newError(http.StatusBadRequest, fmt.Sprintf("The IP address %q is invalid.", ip)) // invented
}

func errIPExists() *apiError {
	return newError(http.StatusBadRequest, "The IP address already exists.") // invented
}

// errOAuthClientExists: the text was seen, the status was not.
func errOAuthClientExists() *apiError {
	return newError(http.StatusBadRequest, "You can only have one active OAuth Client registered.")
}

func errOAuthClientCancelled() *apiError {
	return newError(http.StatusBadRequest, "OAuth client is cancelled.") // invented
}

func errCallbackNotHTTPS() *apiError {
	return newError(http.StatusBadRequest, "The callback URL must use HTTPS.") // invented
}

// errCallbackExists: the text was seen, the status was not.
func errCallbackExists() *apiError {
	return newError(http.StatusBadRequest, "The Callback URL has already been registered for this Client.")
}

func errCallbackTooMany() *apiError {
	return newError(http.StatusBadRequest, "Maximum number of callback URLs reached.") // invented
}

func errTargetNotHTTPS() *apiError {
	return newError(http.StatusBadRequest, "The notification target must use HTTPS.") // invented
}

func errFilterExists() *apiError {
	return newError(http.StatusBadRequest, "Notification filter already exists.") // invented
}

// errTooManyTargets: that there are two for each category is documented, the answer to a third is
// invented.
func errTooManyTargets() *apiError {
	return newError(http.StatusBadRequest, "Maximum number of notification targets for this category reached.")
}

func errInternal() *apiError {
	return newError(http.StatusInternalServerError, "An internal error occurred.") // invented
}
