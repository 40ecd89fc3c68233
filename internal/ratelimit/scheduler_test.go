package ratelimit_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/ratelimit"
)

var key = ratelimit.Key{Method: "GET", Endpoint: "/user/{id}/thing"}

func fixed(limit int, window time.Duration) ratelimit.Table {
	return func(ratelimit.Key) (ratelimit.Limit, bool) {
		return ratelimit.Limit{Max: limit, Window: window}, true
	}
}

// held is a slot, and how long its caller waited for it.
type held struct {
	*ratelimit.Slot

	waited time.Duration
}

func acquire(t *testing.T, s *ratelimit.Scheduler, k ratelimit.Key) held {
	t.Helper()
	begun := time.Now()
	slot, err := s.Acquire(t.Context(), k)
	if err != nil {
		t.Fatalf("Acquire(%v): %v", k, err)
	}
	return held{slot, time.Since(begun)}
}

func wantWaited(t *testing.T, slot held, want time.Duration) {
	t.Helper()
	if slot.waited != want {
		t.Errorf("waited %v, want %v", slot.waited, want)
	}
}

// The n-th of N sequential calls under a limit of M in W, each answered after
// L < W, is held back by the call M places before it: n = q*M + r (r < M) goes
// at q*(W+L) + r*L, as the calls of one round follow each other by L.
func TestAcquire_waitsExactly(t *testing.T) {
	for name, c := range map[string]struct {
		limit    int
		window   time.Duration
		latency  time.Duration
		requests int
	}{
		"answers that take no time":           {3, 3 * time.Second, 0, 20},
		"answers that take a while":           {5, 3 * time.Second, 170 * time.Millisecond, 23},
		"one in a window":                     {1, 30 * time.Second, 400 * time.Millisecond, 4},
		"odd nanoseconds":                     {2, 3*time.Second + 7, 11, 9},
		"no more requests than the limit has": {3, 3 * time.Second, time.Second, 3},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := ratelimit.New(fixed(c.limit, c.window))
				start := time.Now()
				for n := range c.requests {
					slot := acquire(t, s, key)
					want := time.Duration(n/c.limit)*(c.window+c.latency) + time.Duration(n%c.limit)*c.latency
					if got := time.Since(start); got != want {
						t.Fatalf("request %d went at %v, want %v", n, got, want)
					}
					time.Sleep(c.latency)
					slot.Done()
				}
			})
		})
	}
}

func TestAcquire_inFlightOccupies(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := ratelimit.New(fixed(1, 3*time.Second))
		slow := acquire(t, s, key)
		time.AfterFunc(10*time.Second, slow.Done)
		wantWaited(t, acquire(t, s, key), 13*time.Second)
	})
}

func TestSlot_releasedCountsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := ratelimit.New(fixed(1, 30*time.Second))
		first := acquire(t, s, key)
		time.AfterFunc(5*time.Second, first.Release)
		second := acquire(t, s, key)
		wantWaited(t, second, 5*time.Second) // not the window that an answer would have begun

		second.Done()
		second.Release() // too late to take it back
		wantWaited(t, acquire(t, s, key), 30*time.Second)
	})
}

func TestSlot_releasedTwiceFreesOnePlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := ratelimit.New(fixed(2, 30*time.Second))
		first, second := acquire(t, s, key), acquire(t, s, key)
		first.Release()
		first.Release()
		wantWaited(t, acquire(t, s, key), 0)
		time.AfterFunc(time.Second, second.Release)
		wantWaited(t, acquire(t, s, key), time.Second)
	})
}

func TestSlot_doneTwiceCountsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := ratelimit.New(fixed(2, 3*time.Second))
		first := acquire(t, s, key)
		acquire(t, s, key) // in flight to the end: a second release of first would make room for two
		first.Done()
		time.Sleep(time.Second)
		first.Done()
		third := acquire(t, s, key)
		wantWaited(t, third, 2*time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		if _, err := s.Acquire(ctx, key); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a fourth request went while two were in flight: %v", err)
		}
	})
}

func TestAcquire_firstComeFirstServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := ratelimit.New(fixed(2, 3*time.Second))
		var mu sync.Mutex
		var order []int
		var wg sync.WaitGroup
		for n := range 40 {
			wg.Go(func() {
				slot, err := s.Acquire(t.Context(), key)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				order = append(order, n)
				mu.Unlock()
				time.Sleep(time.Millisecond)
				slot.Done()
			})
			time.Sleep(10 * time.Millisecond)
		}
		wg.Wait()
		if len(order) != 40 || !slices.IsSorted(order) {
			t.Errorf("served in the order %v", order)
		}
	})
}

