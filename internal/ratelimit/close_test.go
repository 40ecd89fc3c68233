package ratelimit_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/ratelimit"
)

// burst counts the requests that go at once, and leaves them answered.
func burst(t *testing.T, s *ratelimit.Scheduler) int {
	t.Helper()
	n := 0
	for {
		slot := acquire(t, s, key)
		if slot.waited > 0 {
			slot.Done()
			return n
		}
		n++
		slot.Done()
	}
}

func TestClose_nothingGoesForOneWindow(t *testing.T) {
	for name, c := range map[string]struct {
		table ratelimit.Table
		want  time.Duration
	}{
		"the window of the table":           {fixed(5, 7*time.Second), 7 * time.Second},
		"a limit of one":                    {fixed(1, 30*time.Second), 30 * time.Second},
		"three seconds where none is known": {nil, 3 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := ratelimit.New(c.table)
				s.Close(key)
				wantWaited(t, acquire(t, s, key), c.want)
			})
		})
	}
}

func TestClose_holdsThoseWhoWaitAlready(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := ratelimit.New(fixed(1, 3*time.Second))
		acquire(t, s, key).Done()
		time.AfterFunc(2*time.Second, func() { s.Close(key) })
		wantWaited(t, acquire(t, s, key), 5*time.Second)
	})
}

func TestClose_narrowsForTheRestOfTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := ratelimit.New(fixed(3, 3*time.Second))
		for _, want := range []int{3, 2, 1, 1} {
			time.Sleep(time.Minute)
			if got := burst(t, s); got != want {
				t.Fatalf("%d requests went at once, want %d", got, want)
			}
			time.Sleep(time.Hour)
			if got := burst(t, s); got != want {
				t.Fatalf("an hour later %d requests went at once, want %d", got, want)
			}
			s.Close(key)
		}
	})
}

func TestClose_ofOneBurstNarrowsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := ratelimit.New(fixed(5, 3*time.Second))
		s.Close(key)
		time.Sleep(time.Second)
		s.Close(key)
		s.Close(key)
		slot := acquire(t, s, key)
		wantWaited(t, slot, 3*time.Second)
		slot.Done()
		time.Sleep(time.Minute)
		if got := burst(t, s); got != 4 {
			t.Errorf("%d requests went at once, want 4", got)
		}
	})
}

// The place that a narrower limit takes away may be in use.
func TestClose_whileAllPlacesAreTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := ratelimit.New(fixed(2, 3*time.Second))
		first, second := acquire(t, s, key), acquire(t, s, key)
		s.Close(key)
		first.Done()
		second.Done()
		time.Sleep(time.Minute)
		if got := burst(t, s); got != 1 {
			t.Errorf("%d requests went at once, want 1", got)
		}
	})
}
