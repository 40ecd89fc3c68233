package pacing_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/terraform-plugin-log/tflogtest"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// logbook is Terraform's log of the provider, at every level.
type logbook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logbook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

// entries returns the lines of a level whose message contains a text.
func (l *logbook) entries(t *testing.T, level, message string) []map[string]any {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	var found []map[string]any
	for line := range strings.Lines(l.text.String()) {
		var e map[string]any
		must(t, json.Unmarshal([]byte(line), &e))
		if e["@level"] == level && strings.Contains(e["@message"].(string), message) {
			found = append(found, e)
		}
	}
	return found
}

func logged(ctx context.Context) (context.Context, *logbook) {
	l := &logbook{}
	return tflogtest.RootLogger(ctx, l), l
}

const (
	lineWait = "Waited for bunq"
	lineEnd  = ": calls to bunq"
)

func field(t *testing.T, e map[string]any, name string) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(e[name].(string))
	must(t, err)
	return d
}

// Each wait of more than two seconds for bunq has one line, which says what it was for and how long it
// took. Each operation ends with one line. Together their figures match what bunq saw and what the clock
// showed: the URLs of a client are changed one after the other, and whoever waits for another operation
// tells nothing, as that one tells what it waits for.
func TestLog_ofAnApplyAddsUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const n = 20
		ctx, log := logged(t.Context())
		b := newBank(t, 0)
		r := b.provider(ctx, nil)
		p := r.onboard(ctx)
		r.addClient(ctx, p)
		begin := time.Now()
		r.addURLs(ctx, p, n)
		took := time.Since(begin)

		var lines, total time.Duration
		for _, e := range log.entries(t, "info", lineWait) {
			lines += field(t, e, "waited")
			if e["waited_for"] != "the rate limit of "+callCallback {
				t.Errorf("waited for %q", e["waited_for"])
			}
		}
		if took < 2*time.Second || lines != took {
			t.Errorf("the log reports waits of %v, the clock showed %v", lines, took)
		}
		ends := log.entries(t, "info", lineEnd)
		for _, e := range ends {
			if e["@message"] == "bunq_oauth_callback_url: create"+lineEnd {
				total += field(t, e, "waited")
			}
		}
		if total != took {
			t.Errorf("the operations ended with waits of %v, the clock showed %v", total, took)
		}
		// The plans of client and URLs are operations, too, as they look for what is there.
		if want := 3 + 2 + 2*n; len(ends) != want {
			t.Errorf("%d operations have a line at their end, want %d", len(ends), want)
		}
		b.mustBeAllCallsIn(ends)
	})
}

// The same for other reasons to wait: bunq refuses to open a session, somebody else uses up the limit, or
// bunq returns errors.
func TestLog_ofTroubleAddsUp(t *testing.T) {
	t.Parallel()
	for name, w := range map[string]struct {
		prepare          func(ctx context.Context, b *bank, p *party)
		lines            int // of waits over two seconds
		retries          float64
		shortest, longst time.Duration
	}{
		"another program has opened a session": {func(ctx context.Context, b *bank, p *party) {
			must(b.t, b.ExpireSessions())
			b.stranger(ctx, p)
		}, 1, 1, 30 * time.Second, 31 * time.Second},
		"another context of this machine has opened a session": {func(ctx context.Context, b *bank, _ *party) {
			b.provider(ctx, nil).onboard(ctx)
			must(b.t, b.ExpireSessions())
		}, 1, 0, 30 * time.Second, 30 * time.Second},
		"another program reads": {func(ctx context.Context, b *bank, p *party) {
			s := b.stranger(ctx, p)
			for range 3 {
				s.get(ctx, "/oauth-client/"+number(p.client.id(b.t)))
			}
		}, 1, 1, 3 * time.Second, 4 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, p := settled(t.Context(), t)
				w.prepare(t.Context(), b, p)
				b.ResetJournal()
				ctx, log := logged(t.Context())
				r := b.provider(ctx, nil)
				begin := time.Now()
				if _, err := r.refresh(ctx, p.client); err != nil {
					t.Fatal(err)
				}
				took := time.Since(begin)
				if took < w.shortest || took > w.longst {
					t.Errorf("it took %v, want %v to %v", took, w.shortest, w.longst)
				}
				ends := log.entries(t, "info", lineEnd)
				if len(ends) != 1 {
					t.Fatalf("%d lines at the end of one operation", len(ends))
				}
				if got := field(t, ends[0], "waited"); !sameTimes([]time.Duration{got}, []time.Duration{took}) {
					t.Errorf("the operation reports that it waited %v, the clock showed %v", got, took)
				}
				if got := ends[0]["retries"]; got != w.retries {
					t.Errorf("%v retries, want %v", got, w.retries)
				}
				b.mustBeAllCallsIn(ends)
				waits := append(log.entries(t, "info", lineWait), log.entries(t, "info", "waiting to open a session")...)
				if len(waits) != w.lines {
					t.Errorf("%d lines report waits, want %d: %v", len(waits), w.lines, waits)
				}
			})
		})
	}
}

