package probe

import (
	"crypto/rsa"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

// Names of bunq's headers.
const (
	headerAuthentication  = "X-Bunq-Client-Authentication"
	headerClientSignature = "X-Bunq-Client-Signature"
	headerRequestID       = "X-Bunq-Client-Request-Id"
	headerResponseID      = "X-Bunq-Client-Response-Id"
	headerServerSignature = "X-Bunq-Server-Signature"
	headerWarning         = "X-Bunq-Warning"
)

// call is what a question wants to send.
type call struct {
	method, path string
	token        string
	content      any             // the body; nil: none
	sign         *rsa.PrivateKey // nil: not signed
	requestID    string          // "" for a fresh one
	serverKey    *rsa.PublicKey  // verifies the answer; nil: nothing to verify with
	// wrongKind: the token may be of the wrong kind for this call. A refusal then belongs to no
	// installation whose key could verify it.
	wrongKind bool
	unpaced   bool // sent at once, and a 429 is what is looked for
}

// signed is what is known of an answer's signature.
type signed string

const (
	signedValid    signed = "valid"
	signedWrong    signed = "wrong"
	signedAbsent   signed = "absent"
	signedUnproven signed = "present, with no key to verify it"
)

// exchange is one call and its answer.
type exchange struct {
	call
	route  string
	raw    []byte // the request's body
	sentAs http.Header

	sent, answered time.Time
	status         int
	header         http.Header
	body           []byte
	signature      signed
}

func verified(key *rsa.PublicKey, body []byte, signature string) signed {
	switch {
	case signature == "":
		return signedAbsent
	case key == nil:
		return signedUnproven
	case signing.Verify(key, body, signature) != nil:
		return signedWrong
	default:
		return signedValid
	}
}

// trusted reports whether the answer has the signature that an answer of its status is to have.
// Unsigned were seen: 403, 409, 429, 491 and the answer to POST /installation.
func (x *exchange) trusted() bool {
	if x.method == http.MethodPost && x.route == "/installation" {
		return true // brings the key
	}
	if x.method == http.MethodGet && strings.HasPrefix(x.route, "/installation") {
		return x.signature != signedWrong // the setting sign_installation_reads
	}
	if slices.Contains([]int{http.StatusForbidden, http.StatusConflict, http.StatusTooManyRequests}, x.status) {
		return x.signature != signedWrong
	}
	return x.signature == signedValid || x.signature == signedUnproven
}

// shownHeaders are those of a request that are worth showing.
var shownHeaders = []string{"Content-Type", headerAuthentication, headerClientSignature, headerRequestID}

// maxShown is as much of a body as is shown.
const maxShown = 4000

// text returns the exchange as HTTP would have it. Secrets are taken out before anything is cut:
// half of one would not be known again.
func (x *exchange) text(r *redactor) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s\n", x.method, x.path)
	for _, name := range shownHeaders {
		if v := x.sentAs.Get(name); v != "" {
			if name == headerAuthentication || name == headerClientSignature {
				v = "(removed)"
			}
			fmt.Fprintf(&b, "%s: %s\n", name, v)
		}
	}
	if len(x.raw) > 0 {
		fmt.Fprintf(&b, "\n%s\n", clip(r.text(string(x.raw))))
	}

	fmt.Fprintf(&b, "\nHTTP %d\n", x.status)
	var names []string
	for name := range x.header {
		if name != "Set-Cookie" && name != headerServerSignature {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(&b, "%s: %s\n", name, strings.Join(x.header.Values(name), ", "))
	}
	fmt.Fprintf(&b, "%s: (%s)\n", headerServerSignature, x.signature)
	fmt.Fprintf(&b, "\n%s\n", clip(r.text(string(x.body))))
	return b.String()
}

func clip(body string) string {
	if len(body) > maxShown {
		return body[:maxShown] + fmt.Sprintf("… (%d bytes more)", len(body)-maxShown)
	}
	return body
}

// brief is the exchange in one line, for a settled answer.
func (x *exchange) brief(r *redactor) string {
	s := x.method + " " + x.path
	if len(x.raw) > 0 {
		s += " " + short(r.text(string(x.raw)))
	}
	return s + " → " + fmt.Sprint(x.status) + " " + short(r.text(string(x.body)))
}

func short(s string) string {
	const most = 240
	s = strings.Join(strings.Fields(s), " ")
	if r := []rune(s); len(r) > most {
		return string(r[:most]) + "…"
	}
	return s
}
