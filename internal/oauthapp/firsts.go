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

// get returns what is kept under k, and whether something is.
func (f *firsts[K, V]) get(k K) (kept V, known bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	kept, known = f.byKey[k]
	return kept, known
}

// forget lets another one be the first.
func (f *firsts[K, V]) forget(k K) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.byKey, k)
}

// keptTwice notes that the plan has an object as prior state, and whether it keeps it. It reports
// whether it has it a second time, and keeps one of the two.
func keptTwice[K comparable](prior *firsts[K, bool], object K, keeps bool) bool {
	keptBefore, first := prior.note(object, keeps)
	return !first && (keeps || keptBefore)
}
