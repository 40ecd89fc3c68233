package bunqsim

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

// Limits names a profile of rate limits.
type Limits string

// The profiles. The empty string stands for LimitsOff.
const (
	LimitsOff       Limits = "off"
	LimitsPublished Limits = "published" // bunq's classic table
)

// limit allows max requests in any window.
type limit struct {
	max    int
	window time.Duration
}

// classicLimit returns bunq's published classic limit for each address and endpoint. DELETE isn't in the table: bunqJSClient
// keeps to the one of POST, in 3.35 s.
func classicLimit(method, pattern string) limit {
	if method == http.MethodPost && pattern == "/session-server" {
		return limit{1, 30 * time.Second}
	}
	switch method {
	case http.MethodGet:
		return limit{3, 3 * time.Second}
	case http.MethodPut:
		return limit{2, 3 * time.Second}
	case http.MethodDelete:
		return limit{5, 3350 * time.Millisecond}
	default:
		return limit{5, 3 * time.Second}
	}
}

type rateKey struct{ ip, method, pattern string }

// limiter keeps, for each address and endpoint, when requests were let in. Guarded by Sim.mu.
type limiter struct {
	profile Limits
	seen    map[rateKey][]time.Time
}

func newLimiter(p Limits) (*limiter, error) {
	switch p {
	case "":
		p = LimitsOff
	case LimitsOff, LimitsPublished:
	default:
		return nil, fmt.Errorf("bunqsim: limits are %q, must be %q or %q", p, LimitsOff, LimitsPublished)
	}
	return &limiter{profile: p, seen: map[rateKey][]time.Time{}}, nil
}

// take lets a request in, or returns the limit it ran into. The window slides: a request counts for window after it came.
func (l *limiter) take(k rateKey, now time.Time, countRefused bool) (limit, bool) {
	lim := classicLimit(k.method, k.pattern)
	if l.profile == LimitsOff {
		return lim, true
	}
	recent := slices.DeleteFunc(l.seen[k], func(t time.Time) bool { return now.Sub(t) >= lim.window })
	ok := len(recent) < lim.max
	if ok || countRefused {
		recent = append(recent, now)
	}
	l.seen[k] = recent
	return lim, ok
}
