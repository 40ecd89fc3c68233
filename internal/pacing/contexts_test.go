package pacing_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest/core"
)

// A state with many contexts needs a session for each, and without a cache each plan
// opens them all, thirty seconds apart. Within max_wait every operation gets its
// own, including the last in the queue.
func TestContexts_eachGetsItsSessionWithinMaxWait(t *testing.T) {
	t.Parallel()
	for _, n := range []int{12, 30} {
		t.Run(fmt.Sprintf("%d contexts", n), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				b := newBank(t, 100*time.Millisecond)
				first := b.provider(ctx, nil)
				parties := make([]*party, n)
				for i := range parties {
					parties[i] = first.onboard(ctx)
				}
				time.Sleep(time.Minute)
				b.ResetJournal()

				r := b.provider(ctx, core.Args{"session_cache": core.Bool(false)})
				begin := time.Now()
				mustAll(t, each(n, n, func(i int) error {
					_, err := r.refresh(ctx, parties[i].device)
					return err
				}))
				if took := time.Since(begin); took > 15*time.Minute {
					t.Errorf("it took %v", took)
				}
				if got := b.openings(); got != n {
					t.Errorf("%d sessions were opened for %d contexts", got, n)
				}
				b.mustBeUnderLimits()

				// One warning is enough: n of the same would only be noise.
				told := r.waited()
				if len(told) != 1 || !strings.Contains(told[0], " for a session (bunq opens one every 30 seconds for an address, whichever configuration asks).") {
					t.Errorf("%d warnings of waiting: %s", len(told), told)
				}
			})
		})
	}
}

// If the queue needs more time than max_wait, the operations at its end give up and name what they
// waited for.
func TestContexts_thoseWhoseTimeIsOverNameTheirSession(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const n = 4
		ctx := t.Context()
		b := newBank(t, 100*time.Millisecond)
		first := b.provider(ctx, nil)
		parties := make([]*party, n)
		for i := range parties {
			parties[i] = first.onboard(ctx)
		}
		time.Sleep(time.Minute)

		r := b.provider(ctx, core.Args{"session_cache": core.Bool(false), "max_wait": core.String("45s")})
		begin := time.Now()
		var failed []error
		for _, err := range each(n, n, func(i int) error {
			_, err := r.refresh(ctx, parties[i].device)
			return err
		}) {
			if err != nil {
				failed = append(failed, err)
			}
		}
		if took := time.Since(begin); took != 45*time.Second || len(failed) != 2 {
			t.Errorf("it took %v, %d failed: %v", took, len(failed), failed)
		}
		for _, err := range failed {
			if want := "45s of waiting for a session"; !strings.Contains(err.Error(), want) {
				t.Errorf("the error does not say %q: %v", want, err)
			}
		}
	})
}
