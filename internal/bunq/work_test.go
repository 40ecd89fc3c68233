package bunq_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

// slowly is work that takes ten seconds, and reports whether it was cancelled.
func slowly(ctx context.Context) (string, error) {
	select {
	case <-time.After(10 * time.Second):
		return "done", nil
	case <-ctx.Done():
		return "", errors.New("cancelled")
	}
}

// leaving is a caller who waits for a second only.
func leaving(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	t.Cleanup(cancel)
	return ctx
}

// Work goes on without those who left, also the one who began it, as long as
// somebody waits.
func TestWork_goesOnWhileSomebodyWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := leaving(t)
		work := bunq.Begin(ctx, "slow work", slowly)
		if !work.Join() {
			t.Fatal("it cannot be joined")
		}
		if _, err := work.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the one who left got %v", err)
		}
		if got, err := work.Wait(t.Context()); got != "done" || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
		if work.Join() {
			t.Error("what is done is joined")
		}
	})
}

// The last one who leaves ends it, and nobody can come back to it.
func TestWork_endsWithTheLastWhoWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan time.Duration, 1)
		begun := time.Now()
		ctx := leaving(t)
		work := bunq.Begin(ctx, "slow work", func(ctx context.Context) (string, error) {
			got, err := slowly(ctx)
			ended <- time.Since(begun)
			time.Sleep(time.Second) // it takes a while to stop
			return got, err
		})
		if !work.Join() {
			t.Fatal("it cannot be joined")
		}
		for range 2 {
			if _, err := work.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v", err)
			}
		}
		if work.Join() {
			t.Error("it was joined while it was ending")
		}
		if took := <-ended; took != time.Second {
			t.Errorf("it ended after %v", took)
		}
		time.Sleep(time.Second)
	})
}

// An operation may also wait for work while it counts no wait of its own.
func TestWork_withoutAWaitThatCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		work := bunq.Begin(t.Context(), "slow work", slowly)
		if got, err := work.Wait(bunq.WithStats(t.Context())); got != "done" || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
	})
}
