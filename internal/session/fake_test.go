package session

import (
	"context"
	"crypto/rsa"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

const (
	testURL   = "https://public-api.sandbox.bunq.com/v1"
	testKey   = "1f7fd2a9c8b14e0e9b6d3a51aa0b5c3f0d2e4b6c8a1f3e5d7c9b0a2e4f6d8c1b"
	testToken = "a3cc1d0e5f7b9a8c6d4e2f0a1b3c5d7e9f8a6b4c2d0e1f3a5b7c9d8e6f4a2b0c"
)

var (
	firstKey  = sync.OnceValue(mustGenerate)
	secondKey = sync.OnceValue(mustGenerate)
)

func mustGenerate() *rsa.PrivateKey {
	key, err := signing.GenerateKey()
	if err != nil {
		panic(err)
	}
	return key
}

func testContext() bunq.APIContext { return testContextOf(testKey, firstKey()) }

func testContextOf(apiKey bunq.Secret, key *rsa.PrivateKey) bunq.APIContext {
	return bunq.APIContext{
		Environment:  bunq.Sandbox,
		APIKey:       apiKey,
		Installation: bunq.Installation{Token: testToken, PrivateKey: key, ServerPublicKey: &key.PublicKey},
	}
}

// anotherContext differs in the API key.
func anotherContext() bunq.APIContext {
	ac := testContext()
	ac.APIKey = "0" + ac.APIKey[1:]
	return ac
}

// bank stands in for bunq. It is safe for concurrent use; the settings are made
// before the first call.
type bank struct {
	latency time.Duration
	linger  time.Duration      // how long a cancelled opening takes to end
	timeout time.Duration      // of the sessions; 0: 90 h
	forever bool               // no timeout is announced
	created *time.Time         // what bunq says; nil: now
	refuse  func(n int) error  // nil: never; n counts from 1
	token   func(n int) string // nil: all different

	mu     sync.Mutex
	asked  []time.Time
	airing int // openings that are under way
	most   int // the most of them at once
}

func (b *bank) OpenSession(ctx context.Context, _ bunq.APIContext) (*bunq.Session, error) {
	b.mu.Lock()
	b.asked = append(b.asked, time.Now())
	n := len(b.asked)
	b.airing++
	b.most = max(b.most, b.airing)
	b.mu.Unlock()
	defer func() {
		b.mu.Lock()
		b.airing--
		b.mu.Unlock()
	}()
	if b.latency > 0 {
		select {
		case <-time.After(b.latency):
		case <-ctx.Done():
			time.Sleep(b.linger)
			return nil, &bunq.TransportError{Call: bunq.Call{Method: "POST", Endpoint: "/session-server"}, Sent: true, Err: ctx.Err()}
		}
	}
	if b.refuse != nil {
		if err := b.refuse(n); err != nil {
			return nil, err
		}
	}
	timeout := b.timeout
	if timeout == 0 && !b.forever {
		timeout = 90 * time.Hour
	}
	token := fmt.Sprintf("5e55%060d", n)
	if b.token != nil {
		token = b.token(n)
	}
	created := time.Now().UTC()
	if b.created != nil {
		created = *b.created
	}
	return &bunq.Session{
		ID:      int64(1000 + n),
		Token:   bunq.Secret(token),
		Created: created,
		Timeout: timeout,
		User:    bunq.User{ID: 28196, Kind: "UserPaymentServiceProvider", DisplayName: "My App PISP AISP", Status: "ACTIVE"},
	}, nil
}

func (b *bank) openings() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.asked)
}

func (b *bank) wantOpenings(t *testing.T, want int) {
	t.Helper()
	if got := b.openings(); got != want {
		t.Errorf("%d sessions were opened, want %d", got, want)
	}
}

func refusedByBunq() error {
	return &bunq.APIError{
		Call: bunq.Call{Method: "POST", Endpoint: "/session-server"}, Status: 400, Envelope: true,
		Descriptions: []string{"User credentials are incorrect. Incorrect API key or IP address."},
	}
}

// journal is a logger that keeps what it gets.
type journal struct {
	mu    sync.Mutex
	lines []string
}

func (j *journal) add(level, msg string, fields map[string]any) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, fmt.Sprintf("%s %s %v", level, msg, fields))
}

func (j *journal) Info(_ context.Context, msg string, fields map[string]any) {
	j.add("INFO", msg, fields)
}

func (j *journal) Debug(_ context.Context, msg string, fields map[string]any) {
	j.add("DEBUG", msg, fields)
}

func (j *journal) all() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return strings.Join(j.lines, "\n")
}

// process is what one process has: a broker of its own on a folder that it shares.
func process(b *bank, dir string) *Broker {
	return newBroker(b, Options{CacheDir: dir, BaseURL: testURL})
}

func mustSession(t *testing.T, s *Source) *bunq.Session {
	t.Helper()
	session, err := s.Session(t.Context())
	if err != nil {
		t.Fatalf("Session: %v", err)
	}
	return session
}

func mustReplace(t *testing.T, s *Source, dead *bunq.Session) *bunq.Session {
	t.Helper()
	session, err := s.Replace(t.Context(), dead)
	if err != nil {
		t.Fatalf("Replace: %v", err)
	}
	return session
}

// live returns the session in memory or the cached one, without opening any; false
// where there is none to be handed out.
func live(t *testing.T, s *Source) (*bunq.Session, bool) {
	t.Helper()
	s.mu.Lock()
	e, err := s.known()
	s.mu.Unlock()
	if e == nil && err == nil {
		e = s.fromCache(t.Context())
	}
	if e == nil || err != nil {
		return nil, false
	}
	return e.copy(), true
}
