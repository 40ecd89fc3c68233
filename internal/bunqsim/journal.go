package bunqsim

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Entry is one request in the journal. It holds no secrets: no bodies, no tokens, no signatures, of
// the query only the paging parameters.
type Entry struct {
	Time      time.Time `json:"time"` // when it came, by the simulator's clock
	Method    string    `json:"method"`
	Path      string    `json:"path"`             // as sent, with /v1
	Query     string    `json:"query,omitempty"`  // count, older_id and newer_id
	Route     string    `json:"route"`            // its pattern, "/user/{id}/oauth-client/{id}"; "" when there is no such route
	Status    int       `json:"status"`           // as sent to the client; 0 while under way, and when no answer was sent
	Errors    []string  `json:"errors,omitempty"` // bunq's descriptions
	Fault     string    `json:"fault,omitempty"`  // what Fail did to it, "" for nothing
	ClientIP  string    `json:"client_ip"`
	RequestID string    `json:"request_id,omitempty"` // X-Bunq-Client-Request-Id
	Signed    bool      `json:"signed"`               // X-Bunq-Client-Signature was there and not empty
	Committed bool      `json:"committed"`            // it changed what bunq keeps, whatever the client was told
	Done      bool      `json:"done"`                 // the simulator has finished with it
}

// Call returns method and route as in Fault.Route: "POST /device-server".
func (e Entry) Call() string { return e.Method + " " + e.Route }

// Journal returns all requests since the start or the last ResetJournal, in the order they came.
func (s *Sim) Journal() []Entry {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]Entry, len(s.journal))
	for i, e := range s.journal {
		out[i] = *e
		out[i].Errors = slices.Clone(e.Errors)
	}
	return out
}

// Calls returns the journal's entries of one method and route ("POST /device-server").
func (s *Sim) Calls(call string) []Entry {
	if !s.isRoute(call) {
		panic(fmt.Sprintf("bunqsim: %q is not a route", call))
	}
	return slices.DeleteFunc(s.Journal(), func(e Entry) bool { return e.Call() != call })
}

// ResetJournal forgets all entries.
func (s *Sim) ResetJournal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.journal = nil
}

// enter notes that a request has come.
func (s *Sim) enter(e *Entry) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e.Time = s.clock.Now()
	s.journal = append(s.journal, e)
}

// update changes an entry, which Journal may read at the same time.
func (s *Sim) update(e *Entry, change func(*Entry)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(e)
}

func pagingQuery(q url.Values) string {
	keep := url.Values{}
	for _, k := range []string{"count", "older_id", "newer_id"} {
		if q.Has(k) {
			keep[k] = q[k]
		}
	}
	return keep.Encode()
}

func newEntry(r *http.Request, pattern, ip string) *Entry {
	return &Entry{
		Method: r.Method, Path: r.URL.EscapedPath(), Query: pagingQuery(r.URL.Query()), Route: pattern, ClientIP: ip,
		RequestID: r.Header.Get(headerRequestID), Signed: strings.TrimSpace(r.Header.Get(headerClientSignature)) != "",
	}
}
