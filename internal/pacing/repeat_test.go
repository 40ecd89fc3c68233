package pacing_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

var update = flag.Bool("update", false, "write the golden files again")

// trouble is one row of the table: what goes wrong with a request, once.
type trouble struct {
	what, when string
	fault      bunqsim.Fault
	gone       bool // the caller gives up while it waits for the answer
}

const (
	never  = "never sent"
	before = "bunq did nothing"
	after  = "bunq did it"
)

func troubles() []trouble {
	both := func(what string, f bunqsim.Fault, gone bool) []trouble {
		early, late := f, f
		early.Stage, late.Stage = bunqsim.BeforeCommit, bunqsim.AfterCommit
		return []trouble{{what, before, early, gone}, {what, after, late, gone}}
	}
	rows := []trouble{{"connection refused", never, bunqsim.Fault{Kind: bunqsim.FaultRefuse}, false}}
	rows = append(rows, both("connection lost without an answer", bunqsim.Fault{Kind: bunqsim.FaultDrop}, false)...)
	rows = append(rows, both("no answer within `request_timeout`", bunqsim.Fault{Kind: bunqsim.FaultSlow}, false)...)
	rows = append(rows, both("cancelled during the call", bunqsim.Fault{Kind: bunqsim.FaultSlow}, true)...)
	rows = append(rows,
		trouble{"answer cut off", after, bunqsim.Fault{Kind: bunqsim.FaultTruncate}, false},
		trouble{"200 with a wrong signature", after, bunqsim.Fault{Kind: bunqsim.FaultWrongSignature}, false},
		trouble{"200 without a signature", after, bunqsim.Fault{Kind: bunqsim.FaultNoSignature}, false},
	)
	for _, status := range []int{400, 401, 403, 404, 409, 429} { // bunq does not refuse a request after it has carried it out
		what := fmt.Sprintf("status %d", status)
		switch status {
		case 404:
			answer := bunqsim.Fault{Kind: bunqsim.FaultStatus, Status: status, Body: `{"Error":[{"error_description":"There is no such object."}]}`}
			rows = append(rows, trouble{what, before, answer, false})
			what += " that is not bunq's"
		case 401, 403:
			what += " (the session is dead)"
		case 409:
			what += " (the sandbox's other 429)"
		}
		rows = append(rows, trouble{what, before, bunqsim.Fault{Kind: bunqsim.FaultStatus, Status: status}, false})
	}
	for _, status := range []int{491, 500, 502, 503, 504} {
		rows = append(rows, both(fmt.Sprintf("status %d", status), bunqsim.Fault{Kind: bunqsim.FaultStatus, Status: status}, false)...)
	}
	return rows
}

// act is one column: a call of the client.
type act struct {
	name, call string
	repeatable bool // bunq may do it twice
	do         func(ctx context.Context, m *machine, w *repetition) error
}

var acts = []act{
	{"GET", "GET /user/{id}/oauth-client/{id}", true, func(ctx context.Context, m *machine, w *repetition) error {
		_, err := m.calls.OAuthClient(ctx, w.client)
		return err
	}},
	{"POST", "POST /user/{id}/oauth-client/{id}/callback-url", false, func(ctx context.Context, m *machine, w *repetition) error {
		_, err := m.calls.CreateCallbackURL(ctx, w.client, w.freshURL())
		return err
	}},
	{"PUT", "PUT /user/{id}/oauth-client/{id}/callback-url/{id}", false, func(ctx context.Context, m *machine, w *repetition) error {
		return m.calls.UpdateCallbackURL(ctx, w.client, w.existing(), w.freshURL())
	}},
	{"DELETE", "DELETE /user/{id}/oauth-client/{id}/callback-url/{id}", false, func(ctx context.Context, m *machine, w *repetition) error {
		return m.calls.DeleteCallbackURL(ctx, w.client, w.existing())
	}},
	{"POST /installation", "POST /installation", false, func(ctx context.Context, m *machine, w *repetition) error {
		_, public, _, err := w.context.Installation.PEM()
		must(w.t, err)
		_, err = m.client.CreateInstallation(ctx, public)
		return err
	}},
	{"POST /session-server", "POST /session-server", true, func(ctx context.Context, m *machine, w *repetition) error {
		_, err := m.client.OpenSession(ctx, w.context)
		return err
	}},
}

// repetition is the bank of the table. All cells share it: each starts with a new process and unused
// limits.
type repetition struct {
	*bank

	context bunq.APIContext
	client  int64
	urls    int
}

