package bunq

import (
	"context"
	"sync"
)

// reads shares what GETs bring, so that a plan over many resources costs bunq as
// few calls as there are things to look at. It keeps what readShared has decoded.
type reads struct {
	mu    sync.Mutex
	byKey map[readKey]read
}

// readKey is an API context and a route within it.
type readKey struct {
	fingerprint, route string
}

type read struct {
	*Work[any]

	route route
}

func newReads() *reads { return &reads{byKey: map[readKey]read{}} }

// get returns the read of k to wait for: what is kept or under way, else one that
// fetch begins.
func (r *reads) get(ctx context.Context, k readKey, at route, fetch func(context.Context) (any, error)) *Work[any] {
	r.mu.Lock()
	defer r.mu.Unlock()
	if known, ok := r.byKey[k]; ok && (known.Join() || known.succeeded()) {
		return known.Work
	}

	begun := Begin(ctx, fetch)
	r.byKey[k] = read{begun, at}
	return begun
}

// invalidate forgets all reads that a write at the route may have made old, in every
// API context, since two may belong to the same user. It is called when the write
// is over, however it ended: what was read before the write or while it was made
// then goes to those who asked before its end, and to nobody after it.
func (r *reads) invalidate(at route) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for k, known := range r.byKey {
		if known.route.overlaps(at) {
			delete(r.byKey, k)
		}
	}
}
