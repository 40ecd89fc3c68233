package bunq

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// The limits of the patience with a network that is down, to the nanosecond of synctest's clock.
func TestNetwork_givesUpAndTriesAgain(t *testing.T) {
	down := errors.New("connection refused")
	inBubble := func(name string, f func(t *testing.T, n *network, begun time.Time)) {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := &network{}
				f(t, n, time.Now())
			})
		})
	}

	inBubble("a pause within 20 s is worth it", func(t *testing.T, n *network, begun time.Time) {
		n.failed(begun, down)
		time.Sleep(15 * time.Second)
		if !n.patient(5*time.Second - 1) {
			t.Error("it gave up too early")
		}
		if n.patient(5 * time.Second) {
			t.Error("it did not give up")
		}
	})
	inBubble("an attempt that failed after 20 s is the last one", func(t *testing.T, n *network, begun time.Time) {
		time.Sleep(20*time.Second - 1)
		n.failed(begun, down)
		if err := n.down(); err != nil {
			t.Error("it gave up too early")
		}
		time.Sleep(time.Nanosecond)
		n.failed(begun, down)
		if err := n.down(); !errors.Is(err, down) {
			t.Errorf("got %v", err)
		}
	})
	inBubble("it is tried again after 10 s", func(t *testing.T, n *network, begun time.Time) {
		time.Sleep(20 * time.Second)
		n.failed(begun, down)
		time.Sleep(10*time.Second - 1)
		if err := n.down(); !errors.Is(err, down) {
			t.Errorf("too early: got %v", err)
		}
		time.Sleep(time.Nanosecond)
		if err := n.down(); err != nil {
			t.Errorf("got %v", err)
		}
		if err := n.down(); !errors.Is(err, down) {
			t.Errorf("a second one at the same time: got %v", err)
		}
	})
}
