package probe

import (
	"regexp"
	"slices"
	"strings"
	"sync"
)

// secretFields are the members of bodies whose values give access.
var secretFields = []string{"token", "token_value", "api_key", "secret", "client_public_key_signature", "access_token", "code"}

var (
	hexSecret     = regexp.MustCompile(`(?i)\b(?:sandbox_)?[0-9a-f]{56,}\b`)
	base64Secret  = regexp.MustCompile(`[A-Za-z0-9+/]{200,}={0,2}`)
	pemText       = regexp.MustCompile(`-----BEGIN ([A-Z ]+)-----[^-]*-----END [A-Z ]+-----(?:\\n|\n)?`)
	secretMembers = regexp.MustCompile(`"(` + strings.Join(secretFields, "|") + `)"(\s*:\s*)"((?:[^"\\]|\\.)*)"`)
)

// redactor takes secrets out of text: those it was told of, and everything that looks like one.
type redactor struct {
	mu    sync.Mutex
	known []string
}

// learn remembers a secret; short ones would take away words.
func (r *redactor) learn(secret string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(secret) >= 12 && !slices.Contains(r.known, secret) {
		r.known = append(r.known, secret)
	}
}

// learnFrom remembers the values of the secret members of a body.
func (r *redactor) learnFrom(body []byte) {
	for _, m := range secretMembers.FindAllSubmatch(body, -1) {
		r.learn(string(m[3]))
		r.learn(strings.ReplaceAll(string(m[3]), `\/`, `/`))
	}
}

// text returns s without secrets.
func (r *redactor) text(s string) string {
	s = pemText.ReplaceAllString(s, "($1)")
	s = secretMembers.ReplaceAllString(s, `"$1"$2"(removed)"`)
	s = hexSecret.ReplaceAllString(s, "(removed)")
	s = base64Secret.ReplaceAllString(s, "(removed)")

	r.mu.Lock()
	defer r.mu.Unlock()
	for _, k := range r.known {
		s = strings.ReplaceAll(s, k, "(removed)")
	}
	return s
}
