package acctest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// Watch makes a provider that is a process of its own note what it sends to
// bunq, and what Terraform was asking of it at that moment. The notes are one
// file for each process, which the test reads when it ends: a process that is
// killed has noted a write before it sent it.
type Watch struct {
	phases phases

	mu   sync.Mutex
	file *os.File
}

// note is a line of the file. It holds no secrets.
type note struct {
	moment
	// Call is method and path of a request that is no GET.
	Call string `json:"call"`
	// Opened tells the contexts of opened sessions apart: a hash of token and key.
	Opened string `json:"opened,omitempty"`
	// RequestID is that of an opening.
	RequestID string `json:"request_id,omitempty"`
	// Dead is true for a call, of whatever method, whose session bunq no longer
	// took: another one may be opened.
	Dead bool `json:"dead,omitempty"`
}

// NewWatch begins the notes of this process in dir.
func NewWatch(dir string) (*Watch, error) {
	// As in the folder of EnvProcesses, the name is the process.
	file, err := os.OpenFile(filepath.Join(dir, strconv.Itoa(os.Getpid())), os.O_CREATE|os.O_EXCL|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	return &Watch{file: file}, nil
}

// Server wraps the provider's server.
func (w *Watch) Server(s tfprotov6.ProviderServer) (tfprotov6.ProviderServer, error) {
	return watched(s, &w.phases, func() {})
}

// Transport wraps the way to bunq.
func (w *Watch) Transport(next http.RoundTripper) http.RoundTripper {
	return &watchedTransport{watch: w, next: next}
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

type watchedTransport struct {
	watch *Watch
	next  http.RoundTripper
}

// RoundTrip notes a write before it is sent, and an opened session after.
func (t *watchedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	n := note{moment: t.watch.phases.of(r.Context()), Call: r.Method + " " + r.URL.Path}
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
		n.Dead = true
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

// notes reads what a process noted.
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

// judge returns what a process should not have sent. spoiled reports whether a
// fault met the request with that id: the provider may not have had the session.
func judge(all []note, spoiled func(requestID string) bool) []string {
	var faults []string
	opened := map[string]int{}
	for _, n := range all {
		switch {
		case n.Dead:
			clear(opened)
		case n.Opened == "" && !n.Apply:
			faults = append(faults, mayNotWrite(n.Call, n.moment))
		case n.Opened != "" && !n.Apply && !spoiled(n.RequestID):
			opened[n.Opened]++
			if count := opened[n.Opened]; count > 1 {
				faults = append(faults, tooManySessions(count, "one API context"))
			}
		}
	}
	return faults
}

// watchedProcesses judges all processes that left a socket in sockets by their
// notes in dir. One without notes was not watched.
func watchedProcesses(sockets, dir string, spoiled func(requestID string) bool) ([]string, error) {
	processes, err := os.ReadDir(sockets)
	if err != nil {
		return nil, err
	}
	var faults []string
	for _, p := range processes {
		all, err := notes(filepath.Join(dir, p.Name()))
		if err != nil {
			return nil, fmt.Errorf("the provider process %s was not watched: %w", p.Name(), err)
		}
		faults = append(faults, judge(all, spoiled)...)
	}
	return faults, nil
}
