package bunq

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/ratelimit"
)

const (
	defaultUserAgent      = "terraform-provider-bunq"
	defaultRequestTimeout = 30 * time.Second
	defaultMaxWait        = 15 * time.Minute
)

// Config is what a Client is made of. Only BaseURL is required.
type Config struct {
	// BaseURL is an address as ParseBaseURL returns it.
	BaseURL *url.URL
	// Environment is the one that BaseURL belongs to. It decides whether a 409 is a
	// rate limit (sandbox only).
	Environment Environment
	UserAgent   string
	// RequestTimeout bounds one exchange; 0 is 30 s.
	RequestTimeout time.Duration
	// MaxWait is the time that one operation (see WithStats) may take in all:
	// attempts, retries, waiting for limits and for a session; 0 is 15 min. A call
	// outside of an operation has it for itself.
	MaxWait time.Duration
	// Transport replaces the hardened default; nil in production.
	Transport http.RoundTripper
	// Roots are the authorities whose certificates are accepted; nil for the system's.
	Roots *x509.CertPool
	// Limits is shared by all clients that call from the same address; nil makes a
	// new one with bunq's published limits.
	Limits *ratelimit.Scheduler
	// Logger may be nil.
	Logger Logger
}

// Logger receives the messages of the client: fields are names, times and counts,
// never a body, a token or a key.
type Logger interface {
	Info(ctx context.Context, msg string, fields map[string]any)
	Debug(ctx context.Context, msg string, fields map[string]any)
}

// NoLogger drops all messages.
type NoLogger struct{}

// Info does nothing.
func (NoLogger) Info(context.Context, string, map[string]any) {}

// Debug does nothing.
func (NoLogger) Debug(context.Context, string, map[string]any) {}

// Client makes the calls that need an installation at most; WithSession adds the
// others. It is safe for concurrent use. One serves the whole process, since reads
// are shared within one.
type Client struct {
	config Config
	sender *sender
	reads  *reads
	// network is shared by all calls of the run.
	network *network
}

// NewClient checks the configuration. It does not touch the network.
func NewClient(c Config) (*Client, error) {
	if c.BaseURL == nil {
		return nil, errors.New("bunq client: no base URL")
	}
	base, err := ParseBaseURL(c.BaseURL.String())
	if err != nil {
		return nil, fmt.Errorf("bunq client: base URL: %w", err)
	}
	c.BaseURL = base

	if c.RequestTimeout < 0 || c.MaxWait < 0 {
		return nil, errors.New("bunq client: a negative time is no limit")
	}
	if c.RequestTimeout == 0 {
		c.RequestTimeout = defaultRequestTimeout
	}
	if c.MaxWait == 0 {
		c.MaxWait = defaultMaxWait
	}
	if c.UserAgent == "" {
		c.UserAgent = defaultUserAgent
	}
	if !headerText(c.UserAgent) {
		return nil, errors.New("bunq client: the user agent has characters that no header may have")
	}

	if c.Transport == nil {
		c.Transport = NewTransport(base.Scheme == "http", c.Roots)
	}
	if c.Limits == nil {
		c.Limits = ratelimit.New(ratelimit.Published)
	}
	if c.Logger == nil {
		c.Logger = NoLogger{}
	}

	return &Client{config: c, sender: newSender(c), reads: newReads(), network: &network{}}, nil
}

// MaxWait returns the time that one operation may take in all.
func (c *Client) MaxWait() time.Duration { return c.config.MaxWait }

func (c *Client) sandbox() bool { return c.config.Environment == Sandbox }

// headerText reports whether s is valid in a header: visible ASCII and inner blanks.
func headerText(s string) bool {
	for _, r := range s {
		if r < ' ' || r > '~' {
			return false
		}
	}
	return s != "" && s[0] != ' ' && s[len(s)-1] != ' '
}
