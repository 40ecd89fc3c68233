package session

import (
	"context"
	"maps"
)

// Note stores value under name in the cache file, encrypted, for later processes: what
// was begun, until its result is known. A note is independent of sessions. Without a
// cache it is kept as long as the process runs.
//
// It waits a few seconds at most for the file, and not at all if ctx has ended.
func (s *Source) Note(ctx context.Context, name, value string) {
	s.cache.note(ctx, name, &value)
}

// Noted returns the value stored under name, and false if there is none.
func (s *Source) Noted(_ context.Context, name string) (string, bool) {
	return s.cache.noted(name)
}

// ClearNote removes what is stored under name. It waits as Note does.
func (s *Source) ClearNote(ctx context.Context, name string) {
	s.cache.note(ctx, name, nil)
}

// Persists reports whether later processes see the notes: there is a cache folder, and it
// can be used.
func (s *Source) Persists() bool {
	return s.cache.folder != nil && s.cache.folder.ready()
}

// note keeps the change in memory until it is known to be in the file.
func (c *cache) note(ctx context.Context, name string, value *string) {
	c.mu.Lock()
	c.unsaved[name] = value
	c.mu.Unlock()
	c.change(ctx, func(*record) bool { return false })
	c.folder.report(ctx, c.log)
}

func (c *cache) noted(name string) (string, bool) {
	c.mu.Lock()
	value, ok := c.unsaved[name]
	c.mu.Unlock()
	if ok && value == nil {
		return "", false
	}
	if ok {
		return *value, true
	}
	r, _ := c.load()
	text, ok := r.Notes[name]
	return text, ok
}

// takeNotes writes the unsaved notes into r and returns them.
func (c *cache) takeNotes(r *record) map[string]*string {
	c.mu.Lock()
	taken := maps.Clone(c.unsaved)
	c.mu.Unlock()

	if r.Notes == nil {
		r.Notes = map[string]string{}
	}
	for name, value := range taken {
		if value == nil {
			delete(r.Notes, name)
		} else {
			r.Notes[name] = *value
		}
	}
	return taken
}

// noteSaved forgets the notes that are in the file now, except those that have changed
// since.
func (c *cache) noteSaved(notes map[string]*string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for name, value := range notes {
		if c.unsaved[name] == value {
			delete(c.unsaved, name)
		}
	}
}
