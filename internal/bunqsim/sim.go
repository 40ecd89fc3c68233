package bunqsim

import (
	"crypto/rsa"
	"fmt"
	"net/http"
	"sync"
	"time"
)

// Environment is one of bunq's two environments.
type Environment string

// The environments. The empty string stands for Sandbox.
const (
	Sandbox    Environment = "sandbox"
	Production Environment = "production"
)

// sessionTimeout is what the field session_timeout of a PSD2 user says, in every session.
const sessionTimeout = 324000 * time.Second

// unusedKeyLife is how long a key waits for its first use.
func (e Environment) unusedKeyLife() time.Duration {
	if e == Production {
		return 4 * time.Hour
	}
	return time.Hour
}

// Config says which bunq to simulate. Its zero value is the sandbox without rate limits, in memory.
type Config struct {
	Environment Environment
	Limits      Limits
	Settings    Settings
	// Clock is where time comes from; nil: the system's (in a testing/synctest bubble, the bubble's).
	Clock Clock
	// ClientIP returns the address of a caller; nil: WithClientIP, else the host of RemoteAddr.
	ClientIP func(*http.Request) string
	// StateFile keeps the state between processes; "": in memory only. It holds keys and tokens in
	// the clear, mode 0600.
	StateFile string
	// ServerKeys sign the answers: the first those to callers without an installation, and with
	// ServerKey PerProcess all; the others those of one installation each, in turn. None: some that
	// all simulators of the process share (or the state file's).
	ServerKeys []*rsa.PrivateKey
	// Webhooks sends notifications; nil: an http.Client that reaches this machine only.
	Webhooks WebhookSender
	// Observer is called with each finished request, outside all locks.
	Observer func(Entry)
}

// Sim is one simulated bunq. All its methods may be called at the same time.
type Sim struct {
	clock    Clock
	clientIP func(*http.Request) string
	observer func(Entry)
	webhooks WebhookSender
	wake     chan struct{} // a notification waits to be sent again
	file     string
	env      Environment

	serverKeys []*rsa.PrivateKey // those that were given

	mu         sync.Mutex // guards everything below
	set        Settings
	st         *store
	saved      []byte // st as it stands in the file
	limits     *limiter
	journal    []*Entry
	faults     []*Armed
	requestIDs map[int64]map[string]bool // by installation
	brakes     map[int64]*brake          // by installation
	keys       map[string]*rsa.PrivateKey
	callerIP   string
	tickets    map[string]ticket // of pages that wait for an answer
	sending    map[int64]bool    // deliveries under way, by id
}

// New returns a simulator, with the state of its state file where there is one. It fails on a state
// file that can't be read or is of another environment, and on unknown settings.
func New(c Config) (*Sim, error) {
	if c.Environment == "" {
		c.Environment = Sandbox
	}
	if c.Environment != Sandbox && c.Environment != Production {
		return nil, fmt.Errorf("bunqsim: environment is %q, must be %q or %q", c.Environment, Sandbox, Production)
	}
	set, err := c.Settings.filled(c.Environment)
	if err != nil {
		return nil, err
	}
	lim, err := newLimiter(c.Limits)
	if err != nil {
		return nil, err
	}
	s := &Sim{
		clock: c.Clock, clientIP: c.ClientIP, observer: c.Observer, webhooks: c.Webhooks, wake: make(chan struct{}, 1), file: c.StateFile,
		env: c.Environment, serverKeys: c.ServerKeys, set: set, limits: lim,
		requestIDs: map[int64]map[string]bool{}, brakes: map[int64]*brake{}, keys: map[string]*rsa.PrivateKey{},
		tickets: map[string]ticket{}, sending: map[int64]bool{},
	}
	if s.clock == nil {
		s.clock = systemClock{}
	}
	if s.clientIP == nil {
		s.clientIP = remoteIP
	}
	if s.webhooks == nil {
		s.webhooks = localSender()
	}
	s.mu.Lock() // for those below that expect it; no one else knows s yet
	defer s.mu.Unlock()
	if err := s.load(); err != nil {
		return nil, err
	}
	if len(c.ServerKeys) > 0 || s.st.ServerKey == "" {
		s.st.ServerKey = s.nthServerKey(0)
	}
	if _, err := s.key(s.st.ServerKey); err != nil {
		return nil, fmt.Errorf("bunqsim: server key of %s: %w", c.StateFile, err)
	}
	return s, s.save()
}

// Environment returns which bunq is simulated.
func (s *Sim) Environment() Environment { return s.env }

// SetSettings replaces the settings. Objects made before stay as they are.
func (s *Sim) SetSettings(set Settings) error {
	filled, err := set.filled(s.env)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.set = filled
	return nil
}

// SetLimits switches the rate limits, with all windows empty.
func (s *Sim) SetLimits(p Limits) error {
	lim, err := newLimiter(p)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limits = lim
	return nil
}

// SetCallerIP makes every request that follows come from ip, as if the machine had moved; "" ends that.
func (s *Sim) SetCallerIP(ip string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.callerIP = ip
}

// now is the time in the precision bunq keeps.
func (s *Sim) now() time.Time { return s.clock.Now().UTC().Truncate(time.Microsecond) }
