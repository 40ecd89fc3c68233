package probe

import (
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// bunq's words. "Seen" ones were recorded by others, the rest is what the simulator made up: bunq
// will say the same in other words, which a person has to read.
const (
	textAuthorisation  = "Insufficient authorisation."                                                                               // seen
	textAuthentication = "Insufficient authentication."                                                                              // seen
	textCredentials    = "User credentials are incorrect. Incorrect API key or IP address."                                          // seen
	textSignature      = "The request signature is invalid."                                                                         // seen
	textSession        = "Authentication token already has a user session."                                                          // seen, years ago
	textKeyUsed        = "The provided public key is already in use."                                                                //
	textRequestID      = "The X-Bunq-Client-Request-Id has already been used."                                                       //
	textDevice         = "A device already exists for the current installation."                                                     // seen
	textClientExists   = "You can only have one active OAuth Client registered."                                                     // seen
	textHTTPS          = "The callback URL must use HTTPS."                                                                          //
	textURLExists      = "The Callback URL has already been registered for this Client."                                             // seen
	textURLsTooMany    = "Maximum number of callback URLs reached."                                                                  //
	textTooMany        = `Too many requests. You can do a maximum of (\d+) (calls|[A-Z]+ call) per (\d+) seconds? to this endpoint.` // seen
)

func textSuperfluous(field string) string  { return fmt.Sprintf("Superfluous field %q.", field) }       // seen
func textMissing(field string) string      { return fmt.Sprintf("Missing required field %q.", field) }  //
func textInvalidValue(field string) string { return fmt.Sprintf("Invalid value for field %q.", field) } //
func textInvalidIP(ip string) string       { return fmt.Sprintf("The IP address %q is invalid.", ip) }  //
func textNotFound(kind string, id int64) string { // the pattern was seen
	return fmt.Sprintf(`%s for id "%d" not found.`, kind, id)
}

var tooMany = regexp.MustCompile(`^` + textTooMany + `$`)

// limitNamed reads the limit that a refusal names.
func limitNamed(texts []string) (limit, bool) {
	if len(texts) != 1 || !tooMany.MatchString(texts[0]) {
		return limit{}, false
	}
	m := tooMany.FindStringSubmatch(texts[0])
	n, errN := strconv.Atoi(m[1])
	s, errS := strconv.Atoi(m[3])
	return limit{n, time.Duration(s) * time.Second}, errN == nil && errS == nil
}
