package bunqsim

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"time"
)

// The paths of what bunq keeps on hosts of its own: the authorisation page (oauth.bunq.com/auth)
// and the token endpoint (api.oauth.bunq.com/v1/token). The last one stands for the list of
// connected applications in bunq's app.
const (
	authorizePath   = "/auth"
	tokenPath       = "/token"
	connectionsPath = "/connections"
)

// webRoutes is the table of everything outside basePath. Nothing of the gate applies to it: no
// headers, no signatures, no limits.
func webRoutes() []*route {
	return []*route{
		{method: http.MethodGet, pattern: authorizePath, web: showAuthorisation},
		{method: http.MethodPost, pattern: authorizePath, web: decideAuthorisation},
		{method: http.MethodPost, pattern: tokenPath, web: exchangeCode},
		{method: http.MethodGet, pattern: connectionsPath, web: showConnections},
		{method: http.MethodPost, pattern: connectionsPath, web: withdrawConsent},
	}
}

// allWebRoutes is never changed after its making, and so needs no lock.
var allWebRoutes = webRoutes()

// visit answers a request outside basePath. Under Sim.mu.
func (s *Sim) visit(c *call, entry *Entry) *answer {
	a, changed := c.route.web(c)
	if !changed {
		return a
	}
	if err := s.save(); err != nil {
		return problem(http.StatusInternalServerError, "The simulator could not keep what you said.")
	}
	entry.Committed = true
	return a
}

//go:embed pages
var pageFiles embed.FS

var pages = template.Must(template.ParseFS(pageFiles, "pages/*.html"))

// style is in the page itself, and the only one the browser is allowed to apply.
var style = func() string {
	b, err := pageFiles.ReadFile("pages/style.css")
	if err != nil {
		panic("bunqsim: " + err.Error()) // it is embedded
	}
	return string(b)
}()

var contentPolicy = func() string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; " +
		"frame-ancestors 'none'; form-action 'self' https: http:" // browsers apply this to where a form's answer redirects, too
}()

// view is what every page shows.
type view struct {
	Title string
	Body  any
}

// Style returns the style sheet, which is the package's own.
func (view) Style() template.CSS { return template.CSS(style) } //nolint:gosec // embedded, not a visitor's

// show returns a page: never stored, never in a frame, without scripts.
func show(status int, name, title string, body any) *answer {
	var b bytes.Buffer
	if err := pages.ExecuteTemplate(&b, name, view{title, body}); err != nil {
		panic("bunqsim: page " + name + ": " + err.Error()) // the templates are this package's own
	}
	a := &answer{status: status, header: http.Header{}, body: b.Bytes()}
	a.header.Set("Content-Type", "text/html; charset=utf-8")
	a.header.Set("Content-Security-Policy", contentPolicy)
	a.header.Set("X-Frame-Options", "DENY")
	a.header.Set("X-Content-Type-Options", "nosniff")
	a.header.Set("Referrer-Policy", "same-origin") // addresses of these pages hold what an application sent along
	a.noStore()
	return a
}

// problem returns a page that says what is wrong, and goes nowhere.
func problem(status int, text string) *answer {
	a := show(status, "problem.html", "This does not work", text)
	a.errors = []string{text}
	return a
}

func (a *answer) noStore() { a.header.Set("Cache-Control", "no-store") }

// redirect sends a browser elsewhere, with GET also after a POST.
func redirect(to string) *answer {
	a := &answer{status: http.StatusSeeOther, header: http.Header{}}
	a.header.Set("Location", to)
	a.header.Set("Referrer-Policy", "no-referrer")
	a.noStore()
	return a
}

// ticketLife is how long a page can be answered.
const ticketLife = 15 * time.Minute

// ticket is what a form brings back, once: without it another site's form would do. It holds what
// the person was shown, so that nothing else is agreed to.
type ticket struct {
	until   time.Time
	request authorisation // zero for the list of connections
}

// issue makes a ticket, and forgets those that have run out.
func (c *call) issue(a authorisation) string {
	for key, t := range c.sim.tickets {
		if !c.now.Before(t.until) {
			delete(c.sim.tickets, key)
		}
	}
	key := newToken()
	c.sim.tickets[key] = ticket{c.now.Add(ticketLife), a}
	return key
}

// ticketOf returns the ticket of a form that was sent from one of these pages, or the page that
// says why not.
func (c *call) ticketOf(key string) (ticket, *answer) {
	var guard http.CrossOriginProtection
	if guard.Check(&http.Request{Method: c.method, Header: c.header, Host: c.host}) != nil {
		return ticket{}, problem(http.StatusForbidden, "This form was sent from another site.")
	}
	t, ok := c.sim.tickets[key]
	if !ok || !c.now.Before(t.until) {
		return ticket{}, problem(http.StatusBadRequest,
			"This page has been answered already, or is too old. Go back to the application and start again.")
	}
	return t, nil
}
