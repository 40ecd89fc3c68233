package pacing_test

import (
	"context"
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest/core"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

const (
	callClient   = "GET /user/{id}/oauth-client/{id}"
	kindURL      = "bunq_oauth_callback_url"
	callCallback = "POST /user/{id}/oauth-client/{id}/callback-url"
	callSession  = "POST /session-server"
)

// waiting is one thing that an operation can wait for: how a test brings it about, and the operations
// that then wait.
type waiting struct {
	prepare func(ctx context.Context, b *bank, p *party)
	block   core.Args
	// n operations; all of them must wait. Another process plans them before prepare, if they need that.
	n  int
	do func(ctx context.Context, t *testing.T, before *run, p *party, i int) operation
	// quiet: what the operation cannot learn is no error of it.
	quiet bool
	// refused: with little max_wait the operations that get bunq's refusal end at once, as its text names
	// a longer window than is left. Those that come later wait.
	refused bool
	// reason is what an error names when max_wait is over instead. In front of those
	// who wait for it, some may wait for an answer: as many as answering says.
	reason    string
	answering int
}

// operation is one call of Terraform's.
type operation func(ctx context.Context, r *run) error

func readClient(_ context.Context, _ *testing.T, _ *run, p *party, _ int) operation {
	return func(ctx context.Context, r *run) error {
		_, err := r.refresh(ctx, p.client)
		return err
	}
}

func planURL(_ context.Context, t *testing.T, _ *run, p *party, i int) operation {
	t.Helper()
	return func(ctx context.Context, r *run) error {
		_, err := r.plan(ctx, absent(kindURL), p.callback(i))
		return err
	}
}

func addURL(ctx context.Context, t *testing.T, before *run, p *party, i int) operation {
	t.Helper()
	return add(ctx, t, before, p.callback(i))
}

// addURLElsewhere adds a URL to a client of its own, so that it waits for no other operation.
func addURLElsewhere(ctx context.Context, t *testing.T, before *run, p *party, i int) operation {
	t.Helper()
	args := p.callback(i)
	args["oauth_client_id"] = core.String(number(p.client.id(t) + 100 + int64(i)))
	return add(ctx, t, before, args)
}

func add(ctx context.Context, t *testing.T, before *run, args core.Args) operation {
	t.Helper()
	planned, err := before.plan(ctx, absent(kindURL), args)
	must(t, err)
	return func(ctx context.Context, r *run) error {
		_, err := r.apply(ctx, absent(kindURL), args, planned)
		return err
	}
}

// plans returns the planned operations, after the windows of planning them have passed.
func (w waiting) plans(ctx context.Context, t *testing.T, b *bank, p *party) []operation {
	t.Helper()
	before, all := b.provider(ctx, nil), make([]operation, w.n)
	for i := range all {
		all[i] = w.do(ctx, t, before, p, i)
	}
	time.Sleep(time.Minute)
	return all
}

func waitings() map[string]waiting {
	fail := func(f bunqsim.Fault) func(context.Context, *bank, *party) {
		return func(_ context.Context, b *bank, _ *party) { f.Every = true; b.Fail(f) }
	}
	opened := func(ctx context.Context, b *bank, p *party) {
		must(b.t, b.ExpireSessions())
		b.stranger(ctx, p)
	}
	return map[string]waiting{
		"a place within the rate limit": {
			prepare: fail(bunqsim.Fault{Route: callClient, Kind: bunqsim.FaultSlow, Wait: 20 * time.Second}),
			n:       4, answering: 3, do: addURLElsewhere, reason: "the rate limit of " + callClient,
		},
		"a rate limit that others have used up": {
			prepare: fail(bunqsim.Fault{Route: callClient, Kind: bunqsim.FaultStatus, Status: 429}),
			n:       1, do: readClient, refused: true, reason: "the rate limit of " + callClient,
		},
		"bunq to recover": {
			prepare: fail(bunqsim.Fault{Route: callClient, Kind: bunqsim.FaultStatus, Status: 503}),
			n:       1, do: readClient, reason: "bunq to recover",
		},
		"a connection": {
			prepare: fail(bunqsim.Fault{Route: callClient, Kind: bunqsim.FaultRefuse}),
			n:       1, do: readClient, reason: "a connection to bunq",
		},
		"the interval between two sessions, known by the refusal": {
			prepare: opened, n: parallelism, do: readClient, refused: true, reason: "a session",
		},
		"the interval between two sessions, without a cache folder": {
			prepare: opened, block: core.Args{"session_cache": core.Bool(false)}, n: parallelism, do: readClient, refused: true, reason: "a session",
		},
		"the interval between two sessions, known by the cache folder": {
			prepare: func(ctx context.Context, b *bank, _ *party) {
				b.provider(ctx, nil).onboard(ctx)
				must(b.t, b.ExpireSessions())
			},
			n: parallelism, do: readClient, reason: "a session",
		},
		"a session that another process is opening": {
			prepare: func(ctx context.Context, b *bank, p *party) {
				must(b.t, b.ExpireSessions())
				b.Fail(bunqsim.Fault{Route: callSession, Every: true, Kind: bunqsim.FaultSlow})
				other := b.provider(ctx, nil)
				go func() { _, _ = other.refresh(ctx, p.client) }() // ends with ctx
				time.Sleep(time.Second)
			},
			n: parallelism, do: readClient, reason: "a session",
		},
		"an answer": {
			prepare: fail(bunqsim.Fault{Route: callClient, Kind: bunqsim.FaultSlow}),
			n:       1, do: readClient, reason: "bunq to answer",
		},
		"an answer that others wait for": {
			prepare: fail(bunqsim.Fault{Route: callClient, Kind: bunqsim.FaultSlow}),
			n:       parallelism, do: readClient, reason: "bunq to answer",
		},
		"the callback URLs that are there": {
			prepare: fail(bunqsim.Fault{Route: callClient, Kind: bunqsim.FaultSlow}),
			n:       parallelism, do: addURL, reason: "other operations of this run", answering: 1,
		},
		"the callback URLs that are there, in a plan": {
			prepare: fail(bunqsim.Fault{Route: callClient, Kind: bunqsim.FaultSlow}),
			n:       parallelism, do: planURL, quiet: true,
		},
	}
}

// settled returns a bank with a party that has not used up any of its limits.
func settled(ctx context.Context, t *testing.T) (*bank, *party) {
	t.Helper()
	b := newBank(t, 0)
	r := b.provider(ctx, nil)
	p := r.onboard(ctx)
	r.addClient(ctx, p)
	time.Sleep(time.Minute)
	return b, p
}

// Ctrl-C ends every wait within 100 ms, for all operations that wait.
func TestCancellation_endsEachWaitAtOnce(t *testing.T) {
	t.Parallel()
	for name, w := range waitings() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				b, p := settled(ctx, t)
				operations := w.plans(ctx, t, b, p)
				w.prepare(ctx, b, p)
				r := b.provider(ctx, w.block)
				ended := make(chan error, w.n)
				for _, do := range operations {
					go func() { ended <- do(ctx, r) }()
				}
				time.Sleep(1700 * time.Millisecond)
				if len(ended) > 0 {
					t.Fatalf("%d of %d do not wait: %v", len(ended), w.n, <-ended)
				}
				begin := time.Now()
				r.Stop()
				for range w.n {
					if err := <-ended; (err == nil) != w.quiet {
						t.Errorf("a cancelled operation ended with %v", err)
					}
				}
				if took := time.Since(begin); took > 100*time.Millisecond {
					t.Errorf("all had ended %v after the cancellation", took)
				}
			})
		})
	}
}

