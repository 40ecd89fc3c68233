package pacing_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// The newer page of bunq's limits lets a device write three times a minute. The provider spaces
// its calls by the classic table: bunq refuses some of them, the provider waits, and a first apply with
// twenty callback URLs still succeeds, within max_wait for each of them.
func TestFirstApply_comesThroughUnderTheRecentLimits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const n = 20
		ctx := t.Context()
		b := newBank(t, 50*time.Millisecond)
		must(t, b.SetLimits(bunqsim.LimitsRecent))
		begin := time.Now()
		r := b.provider(ctx, nil)
		p := r.onboard(ctx)
		r.addClient(ctx, p)
		r.addURLs(ctx, p, n)

		if got := len(b.Snapshot().CallbackURLs); got != n {
			t.Errorf("%d URLs, want %d", got, n)
		}
		if len(b.refused()) == 0 {
			t.Error("nothing was refused, so the limits were not felt")
		}
		t.Logf("%v, %d requests refused", time.Since(begin), len(b.refused()))
	})
}
