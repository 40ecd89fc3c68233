package bunqsim

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// FaultKind is what happens to a request.
type FaultKind string

// The kinds of faults.
const (
	// FaultDrop ends the connection without an answer: BeforeCommit without having read the
	// request, AfterCommit when all of it has been carried out.
	FaultDrop FaultKind = "drop"
	// FaultTruncate sends half of the body under the full Content-Length, then ends the connection.
	// After commit.
	FaultTruncate FaultKind = "truncate"
	// FaultWrongSignature sends a well-formed signature over other bytes, FaultNoSignature none.
	// After commit.
	FaultWrongSignature FaultKind = "wrong signature"
	FaultNoSignature    FaultKind = "no signature"
	// FaultStatus answers with Status, and with Body if there is one, else with what bunq (or, for
	// 404 and all 5xx but 500, a gateway in front of it, as HTML) would say.
	FaultStatus FaultKind = "status"
	// FaultSlow waits for Wait of the simulator's clock, or until the client gives up where Wait is
	// 0. When the client gives up before commit, nothing is carried out.
	FaultSlow FaultKind = "slow"
	// FaultRefuse is a connection refused. In-process only: a client gets a dial error, and no
	// entry of the journal is made beyond the fault's. (Over HTTP the connection has been accepted
	// already, so it is dropped; see Server.Refuse.)
	FaultRefuse FaultKind = "refuse"
	// FaultHook does nothing beyond calling Hook.
	FaultHook FaultKind = "hook"
)

// Stage is when a fault happens.
type Stage string

// The stages. The empty string stands for BeforeCommit, with the kinds that spoil an answer for
// AfterCommit.
const (
	BeforeCommit Stage = "before commit" // the request has no effect
	AfterCommit  Stage = "after commit"  // the request was checked and carried out as usual
)

// Fault is one scripted fault.
type Fault struct {
	// Route is "METHOD /pattern", with {id} for the numbers: "PUT /user/{id}/oauth-client/{id}". ""
	// is every request, also one without a route.
	Route string
	// Nth is which request of Route, counted from when the fault was armed; 0 stands for 1. With
	// Every also all that follow.
	Nth   int
	Every bool

	Kind  FaultKind
	Stage Stage

	Status      int           // FaultStatus
	Text        string        // FaultStatus of 400 and more; the description in bunq's envelope
	Body        string        // FaultStatus; "" for the usual one
	ContentType string        // FaultStatus with Body; "" for application/json
	Wait        time.Duration // FaultSlow

	// Hook is called when the fault happens, outside all locks; Entry is the request's as it stands.
	Hook func(Entry)
}

// Armed is a fault that waits for its request, or has met it.
type Armed struct {
	sim   *Sim
	fault Fault
	seen  int
	fired int
	off   bool
}

// Fired returns how many requests met the fault.
func (a *Armed) Fired() int {
	a.sim.mu.Lock()
	defer a.sim.mu.Unlock()
	return a.fired
}

// Disarm ends the fault.
func (a *Armed) Disarm() {
	a.sim.mu.Lock()
	defer a.sim.mu.Unlock()
	a.off = true
}

// Fail arms a fault. It panics on one that could never happen: an unknown route, kind or stage, or
// a status without a number.
func (s *Sim) Fail(f Fault) *Armed {
	f, err := s.checkFault(f)
	if err != nil {
		panic(err.Error())
	}
	return s.arm(f)
}

