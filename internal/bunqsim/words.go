package bunqsim

import (
	"fmt"
	"net/http"
)

// statusSignatureRequired is bunq's own HTTP status for a request that had to be signed and was not.
const statusSignatureRequired = 466

// statusMaintenance is bunq's own HTTP status for planned downtime.
const statusMaintenance = 491

// Source says how something is known of bunq.
type Source string

// The sources.
const (
	Recorded   Source = "recorded"   // in an answer of bunq's that somebody kept, or in a client that reads it
	Documented Source = "documented" // by bunq
	Invented   Source = "invented"   // by this simulator
)

// ErrorText is one error of the API: what bunq says, and how that is known.
type ErrorText struct {
	Status int
	// Text has verbs of package fmt where an answer names something.
	Text                 string
	TextFrom, StatusFrom Source
}

func (w ErrorText) text(args ...any) string { return fmt.Sprintf(w.Text, args...) }

func (w ErrorText) error(args ...any) *apiError { return newError(w.Status, w.text(args...)) }

// allWords are filled by says, in the order of the table.
var allWords []ErrorText

// ErrorTexts returns all errors that the simulator answers with, in bunq's envelope.
func ErrorTexts() []ErrorText { return allWords }

func says(status int, statusFrom Source, text string, textFrom Source) ErrorText {
	w := ErrorText{status, text, textFrom, statusFrom}
	allWords = append(allWords, w)
	return w
}

// The table. README shows it; a test holds it against the answers.
var (
	wordsRoute     = says(http.StatusNotFound, Documented, "Route not found.", Recorded)
	wordsMethod    = says(http.StatusMethodNotAllowed, Documented, "Method not allowed.", Invented)
	wordsLimit     = says(http.StatusTooManyRequests, Recorded, "Too many requests. You can do a maximum of %d %s per %d second to this endpoint.", Recorded)
	wordsUserAgent = says(http.StatusBadRequest, Invented, `Missing required header "User-Agent".`, Invented)

	wordsAuthentication = says(http.StatusForbidden, Recorded, "Insufficient authentication.", Recorded)
	wordsAuthorisation  = says(http.StatusUnauthorized, Recorded, "Insufficient authorisation.", Recorded)
	wordsCredentials    = says(http.StatusBadRequest, Recorded, "User credentials are incorrect. Incorrect API key or IP address.", Recorded)
	wordsTryAgain       = says(http.StatusBadRequest, Invented, "The operation could not be completed. Please try again.", Recorded)
	wordsRequestID      = says(http.StatusBadRequest, Invented, "The X-Bunq-Client-Request-Id has already been used.", Invented)
	wordsUnsigned       = says(statusSignatureRequired, Documented, "For this operation a request signature is required. Check the urls for more information.", Recorded)
	wordsSignature      = says(http.StatusBadRequest, Recorded, "The request signature is invalid.", Recorded)

	wordsBody        = says(http.StatusBadRequest, Invented, "The request body is not valid JSON.", Invented)
	wordsBodySize    = says(http.StatusBadRequest, Invented, "The request body is too large.", Invented)
	wordsSuperfluous = says(http.StatusBadRequest, Recorded, "Superfluous field %q.", Recorded)
	wordsType        = says(http.StatusBadRequest, Recorded, "Invalid type for field %q (expected %s).", Recorded)
	wordsMissing     = says(http.StatusBadRequest, Documented, "Missing required field %q.", Invented)
	wordsValue       = says(http.StatusBadRequest, Documented, "Invalid value for field %q.", Invented)
	wordsNotFound    = says(http.StatusNotFound, Recorded, "%s for id %q not found.", Recorded) // seen of a monetary account

	wordsPublicKey     = says(http.StatusBadRequest, Invented, "The provided public key is invalid.", Invented)
	wordsPublicKeyUsed = says(http.StatusBadRequest, Invented, "The provided public key is already in use.", Invented)
	wordsCertificate   = says(http.StatusBadRequest, Invented, "The provided certificate is invalid.", Invented)
	wordsRoot          = says(http.StatusBadRequest, Recorded, "Certificate root is not trusted. Make sure that the last certificate in the chain is the root certificate.", Recorded)
	wordsRole          = says(http.StatusBadRequest, Invented, "The provided certificate has no PSD2 role.", Invented)
	wordsOwnership     = says(http.StatusBadRequest, Invented, "The provided client public key signature is invalid.", Invented)
	wordsDevice        = says(http.StatusBadRequest, Recorded, "A device already exists for the current installation.", Recorded)
	wordsSession       = says(http.StatusBadRequest, Invented, "Authentication token already has a user session.", Recorded)

	wordsIP       = says(http.StatusBadRequest, Invented, "The IP address %q is invalid.", Invented)
	wordsIPExists = says(http.StatusBadRequest, Invented, "The IP address already exists.", Invented)

	wordsClientExists    = says(http.StatusBadRequest, Invented, "You can only have one active OAuth Client registered.", Recorded)
	wordsClientCancelled = says(http.StatusBadRequest, Invented, "OAuth client is cancelled.", Invented)
	wordsCallbackHTTPS   = says(http.StatusBadRequest, Invented, "The callback URL must use HTTPS.", Invented)
	wordsCallbackExists  = says(http.StatusBadRequest, Invented, "The Callback URL has already been registered for this Client.", Recorded)
	wordsCallbackTooMany = says(http.StatusBadRequest, Invented, "Maximum number of callback URLs reached.", Invented)

	wordsTargetHTTPS   = says(http.StatusBadRequest, Invented, "The notification target must use HTTPS.", Invented)
	wordsFilterExists  = says(http.StatusBadRequest, Invented, "Notification filter already exists.", Invented)
	wordsTargetTooMany = says(http.StatusBadRequest, Invented, "Maximum number of notification targets for this category reached.", Invented)

	wordsInternal = says(http.StatusInternalServerError, Documented, "An internal error occurred.", Invented)
)
