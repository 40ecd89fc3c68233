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
			return // the error says more; the next operation reports what is due
		}
		for _, w := range d.waits.due() {
			diags.AddWarning("Waited for bunq", fmt.Sprintf(
				"So far, this run has waited %s for %s. One create, read, update or delete may take %s in all (max_wait).\n\n"+
					"Each cause is reported once per run. TF_LOG=INFO shows every wait of more than two seconds.",
				w.took.Round(time.Second), w.reason, d.Client.MaxWait()))
		}
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
	byReason map[string]*runWait
}

// runWait is the time that a run has waited for one cause.
type runWait struct {
	reason   string
	took     time.Duration
	until    time.Time // the end of the last operation that waited for it
	reported bool
}

// add counts the waits of an operation that ends now. Time that several operations waited
// for the same cause counts once.
func (w *waits) add(operation map[string]time.Duration, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for reason, d := range operation {
		if d < longOperation {
			continue
		}

		of := w.byReason[reason]
		if of == nil {
			of = &runWait{reason: reason}
			if w.byReason == nil {
				w.byReason = map[string]*runWait{}
			}
			w.byReason[reason] = of
		}

		of.took += min(d, now.Sub(of.until))
		of.until = now
	}
}

// due returns the causes for which the run has waited long and that were not returned
// before, sorted by name.
func (w *waits) due() []runWait {
	w.mu.Lock()
	defer w.mu.Unlock()
	var due []runWait
	for _, reason := range slices.Sorted(maps.Keys(w.byReason)) {
		if of := w.byReason[reason]; of.took > longRun && !of.reported {
			of.reported = true
			due = append(due, *of)
		}
	}
	return due
}
