package bunq

import (
	"fmt"
	"net/url"
	"strings"
	"unicode"
)

// AuthorizeURL is the page at which a bunq user consents to an OAuth client of
// the environment (DOCUMENTED, https://doc.bunq.com/basics/authentication/oauth);
// "" for an unknown environment.
func (e Environment) AuthorizeURL() string {
	return map[Environment]string{Sandbox: "https://oauth.sandbox.bunq.com/auth", Production: "https://oauth.bunq.com/auth"}[e]
}

// ParseAuthorizeURL reads the address of an authorisation page: https, or http
// to a loopback host only; no user info, query or fragment. Of bunq's own hosts
// only the two pages are accepted. The error says what to write instead, and never
// repeats user info.
func ParseAuthorizeURL(s string) (*url.URL, error) {
	u, err := parseAddress(s, Sandbox.AuthorizeURL())
	if err != nil {
		return nil, err
	}
	if ofBunq(u) && s != Sandbox.AuthorizeURL() && s != Production.AuthorizeURL() {
		return nil, fmt.Errorf("this address of bunq is not one of its authorisation pages: write %q or %q", Sandbox, Production)
	}
	return u, nil
}

// CallbackURLProblem says what is wrong with a callback URL, after the words
// "The URL"; "" for nothing. bunq accepts an absolute https URL without a
// fragment: that http is refused is OBSERVED (a client written at bunq registers
// https even for localhost), but a client made in bunq's portal has one with http for
// localhost (OBSERVED). The rest is RFC 6749, section 3.1.2.
//
// It does not repeat the URL: a value in the wrong place may be a secret.
func CallbackURLProblem(text string) string {
	if strings.ContainsFunc(text, unicode.IsSpace) {
		return "contains white space; bunq compares callback URLs byte by byte"
	}
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return "is not a URL"
	case u.Scheme != "" && !isHTTP(u) && !strings.EqualFold(u.Scheme, "https"):
		return "has a scheme other than https"
	case u.Scheme == "" || u.Hostname() == "":
		return "is not absolute: it needs a scheme and a host"
	case isHTTP(u) && !loopback(u.Hostname()):
		return "is plain http, over which the authorisation code could be read (http is accepted for a loopback host only)"
	case strings.Contains(text, "#"):
		return "has a fragment (#…), which OAuth forbids"
	case u.User != nil:
		return "contains a user name or password"
	}
	return ""
}

// CallbackURLDoubt says why a callback URL without a problem may not work, after the
// words "The URL"; "" for nothing.
func CallbackURLDoubt(text string) string {
	u, err := url.Parse(text)
	switch {
	case err != nil:
		return ""
	case isHTTP(u):
		return "is plain http. For a loopback host, bunq may accept that (UNKNOWN: its partner documentation asks for https, while a client made in its portal " +
			"has http://localhost). If bunq refuses it, use https, for example with a certificate of your own"
	case strings.Contains(u.Host, "*"):
		return "has a * in its host. bunq knows no wildcards: it compares the redirect_uri of an authorisation byte by byte, so no real host matches. " +
			"Declare each host's URL on its own"
	case strings.ContainsFunc(text, func(r rune) bool { return r > unicode.MaxASCII }):
		return "has characters that are not ASCII. bunq compares byte by byte, and most applications send such a host in its ASCII form (xn--…), and the " +
			"rest percent-encoded (%C3%BC for ü): write it exactly as the application sends it"
	}
	return ""
}

func isHTTP(u *url.URL) bool { return strings.EqualFold(u.Scheme, "http") }
