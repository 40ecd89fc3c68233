package oauthapp

import "sync"

// firsts keeps what came first under each key. Its zero value is ready, and it is safe for concurrent
// use.
type firsts[K comparable, V any] struct {
	mu    sync.Mutex
	byKey map[K]V
}

// note keeps v under k, unless there is something, and returns what is kept and whether v came first.
func (f *firsts[K, V]) note(k K, v V) (kept V, first bool) {
	f.mu.Lock()
	defer f.mu.Unlock()

	if kept, known := f.byKey[k]; known {
		return kept, false
	}
	if f.byKey == nil {
		f.byKey = map[K]V{}
	}
	f.byKey[k] = v
	return v, true
}

// has reports whether something is kept under k.
func (f *firsts[K, V]) has(k K) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, known := f.byKey[k]
	return known
}

// forget lets another one be the first.
func (f *firsts[K, V]) forget(k K) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.byKey, k)
}
