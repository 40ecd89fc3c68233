package bunq

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// route is an address under the base URL, as "/user/{user}/oauth-client/633". IDs are
// numbers, so no input of a user can change which address is called. The ID of the bunq
// user is filled in from the session.
type route string

func routeInstallation() route             { return "/installation" }
func routePSPCredential() route            { return "/payment-service-provider-credential" }
func routeDeviceServers() route            { return "/device-server" }
func routeDeviceServer(n int64) route      { return routeDeviceServers().one(n) }
func routeSessionServer() route            { return "/session-server" }
func routeUser() route                     { return "/user/{user}" }
func routeCredentials() route              { return routeUser() + "/credential-password-ip" }
func routeCredential(n int64) route        { return routeCredentials().one(n) }
func routePermittedIPs(cred int64) route   { return routeCredential(cred) + "/ip" }
func routePermittedIP(cred, n int64) route { return routePermittedIPs(cred).one(n) }
func routeOAuthClients() route             { return routeUser() + "/oauth-client" }
func routeOAuthClient(n int64) route       { return routeOAuthClients().one(n) }
func routeCallbackURLs(client int64) route { return routeOAuthClient(client) + "/callback-url" }
func routeCallbackURL(client, n int64) route {
	return routeCallbackURLs(client).one(n)
}
func routeNotificationFilters() route { return routeUser() + "/notification-filter-url" }

func (r route) one(n int64) route { return route(fmt.Sprintf("%s/%d", r, n)) }

var idInRoute = regexp.MustCompile(`/(\d+|\{user\})`)

// endpoint returns the path without IDs, by which limits and statistics count, and which
// errors name.
func (r route) endpoint() string { return idInRoute.ReplaceAllString(string(r), "/{id}") }

// resolve returns the path to call, for the given user.
func (r route) resolve(user int64) string {
	return strings.Replace(string(r), "{user}", strconv.FormatInt(user, 10), 1)
}

// id returns the ID at the end of the route, 0 if there is none.
func (r route) id() int64 {
	n, err := strconv.ParseInt(string(r[strings.LastIndexByte(string(r), '/')+1:]), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// overlaps reports whether one of the paths is the beginning of the other: a write at one
// may then change what is read at the other.
func (r route) overlaps(q route) bool {
	return strings.HasPrefix(string(r)+"/", string(q)+"/") || strings.HasPrefix(string(q)+"/", string(r)+"/")
}
