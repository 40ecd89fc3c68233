package ratelimit_test

import (
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/ratelimit"
)

// request is one request as an onlooker sees it who knows the server's clock.
type request struct {
	called, granted, arrived, done time.Time
}

// run sends n requests at random moments with random latencies.
func run(t *testing.T, rnd *rand.Rand, s *ratelimit.Scheduler, n int, window time.Duration) []request {
	t.Helper()
	var mu sync.Mutex
	var seen []request
	var wg sync.WaitGroup
	for range n {
		// Some come together, some apart, some after everything has run dry.
		wait := time.Duration(rnd.Int64N(int64(window) * int64(rnd.IntN(12)+1)))
		there := time.Duration(rnd.Int64N(int64(window)/4 + 1))
		back := time.Duration(rnd.Int64N(int64(window)/4 + 1))
		if rnd.IntN(10) == 0 {
			there *= 9
		}
		if rnd.IntN(10) == 0 {
			back *= 9
		}
		wg.Go(func() {
			time.Sleep(wait)
			r := request{called: time.Now()}
			slot, err := s.Acquire(t.Context(), key)
			if err != nil {
				t.Error(err)
				return
			}
			r.granted = time.Now()
			time.Sleep(there)
			r.arrived = time.Now()
			time.Sleep(back)
			r.done = time.Now()
			slot.Done()
			mu.Lock()
			defer mu.Unlock()
			seen = append(seen, r)
		})
	}
	wg.Wait()
	return seen
}

// wantWithinLimit recounts at the server: no half-open interval of the window's
// length may hold more arrivals than the limit.
func wantWithinLimit(t *testing.T, seen []request, limit int, window time.Duration) {
	t.Helper()
	var arrivals []time.Time
	for _, r := range seen {
		arrivals = append(arrivals, r.arrived)
	}
	slices.SortFunc(arrivals, time.Time.Compare)
	for i := limit; i < len(arrivals); i++ {
		if d := arrivals[i].Sub(arrivals[i-limit]); d < window {
			t.Errorf("%d arrivals within %v, the limit is %d in %v", limit+1, d, limit, window)
		}
	}
}

// wantNoNeedlessWait computes from outside when each request could go: in the
// order of the calls, and when of all earlier ones fewer than limit have been
// answered less than a window ago.
func wantNoNeedlessWait(t *testing.T, seen []request, limit int, window time.Duration) {
	t.Helper()
	slices.SortFunc(seen, func(a, b request) int { return a.called.Compare(b.called) })
	var until []time.Time // when each earlier one stops counting
	var before time.Time
	for i, r := range seen {
		want := r.called
		if before.After(want) {
			want = before
		}
		if i >= limit {
			slices.SortFunc(until, time.Time.Compare)
			if free := until[i-limit]; free.After(want) {
				want = free
			}
		}
		if !r.granted.Equal(want) {
			t.Errorf("request %d went %v later than it could", i, r.granted.Sub(want))
		}
		until = append(until, r.done.Add(window))
		before = r.granted
	}
}

func TestAcquire_holdsTheServersWindowWithoutNeedlessWaits(t *testing.T) {
	runs := 150
	if testing.Short() {
		runs = 20
	}
	for seed := range uint64(runs) {
		synctest.Test(t, func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(seed, 1))
			limit := rnd.IntN(6) + 1
			window := time.Duration(rnd.Int64N(int64(30*time.Second)) + int64(time.Millisecond))
			seen := run(t, rnd, ratelimit.New(fixed(limit, window)), 60, window)
			wantWithinLimit(t, seen, limit, window)
			wantNoNeedlessWait(t, seen, limit, window)
			if t.Failed() {
				t.Fatalf("seed %d: limit %d in %v", seed, limit, window)
			}
		})
	}
}