// mustBeAllCallsIn: every request in the journal is in the last line of the one
// operation that caused it.
func (b *bank) mustBeAllCallsIn(ends []map[string]any) {
	b.t.Helper()
	told, seen := map[string]int{}, map[string]int{}
	for _, e := range ends {
		for call, n := range e["calls"].(map[string]any) {
			told[call] += int(n.(float64))
		}
	}
	for _, e := range b.Journal() {
		seen[e.Call()]++
	}
	if fmt.Sprint(told) != fmt.Sprint(seen) {
		b.t.Errorf("the log reports the calls %v, bunq saw %v", told, seen)
	}
}

func sameTimes(a, b []time.Duration) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.EqualFunc(a, b, func(x, y time.Duration) bool {
		return cmp.Compare(x.Round(time.Millisecond), y.Round(time.Millisecond)) == 0
	})
}

// Even at TRACE, the provider's lines contain no secret and nothing of what was sent.
func TestLog_hasNoSecretsAndNoBodies(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, log := logged(t.Context())
		b := newBank(t, 0)
		r := b.provider(ctx, nil)
		p := r.onboard(ctx)
		r.addClient(ctx, p)
		r.addURLs(ctx, p, 2)
		must(t, b.ExpireSessions())
		r = b.provider(ctx, nil)
		for _, o := range p.all() {
			if _, err := r.refresh(ctx, o); err != nil {
				t.Error(err)
			}
		}
		text := log.text.String()
		if !strings.Contains(text, "Request to bunq") {
			t.Fatal("the log has no line about a request, so this proves nothing")
		}
		hidden := secrets(b.Snapshot())
		hidden["the private key"] = keyLine(t)
		hidden["a body"] = "app.example.com"
		for what, secret := range hidden {
			if len(secret) < 10 {
				t.Errorf("%s is %q", what, secret)
			}
			if strings.Contains(text, secret) {
				t.Errorf("the log shows %s", what)
			}
		}
	})
}

// secrets returns what bunq has issued.
func secrets(s bunqsim.Snapshot) map[string]string {
	all := map[string]string{}
	for i, v := range s.Installations {
		all[fmt.Sprintf("installation token %d", i)] = v.Token
	}
	for i, v := range s.Credentials {
		all[fmt.Sprintf("API key %d", i)] = v.Key
	}
	for i, v := range s.Sessions {
		all[fmt.Sprintf("session token %d", i)] = v.Token
	}
	for i, v := range s.OAuthClients {
		all[fmt.Sprintf("client secret %d", i)] = v.Secret
	}
	return all
}

func keyLine(t *testing.T) string {
	t.Helper()
	return strings.Split(pemOf(t, installationKey()), "\n")[3]
}
