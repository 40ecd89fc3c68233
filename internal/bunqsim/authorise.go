package bunqsim

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// authorisation is what an application asks for, by sending a person's browser to the authorisation
// page.
type authorisation struct {
	clientID    string
	redirectURI string
	state       string
	hasState    bool
}

// The answers to an authorisation that cannot be shown. Of bunq "Connection not found" is known, for an
// address that is not registered.
const (
	textResponseType    = `response_type must be "code".`
	textNoClient        = "There is no OAuth client with this client_id."
	textClientCancelled = "This OAuth client is cancelled."
	textRedirectURI     = "Connection not found: redirect_uri is not one of the client's callback URLs. They are compared byte by byte."
	textNoUser          = "Choose who you are."
	textNoDecision      = "Choose one of the two answers."
)

// parseAuthorisation reads the query of the page's address. Parameters that are not known are
// ignored (scope is one of them).
func parseAuthorisation(q url.Values) (authorisation, string) {
	for _, name := range []string{"response_type", "client_id", "redirect_uri", "state"} {
		if len(q[name]) > 1 { // RFC 6749, 3.1
			return authorisation{}, name + " is given more than once."
		}
	}
	if q.Get("response_type") != "code" {
		return authorisation{}, textResponseType
	}
	return authorisation{
		clientID: q.Get("client_id"), redirectURI: q.Get("redirect_uri"), state: q.Get("state"), hasState: q.Has("state"),
	}, ""
}

// check returns the client of an authorisation that may be asked, or what is wrong. It is made
// again when the person answers.
func (a authorisation) check(c *call) (*OAuthClient, string) {
	o := first(c.st.OAuthClients, func(o *OAuthClient) bool { return o.ClientID == a.clientID })
	switch {
	case o == nil:
		return nil, textNoClient
	case o.Status != OAuthClientActive:
		return nil, textClientCancelled
	case !slices.ContainsFunc(c.callbacks(o), func(u *CallbackURL) bool { return u.URL == a.redirectURI }):
		return nil, textRedirectURI
	}
	return o, ""
}

// location returns the redirect URI with an answer. What is registered stays byte by byte as it is.
func (a authorisation) location(answer url.Values) string {
	if a.hasState {
		answer.Set("state", a.state)
	}
	sep := "?"
	if strings.Contains(a.redirectURI, "?") {
		sep = "&"
	}
	return a.redirectURI + sep + answer.Encode()
}

func showAuthorisation(c *call) (*answer, bool) {
	a, wrong := parseAuthorisation(c.query)
	if wrong != "" {
		return problem(http.StatusBadRequest, wrong), false
	}
	o, wrong := a.check(c)
	if wrong != "" {
		return problem(http.StatusBadRequest, wrong), false
	}
	return c.authorisationPage(http.StatusOK, a, o, ""), false
}

// decideAuthorisation takes a person's answer.
func decideAuthorisation(c *call) (*answer, bool) {
	form, err := url.ParseQuery(string(c.raw))
	if err != nil || c.large {
		return problem(http.StatusBadRequest, "The form cannot be read."), false
	}
	t, refusal := c.ticketOf(form.Get("ticket"))
	if refusal != nil {
		return refusal, false
	}
	o, wrong := t.request.check(c)
	if wrong != "" {
		return problem(http.StatusBadRequest, wrong), false
	}

	switch form.Get("decision") {
	case "allow":
		person := c.personOf(form.Get("user"))
		if person == nil {
			return c.authorisationPage(http.StatusBadRequest, t.request, o, textNoUser), false
		}
		delete(c.sim.tickets, form.Get("ticket"))
		conn := c.connect(o, person, t.request)
		return redirect(t.request.location(url.Values{"code": {conn.Code}})), true
	case "deny":
		delete(c.sim.tickets, form.Get("ticket"))
		return redirect(t.request.location(url.Values{"error": {"access_denied"}})), false
	default:
		return c.authorisationPage(http.StatusBadRequest, t.request, o, textNoDecision), false
	}
}

// The choices of a person who does not exist yet.
const (
	newPersonChoice  = "new-person"
	newCompanyChoice = "new-company"
)

// personOf returns the chosen bunq user, a new one where that was the choice, nil for no choice.
func (c *call) personOf(choice string) *User {
	switch choice {
	case newPersonChoice:
		return newUser(c, UserPerson, newName())
	case newCompanyChoice:
		return newUser(c, UserCompany, newName())
	}
	id, ok := parseID(choice)
	if !ok {
		return nil
	}
	return first(c.people(), func(u *User) bool { return u.ID == id })
}

// people returns who can consent, newest first.
func (c *call) people() []*User {
	all := filter(c.st.Users, func(u *User) bool { return u.Kind == UserPerson || u.Kind == UserCompany })
	slices.Reverse(all)
	return all
}

type shownPerson struct{ Value, Name, Kind string }

func describe(u *User) shownPerson {
	kind := "person"
	if u.Kind == UserCompany {
		kind = "company"
	}
	return shownPerson{strconv.FormatInt(u.ID, 10), u.DisplayName, kind}
}

// roleTexts says what a role allows its holder to do, in plain words.
var roleTexts = map[string]string{
	roleAISP:  "see your accounts, their balances and payments",
	rolePISP:  "prepare payments from your accounts, which you approve one by one in the bunq app",
	roleCBPII: "ask whether an amount is available on an account",
	roleASPSP: "act as the bank of another account of yours",
}

func (c *call) authorisationPage(status int, a authorisation, o *OAuthClient, wrong string) *answer {
	owner := c.userByID(o.UserID)
	body := struct {
		Company, Subject, Host, Wrong, Ticket string
		Permissions                           []string
		People                                []shownPerson
	}{Company: owner.DisplayName, Subject: owner.DistinguishedName, Host: a.redirectURI, Wrong: wrong, Ticket: c.issue(a)}
	if u, err := url.Parse(a.redirectURI); err == nil && u.Host != "" {
		body.Host = u.Host
	}
	for _, r := range owner.Roles {
		body.Permissions = append(body.Permissions, roleTexts[r])
	}
	if body.Permissions == nil { // a client of no PSD2 party
		body.Permissions = []string{"see your accounts, and act on them as bunq's OAuth allows"}
	}
	for _, u := range c.people() {
		body.People = append(body.People, describe(u))
	}

	p := show(status, "authorise.html", "Allow access to your bunq account?", body)
	if wrong != "" {
		p.errors = []string{wrong}
	}
	return p
}
