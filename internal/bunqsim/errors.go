package bunqsim

import (
	"strconv"
	"time"
)

// apiError is an answer in bunq's Error envelope. Each constructor below stands for one error of
// the API; its words are in words.go.
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

func errRouteNotFound() *apiError { return wordsRoute.error() }

func errMethodNotAllowed() *apiError { return wordsMethod.error() }

// errTooManyRequests names the limit, in one of the two forms that were seen. The status is a
// setting.
func errTooManyRequests(status int, l limit, method string, form Choice) *apiError {
	calls := "calls"
	if form == NamesMethod {
		calls = method + " call"
	}
	return newError(status, wordsLimit.text(l.max, calls, int(l.window/time.Second)))
}

func errUserAgentMissing() *apiError { return wordsUserAgent.error() }

// errInsufficientAuthentication answers tokens that were never given out, or are of the wrong kind,
// or missing.
func errInsufficientAuthentication() *apiError { return wordsAuthentication.error() }

// errInsufficientAuthorisation answers sessions that have ended.
func errInsufficientAuthorisation() *apiError { return wordsAuthorisation.error() }

// errCredentialsIncorrect is bunq's one text for a key that is unknown, dead or not registered, and
// for a caller whose address is not permitted.
func errCredentialsIncorrect() *apiError { return wordsCredentials.error() }

// errTryAgain answers all keys for a while, after several wrong ones.
func errTryAgain() *apiError { return wordsTryAgain.error() }

func errRequestIDUsed() *apiError { return wordsRequestID.error() }

func errSignatureRequired() *apiError {
	e := wordsUnsigned.error()
	e.entries[0].Additional = []additionalParam{{URLTogetherPost: "https://together.bunq.com/d/15399"}}
	return e
}

func errSignatureInvalid() *apiError { return wordsSignature.error() }

func errBodyInvalid() *apiError { return wordsBody.error() }

func errBodyTooLarge() *apiError { return wordsBodySize.error() }

func errInvalidValue(field string) *apiError { return wordsValue.error(field) }

func errNotFound(kind string, id int64) *apiError {
	return wordsNotFound.error(kind, strconv.FormatInt(id, 10))
}

func errPublicKeyInvalid() *apiError { return wordsPublicKey.error() }

func errPublicKeyUsed() *apiError { return wordsPublicKeyUsed.error() }

func errCertificateInvalid() *apiError { return wordsCertificate.error() }

// errRootNotTrusted answers a chain that does not end with a root.
func errRootNotTrusted() *apiError { return wordsRoot.error() }

func errCertificateWithoutRole() *apiError { return wordsRole.error() }

func errRegistrationSignatureInvalid() *apiError { return wordsOwnership.error() }

// errDeviceExists answers a second device of an installation, whatever its key.
func errDeviceExists() *apiError { return wordsDevice.error() }

// errSessionExists was seen around 2017 and 2018 only.
func errSessionExists() *apiError { return wordsSession.error() }

func errIPInvalid(ip string) *apiError { return wordsIP.error(ip) }

func errIPExists() *apiError { return wordsIPExists.error() }

func errOAuthClientExists() *apiError { return wordsClientExists.error() }

func errOAuthClientCancelled() *apiError { return wordsClientCancelled.error() }

func errCallbackNotHTTPS() *apiError { return wordsCallbackHTTPS.error() }

func errCallbackExists() *apiError { return wordsCallbackExists.error() }

func errCallbackTooMany() *apiError { return wordsCallbackTooMany.error() }

func errTargetNotHTTPS() *apiError { return wordsTargetHTTPS.error() }

func errFilterExists() *apiError { return wordsFilterExists.error() }

// errTooManyTargets: that there are two for each category is documented among the limits.
func errTooManyTargets() *apiError { return wordsTargetTooMany.error() }

func errInternal() *apiError { return wordsInternal.error() }
