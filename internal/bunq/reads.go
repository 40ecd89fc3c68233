package bunq

import (
	"context"
	"sync"
)

// reads shares what GETs bring, so that a plan over many resources costs bunq as
// few calls as there are things to look at. It keeps elements as bunq sent them:
// every caller decodes its own copy.
type reads struct {
	mu    sync.Mutex
	byKey map[readKey]*read
}

// readKey is an API context (its fingerprint) and a route within it.
type readKey struct {
	context, route string
}

type read struct {
	route   route
	stats   *Stats
	cancel  context.CancelFunc
	waiters int
	// done is closed when elements and err are set for good.
	done     chan struct{}
	elements []element
	err      error
}

func newReads() *reads { return &reads{byKey: map[readKey]*read{}} }

// get returns the elements at k. Where they are neither kept nor under way, fetch
// gets them, as shared work: it ends when the last caller who waits for it has
// left. The error is fetch's, or that of ctx; the Stats are those of the work.
func (r *reads) get(ctx context.Context, k readKey, at route, fetch func(context.Context) ([]element, error)) ([]element, *Stats, error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	one := r.join(ctx, k, at, fetch)

	w := StatsFrom(ctx).waiting(reasonAnswer)
	defer w.done()
	StatsFrom(ctx).Join(one.stats)

	select {
	case <-one.done:
		return one.elements, one.stats, one.err
	case <-ctx.Done():
		r.leave(k, one)
		return nil, one.stats, ctx.Err()
	}
}

func (r *reads) join(ctx context.Context, k readKey, at route, fetch func(context.Context) ([]element, error)) *read {
	r.mu.Lock()
	defer r.mu.Unlock()
	if one, ok := r.byKey[k]; ok {
		one.waiters++
		return one
	}
	within, cancel := context.WithCancel(Shared(ctx))
	one := &read{route: at, stats: StatsFrom(within), cancel: cancel, waiters: 1, done: make(chan struct{})}
	r.byKey[k] = one
	go func() {
		elements, err := fetch(within)
		cancel()
		r.mu.Lock()
		defer r.mu.Unlock()
		one.elements, one.err = elements, err
		if err != nil {
			r.drop(k, one)
		}
		close(one.done)
	}()
	return one
}

func (r *reads) leave(k readKey, one *read) {
	r.mu.Lock()
	defer r.mu.Unlock()
	one.waiters--
	select {
	case <-one.done:
		return // came after all; what is kept stays
	default:
	}
	if one.waiters == 0 {
		one.cancel()
		r.drop(k, one) // nobody may join what is being cancelled
	}
}

// drop forgets one, unless another took its place.
func (r *reads) drop(k readKey, one *read) {
	if r.byKey[k] == one {
		delete(r.byKey, k)
	}
}

// written forgets all reads that a write at the route may have made old, in every
// API context, since two may belong to the same user. It is called when the write
// is over, however it ended: what was read before the write or while it was made
// then goes to those who asked before its end, and to nobody after it.
func (r *reads) written(at route) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for k, one := range r.byKey {
		if one.route.overlaps(at) {
			delete(r.byKey, k)
		}
	}
}
