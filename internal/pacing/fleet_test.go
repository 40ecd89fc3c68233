package pacing_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/provider"
)

// A fleet behind one address: eight pipelines start their first apply at the same moment. Each has its
// own cache folder, so none knows about the others. bunq allows one session in 30 seconds per address, so
// the last of them waits at least 210 seconds.
func TestFleet_eightFirstAppliesBehindOneAddress(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const fleet, goal = 8, 4 * time.Minute
		ctx := t.Context()
		b := newBank(t, 100*time.Millisecond)

		begin := time.Now()
		took := make([]time.Duration, fleet)
		folders := make([]string, fleet)
		for i := range folders {
			folders[i] = t.TempDir()
		}
		mustAll(t, each(fleet, fleet, func(i int) error {
			r := b.provider(ctx, nil, provider.WithCacheDir(folders[i]))
			p := r.onboard(ctx)
			r.addClient(ctx, p)
			r.addURLs(ctx, p, 2)
			took[i] = time.Since(begin)
			return nil
		}))

		last := time.Duration(0)
		for _, d := range took {
			last = max(last, d)
		}
		t.Logf("the applies took %v, %d calls were refused for their rate", took, len(b.refused()))
		if last > goal {
			t.Errorf("the last apply took %v, longer than %v", last, goal)
		}
		if last < 210*time.Second {
			t.Errorf("the last apply took %v: the simulator did not keep its limit of one session in 30 seconds", last)
		}
		if got := len(b.Snapshot().OAuthClients); got != fleet {
			t.Errorf("bunq has %d OAuth clients, want %d", got, fleet)
		}
	})
}
