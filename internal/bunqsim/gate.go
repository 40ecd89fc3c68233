package bunqsim

import (
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Names of bunq's headers.
const (
	headerAuthentication  = "X-Bunq-Client-Authentication"
	headerClientSignature = "X-Bunq-Client-Signature"
	headerRequestID       = "X-Bunq-Client-Request-Id"
	headerResponseID      = "X-Bunq-Client-Response-Id"
	headerServerSignature = "X-Bunq-Server-Signature"
	headerLanguage        = "X-Bunq-Language"
)

// maxBody is more than any body of this API needs.
const maxBody = 1 << 20

// call is a request on its way through the gate, with what the checks have found out so far. Under
// Sim.mu.
type call struct {
	sim *Sim
	set *Settings
	st  *store
	now time.Time
	ip  string

	method string
	path   string // as sent
	query  url.Values
	header http.Header
	host   string
	raw    []byte
	large  bool

	route *route
	ids   []int64
	body  fields

	inst *Installation // of the token
	sess *Session      // nil where an installation token was used
	user *User         // of the session

	cred   *Credential // found by the path, as are those below
	pip    *PermittedIP
	device *Device
	client *OAuthClient
	cb     *CallbackURL
}

// pass makes all checks, in the order the simulator has chosen (bunq's is not known), and then
// carries the call out: route, method, rate limit, user agent, token, permitted address, signature,
// body (syntax, superfluous fields, required fields and types), ownership of the path, business
// rules. A call that fails changes nothing.
func (c *call) pass() (reply, *apiError) {
	r, ids, _, known := lookup(c.sim.env, c.method, c.path)
	if r == nil && !known {
		return reply{}, errRouteNotFound()
	}
	if r == nil {
		return reply{}, errMethodNotAllowed()
	}
	c.route, c.ids = r, ids
	for _, check := range []func() *apiError{
		c.checkRate, c.checkUserAgent, c.checkToken, c.checkAddress, c.checkRequestID, c.checkSignature, c.checkBody, c.checkPath,
	} {
		if e := check(); e != nil {
			return reply{}, e
		}
	}
	rep, e := r.do(c)
	if e == nil && c.sess != nil {
		c.extend(c.sess)
	}
	return rep, e
}

func (c *call) checkRate() *apiError {
	l := c.sim.limits
	lim := l.of(c.method, c.route.pattern)
	ok := l.take(rateKey{c.caller(), c.method, c.route.pattern}, lim, c.now)
	if day := (limit{c.set.SetupCallsPerDay, 24 * time.Hour}); ok && day.max > 0 && l.profile == LimitsRecent && c.route.setup {
		lim, ok = day, l.take(rateKey{c.ip, "a day's " + c.method, c.route.pattern}, day, c.now)
	}
	if !ok {
		return errTooManyRequests(c.set.RateLimitStatus, lim, c.method, c.set.RateLimitText)
	}
	return nil
}

func (c *call) checkUserAgent() *apiError {
	if strings.TrimSpace(c.header.Get("User-Agent")) == "" {
		return errUserAgentMissing()
	}
	return nil
}

func (c *call) deadSession() *apiError {
	if c.set.DeadSessionStatus == http.StatusForbidden {
		return errInsufficientAuthentication()
	}
	return errInsufficientAuthorisation()
}

// checkToken finds installation, session and user of the token.
func (c *call) checkToken() *apiError {
	kind := c.route.token
	if kind == tokenNone {
		return nil
	}
	if c.route.ofInstallation && c.set.DeviceListWithInstallationToken == Accepted {
		kind = tokenSessionOrInstallation
	}
	token := c.header.Get(headerAuthentication)
	if token == "" {
		return errInsufficientAuthentication()
	}
	if kind != tokenSession {
		c.inst = first(c.st.Installations, func(i *Installation) bool { return i.Token == token })
		if c.inst != nil {
			return nil
		}
		if kind == tokenInstallation {
			return errInsufficientAuthentication()
		}
	}
	c.sess = first(c.st.Sessions, func(s *Session) bool { return s.Token == token })
	if c.sess == nil {
		return errInsufficientAuthentication()
	}
	// Known also of an ended session: its refusal is signed for the installation it was of.
	c.inst = first(c.st.Installations, func(i *Installation) bool { return i.ID == c.sess.InstallationID })
	if c.sess.Status != SessionActive {
		return c.deadSession()
	}
	c.user = c.userByID(c.sess.UserID)
	if c.user.Kind == UserAPIKey && strings.HasPrefix(c.route.pattern, "/user/{id}/") {
		return errInsufficientAuthentication() // consent is not given for keys, clients and filters
	}
	return nil
}

// checkAddress: a session can be used from the addresses permitted to its key only.
func (c *call) checkAddress() *apiError {
	if c.sess == nil {
		return nil
	}
	cred := first(c.st.Credentials, func(k *Credential) bool { return k.ID == c.sess.CredentialID })
	if cred == nil || !c.usable(cred, c.inst.ID) {
		return errCredentialsIncorrect()
	}
	return nil
}

func (c *call) checkRequestID() *apiError {
	id := c.header.Get(headerRequestID)
	if id == "" || c.inst == nil || c.set.UsedRequestID != Refused {
		return nil
	}
	used := c.sim.requestIDs[c.inst.ID]
	if used[id] {
		return errRequestIDUsed()
	}
	if used == nil {
		used = map[string]bool{}
		c.sim.requestIDs[c.inst.ID] = used
	}
	used[id] = true
	return nil
}

// checkSignature is over the body's bytes as they came, with the client key of the token's
// installation.
func (c *call) checkSignature() *apiError {
	sig := strings.TrimSpace(c.header.Get(headerClientSignature))
	if sig == "" {
		if c.route.signed {
			return errSignatureRequired()
		}
		return nil
	}
	if !c.route.signed && (c.route.body == nil || c.inst == nil) {
		return nil
	}
	key, err := parseClientKey(c.inst.ClientPublicKey)
	if err != nil || !verify(key, c.raw, sig) {
		return errSignatureInvalid()
	}
	return nil
}

func (c *call) checkBody() *apiError {
	if c.route.body == nil {
		return nil
	}
	if c.large {
		return errBodyTooLarge()
	}

	var e *apiError
	c.body, e = parseBody(c.raw, c.bodySpec())
	return e
}

// bodySpec is the route's, with what the settings make of it.
func (c *call) bodySpec() *bodySpec {
	spec := c.route.body
	if c.set.IPInPermittedIPUpdate != Refused && c.method == http.MethodPut && strings.HasSuffix(c.route.pattern, "/ip/{id}") {
		return &bodySpec{fields: append([]fieldSpec{stringField("ip", c.set.IPInPermittedIPUpdate == Required)}, spec.fields...)}
	}
	return spec
}

func (c *call) checkPath() *apiError {
	if c.route.find == nil {
		return nil
	}
	return c.route.find(c)
}