// If max_wait runs out, the error says what the operation waited for, how long, and which setting limits
// it. A window that is longer than what is left ends the operation at once, with bunq's refusal.
func TestMaxWait_errorSaysWhatItWaitedFor(t *testing.T) {
	t.Parallel()
	for name, w := range waitings() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				b, p := settled(ctx, t)
				operations := w.plans(ctx, t, b, p)
				w.prepare(ctx, b, p)
				block := core.Args{"max_wait": core.String("10s"), "request_timeout": core.String("15s")}
				maps.Copy(block, w.block)
				r := b.provider(ctx, block)
				begin := time.Now()
				errs := each(w.n, w.n, func(i int) error { return operations[i](ctx, r) })
				took := time.Since(begin)
				if took > 10*time.Second || took < 10*time.Second && !w.refused {
					t.Errorf("gave up after %v", took)
				}

				answering, refused := 0, 0
				for i, err := range errs {
					const answer = "10s of waiting for bunq to answer"
					want := "10s of waiting for " + w.reason
					switch {
					case w.quiet:
						must(t, err)
					case w.refused && err != nil && strings.Contains(err.Error(), "bunq answered 429"):
						refused++
					case err == nil || !strings.Contains(err.Error(), "max_wait is 10s"):
						t.Errorf("operation %d: %v", i, err)
					case strings.Contains(err.Error(), want):
					case strings.Contains(err.Error(), answer):
						answering++
					default:
						t.Errorf("the error of operation %d does not say %q: %v", i, want, err)
					}
				}
				if w.refused != (refused > 0) {
					t.Errorf("%d operations ended with bunq's refusal", refused)
				}
				if answering != w.answering {
					t.Errorf("%d operations waited for an answer, want %d", answering, w.answering)
				}
			})
		})
	}
}
