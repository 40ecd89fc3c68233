package bunqsim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// The management interface is apart from the protocol: what bunq's own database, clock and network
// do to a client, for tests in any language. Everything is JSON.

// Manage returns the management interface as an HTTP handler. Whoever reaches it can read all keys.
func (s *Sim) Manage() http.Handler {
	mux := http.NewServeMux()
	for pattern, do := range map[string]func(*http.Request) (any, error){
		"GET /journal":     func(*http.Request) (any, error) { return s.Journal(), nil },
		"DELETE /journal":  func(*http.Request) (any, error) { s.ResetJournal(); return nothing, nil },
		"GET /faults":      func(*http.Request) (any, error) { return s.armedFaults(), nil },
		"POST /faults":     s.manageFault,
		"DELETE /faults":   func(*http.Request) (any, error) { s.ClearFaults(); return nothing, nil },
		"GET /settings":    func(*http.Request) (any, error) { return s.settingsInUse(), nil },
		"PUT /settings":    s.manageSettings,
		"GET /clock":       func(*http.Request) (any, error) { return shownClock{s.now()}, nil },
		"POST /clock":      s.manageClock,
		"GET /state":       func(*http.Request) (any, error) { return s.exportState() },
		"PUT /state":       s.manageState,
		"DELETE /state":    func(*http.Request) (any, error) { return nothing, s.Wipe() },
		"PUT /caller-ip":   s.manageCallerIP,
		"POST /deliveries": func(r *http.Request) (any, error) { return map[string]int{"sent": s.Deliver(r.Context())}, nil },
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			v, err := do(r)
			if err != nil {
				answerJSON(w, http.StatusBadRequest, map[string]string{"error": err.Error()})
				return
			}
			answerJSON(w, http.StatusOK, v)
		})
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// A page in a browser on this machine reaches the port, too, and is no test.
		if site := r.Header.Get("Sec-Fetch-Site"); r.Header.Get("Origin") != "" || site != "" && site != "none" {
			answerJSON(w, http.StatusForbidden, map[string]string{"error": "pages in a browser may not manage the simulator"})
			return
		}
		mux.ServeHTTP(w, r)
	})
}

var nothing = struct{}{}

func answerJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // the client that went away misses nothing else
}

// maxState is as much of a state as is taken.
const maxState = 64 << 20

// readJSON decodes the body, which must be one JSON object of v's fields.
func readJSON(r *http.Request, v any) error {
	d := json.NewDecoder(io.LimitReader(r.Body, maxState))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("the body cannot be read as JSON: %w", err)
	}
	if d.More() {
		return errors.New("there is more in the body than one JSON value")
	}
	return nil
}

// managedFault is a Fault as it is armed over HTTP: one of status, drop, truncate, delay and
// signature.
type managedFault struct {
	Route string `json:"route,omitempty"`
	Nth   int    `json:"nth,omitempty"`
	Every bool   `json:"every,omitempty"`
	// After: the request takes effect first.
	After bool `json:"after,omitempty"`

	Status      int    `json:"status,omitempty"`
	Text        string `json:"text,omitempty"` // of status: the description in bunq's envelope
	Body        string `json:"body,omitempty"` // of status: the whole answer
	ContentType string `json:"content_type,omitempty"`
	Drop        bool   `json:"drop,omitempty"`
	Truncate    bool   `json:"truncate,omitempty"`
	Delay       string `json:"delay,omitempty"`     // "30s", or "forever": until the client gives up
	Signature   string `json:"signature,omitempty"` // "wrong" or "none"
}

