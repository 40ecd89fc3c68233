package probe

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"sync"
	"time"
)

// limit allows max calls in any window.
type limit struct {
	max    int
	window time.Duration
}

func (l limit) String() string { return fmt.Sprintf("%d in %s", l.max, seconds(l.window)) }

// margin is added to each window: the bank's clock starts when a call arrives, ours when it was
// answered.
const margin = 150 * time.Millisecond

// publishedLimit is bunq's table, by address and endpoint. DELETE is not in it: bunqJSClient keeps
// to the one of POST, in 3.35 s.
func publishedLimit(method, route string) limit {
	switch {
	case method == http.MethodPost && route == "/session-server":
		return limit{1, 30 * time.Second}
	case method == http.MethodGet:
		return limit{3, 3 * time.Second}
	case method == http.MethodPut:
		return limit{2, 3 * time.Second}
	case method == http.MethodDelete:
		return limit{5, 3350 * time.Millisecond}
	default:
		return limit{5, 3 * time.Second}
	}
}

// pace spaces calls to the published limits, endpoint by endpoint.
type pace struct {
	clock Clock
	off   bool
	// waiting is told of each wait that a person would notice.
	waiting func(d time.Duration, what string)

	mu    sync.Mutex
	calls map[string][]time.Time // by method and route: when each call was answered
	ended map[string]string      // endpoints whose limit is used up for longer than a run lasts, with bunq's words
	named map[string]limit       // those that bunq named, which are stricter than the published
	slept time.Duration
}

func newPace(clock Clock, off bool, waiting func(time.Duration, string)) *pace {
	return &pace{clock: clock, off: off, waiting: waiting, calls: map[string][]time.Time{}, ended: map[string]string{}, named: map[string]limit{}}
}

// wait returns when a call may go.
func (p *pace) wait(ctx context.Context, method, route string) error {
	d := p.until(method, route)
	if d <= 0 {
		return ctx.Err()
	}
	return p.sleep(ctx, d, fmt.Sprintf("bunq's limit for %s %s is %s", method, route, p.limit(method, route)))
}

func (p *pace) sleep(ctx context.Context, d time.Duration, what string) error {
	if p.waiting != nil {
		p.waiting(d, what)
	}
	p.mu.Lock()
	p.slept += d
	p.mu.Unlock()
	return p.clock.Sleep(ctx, d)
}

func (p *pace) until(method, route string) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.off {
		return 0
	}
	lim := p.limitLocked(method, route)
	calls := p.calls[method+" "+route]
	if len(calls) < lim.max {
		return 0
	}
	return calls[len(calls)-lim.max].Add(lim.window + margin).Sub(p.clock.Now())
}

// limit is what a call is spaced to: the published limit, or the one that bunq has named since.
func (p *pace) limit(method, route string) limit {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.limitLocked(method, route)
}

func (p *pace) limitLocked(method, route string) limit {
	if named, ok := p.named[method+" "+route]; ok {
		return named
	}
	return publishedLimit(method, route)
}

// done notes that a call was answered, or may have arrived.
func (p *pace) done(method, route string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	k := method + " " + route
	p.calls[k] = append(p.calls[k], p.clock.Now())
}

// learn keeps to a limit that bunq has named from now on.
func (p *pace) learn(method, route string, lim limit) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if lim.max > 0 && lim.window <= longestLimit {
		p.named[method+" "+route] = lim
	}
}

// end notes that an endpoint takes no calls for a long time.
func (p *pace) end(method, route, words string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended[method+" "+route] = words
}

func (p *pace) endedWith(method, route string) (string, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	words, ok := p.ended[method+" "+route]
	return words, ok
}

// held describes what was sent within the published limits, endpoint by endpoint.
func (p *pace) held() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []string
	for k, calls := range p.calls {
		out = append(out, fmt.Sprintf("%#q: %d calls", k, len(calls)))
	}
	slices.Sort(out)
	return out
}

var numbers = regexp.MustCompile(`/[0-9]+`)

// routeOf is a path with its ids taken out, by which limits count.
func routeOf(path string) string { return numbers.ReplaceAllString(path, "/{id}") }

func seconds(d time.Duration) string {
	if d%time.Second == 0 {
		return fmt.Sprintf("%d s", int(d.Seconds()))
	}
	return fmt.Sprintf("%.2f s", d.Seconds())
}
