package probe

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// shapes compares each answer with what is believed of it, and keeps what differs, once.
type shapes struct {
	redact *redactor
	mu     sync.Mutex
	calls  map[string]bool // seen with success
	listed map[string]int  // differences, with how often each was seen
}

func newShapes(r *redactor) *shapes {
	return &shapes{redact: r, calls: map[string]bool{}, listed: map[string]int{}}
}

// note takes an answer.
func (s *shapes) note(x *exchange) {
	s.mu.Lock()
	defer s.mu.Unlock()
	name := x.method + " " + x.route
	differs := func(format string, args ...any) { s.listed["`"+name+"`: "+fmt.Sprintf(format, args...)]++ }

	s.headers(x, differs)
	if x.status != http.StatusOK {
		s.errorShape(x, differs)
		return
	}
	s.calls[name] = true
	believed, ok := believedAnswers[name]
	switch {
	case !ok:
		differs("is not among the calls whose answers are believed to be known")
	case !believed.anyBody:
		bodyShape(x, believed, differs)
	}
}

func (s *shapes) headers(x *exchange, differs func(string, ...any)) {
	if !x.trusted() {
		differs("an answer with status %d: the signature is %s", x.status, x.signature)
	}
	if x.header.Get(headerResponseID) == "" {
		differs("no %s", headerResponseID)
	}
	if got := x.header.Get(headerRequestID); got != x.requestID {
		differs("%s is not given back", headerRequestID)
	}
	if w := x.header.Get(headerWarning); w != "" {
		differs("%s: %s", headerWarning, w)
	}
	if kind := x.header.Get("Content-Type"); len(x.body) > 0 && !strings.HasPrefix(kind, "application/json") {
		differs("Content-Type is %q", kind)
	}
}

var digits = regexp.MustCompile(`\d+`)

func (s *shapes) errorShape(x *exchange, differs func(string, ...any)) {
	texts := x.errorTexts()
	if len(texts) == 0 {
		differs("status %d without a whole Error envelope: %s", x.status, digits.ReplaceAllString(short(s.redact.text(string(x.body))), "N"))
	}
	for _, t := range texts {
		if !slices.ContainsFunc(knownTexts, func(k *regexp.Regexp) bool { return k.MatchString(t) }) {
			differs("status %d says %q", x.status, digits.ReplaceAllString(t, "N"))
		}
	}
}

func bodyShape(x *exchange, believed believedAnswer, differs func(string, ...any)) {
	var outer map[string]json.RawMessage
	_ = json.Unmarshal(x.body, &outer) // it is JSON; another type has no Response
	for name := range outer {
		if name != "Response" && (name != "Pagination" || !believed.paged && !believed.mayPage) {
			differs("a member %s beside Response", name)
		}
	}
	if _, ok := outer["Pagination"]; believed.paged && !ok {
		differs("no Pagination")
	}
	elements, ok := x.elements()
	if !ok {
		differs("no Response array of objects")
		return
	}

	found := map[string]bool{}
	for _, e := range elements {
		for _, kind := range slices.Sorted(maps.Keys(e)) {
			if !slices.Contains(believed.elements, kind) {
				differs("an element %s", kind)
				continue
			}
			found[kind] = true
			fieldShapes(kind, e[kind], differs)
		}
	}
	for _, kind := range believed.elements {
		if !found[kind] && !believed.list {
			differs("no element %s", kind)
		}
	}
}

func fieldShapes(kind string, o object, differs func(string, ...any)) {
	fields := believedElements[kind]
	for name, raw := range o {
		want, ok := fields[name]
		if !ok {
			differs("%s has a further field %s (%s)", kind, name, typeOf(raw))
			continue
		}
		if !want.takes(raw) {
			differs("%s.%s is %s, not %s", kind, name, typeOf(raw), strings.Trim(string(want), "?-"))
		}
	}
	for name, want := range fields {
		if !o.has(name) && !strings.HasSuffix(string(want), "-") {
			differs("%s has no %s", kind, name)
		}
	}
}

func (k fieldKind) takes(raw json.RawMessage) bool {
	got := typeOf(raw)
	want := fieldKind(strings.Trim(string(k), "?-"))
	switch {
	case got == "null":
		return strings.Contains(string(k), "?")
	case want == kindTime:
		var s string
		if json.Unmarshal(raw, &s) != nil {
			return false
		}
		_, ok := parseTime(s)
		return ok
	default:
		return got == want
	}
}

func typeOf(raw json.RawMessage) fieldKind {
	raw = bytes.TrimSpace(raw)
	switch {
	case len(raw) == 0:
		return "nothing"
	case raw[0] == '{':
		return kindObject
	case raw[0] == '[':
		return kindArray
	case raw[0] == '"':
		return kindString
	case raw[0] == 'n':
		return "null"
	case raw[0] == 't' || raw[0] == 'f':
		return "boolean"
	default:
		return kindNumber
	}
}

// differences returns what differs, in the order of the calls.
func (s *shapes) differences() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Sorted(maps.Keys(s.listed))
}

// readShapes reads what no question has read, so that each call of the provider is looked at.
func (r *run) readShapes(ctx context.Context) {
	if r.unreachable() != "" || ctx.Err() != nil {
		return
	}
	r.say("Comparing the answers that no question has read.")
	err := caught(func() {
		p, client := r.baseClient(ctx)
		url, remove := r.postURL(ctx, drawURL())
		for _, path := range []string{
			fmt.Sprintf("/device-server/%d", p.device), fmt.Sprintf("/payment-service-provider-credential/%d", p.credential),
			p.userPath(""), p.userPath("/credential-password-ip"), p.userPath("/oauth-client"),
			p.userPath("/oauth-client/%d/callback-url/%d", client, url.id()),
		} {
			if err := caught(func() { r.get(ctx, p, path) }); err != nil {
				r.problem("GET %s was not compared: %v", routeOf(path), err)
			}
		}
		remove()
	})
	if err != nil {
		r.problem("some answers were not compared: %v", err)
	}
}

// problem notes what stood in the way.
func (r *run) problem(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !slices.Contains(r.problems, text) {
		r.problems = append(r.problems, text)
	}
}
