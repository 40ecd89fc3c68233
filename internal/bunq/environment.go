package bunq

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"path"
	"regexp"
	"strings"
	"unicode"
)

// Environment is one of bunq's two environments. Neither knows what was made in the other.
type Environment string

// The environments (DOCUMENTED).
const (
	Sandbox    Environment = "sandbox"
	Production Environment = "production"
)

// ParseEnvironment reads "sandbox" or "production", exactly.
func ParseEnvironment(s string) (Environment, error) {
	switch e := Environment(s); e {
	case Sandbox, Production:
		return e, nil
	default:
		return "", fmt.Errorf("unknown environment %q: write %q or %q", s, Sandbox, Production)
	}
}

// BaseURL is the address of the environment's API with its version path and no
// final slash; "" for an unknown environment.
func (e Environment) BaseURL() string {
	return map[Environment]string{Sandbox: "https://public-api.sandbox.bunq.com/v1", Production: "https://api.bunq.com/v1"}[e]
}

// EnvironmentOf returns the environment whose API is at that host; false for any other
// host.
func EnvironmentOf(u *url.URL) (Environment, bool) {
	for _, e := range []Environment{Sandbox, Production} {
		if strings.EqualFold(u.Hostname(), apiHost(e)) {
			return e, true
		}
	}
	return "", false
}

func apiHost(e Environment) string {
	host := strings.TrimPrefix(e.BaseURL(), "https://")
	return host[:strings.IndexByte(host, '/')]
}

// ofBunq reports whether the host is one of bunq's own.
func ofBunq(u *url.URL) bool {
	host := strings.ToLower(u.Hostname())
	return host == "bunq.com" || strings.HasSuffix(host, ".bunq.com")
}

var versionPath = regexp.MustCompile(`/v[0-9]+$`)

// ParseBaseURL reads the address of an API: https, or http to a loopback host
// only (tokens travel in headers); a path that ends in its version, as "/v1"; no
// user info, query or fragment. The error says what to write instead, and never
// repeats user info.
func ParseBaseURL(s string) (*url.URL, error) {
	u, err := parseAddress(s, Sandbox.BaseURL())
	if err != nil {
		return nil, err
	}
	if u.RawPath != "" || path.Clean(u.Path) != u.Path || !versionPath.MatchString(u.Path) {
		return nil, fmt.Errorf("the path must end in the version of the API: write %q", suggestedBase(u))
	}
	// A name with a slip in it is nobody's environment.
	if _, known := EnvironmentOf(u); ofBunq(u) && !known {
		return nil, fmt.Errorf("bunq has no API at this host: its hosts are %s and %s", apiHost(Sandbox), apiHost(Production))
	}
	return u, nil
}

// parseAddress reads an absolute https URL, or http to a loopback host, without
// user info, query and fragment. The error names the example, or the address
// without what is wrong in it.
func parseAddress(s, example string) (*url.URL, error) {
	if strings.ContainsFunc(s, unicode.IsSpace) {
		return nil, fmt.Errorf("there is a blank or a line end in it: write for example %q", example)
	}
	u, err := url.Parse(s)
	if err != nil {
		// url.Parse quotes its input, passwords included; only its reason is passed on.
		var reason *url.Error
		if errors.As(err, &reason) {
			err = reason.Err
		}
		return nil, fmt.Errorf("not a URL: %w; write for example %q", err, example)
	}

	switch {
	case u.Scheme != "https" && u.Scheme != "http", u.Opaque != "", u.Hostname() == "":
		return nil, fmt.Errorf("not an absolute http(s) URL: write for example %q", example)
	case !plainHost(u):
		return nil, errors.New("the host must be an IP address or a name of letters, digits, hyphens and single dots: write an international name as xn--…")
	case u.User != nil:
		return nil, errors.New("the URL must not contain a user name or password: remove the part before the @")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return nil, fmt.Errorf("plain http would show tokens to the network and is allowed to a loopback host only: write %q", "https://"+u.Host+u.EscapedPath())
	case u.RawQuery != "" || u.ForceQuery || strings.Contains(s, "#"):
		return nil, fmt.Errorf("the URL must not have a query or a fragment: write %q", u.Scheme+"://"+u.Host+u.EscapedPath())
	}
	return u, nil
}

var hostName = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$`)

// plainHost reports whether the host means what it looks like. net/http turns names in
// other scripts into ASCII, so that one that looks foreign, or has what nobody sees in it,
// can be bunq's.
func plainHost(u *url.URL) bool {
	if _, err := netip.ParseAddr(u.Hostname()); err == nil {
		return true
	}
	return hostName.MatchString(u.Hostname())
}

func suggestedBase(u *url.URL) string {
	p := strings.TrimRight(u.EscapedPath(), "/")
	if !versionPath.MatchString(p) {
		p += "/v1"
	}
	return u.Scheme + "://" + u.Host + p
}

func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}
