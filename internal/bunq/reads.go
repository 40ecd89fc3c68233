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

	begun := Begin(ctx, fetch)
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
