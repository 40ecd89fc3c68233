package bunqsim

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
)

// tokenKind is which token a route takes in X-Bunq-Client-Authentication.
type tokenKind int

const (
	tokenNone tokenKind = iota
	tokenInstallation
	tokenSession
	tokenSessionOrInstallation
)

// route declares what a call needs; the gate sees to it that the call has it before do runs.
type route struct {
	method, pattern string
	token           tokenKind
	signed          bool      // the request must be signed
	body            *bodySpec // of POST and PUT
	unsignedAnswer  bool      // everything under /installation, but see Settings.SignInstallationReads
	sandboxOnly     bool
	setup           bool // counts for Settings.SetupCallsPerDay
	ofInstallation  bool // see Settings.DeviceListWithInstallationToken
	// find resolves the ids of the path to objects of the caller, or answers 404. nil: the path has
	// none.
	find func(*call) *apiError
	// do carries the call out. It changes the store only when it returns no error.
	do func(*call) (reply, *apiError)
	// web answers a request outside basePath, instead of the gate and do. It reports whether it
	// changed the store.
	web func(*call) (a *answer, changed bool)

	segments []string
}

const idSegment = "{id}"

// basePath is the version prefix of every route.
const basePath = "/v1"

func stringField(name string, required bool) fieldSpec {
	return fieldSpec{name: name, kind: typeString, required: required}
}

// routes returns the table of bunq's API. What bunq has on other hosts is in webRoutes.
func routes() []*route {
	get, post, put, del := http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete
	table := []*route{
		{method: post, pattern: "/installation", token: tokenNone, unsignedAnswer: true, setup: true, do: createInstallation,
			body: &bodySpec{fields: []fieldSpec{stringField("client_public_key", true)}}},
		{method: get, pattern: "/installation", token: tokenSession, unsignedAnswer: true, do: readInstallation},
		{method: get, pattern: "/installation/{id}", token: tokenSession, unsignedAnswer: true, find: findInstallation, do: readInstallation},
		{method: get, pattern: "/installation/{id}/server-public-key", token: tokenSession, unsignedAnswer: true,
			find: findInstallation, do: readServerPublicKey},

		{method: post, pattern: "/payment-service-provider-credential", token: tokenInstallation, setup: true, do: createCredential,
			body: &bodySpec{fields: []fieldSpec{
				stringField("client_payment_service_provider_certificate", true),
				stringField("client_payment_service_provider_certificate_chain", true),
				stringField("client_public_key_signature", true),
			}}},
		{method: get, pattern: "/payment-service-provider-credential/{id}", token: tokenSessionOrInstallation,
			find: findOwnCredential, do: readCredential},

		{method: post, pattern: "/device-server", token: tokenInstallation, setup: true, do: createDevice,
			body: &bodySpec{fields: []fieldSpec{
				stringField("description", true), stringField("secret", true), {name: "permitted_ips", kind: typeStringArray},
			}}},
		{method: get, pattern: "/device-server", token: tokenSession, ofInstallation: true, do: listDevices},
		{method: get, pattern: "/device-server/{id}", token: tokenSession, find: findDevice, do: readDevice},
		{method: get, pattern: "/device", token: tokenSession, ofInstallation: true, do: listDevices},
		{method: get, pattern: "/device/{id}", token: tokenSession, find: findDevice, do: readDevice},

		{method: post, pattern: "/session-server", token: tokenInstallation, signed: true, do: createSession,
			body: &bodySpec{fields: []fieldSpec{stringField("secret", true)}}},
		{method: del, pattern: "/session/{id}", token: tokenSession, do: deleteSession},

		{method: get, pattern: "/user", token: tokenSession, do: listUsers},
		{method: get, pattern: "/user/{id}", token: tokenSession, find: findUser, do: readUser},
		{method: get, pattern: "/user-payment-service-provider/{id}", token: tokenSession, find: findProviderUser, do: readUser},

		{method: get, pattern: "/user/{id}/credential-password-ip", token: tokenSession, find: findUser, do: listCredentials},
		{method: get, pattern: "/user/{id}/credential-password-ip/{id}", token: tokenSession, find: findCredential, do: readCredential},
		{method: get, pattern: "/user/{id}/credential-password-ip/{id}/ip", token: tokenSession, find: findCredential, do: listPermittedIPs},
		{method: post, pattern: "/user/{id}/credential-password-ip/{id}/ip", token: tokenSession, find: findCredential, do: createPermittedIP,
			body: &bodySpec{fields: []fieldSpec{stringField("ip", true), stringField("status", false)}}},
		{method: get, pattern: "/user/{id}/credential-password-ip/{id}/ip/{id}", token: tokenSession, find: findPermittedIP, do: readPermittedIP},
		{method: put, pattern: "/user/{id}/credential-password-ip/{id}/ip/{id}", token: tokenSession, find: findPermittedIP, do: updatePermittedIP,
			body: &bodySpec{fields: []fieldSpec{stringField("status", true)}}},

		{method: post, pattern: "/user/{id}/oauth-client", token: tokenSession, find: findUser, do: createOAuthClient,
			body: &bodySpec{fields: []fieldSpec{stringField("status", false)}, emptyArray: true}},
		{method: get, pattern: "/user/{id}/oauth-client", token: tokenSession, find: findUser, do: listOAuthClients},
		{method: get, pattern: "/user/{id}/oauth-client/{id}", token: tokenSession, find: findOAuthClient, do: readOAuthClient},
		{method: put, pattern: "/user/{id}/oauth-client/{id}", token: tokenSession, find: findOAuthClient, do: updateOAuthClient,
			body: &bodySpec{fields: []fieldSpec{stringField("status", true)}}},

		{method: post, pattern: "/user/{id}/oauth-client/{id}/callback-url", token: tokenSession, find: findOAuthClient, do: createCallback,
			body: &bodySpec{fields: []fieldSpec{stringField("url", true)}}},
		{method: get, pattern: "/user/{id}/oauth-client/{id}/callback-url", token: tokenSession, find: findOAuthClient, do: listCallbacks},
		{method: get, pattern: "/user/{id}/oauth-client/{id}/callback-url/{id}", token: tokenSession, find: findCallback, do: readCallback},
		{method: put, pattern: "/user/{id}/oauth-client/{id}/callback-url/{id}", token: tokenSession, find: findCallback, do: updateCallback,
			body: &bodySpec{fields: []fieldSpec{stringField("url", true)}}},
		{method: del, pattern: "/user/{id}/oauth-client/{id}/callback-url/{id}", token: tokenSession, find: findCallback, do: deleteCallback},

		{method: post, pattern: "/user/{id}/notification-filter-url", token: tokenSession, find: findUser, do: replaceURLFilters,
			body: filtersBody(stringField("category", true), stringField("notification_target", true))},
		{method: get, pattern: "/user/{id}/notification-filter-url", token: tokenSession, find: findUser, do: listURLFilters},
		{method: post, pattern: "/user/{id}/notification-filter-push", token: tokenSession, find: findUser, do: replacePushFilters,
			body: filtersBody(stringField("category", true))},
		{method: post, pattern: "/user/{id}/notification-filter-failure", token: tokenSession, find: findUser, do: retryFailures,
			body: &bodySpec{fields: []fieldSpec{stringField("notification_filter_failed_ids", true)}}},
		{method: get, pattern: "/user/{id}/notification-filter-failure", token: tokenSession, find: findUser, do: listFailures},
		{method: get, pattern: "/user/{id}/notification-filter-push", token: tokenSession, find: findUser, do: listPushFilters},

		{method: post, pattern: "/sandbox-user-person", sandboxOnly: true, do: createSandboxPerson, body: &bodySpec{empty: true}},
		{method: post, pattern: "/sandbox-user-company", sandboxOnly: true, do: createSandboxCompany, body: &bodySpec{empty: true}},
	}
	for _, r := range table {
		r.segments = strings.Split(r.pattern, "/")
	}
	return table
}

