package bunq

import (
	"context"
	"sync"
	"time"
)

// Work is done once for all who wait for it: a read, or the opening of a session. It
// is cancelled when the last of them has left.
type Work[T any] struct {
	stats  *Stats
	cancel context.CancelFunc

	mu      sync.Mutex
	waiters int

	// done is closed when result and err are set for good.
	done   chan struct{}
	result T
	err    error
}

// Begin starts work, with the caller as its first waiter. do runs with the values of
// ctx, for the logger, but not with its cancellation or deadline: others may still
// wait when the caller has left. Its requests count for the caller.
func Begin[T any](ctx context.Context, do func(context.Context) (T, error)) *Work[T] {
	ctx, cancel := context.WithCancel(shared(ctx))
	w := &Work[T]{stats: StatsFrom(ctx), cancel: cancel, waiters: 1, done: make(chan struct{})}
	go func() {
		defer cancel()
		w.result, w.err = do(ctx)
		close(w.done)
	}()
	return w
}

// Join adds a waiter, and reports whether that is still possible: not if w is done, or
// if its last waiter has left.
func (w *Work[T]) Join() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.waiters == 0 || w.isDone() {
		return false
	}
	w.waiters++
	return true
}

// Wait returns the result of the work. Everyone who began or joined it calls it once;
// when the work is done, anybody may. The error is that of the work, or that of ctx if
// it ended first.
func (w *Work[T]) Wait(ctx context.Context) (T, error) {
	begun := time.Now()
	defer func() { StatsFrom(ctx).waitedFor(w.stats, time.Since(begun)) }()
	select {
	case <-w.done:
		return w.result, w.err
	case <-ctx.Done():
		w.leave()
		var none T
		return none, ctx.Err()
	}
}

func (w *Work[T]) leave() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.waiters--
	if w.waiters == 0 {
		w.cancel()
	}
}

// succeeded reports whether the work is done, with a result.
func (w *Work[T]) succeeded() bool { return w.isDone() && w.err == nil }

func (w *Work[T]) isDone() bool {
	select {
	case <-w.done:
		return true
	default:
		return false
	}
}
