package bunq

import (
	"context"
	"sync"
)

// Work is done once for all who wait for it: a read, or the opening of a session. It
// goes on as long as one of them waits, and is cancelled when the last one has left.
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

// Begin begins work with one who waits for it, the caller. do runs with the values of
// ctx, for the logger's sake, but neither with its end nor with its deadline: others
// may still wait when the caller has left. What it costs counts for the caller.
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

// Join adds one who waits for w, and reports whether that is still possible: not where
// w is done, nor where the last one who waited has left.
func (w *Work[T]) Join() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.waiters == 0 || w.isDone() {
		return false
	}
	w.waiters++
	return true
}

// Wait returns what the work brought. Everyone who began or joined it calls it once;
// once it is done, so may anybody.
// The error is that of the work, or that of ctx where it ended first.
func (w *Work[T]) Wait(ctx context.Context) (T, error) {
	StatsFrom(ctx).join(w.stats)
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
