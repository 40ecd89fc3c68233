package session

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/semaphore"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

// openInterval is the time that bunq wants between two POST /session-server from one
// address (DOCUMENTED, https://beta.doc.bunq.com/basics/errors).
const openInterval = 30 * time.Second

// opener is the part of *bunq.Client that the package needs.
type opener interface {
	OpenSession(ctx context.Context, ac bunq.APIContext) (*bunq.Session, error)
}

// Options of a [Broker].
type Options struct {
	// CacheDir is the folder for the cache files, made with mode 0700 if it is missing.
	// If it is "", sessions live in this process only.
	CacheDir string
	// BaseURL is the address of the API. Sessions and the interval belong to it.
	BaseURL string
	// Logger gets the origin of sessions (Debug), never a token. It may be nil.
	Logger bunq.Logger
	// OpenInterval is the time between two openings from this machine; 0: 30 s.
	OpenInterval time.Duration
}

// Broker holds the sessions of a process with one address of the API. It is
// safe for concurrent use.
type Broker struct {
	opener   opener
	folder   *folder
	baseURL  string
	interval *interval
	log      bunq.Logger

	mu      sync.Mutex
	sources map[string]*Source
}

// New returns a Broker that opens sessions through c. It touches neither network
// nor disk.
func New(c *bunq.Client, o Options) *Broker {
	return newBroker(c, o)
}

func newBroker(c opener, o Options) *Broker {
	if o.OpenInterval == 0 {
		o.OpenInterval = openInterval
	}
	if o.Logger == nil {
		o.Logger = bunq.NoLogger{}
	}
	b := &Broker{opener: c, baseURL: strings.TrimRight(o.BaseURL, "/"), log: o.Logger, sources: map[string]*Source{}}
	if o.CacheDir != "" {
		b.folder = &folder{path: o.CacheDir, log: o.Logger}
	}
	b.interval = newInterval(b.baseURL, o.OpenInterval, b.folder)
	return b
}

// For returns the source of an API context, always the same one for a context.
func (b *Broker) For(ac bunq.APIContext) *Source {
	id := ac.Fingerprint()

	b.mu.Lock()
	defer b.mu.Unlock()
	s, ok := b.sources[id]
	if !ok {
		s = &Source{
			id:         id,
			apiContext: ac,
			opener:     b.opener,
			interval:   b.interval,
			log:        b.log,
			cache:      newCache(b.folder, ac, b.baseURL),
			dead:       map[bunq.Secret]struct{}{},
			turn:       semaphore.NewWeighted(1),
		}
		b.sources[id] = s
	}
	return s
}

// Format prevents every verb from printing the secrets.
func (b *Broker) Format(f fmt.State, _ rune) {
	_, _ = io.WriteString(f, "session.Broker") // fmt.State swallows write errors
}
