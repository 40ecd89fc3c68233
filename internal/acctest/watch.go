package acctest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// Watch proves for every provider of this package that nothing but an apply writes to bunq, and that
// a run which only reads opens one session for each API context. It notes what the provider sends,
// and what Terraform was asking of it at that moment; the test reads the notes when it ends. Each
// provider has a file of its own, so that one that is killed has noted a write before it sent it.
type Watch struct {
	mu                sync.Mutex
	applying, reading []string // the calls of Terraform that the provider is working on
	file              *os.File
}

// moment is what Terraform was asking of the provider when something was sent.
type moment struct {
	// Apply is true where that may be a write.
	Apply bool `json:"apply,omitempty"`
	// During names the calls of Terraform; there may be none.
	During []string `json:"during,omitempty"`
}

// String completes "it was sent …".
func (m moment) String() string {
	if len(m.During) == 0 {
		return "while Terraform asked for nothing"
	}
	return "during " + strings.Join(m.During, " and ")
}

// note is a line of the file. It holds no secrets.
type note struct {
	moment
	// Call is method and path of a request that is no GET.
	Call string `json:"call,omitempty"`
	// Opened tells the API contexts of opened sessions apart: a hash of token and key.
	Opened string `json:"opened,omitempty"`
	// RequestID is that of an opening.
	RequestID string `json:"request_id,omitempty"`
	// Again is true where another session may be opened: bunq no longer took the last one, or
	// Terraform began another run.
	Again bool `json:"again,omitempty"`
}

const openSession = "POST /session-server"

// NewWatch begins the notes of one provider, in a file of dir.
func NewWatch(dir, name string) (*Watch, error) {
	file, err := os.OpenFile(filepath.Join(dir, name), os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	return &Watch{file: file}, nil
}

// write adds a line at once: nothing is kept for later, when the process may be dead.
func (w *Watch) write(n note) error {
	line, err := json.Marshal(n)
	if err != nil {
		return err
	}

	w.mu.Lock()
	defer w.mu.Unlock()
	_, err = w.file.Write(append(line, '\n'))
	return err
}

type momentKey struct{}

// of returns the moment of what is done with ctx: that of the call of Terraform that ctx came with.
// Without one, an apply among the calls under way may be what sends.
func (w *Watch) of(ctx context.Context) moment {
	if m, ok := ctx.Value(momentKey{}).(moment); ok {
		return m
	}

	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.applying) > 0 {
		return moment{Apply: true, During: slices.Clone(w.applying)}
	}
	return moment{During: slices.Clone(w.reading)}
}

// apply begins a call of Terraform that may write.
func (w *Watch) apply(ctx context.Context, what string) (_ context.Context, done func()) {
	return context.WithValue(ctx, momentKey{}, moment{Apply: true, During: []string{what}}), w.enter(&w.applying, what)
}

// read begins a call of Terraform that must not write.
func (w *Watch) read(ctx context.Context, what string) (_ context.Context, done func()) {
	return context.WithValue(ctx, momentKey{}, moment{During: []string{what}}), w.enter(&w.reading, what)
}

func (w *Watch) enter(list *[]string, what string) (done func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	*list = append(*list, what)

	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		i := slices.Index(*list, what)
		*list = slices.Delete(*list, i, i+1)
	}
}

// Transport wraps the way to bunq.
func (w *Watch) Transport(next http.RoundTripper) http.RoundTripper {
	return &watchedTransport{watch: w, next: next}
}

type watchedTransport struct {
	watch *Watch
	next  http.RoundTripper
}

// RoundTrip notes a write before it is sent, and an opened session after.
func (t *watchedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	n := note{moment: t.watch.of(r.Context()), Call: r.Method + " " + r.URL.Path}
	if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/session-server") {
		return t.open(r, n)
	}
	if r.Method != http.MethodGet {
		if err := t.watch.write(n); err != nil {
			return nil, err
		}
	}

	answer, err := t.next.RoundTrip(r)
	if err == nil && (answer.StatusCode == http.StatusUnauthorized || answer.StatusCode == http.StatusForbidden) {
		n.Again = true
		err = t.watch.write(n)
	}
	return answer, err
}

// open sends an opening of a session and notes it if it worked.
func (t *watchedTransport) open(r *http.Request, n note) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(append([]byte(r.Header.Get("X-Bunq-Client-Authentication")+"\n"), body...))
	n.Opened, n.RequestID = hex.EncodeToString(sum[:8]), r.Header.Get("X-Bunq-Client-Request-Id")

	again := r.Clone(r.Context())
	again.Body = io.NopCloser(bytes.NewReader(body))
	answer, err := t.next.RoundTrip(again)
	if err == nil && answer.StatusCode == http.StatusOK {
		err = t.watch.write(n)
	}
	return answer, errors.Join(err, r.Body.Close())
}

// notes reads what a provider noted.
func notes(path string) ([]note, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var all []note
	for line := range strings.Lines(string(text)) {
		var n note
		if err := json.Unmarshal([]byte(line), &n); err != nil {
			return nil, fmt.Errorf("%s: %w: %q", path, err, line)
		}
		all = append(all, n)
	}
	return all, nil
}

// judge returns what a provider should not have sent. faulty reports whether a fault met the request
// with that id: the provider may not have had the session.
func judge(all []note, faulty func(requestID string) bool) []string {
	var faults []string
	opened := map[string]int{}
	for _, n := range all {
		switch {
		case n.Again:
			clear(opened)
		case n.Opened == "" && !n.Apply:
			faults = append(faults, fmt.Sprintf("%s was sent %s: only an apply may write", n.Call, n.moment))
		case n.Opened != "" && !n.Apply && !faulty(n.RequestID):
			opened[n.Opened]++
			if count := opened[n.Opened]; count > 1 {
				faults = append(faults, fmt.Sprintf("%d sessions were opened for one API context in one run that only reads", count))
			}
		}
	}
	return faults
}

// ledger is where the providers of one simulated bunq leave their notes.
type ledger struct {
	dir string

	mu     sync.Mutex
	faulty map[string]bool // ids of the requests that a scripted fault met
	runs   int             // in the test's own process
}

func newLedger(t *testing.T) *ledger {
	t.Helper()
	return &ledger{dir: t.TempDir(), faulty: map[string]bool{}}
}

// hear makes the ledger an observer of the simulator, in addition to the one that it has.
func (l *ledger) hear(c *bunqsim.Config) {
	other := c.Observer
	c.Observer = func(e bunqsim.Entry) {
		if e.Fault != "" {
			l.mu.Lock()
			l.faulty[e.RequestID] = true
			l.mu.Unlock()
		}
		if other != nil {
			other(e)
		}
	}
}

// watch begins the notes of a provider in this process.
func (l *ledger) watch() (*Watch, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.runs++
	return NewWatch(l.dir, fmt.Sprintf("run-%d", l.runs))
}

// faults returns what the providers should not have sent so far.
func (l *ledger) faults() ([]string, error) {
	files, err := os.ReadDir(l.dir)
	if err != nil {
		return nil, err
	}

	l.mu.Lock()
	defer l.mu.Unlock()
	var faults []string
	for _, f := range files {
		all, err := notes(filepath.Join(l.dir, f.Name()))
		if err != nil {
			return nil, err
		}
		faults = append(faults, judge(all, func(id string) bool { return l.faulty[id] })...)
	}
	return faults, nil
}

// report fails the test for what the providers should not have sent.
func (l *ledger) report(t *testing.T) {
	t.Helper()
	faults, err := l.faults()
	if err != nil {
		t.Error(err)
	}
	for _, f := range faults {
		t.Error(f)
	}
}
