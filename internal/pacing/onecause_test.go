package pacing_test

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest/core"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// One cause, one wait: five resources need a session, and bunq or the network provides no usable one. If
// the run did not remember that, each of them would try again, thirty seconds apart.
func TestSession_ofNoUseIsWaitedForOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		fault    bunqsim.Fault
		openings int
		most     time.Duration
		says     string
	}{
		"each new session is refused": {
			fault:    bunqsim.Fault{Route: callClient, Kind: bunqsim.FaultStatus, Status: 403, Body: `{"Error":[{"error_description":"Insufficient authentication.","error_description_translated":"x"}]}`},
			openings: 2, most: 31 * time.Second, says: "the session was refused, and so was a new one",
		},
		"its answer cannot be verified": {
			fault:    bunqsim.Fault{Route: callSession, Kind: bunqsim.FaultWrongSignature},
			openings: 1, most: time.Second, says: "its signature does not match",
		},
		"the connection is refused": {
			fault:    bunqsim.Fault{Kind: bunqsim.FaultRefuse},
			openings: 0, most: 30 * time.Second, says: "bunq could not be reached, nothing was sent",
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx := t.Context()
				b, p := settled(ctx, t)
				must(t, b.ExpireSessions())
				b.ResetJournal()
				c.fault.Every = true
				b.Fail(c.fault)

				r := b.provider(ctx, core.Args{"session_cache": core.Bool(false)})
				begin := time.Now()
				for range 5 {
					for _, err := range each(2, parallelism, func(int) error { return readClient(ctx, t, nil, p, 0)(ctx, r) }) {
						if err == nil || !strings.Contains(err.Error(), c.says) {
							t.Errorf("the error does not say %q: %v", c.says, err)
						}
					}
				}
				if took := time.Since(begin); took > c.most {
					t.Errorf("it took %v", took)
				}
				opened := 0
				for _, e := range b.Calls(callSession) {
					if e.Committed {
						opened++
					}
				}
				if opened != c.openings {
					t.Errorf("%d sessions were opened, want %d", opened, c.openings)
				}
			})
		})
	}
}