func TestAcquire_keysDoNotBlockEachOther(t *testing.T) {
	other := map[string]ratelimit.Key{
		"another method":   {Method: "PUT", Endpoint: key.Endpoint},
		"another endpoint": {Method: key.Method, Endpoint: "/user/{id}"},
	}
	for name, k := range other {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := ratelimit.New(fixed(1, 3*time.Second))
				acquire(t, s, key) // never done
				ctx, cancel := context.WithCancel(t.Context())
				var wg sync.WaitGroup
				wg.Go(func() {
					if _, err := s.Acquire(ctx, key); !errors.Is(err, context.Canceled) {
						t.Errorf("a second request of the full key went: %v", err)
					}
				})
				synctest.Wait()
				s.Close(key)
				wantWaited(t, acquire(t, s, k), 0)
				cancel()
				wg.Wait()
			})
		})
	}
}

func TestAcquire_cancelledWaiterLeavesAtOnceAndCostsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := ratelimit.New(fixed(1, 3*time.Second))
		acquire(t, s, key).Done()

		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for range 5 {
			wg.Go(func() {
				start := time.Now()
				if _, err := s.Acquire(ctx, key); !errors.Is(err, context.Canceled) {
					t.Errorf("got %v, want context.Canceled", err)
				}
				if left := time.Since(start); left != time.Second {
					t.Errorf("left after %v, was cancelled after 1s", left)
				}
			})
		}
		synctest.Wait()
		wg.Go(func() { // behind those who leave
			slot := acquire(t, s, key)
			wantWaited(t, slot, 3*time.Second)
			slot.Done()
		})
		time.Sleep(time.Second)
		cancel()
		wg.Wait()
	})
}

// A slot granted to a caller who is already on the way out goes to the next.
func TestAcquire_cancelledInTheMomentOfTheGrant(t *testing.T) {
	for range 200 {
		synctest.Test(t, func(t *testing.T) {
			s := ratelimit.New(fixed(1, 0))
			first := acquire(t, s, key)
			ctx, cancel := context.WithCancel(t.Context())
			var wg sync.WaitGroup
			wg.Go(func() {
				if slot, err := s.Acquire(ctx, key); err == nil {
					slot.Done()
				}
			})
			synctest.Wait()
			cancel()
			first.Done()
			wg.Wait()
			last, stop := context.WithTimeout(t.Context(), time.Hour)
			defer stop()
			if _, err := s.Acquire(last, key); err != nil {
				t.Fatalf("the slot of a cancelled caller is lost: %v", err)
			}
		})
	}
}

func TestAcquire_cancelledBeforehand(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s := ratelimit.New(fixed(1, time.Hour))
	if _, err := s.Acquire(ctx, key); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want context.Canceled", err)
	}
	begun := time.Now()
	if acquire(t, s, key); time.Since(begun) > time.Minute {
		t.Error("the cancelled caller used the limit")
	}
}

func TestAcquire_withoutEntryIsUnlimited(t *testing.T) {
	for name, table := range map[string]ratelimit.Table{
		"no table": nil,
		"no entry": func(ratelimit.Key) (ratelimit.Limit, bool) { return ratelimit.Limit{}, false },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := ratelimit.New(table)
				for range 1000 {
					wantWaited(t, acquire(t, s, key), 0)
				}
			})
		})
	}
}

func TestAcquire_limitBelowOneIsOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := ratelimit.New(fixed(0, 3*time.Second))
		acquire(t, s, key).Done()
		wantWaited(t, acquire(t, s, key), 3*time.Second)
	})
}

func TestAcquire_realTimeCancellation(t *testing.T) {
	s := ratelimit.New(fixed(1, time.Hour))
	acquire(t, s, key)
	ctx, cancel := context.WithCancel(t.Context())
	returned := make(chan error, 1)
	go func() {
		_, err := s.Acquire(ctx, key)
		returned <- err
	}()
	cancel()
	select {
	case err := <-returned:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want context.Canceled", err)
		}
	case <-time.After(time.Second):
		t.Fatal("a cancelled waiter still waits after a second")
	}
}
