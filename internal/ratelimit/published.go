package ratelimit

import "time"

// Limit allows Max requests in any half-open interval of length Window. A Max below one counts as
// one: otherwise callers would wait for ever.
type Limit struct {
	Max    int
	Window time.Duration
}

// Key is what a limit is counted by: the HTTP method in capitals, and the endpoint as a path
// without the API version and with placeholders for ids, such as "/user/{id}/oauth-client".
type Key struct {
	Method, Endpoint string
}

// Table returns the limit of a key. It returns false if none is known; requests with that key are
// not held back until one is refused.
type Table func(Key) (Limit, bool)

// sessionServer is the one endpoint with a published limit of its own.
const sessionServer = "/session-server"

// Published is bunq's classic table, counted by IP address and endpoint.
//
// GET, POST, PUT and POST /session-server: DOCUMENTED at https://beta.doc.bunq.com/basics/errors;
// the texts of recorded 429 answers from 2020 to 2024 name the same figures [OBSERVED in
// wesselt/bunq2ynab#44 and #62, woudt/bunq2ifttt#8].
//
// DELETE: bunq publishes nothing. bunqCommunity/bunqJSClient uses the figure of POST in a window of
// 3.35 s [OBSERVED there]; what bunq enforces is [UNKNOWN].
//
// A newer page, https://doc.bunq.com/basics/rate-limits, has other figures, for each device
// [DOCUMENTED], and others speak of about ten installations per day [second-hand]. No recorded
// answer shows them, so they are not in the table; a 429 closes the window at run time.
func Published(k Key) (Limit, bool) {
	switch k.Method {
	case "GET":
		return Limit{Max: 3, Window: 3 * time.Second}, true
	case "POST":
		if k.Endpoint == sessionServer {
			return Limit{Max: 1, Window: 30 * time.Second}, true
		}
		return Limit{Max: 5, Window: 3 * time.Second}, true
	case "PUT":
		return Limit{Max: 2, Window: 3 * time.Second}, true
	case "DELETE":
		return Limit{Max: 5, Window: 3350 * time.Millisecond}, true
	}
	return Limit{}, false
}
