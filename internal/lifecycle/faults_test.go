package lifecycle_test

import (
	"strings"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// fault is a way in which a call can go wrong.
type fault struct {
	name string
	bunqsim.Fault
	// committed: bunq has carried the call out, whatever the provider is told.
	committed bool
	// twin names the fault that is the same thing for a GET, which commits nothing.
	twin string
}

// faults are all that the simulator can play.
func faults() []fault {
	before, after := bunqsim.BeforeCommit, bunqsim.AfterCommit
	const html = "<html><head><title>Not found</title></head><body>This page does not exist.</body></html>"
	status := func(code int, stage bunqsim.Stage) bunqsim.Fault {
		return bunqsim.Fault{Kind: bunqsim.FaultStatus, Status: code, Stage: stage}
	}
	notFound := status(404, before)
	notFound.Body, notFound.ContentType = html, "text/html"
	return []fault{
		{name: "connection refused", Fault: bunqsim.Fault{Kind: bunqsim.FaultRefuse, Stage: before}},
		{name: "dropped before it was read", Fault: bunqsim.Fault{Kind: bunqsim.FaultDrop, Stage: before}},
		{name: "answer lost", Fault: bunqsim.Fault{Kind: bunqsim.FaultDrop, Stage: after}, committed: true, twin: "dropped before it was read"},
		{name: "body cut off", Fault: bunqsim.Fault{Kind: bunqsim.FaultTruncate, Stage: after}, committed: true},
		{name: "wrong signature", Fault: bunqsim.Fault{Kind: bunqsim.FaultWrongSignature, Stage: after}, committed: true},
		{name: "no signature", Fault: bunqsim.Fault{Kind: bunqsim.FaultNoSignature, Stage: after}, committed: true},
		{name: "500, not done", Fault: status(500, before)},
		{name: "500, but done", Fault: status(500, after), committed: true, twin: "500, not done"},
		{name: "502 with HTML, not done", Fault: status(502, before)},
		{name: "502 with HTML, but done", Fault: status(502, after), committed: true, twin: "502 with HTML, not done"},
		{name: "429", Fault: status(429, before)},
		{name: "409 (sandbox)", Fault: status(409, before)},
		{name: "401", Fault: status(401, before)},
		{name: "403", Fault: status(403, before)},
		{name: "404 with HTML", Fault: notFound},
		{name: "no answer in time, not done", Fault: bunqsim.Fault{Kind: bunqsim.FaultSlow, Stage: before}},
		{name: "no answer in time, but done", Fault: bunqsim.Fault{Kind: bunqsim.FaultSlow, Stage: after}, committed: true, twin: "no answer in time, not done"},
	}
}

// call is one request of an operation: the n-th of its route.
type call struct {
	route string
	nth   int
}

func (c call) String() string {
	if c.nth == 1 {
		return c.route
	}
	return c.route + " (" + itoa(int64(c.nth)) + ")"
}

func (c call) read() bool { return strings.HasPrefix(c.route, "GET ") }

// callsOf numbers the requests of each route.
func callsOf(journal []bunqsim.Entry) []call {
	seen := map[string]int{}
	var out []call
	for _, e := range journal {
		seen[e.Call()]++
		out = append(out, call{e.Call(), seen[e.Call()]})
	}
	return out
}