// allRoutes is never changed after its making, and so needs no lock.
var allRoutes = routes()

// match returns the ids of path if it is one of the route's.
func (r *route) match(segments []string) ([]int64, bool) {
	if len(segments) != len(r.segments) {
		return nil, false
	}
	var ids []int64
	for i, want := range r.segments {
		if want != idSegment {
			if segments[i] != want {
				return nil, false
			}
			continue
		}
		id, ok := parseID(segments[i])
		if !ok {
			return nil, false
		}
		ids = append(ids, id)
	}
	return ids, true
}

func parseID(s string) (int64, bool) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	id, err := strconv.ParseInt(s, 10, 64)
	return id, err == nil
}

// lookup finds the route of a request. known reports whether the path exists with another method;
// pattern is the path's then.
func lookup(env Environment, method, path string) (found *route, ids []int64, pattern string, known bool) {
	for _, r := range allWebRoutes {
		if r.pattern == path && r.method == method {
			return r, nil, r.pattern, true
		}
		if r.pattern == path {
			pattern, known = r.pattern, true
		}
	}
	rest, ok := strings.CutPrefix(path, basePath)
	if !ok {
		return nil, nil, pattern, known
	}
	segments := strings.Split(rest, "/")
	for _, r := range allRoutes {
		if r.sandboxOnly && env != Sandbox {
			continue
		}
		m, ok := r.match(segments)
		if !ok {
			continue
		}
		if r.method == method {
			return r, m, r.pattern, true
		}
		pattern, known = r.pattern, true
	}
	return nil, nil, pattern, known
}

// isRoute reports whether there is a "METHOD /pattern": a fault or a count for another would silently
// never match.
func (s *Sim) isRoute(callName string) bool {
	return slices.ContainsFunc(slices.Concat(allRoutes, allWebRoutes), func(r *route) bool {
		return r.method+" "+r.pattern == callName && (!r.sandboxOnly || s.env == Sandbox)
	})
}
