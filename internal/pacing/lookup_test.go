package pacing_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// If the client must not repeat a request, the provider looks up whether bunq did it. If so, the
// operation succeeds. A request that bunq may have accepted is never sent again.
func TestLookup_insteadOfRepetition(t *testing.T) {
	t.Parallel()
	type operation struct {
		name, call string
		do         func(ctx context.Context, r *run, p *party, o *object, i int) error
	}
	operations := []operation{
		{"create", callCallback, func(ctx context.Context, r *run, p *party, _ *object, i int) error {
			_, err := r.create(ctx, "bunq_oauth_callback_url", p.callback(3*i+1))
			return err
		}},
		{"update", "PUT /user/{id}/oauth-client/{id}/callback-url/{id}", func(ctx context.Context, r *run, p *party, o *object, i int) error {
			_, err := r.change(ctx, o, p.callback(3*i+2))
			return err
		}},
		{"delete", "DELETE /user/{id}/oauth-client/{id}/callback-url/{id}", func(ctx context.Context, r *run, _ *party, o *object, _ int) error {
			return r.destroy(ctx, o)
		}},
	}
	for _, op := range operations {
		t.Run(op.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, p := settled(t.Context(), t)
				for i, row := range troubles() {
					ctx, cancel := context.WithCancel(t.Context())
					var there *object
					if op.call != callCallback {
						var err error
						there, err = b.provider(ctx, nil).create(ctx, "bunq_oauth_callback_url", p.callback(3*i))
						must(t, err)
					}
					time.Sleep(time.Minute)
					b.ResetJournal()
					row.fault.Route = op.call
					armed := b.Fail(row.fault)
					r := b.provider(ctx, nil)
					if row.gone {
						time.AfterFunc(time.Second, r.Stop)
					}
					err := op.do(ctx, r, p, there, i)
					cancel()
					b.mustNotRepeat(fmt.Sprintf("%s, %s, %s", op.name, row.what, row.when), op.call)
					if row.when == after && !row.gone && err != nil {
						t.Errorf("%s, %s: bunq did it, and the provider reports an error: %v", op.name, row.what, err)
					}
					if armed.Fired() != 1 {
						t.Errorf("%s, %s: the fault happened %d times", op.name, row.what, armed.Fired())
					}
				}
			})
		})
	}
}

// mustNotRepeat fails the test if the journal has a write after one that bunq may have accepted.
func (b *bank) mustNotRepeat(cell, call string) {
	b.t.Helper()
	sent := b.Calls(call)
	for i, e := range sent {
		if i+1 < len(sent) && mayHaveBeenTaken(e) {
			b.t.Errorf("%s: sent again, though bunq may have done the first (status %d, %q)", cell, e.Status, e.Fault)
		}
	}
}
