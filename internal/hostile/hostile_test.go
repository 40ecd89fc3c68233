package hostile

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

const (
	maxTook   = 12 * time.Second // max_wait is ten
	maxOutput = 64 << 10
	maxMemory = 100 << 20

	// atOnce is how many processes there are at a time; most of them wait.
	atOnce = 10
)

// The calls that get bad answers: the first one, which nobody signs; the one that opens a session,
// which may be sent twice; a read; a write.
var operations = map[string]operation{
	"installation": {Resource: "bunq_installation", Call: "POST /v1/installation", Sent: 1},
	"session":      {Data: "bunq_user", Call: "POST /v1/session-server", Sent: 2},
	"read":         {Data: "bunq_oauth_client", Call: "GET /v1/user/7/oauth-client", Sent: 1000},
	"write":        {Resource: "bunq_oauth_client", Call: "POST /v1/user/7/oauth-client", Sent: 1},
}

// Whatever a server does, an operation ends, sends no write twice, says little, and says it in
// letters. A few modes always; with TEST_ALL=1, as "make test-all" sets it, all of them.
func TestHostileServers(t *testing.T) {
	all := os.Getenv("TEST_ALL") == "1"
	if n := len(modes()); n < 30 {
		t.Errorf("%d modes", n)
	}
	if !all {
		t.Log(`the quick modes only; "make test-all" runs all of them`)
	}

	slots := make(chan struct{}, atOnce)
	var wg sync.WaitGroup
	var mu sync.Mutex
	var again []func()
	for _, m := range modes() {
		if !m.quick && !all {
			continue
		}
		for name, o := range operations {
			slots <- struct{}{}
			wg.Go(func() {
				defer func() { <-slots }()
				if len(try(t, m, o)) == 0 {
					return
				}
				mu.Lock()
				defer mu.Unlock()
				again = append(again, func() {
					for _, problem := range try(t, m, o) {
						t.Errorf("%s, %s: %s", m.name, name, problem)
					}
				})
			})
		}
	}
	wg.Wait()

	// A busy machine makes everything slow: what counts is measured with nothing beside it.
	if len(again) > atOnce {
		t.Fatalf("%d did not do as they should", len(again))
	}
	for _, alone := range again {
		alone()
	}
}

// try runs the operation in a process of its own, and returns what is wrong.
func try(t *testing.T, m mode, o operation) (problems []string) {
	s := serve(t, o.Call, m)
	defer s.close()
	r, err := runChild(t, task{BaseURL: s.url(), Operation: o, Context: theContext(), CacheDir: t.TempDir()})
	if err != nil {
		return []string{err.Error()}
	}

	var said strings.Builder
	failed := false
	for _, d := range r.Notices {
		failed = failed || !d.Warning
		said.WriteString(d.Summary + "\n" + d.Detail + "\n")
	}
	problem := func(format string, args ...any) { problems = append(problems, fmt.Sprintf(format, args...)) }

	if !failed && !m.maybe {
		problem("no error; it said:\n%.2000s", said.String())
	}
	if r.Took > maxTook {
		problem("it took %s", r.Took)
	}
	if n := s.count(o.Call); n == 0 || n > o.Sent && !m.repeats {
		problem("%s came %d times", o.Call, n)
	}
	if said.Len() > maxOutput {
		problem("it said %d bytes", said.Len())
	}
	if r.Memory > maxMemory && !raceEnabled {
		problem("it took %d MiB of memory", r.Memory>>20)
	}
	if i := strings.IndexFunc(said.String(), isMark); i >= 0 {
		problem("it said %q", said.String()[max(0, i-40):min(said.Len(), i+40)])
	}
	return problems
}

func isMark(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }

// runChild returns what the process printed.
func runChild(t *testing.T, k task) (*result, error) {
	text, err := json.Marshal(k)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0]) //nolint:gosec // this very test
	cmd.Env = append(os.Environ(), envTask+"="+string(text), "GOGC=", "GOMEMLIMIT=off", "TF_LOG=", "HTTP_PROXY=", "http_proxy=")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%w: %.2000s", err, stderr.String())
	}
	var r result
	if err := json.Unmarshal(stdout.Bytes(), &r); err != nil {
		return nil, fmt.Errorf("%w in %.2000s", err, stdout.String())
	}
	return &r, nil
}

var theContext = sync.OnceValue(func() apiContext {
	private, err := signing.MarshalPrivateKey(keys().client)
	if err != nil {
		panic(err)
	}
	server, err := signing.MarshalPublicKey(&keys().server.PublicKey)
	if err != nil {
		panic(err)
	}
	return apiContext{
		APIKey: strings.Repeat("2b", 32), Token: strings.Repeat("1a", 32), PrivateKeyPEM: private, ServerPublicKeyPEM: server,
	}
})
