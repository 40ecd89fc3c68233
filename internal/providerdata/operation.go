package providerdata

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/tfdiag"
)

// Operation begins one create, read, update or delete of a resource. Its time (max_wait)
// runs from now on, for all calls with the returned context.
//
// The returned function ends it. It logs one line: the number of calls to each endpoint,
// the time waited, and the retries. It adds a warning to diags if the run has waited for
// long, see waits.
func (d *Data) Operation(ctx context.Context, name string, diags *diag.Diagnostics) (context.Context, func()) {
	ctx = bunq.WithStats(ctx)
	return ctx, func() {
		defer func() { tfdiag.Printable(*diags) }()
		stats := bunq.StatsFrom(ctx)
		tflog.Info(ctx, name+": calls to bunq", stats.Fields())

		d.waits.add(stats.Waits(), time.Now())
		if diags.HasError() {
			return // the error says more; the next operation reports the waits
		}
		d.waits.report(d.Client, diags)
	}
}

const (
	// longRun is how long a run may wait for one cause without a warning.
	longRun = 10 * time.Second
	// longOperation is how long an operation may wait for one cause without being
	// counted: the normal time between a request and its answer is no wait.
	longOperation = 2 * time.Second
)

// waits counts what the operations of a run have waited for. A provider cannot write to
// the terminal while it works: what it prints goes to the log. So a long wait is reported
// by a warning, at the end of the first operation that can.
type waits struct {
	mu       sync.Mutex
	byReason map[string]runWait
}

// runWait is the time that a run has waited for one cause.
type runWait struct {
	took     time.Duration
	until    time.Time // the end of the last operation that waited for it
	reported bool
}

// add counts the waits of an operation that ends now. Time that several operations waited
// for the same cause counts once.
func (w *waits) add(operation map[string]time.Duration, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.byReason == nil {
		w.byReason = map[string]runWait{}
	}

	for reason, took := range operation {
		if took >= longOperation {
			of := w.byReason[reason]
			of.took += min(took, now.Sub(of.until))
			of.until = now
			w.byReason[reason] = of
		}
	}
}

// report warns of the causes for which the run has waited long, each once.
func (w *waits) report(client *bunq.Client, diags *diag.Diagnostics) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, reason := range slices.Sorted(maps.Keys(w.byReason)) {
		of := w.byReason[reason]
		if of.took <= longRun || of.reported {
			continue
		}
		of.reported = true
		w.byReason[reason] = of

		diags.AddWarning("Waited for bunq", fmt.Sprintf(
			"So far, this run has waited %s for %s. One create, read, update or delete may take %s in all (max_wait).\n\n"+
				"Each cause is reported once per run. TF_LOG=INFO shows every wait of more than two seconds.",
			of.took.Round(time.Second), reason, client.MaxWait()))
	}
}
