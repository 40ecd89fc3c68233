package bunqsim

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/netip"
)

// answer is what goes back to the client.
type answer struct {
	status int
	header http.Header
	body   []byte
	// ending is what happens to the connection.
	ending ending
	errors []string // descriptions, for the journal
}

type ending int

const (
	endAnswered  ending = iota
	endTruncated        // half of the body
	endDropped          // nothing at all
	endRefused          // not even a connection
	endGaveUp           // the client went away first
)

type clientIPKey struct{}

// WithClientIP makes the requests of ctx come from ip, for in-process clients.
func WithClientIP(ctx context.Context, ip string) context.Context {
	return context.WithValue(ctx, clientIPKey{}, ip)
}

// remoteIP is the default of Config.ClientIP.
func remoteIP(r *http.Request) string {
	if ip, ok := r.Context().Value(clientIPKey{}).(string); ok {
		return ip
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	return host
}

func (s *Sim) callerOf(r *http.Request) string {
	s.mu.Lock()
	ip := s.callerIP
	s.mu.Unlock()
	if ip == "" {
		ip = s.clientIP(r)
	}
	if a, err := netip.ParseAddr(ip); err == nil {
		return a.Unmap().WithZone("").String()
	}
	return ip
}

// exchange answers one request: faults before commit, the gate, faults after commit. It holds no
// lock while it waits or calls out, and has finished the journal's entry before the client sees
// anything.
func (s *Sim) exchange(r *http.Request) *answer {
	ip := s.callerOf(r)
	rt, _, pattern, _ := lookup(s.env, r.Method, r.URL.EscapedPath())
	entry := newEntry(r, pattern, ip)
	s.enter(entry)
	a := s.carryOut(r, rt, entry)
	s.update(entry, func(e *Entry) {
		if a.ending == endAnswered || a.ending == endTruncated {
			e.Status, e.Errors = a.status, a.errors
		}
		e.Done = true
	})
	if s.observer != nil {
		s.mu.Lock()
		copied := *entry
		s.mu.Unlock()
		s.observer(copied)
	}
	return a
}

func (s *Sim) carryOut(r *http.Request, rt *route, entry *Entry) *answer {
	faults := s.meet(entry.Method, entry.Route)
	for _, f := range faults {
		if f.Stage == BeforeCommit && (f.Kind == FaultDrop || f.Kind == FaultRefuse) {
			s.strike(entry, f)
			if f.Kind == FaultRefuse {
				return &answer{ending: endRefused}
			}
			return &answer{ending: endDropped}
		}
	}
	// Read before anything waits: net/http notices a client that gives up only after the body has
	// been read.
	raw, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil {
		return &answer{ending: endGaveUp}
	}
	c := &call{
		sim: s, ip: entry.ClientIP, method: r.Method, path: r.URL.EscapedPath(), query: r.URL.Query(),
		header: r.Header, host: r.Host, raw: raw, large: len(raw) > maxBody, route: rt,
	}
	for _, f := range faults {
		if f.Stage != BeforeCommit {
			continue
		}
		if a := s.spoil(r.Context(), c, entry, f, nil); a != nil {
			return a
		}
	}
	a := s.process(c, entry)
	for _, f := range faults {
		if f.Stage != AfterCommit || a.ending != endAnswered && a.ending != endTruncated {
			continue
		}
		if b := s.spoil(r.Context(), c, entry, f, a); b != nil {
			a = b
		}
	}
	return a
}

// strike notes that a fault happens, and calls its hook.
func (s *Sim) strike(entry *Entry, f Fault) {
	var now Entry
	s.update(entry, func(e *Entry) {
		if e.Fault != "" {
			e.Fault += ", "
		}
		e.Fault += f.name()
		now = *e
	})
	if f.Hook != nil {
		f.Hook(now)
	}
}

// spoil lets a fault happen. a is the true answer, nil before commit. It returns what is sent
// instead, nil for no change.
func (s *Sim) spoil(ctx context.Context, c *call, entry *Entry, f Fault, a *answer) *answer {
	s.strike(entry, f)
	switch f.Kind {
	case FaultDrop:
		return &answer{ending: endDropped}
	case FaultStatus:
		return s.statusAnswer(c, f)
	case FaultSlow:
		if s.wait(ctx, f) != nil {
			return &answer{ending: endGaveUp}
		}
	case FaultTruncate:
		a.ending = endTruncated
	case FaultNoSignature:
		a.header.Del(headerServerSignature)
	case FaultWrongSignature:
		s.mu.Lock()
		defer s.mu.Unlock()
		s.signAnswer(a, c, append([]byte("not "), a.body...))
	}
	return nil
}

func (s *Sim) wait(ctx context.Context, f Fault) error {
	if f.Wait > 0 {
		return s.clock.Sleep(ctx, f.Wait)
	}
	<-ctx.Done()
	return ctx.Err()
}

// process sends a call through the gate, in one piece under the lock, and keeps what it did.
func (s *Sim) process(c *call, entry *Entry) *answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	set := s.set // a call sees one set of settings
	c.set, c.st, c.now = &set, s.st, s.now()
	s.st.settle(c.now)
	if outsideAPI(c) {
		return s.visit(c, entry)
	}
	rep, e := c.pass()
	if e == nil {
		if err := s.save(); err != nil {
			e = errInternal()
		}
	}
	if e != nil {
		return s.refusalLocked(c, e)
	}
	entry.Committed = c.method != http.MethodGet
	a := &answer{status: http.StatusOK, header: http.Header{}, body: rep.bytes()}
	a.header.Set("Content-Type", "application/json")
	s.stampLocked(a, c)
	return a
}