// fault returns what is to be armed.
func (m managedFault) fault() (Fault, error) {
	f := Fault{Route: m.Route, Nth: m.Nth, Every: m.Every, Status: m.Status, Text: m.Text, Body: m.Body, ContentType: m.ContentType}
	if m.After {
		f.Stage = AfterCommit
	}
	kinds := 0
	kind := func(is bool, k FaultKind) {
		if is {
			f.Kind = k
			kinds++
		}
	}
	kind(m.Status != 0, FaultStatus)
	kind(m.Drop, FaultDrop)
	kind(m.Truncate, FaultTruncate)
	kind(m.Delay != "", FaultSlow)
	kind(m.Signature == "wrong", FaultWrongSignature)
	kind(m.Signature == "none", FaultNoSignature)
	if kinds != 1 || m.Signature != "" && m.Signature != "wrong" && m.Signature != "none" {
		return f, errors.New(`a fault is one of status, drop, truncate, delay and signature ("wrong" or "none")`)
	}
	if f.Kind == FaultSlow && m.Delay != "forever" {
		d, err := time.ParseDuration(m.Delay)
		if err != nil || d <= 0 {
			return f, fmt.Errorf(`delay %q is neither a time such as "30s" nor "forever"`, m.Delay)
		}
		f.Wait = d
	}
	return f, nil
}

func (s *Sim) manageFault(r *http.Request) (any, error) {
	var m managedFault
	if err := readJSON(r, &m); err != nil {
		return nil, err
	}
	f, err := m.fault()
	if err == nil {
		f, err = s.checkFault(f)
	}
	if err != nil {
		return nil, err
	}
	s.arm(f)
	return nothing, nil
}

type shownFault struct {
	Route string `json:"route"`
	Nth   int    `json:"nth"`
	Every bool   `json:"every"`
	Fault string `json:"fault"`
	Fired int    `json:"fired"`
}

func (s *Sim) armedFaults() []shownFault {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := []shownFault{}
	for _, a := range s.faults {
		if !a.off {
			out = append(out, shownFault{a.fault.Route, a.fault.Nth, a.fault.Every, a.fault.name(), a.fired})
		}
	}
	return out
}

// settingsInUse returns all settings by name, the defaults too.
func (s *Sim) settingsInUse() map[string]any {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]any{}
	for _, c := range SettingChoices() {
		out[c.Name] = c.in(&s.set).Interface()
	}
	return out
}

func (s *Sim) manageSettings(r *http.Request) (any, error) {
	var set Settings
	if err := readJSON(r, &set); err != nil {
		return nil, err
	}
	if err := s.SetSettings(set); err != nil {
		return nil, err
	}
	return s.settingsInUse(), nil
}

type shownClock struct {
	Now time.Time `json:"now"`
}

func (s *Sim) manageClock(r *http.Request) (any, error) {
	var move struct {
		Advance string `json:"advance"`
	}
	if err := readJSON(r, &move); err != nil {
		return nil, err
	}
	d, err := time.ParseDuration(move.Advance)
	if err != nil || d < 0 {
		return nil, fmt.Errorf(`advance is %q, must be a time such as "90h"`, move.Advance)
	}
	clock, ok := s.clock.(interface{ Advance(time.Duration) })
	if !ok {
		return nil, errors.New("this simulator's clock cannot be advanced")
	}
	clock.Advance(d)
	return shownClock{s.now()}, nil
}

// exportState returns all that a state file would hold, keys and tokens included.
func (s *Sim) exportState() (json.RawMessage, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.st.settle(s.now())
	return json.Marshal(s.st)
}

// manageState replaces all that exists by what exportState has returned.
func (s *Sim) manageState(r *http.Request) (any, error) {
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxState))
	if err != nil {
		return nil, err
	}
	st, err := decodeStore(raw)
	if err == nil {
		err = st.check(s.env)
	}
	if err != nil {
		return nil, fmt.Errorf("the body is no state: %w", err)
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.key(st.ServerKey); err != nil {
		return nil, fmt.Errorf("the body is no state: server key: %w", err)
	}
	s.st = st
	s.forgetRequests()
	return nothing, s.save()
}

func (s *Sim) manageCallerIP(r *http.Request) (any, error) {
	var from struct {
		IP string `json:"ip"`
	}
	if err := readJSON(r, &from); err != nil {
		return nil, err
	}
	if from.IP != "" && !isAddress(from.IP) {
		return nil, fmt.Errorf("ip is %q, must be an address, or empty", from.IP)
	}
	s.SetCallerIP(from.IP)
	return nothing, nil
}
