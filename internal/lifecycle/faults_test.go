package lifecycle_test

import (
	"flag"
	"slices"
	"strings"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

var everyFault = flag.Bool("every-fault", false, "let each cell of the fault matrix meet all members of its class, which must agree")

// fault is a way in which a call can go wrong.
type fault struct {
	name string
	bunqsim.Fault
	// committed: bunq has carried the call out, whatever the provider is told.
	committed bool
	// twin: for a GET, which commits nothing, it is the same as the fault before the commit.
	twin bool
}

// class are faults that a client cannot tell apart, or has no reason to.
type class struct {
	name    string
	members []fault
}

// classes are all faults that the simulator can play. A cell of the matrix meets one member of a class, and
// the next cell the next one; -every-fault plays them all, and compares them.
func classes() []class {
	before, after := bunqsim.BeforeCommit, bunqsim.AfterCommit
	const html = "<html><head><title>Not found</title></head><body>This page does not exist.</body></html>"
	status := func(code int, stage bunqsim.Stage) bunqsim.Fault {
		return bunqsim.Fault{Kind: bunqsim.FaultStatus, Status: code, Stage: stage}
	}
	notFound := status(404, before)
	notFound.Body, notFound.ContentType = html, "text/html"
	return []class{
		{"it did not arrive", []fault{
			{name: "connection refused", Fault: bunqsim.Fault{Kind: bunqsim.FaultRefuse, Stage: before}},
		}},
		{"not done, and no answer of bunq's", []fault{
			{name: "dropped before it was read", Fault: bunqsim.Fault{Kind: bunqsim.FaultDrop, Stage: before}},
			{name: "500, not done", Fault: status(500, before)},
			{name: "502 with HTML, not done", Fault: status(502, before)},
			{name: "no answer in time, not done", Fault: bunqsim.Fault{Kind: bunqsim.FaultSlow, Stage: before}},
		}},
		{"done, and no answer of bunq's", []fault{
			{name: "answer lost", Fault: bunqsim.Fault{Kind: bunqsim.FaultDrop, Stage: after}, committed: true, twin: true},
			{name: "body cut off", Fault: bunqsim.Fault{Kind: bunqsim.FaultTruncate, Stage: after}, committed: true},
			{name: "500, but done", Fault: status(500, after), committed: true, twin: true},
			{name: "502 with HTML, but done", Fault: status(502, after), committed: true, twin: true},
			{name: "no answer in time, but done", Fault: bunqsim.Fault{Kind: bunqsim.FaultSlow, Stage: after}, committed: true, twin: true},
		}},
		{"done, without bunq's signature", []fault{
			{name: "wrong signature", Fault: bunqsim.Fault{Kind: bunqsim.FaultWrongSignature, Stage: after}, committed: true},
			{name: "no signature", Fault: bunqsim.Fault{Kind: bunqsim.FaultNoSignature, Stage: after}, committed: true},
		}},
		{"a limit", []fault{
			{name: "429", Fault: status(429, before)},
			{name: "409 (sandbox)", Fault: status(409, before)},
		}},
		{"the session or token is refused", []fault{
			{name: "401", Fault: status(401, before)},
			{name: "403", Fault: status(403, before)},
		}},
		{"a stranger's page", []fault{
			{name: "404 with HTML", Fault: notFound},
		}},
	}
}

// faults are the members of all classes.
func faults() []fault {
	var all []fault
	for _, c := range classes() {
		all = append(all, c.members...)
	}
	return all
}

// against are the members that can meet the n-th cell.
func (c class) against(call call, n int) []fault {
	members := slices.DeleteFunc(slices.Clone(c.members), func(f fault) bool { return f.twin && call.read() })
	if *everyFault {
		return members
	}
	return members[n%len(members):][:1]
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
