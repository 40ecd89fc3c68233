package bunq

import (
	"slices"
	"strconv"
	"strings"
)

// route is an address under the base URL, segment by segment. IDs are numbers, so no
// input of a user can change which address is called. The ID of the bunq user is
// filled in from the session.
type route []segment

type segment struct {
	text string
	kind segmentKind
	id   int64
}

type segmentKind int

const (
	segmentText segmentKind = iota
	segmentID
	segmentUser
)

func seg(s string) segment  { return segment{kind: segmentText, text: s} }
func idSeg(n int64) segment { return segment{kind: segmentID, id: n} }

var sessionUser = segment{kind: segmentUser}

func routeInstallation() route             { return route{seg("installation")} }
func routePSPCredential() route            { return route{seg("payment-service-provider-credential")} }
func routeDeviceServers() route            { return route{seg("device-server")} }
func routeDeviceServer(n int64) route      { return route{seg("device-server"), idSeg(n)} }
func routeSessionServer() route            { return route{seg("session-server")} }
func routeUser() route                     { return route{seg("user"), sessionUser} }
func routeCredentials() route              { return append(routeUser(), seg("credential-password-ip")) }
func routeCredential(n int64) route        { return append(routeCredentials(), idSeg(n)) }
func routePermittedIPs(cred int64) route   { return append(routeCredential(cred), seg("ip")) }
func routePermittedIP(cred, n int64) route { return append(routePermittedIPs(cred), idSeg(n)) }
func routeOAuthClients() route             { return append(routeUser(), seg("oauth-client")) }
func routeOAuthClient(n int64) route       { return append(routeOAuthClients(), idSeg(n)) }
func routeCallbackURLs(client int64) route {
	return append(routeOAuthClient(client), seg("callback-url"))
}
func routeCallbackURL(client, n int64) route { return append(routeCallbackURLs(client), idSeg(n)) }

func (r route) format(text func(segment) string) string {
	var b strings.Builder
	for _, s := range r {
		b.WriteByte('/')
		b.WriteString(text(s))
	}
	return b.String()
}

// endpoint returns the path without IDs, by which limits and statistics count, and which
// errors name.
func (r route) endpoint() string {
	return r.format(func(s segment) string {
		if s.kind == segmentText {
			return s.text
		}
		return "{id}"
	})
}

// resolve returns the path to call, for the given user.
func (r route) resolve(user int64) string {
	return r.format(func(s segment) string {
		switch s.kind {
		case segmentID:
			return strconv.FormatInt(s.id, 10)
		case segmentUser:
			return strconv.FormatInt(user, 10)
		default:
			return s.text
		}
	})
}

// key returns the path before the user is known.
func (r route) key() string {
	return r.format(func(s segment) string {
		if s.kind == segmentUser {
			return "{user}"
		}
		return route{s}.resolve(0)[1:]
	})
}

// overlaps reports whether one of the paths is the beginning of the other: a write at one
// may then change what is read at the other.
func (r route) overlaps(q route) bool {
	n := min(len(r), len(q))
	return slices.Equal(r[:n], q[:n])
}
