package bunq

import (
	"math"
	"testing"
	"time"
)

func TestDecide(t *testing.T) {
	const get, session, post, put, del = math.MaxInt, 2, 0, 0, 0
	for name, c := range map[string]struct {
		attempts        int
		fault           fault
		status, attempt int
		sandbox         bool
		want            bool
	}{
		"GET, never sent":                           {get, faultNotSent, 0, 1, false, true},
		"POST, never sent":                          {post, faultNotSent, 0, 1, false, true},
		"PUT, never sent":                           {put, faultNotSent, 0, 1, false, true},
		"DELETE, never sent":                        {del, faultNotSent, 0, 1, false, true},
		"GET, never sent, many times":               {get, faultNotSent, 0, 100, false, true},
		"GET, answer lost":                          {get, faultLost, 0, 1, false, true},
		"GET, answer lost once less than too often": {get, faultLost, 0, maxLostAnswers - 1, false, true},
		"GET, answer lost many times":               {get, faultLost, 0, maxLostAnswers, false, false},
		"POST, answer lost":                         {post, faultLost, 0, 1, false, false},
		"PUT, answer lost":                          {put, faultLost, 0, 1, false, false},
		"DELETE, answer lost":                       {del, faultLost, 0, 1, false, false},
		"GET, 500":                                  {get, faultAnswered, 500, 1, false, true},
		"GET, 502":                                  {get, faultAnswered, 502, 1, false, true},
		"GET, 503":                                  {get, faultAnswered, 503, 1, false, true},
		"GET, 504":                                  {get, faultAnswered, 504, 1, false, true},
		"GET, 491":                                  {get, faultAnswered, 491, 1, false, true},
		"GET, 503 as often as MaxWait allows":       {get, faultAnswered, 503, 100, false, true},
		"GET, 501 will not pass":                    {get, faultAnswered, 501, 1, false, false},
		"GET, 400":                                  {get, faultAnswered, 400, 1, false, false},
		"GET, 404":                                  {get, faultAnswered, 404, 1, false, false},
		"GET, 302":                                  {get, faultAnswered, 302, 1, false, false},
		"POST, 500":                                 {post, faultAnswered, 500, 1, false, false},
		"POST, 502":                                 {post, faultAnswered, 502, 1, false, false},
		"PUT, 503":                                  {put, faultAnswered, 503, 1, false, false},
		"DELETE, 504":                               {del, faultAnswered, 504, 1, false, false},
		"POST, 491":                                 {post, faultAnswered, 491, 1, false, false},
		"GET, 429":                                  {get, faultAnswered, 429, 1, false, true},
		"POST, 429, as often as MaxWait allows":     {post, faultAnswered, 429, 100, false, true},
		"PUT, 429":                                  {put, faultAnswered, 429, 1, false, true},
		"DELETE, 429":                               {del, faultAnswered, 429, 1, false, true},
		"POST, 409 in the sandbox":                  {post, faultAnswered, 409, 1, true, true},
		"GET, 409 in the sandbox":                   {get, faultAnswered, 409, 1, true, true},
		"POST, 409 in production":                   {post, faultAnswered, 409, 1, false, false},
		"GET, 409 in production":                    {get, faultAnswered, 409, 1, false, false},
		"a session, answer lost":                    {session, faultLost, 0, 1, false, true},
		"a session, answer lost twice":              {session, faultLost, 0, 2, false, false},
		"a session, 502":                            {session, faultAnswered, 502, 1, false, true},
		"a session, 502 twice":                      {session, faultAnswered, 502, 2, false, false},
		"a session, never sent twice":               {session, faultNotSent, 0, 2, false, true},
		"GET, what nothing helps":                   {get, faultFinal, 0, 1, false, false},
		"POST, what nothing helps":                  {post, faultFinal, 0, 1, false, false},
		"POST, 401 (a dead session is the caller's cause)": {post, faultAnswered, 401, 1, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			reason, repeat := decide(c.attempts, c.fault, c.status, c.attempt, c.sandbox)
			if repeat != c.want || repeat && reason == "" {
				t.Errorf("got %v (%q), want %v", repeat, reason, c.want)
			}
		})
	}
}

func TestBackoff_doublesWithinBoundsAndIsSpread(t *testing.T) {
	for attempt, want := range map[int]time.Duration{
		1: 500 * time.Millisecond, 2: time.Second, 3: 2 * time.Second, 4: 4 * time.Second,
		5: 8 * time.Second, 6: 16 * time.Second, 7: 30 * time.Second, 8: 30 * time.Second, 1000: 30 * time.Second,
	} {
		seen := map[time.Duration]bool{}
		for range 200 {
			d := backoff(attempt)
			if d < want/2 || d > want {
				t.Fatalf("attempt %d: %v is not within %v and %v", attempt, d, want/2, want)
			}
			seen[d] = true
		}
		if len(seen) < 100 {
			t.Errorf("attempt %d: only %d different pauses of 200", attempt, len(seen))
		}
	}
}

func TestRoute_overlap(t *testing.T) {
	for name, c := range map[string]struct {
		write, read route
		want        bool
	}{
		"a callback URL and its client":    {routeCallbackURL(5, 9), routeOAuthClient(5), true},
		"a callback URL and the list":      {routeCallbackURLs(5), routeOAuthClients(), true},
		"a new client and those there are": {routeOAuthClients(), routeOAuthClient(5), true},
		"a thing and itself":               {routeOAuthClient(5), routeOAuthClient(5), true},
		"another client":                   {routeOAuthClient(5), routeOAuthClient(6), false},
		"an id that begins like another":   {routeOAuthClient(5), routeOAuthClient(55), false},
		"another kind of thing":            {routeOAuthClients(), routeCredentials(), false},
		"an address and its credential":    {routePermittedIP(9, 1), routeCredential(9), true},
		"an address and the addresses":     {routePermittedIP(9, 1), routePermittedIPs(9), true},
		"the addresses of another":         {routePermittedIP(9, 1), routePermittedIPs(8), false},
		"a device and the list of devices": {routeDeviceServers(), routeDeviceServer(3), true},
	} {
		t.Run(name, func(t *testing.T) {
			if c.write.overlaps(c.read) != c.want || c.read.overlaps(c.write) != c.want {
				t.Errorf("%s and %s: want %v both ways", c.write, c.read, c.want)
			}
		})
	}
}

// An id of the path and the number of the user must not be taken for each other.
func TestRoute_forms(t *testing.T) {
	r := routeCallbackURL(633, 693)
	if got := r.endpoint(); got != "/user/{id}/oauth-client/{id}/callback-url/{id}" {
		t.Errorf("endpoint %s", got)
	}
	if got := r.resolve(28196); got != "/user/28196/oauth-client/633/callback-url/693" {
		t.Errorf("path %s", got)
	}
	if r.id() != 693 || routeCallbackURLs(633).id() != 0 || routeUser().id() != 0 {
		t.Errorf("ids %d, %d, %d", r.id(), routeCallbackURLs(633).id(), routeUser().id())
	}
}