// refusal returns e as it goes out, in the client's language, signed where bunq signs.
func (s *Sim) refusal(c *call, e *apiError) *answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.refusalLocked(c, e)
}

func (s *Sim) refusalLocked(c *call, e *apiError) *answer {
	a := &answer{status: e.status, header: http.Header{}, errors: e.descriptions()}
	a.body = mustWire(e.envelope(c.header.Get(headerLanguage)))
	a.header.Set("Content-Type", "application/json")
	s.stampLocked(a, c)
	return a
}

func (s *Sim) stamp(a *answer, c *call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stampLocked(a, c)
}

// stampLocked sets bunq's headers: the request's id, the answer's own, and the signature where bunq
// signs.
func (s *Sim) stampLocked(a *answer, c *call) {
	a.header.Set(headerResponseID, newUUID())
	if id := c.header.Get(headerRequestID); id != "" {
		a.header.Set(headerRequestID, id)
	}
	if s.answerIsSigned(a.status, c) {
		s.signAnswer(a, c, a.body)
	}
}

// answerIsSigned: 200 and 4xx, except those that were seen unsigned. The answer to POST
// /installation is one of these: it brings the key. GETs under /installation are signed, as bunq's
// SDKs demand, but for a setting.
func (s *Sim) answerIsSigned(status int, c *call) bool {
	if c.route != nil && c.route.unsignedAnswer && (c.method != http.MethodGet || s.set.SignInstallationReads == Refused) {
		return false
	}
	switch status {
	case http.StatusForbidden, http.StatusConflict, http.StatusTooManyRequests, statusMaintenance:
		return false
	default:
		return status == http.StatusOK || status >= 400 && status < 500
	}
}

// signedFor returns the installation whose key signs the answer, nil for none: that of the token,
// also where the call was refused before the token was looked at. Under Sim.mu.
func (s *Sim) signedFor(c *call) *Installation {
	token := c.header.Get(headerAuthentication)
	if c.inst != nil || token == "" {
		return c.inst
	}
	sess := first(s.st.Sessions, func(e *Session) bool { return e.Token == token })
	return first(s.st.Installations, func(i *Installation) bool {
		return i.Token == token || sess != nil && i.ID == sess.InstallationID
	})
}

func (s *Sim) signAnswer(a *answer, c *call, message []byte) {
	key, err := s.serverKey(s.signedFor(c))
	if err != nil {
		return // New has parsed it; an unsigned answer would be refused by every client
	}
	if sig, err := sign(key, message); err == nil {
		a.header.Set(headerServerSignature, sig)
	}
}
