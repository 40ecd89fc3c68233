package ratelimit_test

import (
	"testing"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/ratelimit"
)

func TestPublished(t *testing.T) {
	const s = time.Second
	for name, c := range map[string]struct {
		key   ratelimit.Key
		limit ratelimit.Limit
		known bool
	}{
		"reads":                              {ratelimit.Key{Method: "GET", Endpoint: "/user/{id}"}, ratelimit.Limit{Max: 3, Window: 3 * s}, true},
		"creations":                          {ratelimit.Key{Method: "POST", Endpoint: "/device-server"}, ratelimit.Limit{Max: 5, Window: 3 * s}, true},
		"changes":                            {ratelimit.Key{Method: "PUT", Endpoint: "/user/{id}"}, ratelimit.Limit{Max: 2, Window: 3 * s}, true},
		"deletions":                          {ratelimit.Key{Method: "DELETE", Endpoint: "/session/{id}"}, ratelimit.Limit{Max: 5, Window: 3350 * time.Millisecond}, true},
		"a new session":                      {ratelimit.Key{Method: "POST", Endpoint: "/session-server"}, ratelimit.Limit{Max: 1, Window: 30 * s}, true},
		"only creating a session is special": {ratelimit.Key{Method: "GET", Endpoint: "/session-server"}, ratelimit.Limit{Max: 3, Window: 3 * s}, true},
		"nothing is known of other methods":  {ratelimit.Key{Method: "PATCH", Endpoint: "/user/{id}"}, ratelimit.Limit{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			limit, known := ratelimit.Published(c.key)
			if limit != c.limit || known != c.known {
				t.Errorf("got %v, %v; want %v, %v", limit, known, c.limit, c.known)
			}
		})
	}
}
