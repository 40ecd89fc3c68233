package bunq

import (
	"testing"
	"time"
)

// The texts that are recorded, and how a longer window may be named.
func TestNamedWindow(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"Too many requests. You can do a maximum of 3 calls per 3 second to this endpoint.":      3 * time.Second,
		"Too many requests. You can do a maximum of 9 GET call per 9 second to this endpoint.":   9 * time.Second,
		"Too many requests. You can do a maximum of 1 POST call per 1 second to this endpoint.":  time.Second,
		"Too many requests. You can do a maximum of 1 calls per 30 seconds to this endpoint.":    30 * time.Second,
		"Too many requests. You can do a maximum of 10 calls per 86400 second to this endpoint.": 24 * time.Hour,
		"You can do a maximum of 10 calls per 15 minutes to this endpoint.":                      15 * time.Minute,
		"You can do a maximum of 10 calls per hour to this endpoint.":                            time.Hour,
		"You can do a maximum of 10 calls per day to this endpoint.":                             24 * time.Hour,
		"You can do a maximum of 10 calls per 2 days.":                                           48 * time.Hour,
		"You can do a maximum of 10 calls per 99999999999999999999 days.":                        0,
		"You can do a maximum of 10 calls per 999999999 days.":                                   0,
		"Too many requests.": 0,
		"Person not found.":  0,
		"":                   0,
	} {
		e := &APIError{Status: 429, Descriptions: []string{"x", text}}
		if got := e.Window(); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
	if got := (&APIError{Status: 400, Descriptions: []string{"a maximum of 10 calls per day"}}).Window(); got != 0 {
		t.Errorf("another status: %s", got)
	}
}