// checkFault returns f with its defaults written out, or why it could never happen.
func (s *Sim) checkFault(f Fault) (Fault, error) {
	if f.Route != "" && !s.isRoute(f.Route) {
		return f, fmt.Errorf("bunqsim: %q is not a route", f.Route)
	}
	if f.Nth == 0 {
		f.Nth = 1
	}
	spoils := f.Kind == FaultTruncate || f.Kind == FaultWrongSignature || f.Kind == FaultNoSignature
	if f.Stage == "" && spoils {
		f.Stage = AfterCommit
	}
	if f.Stage == "" {
		f.Stage = BeforeCommit
	}
	switch {
	case f.Nth < 0:
		return f, errors.New("bunqsim: fault with negative Nth")
	case f.Stage != BeforeCommit && f.Stage != AfterCommit:
		return f, fmt.Errorf("bunqsim: fault with stage %q", f.Stage)
	case spoils && f.Stage == BeforeCommit, f.Kind == FaultRefuse && f.Stage == AfterCommit:
		return f, fmt.Errorf("bunqsim: fault %q can't be %s", f.Kind, f.Stage)
	case f.Kind == FaultStatus && (f.Status < 200 || f.Status > 599):
		return f, fmt.Errorf("bunqsim: fault with status %d", f.Status)
	case f.Text != "" && (f.Kind != FaultStatus || f.Status < 400):
		return f, errors.New("bunqsim: fault with a text, and without a status of 400 or more")
	case f.Kind == FaultHook && f.Hook == nil:
		return f, errors.New("bunqsim: fault without hook")
	}
	switch f.Kind {
	case FaultDrop, FaultTruncate, FaultWrongSignature, FaultNoSignature, FaultStatus, FaultSlow, FaultRefuse, FaultHook:
	default:
		return f, fmt.Errorf("bunqsim: fault of kind %q", f.Kind)
	}
	return f, nil
}

func (s *Sim) arm(f Fault) *Armed {
	a := &Armed{sim: s, fault: f}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, a)
	return a
}

// ClearFaults disarms all faults.
func (s *Sim) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.faults {
		a.off = true
	}
	s.faults = nil
}

// meet counts a request and returns the faults it meets, in the order they were armed.
func (s *Sim) meet(method, pattern string) []Fault {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Fault
	for _, a := range s.faults {
		if a.off || a.fault.Route != "" && a.fault.Route != method+" "+pattern {
			continue
		}
		a.seen++
		if a.seen == a.fault.Nth || a.fault.Every && a.seen > a.fault.Nth {
			a.fired++
			out = append(out, a.fault)
		}
	}
	return out
}

// name is how the journal calls the fault.
func (f Fault) name() string {
	if f.Kind == FaultStatus {
		return fmt.Sprintf("status %d %s", f.Status, f.Stage)
	}
	return string(f.Kind) + " " + string(f.Stage)
}

const htmlPage = "<!DOCTYPE html>\n<html><head><title>%d %s</title></head><body><h1>%[1]d %[2]s</h1></body></html>\n"

// statusAnswer is what a FaultStatus sends.
func (s *Sim) statusAnswer(c *call, f Fault) *answer {
	a := &answer{status: f.Status, header: http.Header{}}
	if f.Body != "" {
		a.body = []byte(f.Body)
		a.header.Set("Content-Type", "application/json")
		if f.ContentType != "" {
			a.header.Set("Content-Type", f.ContentType)
		}
		if !outsideAPI(c) {
			s.stamp(a, c)
		}
		return a
	}
	if f.Text != "" {
		return s.refusal(c, newError(f.Status, f.Text))
	}
	if outsideAPI(c) {
		return gatewayPage(f.Status)
	}
	var e *apiError
	switch f.Status {
	case http.StatusBadRequest:
		e = errCredentialsIncorrect()
	case http.StatusUnauthorized:
		e = errInsufficientAuthorisation()
	case http.StatusForbidden:
		e = errInsufficientAuthentication()
	case http.StatusConflict, http.StatusTooManyRequests:
		pattern := ""
		if c.route != nil {
			pattern = c.route.pattern
		}
		s.mu.Lock()
		e = errTooManyRequests(f.Status, s.limits.of(c.method, pattern), c.method, s.set.RateLimitText)
		s.mu.Unlock()
	case http.StatusInternalServerError:
		e = errInternal()
	default:
		return gatewayPage(f.Status)
	}
	return s.refusal(c, e)
}

func outsideAPI(c *call) bool { return c.route != nil && c.route.web != nil }

// gatewayPage knows nothing of bunq's headers.
func gatewayPage(status int) *answer {
	text := http.StatusText(status)
	if text == "" {
		text = "Maintenance"
	}
	a := &answer{status: status, header: http.Header{}, body: fmt.Appendf(nil, htmlPage, status, text)}
	a.header.Set("Content-Type", "text/html; charset=utf-8")
	return a
}
