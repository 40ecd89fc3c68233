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
	LimitsPublished Limits = "published" // bunq's classic table, for each address
	LimitsRecent    Limits = "recent"    // those of bunq's newer page, for each device
)

// limit allows max requests in any window.
type limit struct {
	max    int
	window time.Duration
}

// classicLimit returns bunq's published classic limit for each address and endpoint. DELETE isn't
// in the table: bunqJSClient keeps to the one of POST, in 3.35 s.
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

// recentLimit returns the limit of bunq's newer page. It names 70 to 140 requests in 30 s for
// standard endpoints and 3 in 60 s for what it calls sensitive, without a list; the strictest
// reading is the lowest figure, and every write sensitive. The page does not repeat the limit of
// session-server, and does not take it back.
func recentLimit(method, pattern string) limit {
	switch {
	case method == http.MethodPost && pattern == "/session-server":
		return limit{1, 30 * time.Second}
	case method == http.MethodGet:
		return limit{70, 30 * time.Second}
	default:
		return limit{3, time.Minute}
	}
}

// rateKey is what requests are counted by.
type rateKey struct{ caller, method, pattern string }

// caller is whom a limit counts for: an address in the classic table; in the newer one a device,
// which is known by the key of its session, before that by its installation, and before that by its
// address.
func (c *call) caller() string {
	if c.sim.limits.profile != LimitsRecent {
		return c.ip
	}
	token := c.header.Get(headerAuthentication)
	if s := first(c.st.Sessions, func(s *Session) bool { return s.Token == token }); s != nil {
		return fmt.Sprint("key ", s.CredentialID)
	}
	if i := first(c.st.Installations, func(i *Installation) bool { return i.Token == token }); i != nil {
		return fmt.Sprint("installation ", i.ID)
	}
	return c.ip
}

// limiter keeps, for each caller and endpoint, when requests were let in. Guarded by Sim.mu.
type limiter struct {
	profile Limits
	seen    map[rateKey][]time.Time
}

func newLimiter(p Limits) (*limiter, error) {
	switch p {
	case "":
		p = LimitsOff
	case LimitsOff, LimitsPublished, LimitsRecent:
	default:
		return nil, fmt.Errorf("bunqsim: limits are %q, must be %q, %q or %q", p, LimitsOff, LimitsPublished, LimitsRecent)
	}
	return &limiter{profile: p, seen: map[rateKey][]time.Time{}}, nil
}

// of returns the profile's limit of an endpoint. Where limits are off it is the classic one, which
// scripted faults speak of.
func (l *limiter) of(method, pattern string) limit {
	if l.profile == LimitsRecent {
		return recentLimit(method, pattern)
	}
	return classicLimit(method, pattern)
}

// take reports whether a request is let in. The window slides: a request that was let in counts for
// window after it came.
func (l *limiter) take(k rateKey, lim limit, now time.Time) bool {
	if l.profile == LimitsOff {
		return true
	}
	recent := slices.DeleteFunc(l.seen[k], func(t time.Time) bool { return now.Sub(t) >= lim.window })
	ok := len(recent) < lim.max
	if ok {
		recent = append(recent, now)
	}
	l.seen[k] = recent
	return ok
}
