package providerdata

import (
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/ratelimit"
)

var update = flag.Bool("update", false, "write the golden files again; read what changed before it is kept")

// slowBank takes a while for each answer, which is a refusal.
type slowBank time.Duration

func (b slowBank) RoundTrip(r *http.Request) (*http.Response, error) {
	select {
	case <-time.After(time.Duration(b)):
		return &http.Response{StatusCode: http.StatusTeapot, Body: http.NoBody, Request: r}, nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// slow is a Data at a bank whose answers take a while, and that takes a new
// installation every 30 seconds.
func slow(t *testing.T, answer time.Duration) *Data {
	t.Helper()
	u, err := bunq.ParseBaseURL("https://bank.example/v1")
	if err != nil {
		t.Fatal(err)
	}
	client, err := bunq.NewClient(bunq.Config{
		BaseURL: u, Environment: bunq.Sandbox, Transport: slowBank(answer),
		Limits: ratelimit.New(func(ratelimit.Key) (ratelimit.Limit, bool) {
			return ratelimit.Limit{Max: 1, Window: 30 * time.Second}, true
		}),
	})
	if err != nil {
		t.Fatal(err)
	}
	return &Data{Environment: bunq.Sandbox, Client: client}
}

// operate is an operation of a resource that makes one call. What bunq says to it
// does not matter; failed says that it failed for the resource.
func operate(t *testing.T, d *Data, failed bool) diag.Diagnostics {
	t.Helper()
	var diags diag.Diagnostics
	ctx, done := d.Operation(t.Context(), "bunq_thing: create", &diags)
	if _, err := d.Client.CreateInstallation(ctx, "key"); bunq.NeverSent(err) {
		t.Error(err)
	}
	if failed {
		diags.AddError("It failed", "for a reason that says more.")
	}
	done()
	return diags
}

func warnings(diags diag.Diagnostics) string {
	var b strings.Builder
	for _, w := range diags.Warnings() {
		fmt.Fprintf(&b, "%s\n%s\n", w.Summary(), w.Detail())
	}
	return b.String()
}

// A user who waits learns for what, how long and how long it may be, without a log;
// once for each cause.
func TestOperation_reportsWhatARunHasWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := slow(t, 11*time.Second)
		if got := operate(t, d, false); len(got) != 1 {
			t.Errorf("after a slow answer: %v", got)
		} else if want := "waited 11s for bunq to answer."; !strings.Contains(warnings(got), want) {
			t.Errorf("no %q in %s", want, warnings(got))
		}

		second := operate(t, d, false)
		if len(second) != 1 {
			t.Errorf("after the limit and a slow answer: %v", second)
		}
		golden(t, "waited.golden", warnings(second))

		if got := operate(t, d, false); len(got) != 0 {
			t.Errorf("what was reported is reported again: %v", got)
		}
		// Another run waits for itself.
		if got := operate(t, slow(t, 11*time.Second), false); len(got) != 1 {
			t.Errorf("in another run: %v", got)
		}
	})
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	name = "testdata/" + name
	if *update {
		if err := os.WriteFile(name, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got:\n%s\nwant (write it with -update):\n%s", got, want)
	}
}

// What is normal between a request and its answer makes no run long, however many
// there are, and a wait of ten seconds is not yet worth a word.
func TestOperation_isQuietAboutShortWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := slow(t, 1900*time.Millisecond)
		for range 20 {
			var diags diag.Diagnostics
			_, done := d.Operation(t.Context(), "bunq_thing: read", &diags)
			time.Sleep(time.Minute) // of its own
			done()
			if got := operate(t, d, false); len(got) != 0 || len(diags) != 0 {
				t.Fatalf("got %v, %v", diags, got)
			}
			time.Sleep(time.Minute) // the limit is over
		}
		if got := operate(t, slow(t, 10*time.Second), false); len(got) != 0 {
			t.Errorf("after ten seconds: %v", got)
		}
	})
}

// An error says more than a warning beside it. The next operation reports the wait.
func TestOperation_leavesTheReportToTheNextWhereItFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := slow(t, 11*time.Second)
		if got := operate(t, d, true); got.WarningsCount() != 0 {
			t.Errorf("beside the error: %v", got)
		}
		var diags diag.Diagnostics
		_, done := d.Operation(t.Context(), "bunq_thing: read", &diags)
		done()
		if len(diags) != 1 {
			t.Errorf("the next one: %v", diags)
		}
	})
}

// The time of a run is what its operations waited, and not the sum where they waited
// at the same time.
func TestWaits_countSharedTimeOnce(t *testing.T) {
	begun := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	at := func(s float64) time.Time { return begun.Add(time.Duration(s * float64(time.Second))) }
	wait := func(s float64) map[string]time.Duration {
		return map[string]time.Duration{"a session": time.Duration(s * float64(time.Second))}
	}
	var w waits
	client := slow(t, 0).Client
	reported := func() []string {
		var diags diag.Diagnostics
		w.report(client, &diags)
		var texts []string
		for _, d := range diags {
			texts = append(texts, d.Detail())
		}
		return texts
	}

	w.add(wait(6), at(6))
	w.add(wait(6), at(6)) // together with the first
	w.add(wait(4), at(8)) // half of it
	if got := reported(); len(got) != 0 {
		t.Errorf("after eight seconds: %v", got)
	}
	w.add(wait(1.9), at(30)) // too short to count
	w.add(map[string]time.Duration{"another": 9 * time.Second}, at(30))
	if got := reported(); len(got) != 0 {
		t.Errorf("eight seconds for one cause, nine for another: %v", got)
	}
	w.add(wait(2), at(35)) // just long enough
	if got := reported(); len(got) != 0 {
		t.Errorf("after ten seconds: %v", got)
	}
	w.add(wait(3), at(40))
	got := reported()
	if len(got) != 1 || !strings.Contains(got[0], "this run has waited 13s for a session.") {
		t.Errorf("got %v, want 13 s for a session", got)
	}
	w.add(wait(60), at(100))
	if got := reported(); len(got) != 0 {
		t.Errorf("a second time: %v", got)
	}
}
