package bunq

import (
	"context"
	"sync"
)

// reads shares the results of GETs, so that a plan with many resources reads each
// object once. It keeps what readShared has decoded.
type reads struct {
	mu    sync.Mutex
	byKey map[readKey]*Work[any]
}

// readKey is an API context and a route within it.
type readKey struct {
	fingerprint string
	route       route
}

func newReads() *reads { return &reads{byKey: map[readKey]*Work[any]{}} }

// get returns the read of k to wait for: one that is kept or under way, else a new
// one with fetch.
func (r *reads) get(ctx context.Context, k readKey, fetch func(context.Context) (any, error)) *Work[any] {
	r.mu.Lock()
	defer r.mu.Unlock()
	if known, ok := r.byKey[k]; ok && (known.Join() || known.succeeded()) {
		return known
	}

	begun := Begin(ctx, reasonAnswer, fetch)
	r.byKey[k] = begun
	return begun
}

// invalidate forgets all reads that a write at the route may have made stale, in every
// API context, since two may belong to the same user. It is called when the write is
// over, however it ended. Whoever asked before that may still get what was read
// before or during the write; whoever asks later does not.
func (r *reads) invalidate(at route) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for k := range r.byKey {
		if k.route.overlaps(at) {
			delete(r.byKey, k)
		}
	}
}

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
// wait when the caller has left. Its requests count for the caller. reason is what its
// waiters wait for, unless it waits for something itself.
func Begin[T any](ctx context.Context, reason string, do func(context.Context) (T, error)) *Work[T] {
	ctx, cancel := context.WithCancel(forWork(ctx, reason))
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
	end := StatsFrom(ctx).waiting(w.stats.rest)
	defer func() { end(w.stats.longest()) }()
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