func (w *repetition) freshURL() string {
	w.urls++
	return fmt.Sprintf("https://app.example.com/repeat/%d", w.urls)
}

func (w *repetition) existing() int64 {
	id, err := w.AddCallbackURL(w.client, w.freshURL())
	must(w.t, err)
	return id
}

// For each method, fault and moment, the table says whether the client repeats the request. The journal
// shows that it never repeats one that bunq may have carried out, unless that does no harm.
func TestRepetition(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBank(t, 0)
		r := b.provider(t.Context(), nil)
		p := r.onboard(t.Context())
		r.addClient(t.Context(), p)
		w := &repetition{bank: b, context: p.context(t), client: p.client.id(t)}

		table := [][]string{{"fault", "moment"}}
		for _, a := range acts {
			table[0] = append(table[0], a.name)
		}
		for _, row := range troubles() {
			cells := []string{row.what, row.when}
			for _, a := range acts {
				cells = append(cells, w.try(row, a))
			}
			table = append(table, cells)
		}
		golden(t, "repetition.md", markdown(table))
	})
}

// try makes one call with one fault and returns in a word how it ended.
func (w *repetition) try(row trouble, a act) string {
	w.t.Helper()
	cell := fmt.Sprintf("%s, %s, %s", a.name, row.what, row.when)
	time.Sleep(time.Minute)
	m := newMachine(w.t, baseURL, w.RoundTripper(), w.cacheDir, w.context, 0)
	if _, err := m.calls.User(w.t.Context()); err != nil { // a session is there
		w.t.Fatal(err)
	}
	time.Sleep(time.Minute)
	w.ResetJournal()
	row.fault.Route = a.call
	armed := w.Fail(row.fault)
	defer armed.Disarm()
	ctx, cancel := context.WithCancel(w.t.Context())
	defer cancel()
	if row.gone {
		time.AfterFunc(time.Second, cancel)
	}
	err := a.do(ctx, m, w)
	if armed.Fired() != 1 {
		w.t.Errorf("%s: the fault happened %d times", cell, armed.Fired())
	}

	sent := w.Calls(a.call)
	done := 0
	for _, e := range sent {
		if e.Committed {
			done++
		}
	}
	if !a.repeatable {
		w.mustNotRepeat(cell, a.call)
		if done > 1 {
			w.t.Errorf("%s: done %d times", cell, done)
		}
		if row.when == after && done != 1 {
			w.t.Errorf("%s: the fault should have come after bunq had done it", cell)
		}
	}
	open := bunq.OutcomeUnknown(err)
	if err != nil && done > 0 && !open {
		w.t.Errorf("%s: bunq did it, and the error does not say that it may have: %v", cell, err)
	}
	if row.when == never && open {
		w.t.Errorf("%s: it was never sent, and the error says that bunq may have done it: %v", cell, err)
	}
	switch {
	case err == nil && len(sent) > 1:
		return "repeated"
	case err == nil:
		return "succeeds"
	case len(sent) > 1:
		return fmt.Sprintf("error after %d requests", len(sent))
	case open:
		return "not repeated: looked up"
	default:
		return "error"
	}
}

// mayHaveBeenTaken reports, from the server's point of view, whether the client could not know for certain
// that a request was not carried out.
func mayHaveBeenTaken(e bunqsim.Entry) bool {
	if strings.HasPrefix(e.Fault, string(bunqsim.FaultRefuse)) {
		return false // no connection
	}
	return !slices.Contains([]int{401, 403, 409, 429}, e.Status)
}

func markdown(table [][]string) string {
	width := make([]int, len(table[0]))
	for _, row := range table {
		for i, cell := range row {
			width[i] = max(width[i], len(cell))
		}
	}
	var b strings.Builder
	for n, row := range table {
		for i, cell := range row {
			fmt.Fprintf(&b, "| %-*s ", width[i], cell)
		}
		b.WriteString("|\n")
		if n == 0 {
			for i := range row {
				b.WriteString("| " + strings.Repeat("-", width[i]) + " ")
			}
			b.WriteString("|\n")
		}
	}
	return b.String()
}

// golden compares got with a file in testdata, or writes it with -update.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		must(t, os.MkdirAll("testdata", 0o755))
		must(t, os.WriteFile(path, []byte(got), 0o644))
		return
	}
	want, err := os.ReadFile(path)
	must(t, err)
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got); go test -update writes it again:\n%s", path, diff)
	}
}
