package probe

import (
	"maps"
	"regexp"
	"slices"
)

// fieldKind is a JSON type; with "?" it may be null, with "-" it may be absent.
type fieldKind string

const (
	kindNumber fieldKind = "number"
	kindString fieldKind = "string"
	kindTime   fieldKind = "time" // a string as bunq writes times
	kindArray  fieldKind = "array"
	kindObject fieldKind = "object"
)

type fieldsOf map[string]fieldKind

// believedElements are the elements of answers as provider and simulator believe them to be, with
// all their fields.
var believedElements = map[string]fieldsOf{
	"Id":              {"id": kindNumber},
	"Token":           {"id": kindNumber, "created": kindTime, "updated": kindTime, "token": kindString},
	"ServerPublicKey": {"server_public_key": kindString},
	"CredentialPasswordIp": {"id": kindNumber, "created": kindTime, "updated": kindTime, "status": kindString,
		"expiry_time": kindTime + "?", "token_value": kindString + "?", "permitted_device": kindObject + "?"},
	"DeviceServer": {"id": kindNumber, "created": kindTime, "updated": kindTime, "description": kindString, "ip": kindString, "status": kindString},
	"PermittedIp":  {"id": kindNumber, "created": kindTime, "updated": kindTime, "ip": kindString, "status": kindString},
	"OauthClient": {"id": kindNumber, "status": kindString, "display_name": kindString + "?-", "client_id": kindString, "secret": kindString,
		"callback_url": kindArray, "created": kindTime + "-", "updated": kindTime + "-"},
	"OauthCallbackUrl": {"id": kindNumber, "created": kindTime, "updated": kindTime, "url": kindString},
	"NotificationFilterUrl": {"category": kindString, "notification_target": kindString, "id": kindNumber + "-", "created": kindTime + "-", "updated": kindTime + "-",
		"all_user_id": kindArray + "-", "all_monetary_account_id": kindArray + "-", "all_verification_type": kindArray + "-"},
	"UserPaymentServiceProvider": {"id": kindNumber, "created": kindTime, "updated": kindTime, "alias": kindArray, "avatar": kindObject,
		"status": kindString, "sub_status": kindString, "public_uuid": kindString, "display_name": kindString, "public_nick_name": kindString,
		"language": kindString, "region": kindString, "session_timeout": kindNumber, "daily_limit_without_confirmation_login": kindObject,
		"relations": kindArray, "notification_filters": kindArray, "certificate_distinguished_name": kindString},
}

// believedAnswer is what a successful call is answered with.
type believedAnswer struct {
	elements []string // all of them, each once; of a list any number of the one
	list     bool
	paged    bool
	// mayPage: whether it has pages is a setting.
	mayPage bool
	anyBody bool // of a DELETE
}

// believedAnswers are the calls that the provider makes, and those that questions make beyond.
var believedAnswers = map[string]believedAnswer{
	"POST /installation":                            {elements: []string{"Id", "Token", "ServerPublicKey"}},
	"GET /installation":                             {elements: []string{"Id"}},
	"POST /payment-service-provider-credential":     {elements: []string{"CredentialPasswordIp"}},
	"GET /payment-service-provider-credential/{id}": {elements: []string{"CredentialPasswordIp"}},
	"POST /device-server":                           {elements: []string{"Id"}},
	"GET /device-server":                            {elements: []string{"DeviceServer"}, list: true, paged: true},
	"GET /device-server/{id}":                       {elements: []string{"DeviceServer"}},
	"POST /session-server":                          {elements: []string{"Id", "Token", "UserPaymentServiceProvider"}},
	"DELETE /session/{id}":                          {anyBody: true},
	"GET /user":                                     {elements: []string{"UserPaymentServiceProvider"}, list: true, paged: true},
	"GET /user/{id}":                                {elements: []string{"UserPaymentServiceProvider"}},

	"GET /user/{id}/credential-password-ip":              {elements: []string{"CredentialPasswordIp"}, list: true, paged: true},
	"GET /user/{id}/credential-password-ip/{id}":         {elements: []string{"CredentialPasswordIp"}},
	"GET /user/{id}/credential-password-ip/{id}/ip":      {elements: []string{"PermittedIp"}, list: true, paged: true},
	"POST /user/{id}/credential-password-ip/{id}/ip":     {elements: []string{"Id"}},
	"GET /user/{id}/credential-password-ip/{id}/ip/{id}": {elements: []string{"PermittedIp"}},
	"PUT /user/{id}/credential-password-ip/{id}/ip/{id}": {elements: []string{"Id"}},

	"POST /user/{id}/notification-filter-url": {elements: []string{"NotificationFilterUrl"}, list: true},
	"GET /user/{id}/notification-filter-url":  {elements: []string{"NotificationFilterUrl"}, list: true, mayPage: true},

	"POST /user/{id}/oauth-client":                          {elements: []string{"Id"}},
	"GET /user/{id}/oauth-client":                           {elements: []string{"OauthClient"}, list: true, paged: true},
	"GET /user/{id}/oauth-client/{id}":                      {elements: []string{"OauthClient"}},
	"PUT /user/{id}/oauth-client/{id}":                      {elements: []string{"Id"}},
	"POST /user/{id}/oauth-client/{id}/callback-url":        {elements: []string{"Id"}},
	"GET /user/{id}/oauth-client/{id}/callback-url":         {elements: []string{"OauthCallbackUrl"}, list: true, paged: true},
	"GET /user/{id}/oauth-client/{id}/callback-url/{id}":    {elements: []string{"OauthCallbackUrl"}},
	"PUT /user/{id}/oauth-client/{id}/callback-url/{id}":    {elements: []string{"Id"}},
	"DELETE /user/{id}/oauth-client/{id}/callback-url/{id}": {anyBody: true},
}

// knownTexts are the descriptions of errors that are believed of bunq, seen or made up.
var knownTexts = []*regexp.Regexp{
	tooMany,
	regexp.MustCompile(`^Superfluous field "[a-z_]+"\.$`),
	regexp.MustCompile(`^Missing required field "[a-z_]+"\.$`),
	regexp.MustCompile(`^Invalid value for field "[a-z_]+"\.$`),
	regexp.MustCompile(`^The IP address "[^"]*" is invalid\.$`),
	regexp.MustCompile(`^[A-Z][a-z ]+ for id "\d+" not found\.$`),
	exactly(textAuthorisation), exactly(textAuthentication), exactly(textCredentials), exactly(textSignature), exactly(textSession),
	exactly(textKeyUsed), exactly(textRequestID), exactly(textDevice),
	exactly(textClientExists), exactly(textHTTPS), exactly(textURLExists), exactly(textURLsTooMany),
}

func exactly(text string) *regexp.Regexp {
	return regexp.MustCompile("^" + regexp.QuoteMeta(text) + "$")
}

// BelievedCalls lists the calls whose answers are compared, as "METHOD /path/{id}".
func BelievedCalls() []string { return slices.Sorted(maps.Keys(believedAnswers)) }
