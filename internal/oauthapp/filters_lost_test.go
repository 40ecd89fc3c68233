package oauthapp_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// filterCalls are the calls about filters since the mark.
func (h *hooked) filterCalls(mark int) []string {
	return slices.DeleteFunc(h.b.Calls(mark), func(c string) bool { return c != getFilters && c != postFilters })
}

// A lost answer is looked up in the same run. Where bunq still has what it had, the error says so, and
// the next apply sends the call again.
func TestAccFilters_lostAnswer(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		fault bunqsim.Fault
		calls []string // from the look before the POST on
	}{
		"after bunq has done it": {
			bunqsim.Fault{Kind: bunqsim.FaultDrop, Stage: bunqsim.AfterCommit}, []string{getFilters, postFilters, getFilters},
		},
		"with an answer that nobody can verify": {
			bunqsim.Fault{Kind: bunqsim.FaultWrongSignature}, []string{getFilters, postFilters, getFilters},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHooked(t, "Lost answer")
			tc.fault.Route = postFilters
			h.write(t, filtersConfig("main", "", hookA))
			h.b.Sim.Fail(tc.fault)
			mark := len(h.b.Sim.Journal())
			h.cli.MustApply(t)
			// The plan of the apply has looked, too.
			if diff := cmp.Diff(append([]string{getFilters}, tc.calls...), h.filterCalls(mark)); diff != "" {
				t.Errorf("created with (-want +got):\n%s", diff)
			}
			h.mustHave(t, hookA)
			h.cli.MustHaveNothingToDo(t)

			h.write(t, filtersConfig("main", "", hookB, hookC))
			h.b.Sim.Fail(tc.fault)
			mark = len(h.b.Sim.Journal())
			h.cli.MustApply(t)
			if diff := cmp.Diff(append([]string{getFilters}, tc.calls...), h.filterCalls(mark)); diff != "" {
				t.Errorf("changed with (-want +got):\n%s", diff)
			}
			h.mustHave(t, hookB, hookC)
			h.b.Sim.Fail(tc.fault)
			h.cli.Destroy(t).MustSay(t, 0)
			h.mustHave(t)
		})
	}
}

// bunq did not do it.
func TestAccFilters_notDone(t *testing.T) {
	t.Parallel()
	h := newHooked(t, "Not done")
	h.set(t, hookC)
	lost := bunqsim.Fault{Route: postFilters, Kind: bunqsim.FaultStatus, Status: 502}
	h.write(t, filtersConfig("main", "", hookA, hookC))
	h.b.Sim.Fail(lost)
	h.cli.Apply(t).MustSay(t, 1, "bunq_notification_filters was not created", "A follow-up read shows that it was not done",
		"State: nothing was stored, and nothing was changed at bunq.")
	h.mustHave(t, hookC)
	h.cli.MustApply(t)

	h.write(t, filtersConfig("main", "", hookB))
	h.b.Sim.Fail(lost)
	h.cli.Apply(t).MustSay(t, 1, "bunq_notification_filters was not changed", "A follow-up read shows that it was not done")
	h.mustHave(t, hookA, hookC)
	h.cli.MustApply(t)
	h.b.Sim.Fail(lost)
	h.cli.Destroy(t).MustSay(t, 1, "bunq_notification_filters was not destroyed", "State: the set stays in the state as it was.")
	h.cli.Destroy(t).MustSay(t, 0)
	h.mustHave(t)
}

// Where bunq cannot be asked afterwards, the error says so, and the next apply goes on
// from whatever bunq has.
func TestAccFilters_unansweredTwice(t *testing.T) {
	t.Parallel()
	for name, stage := range map[string]bunqsim.Stage{"done": bunqsim.AfterCommit, "not done": bunqsim.BeforeCommit} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHooked(t, "Unanswered")
			h.cli.Env = []string{"BUNQ_MAX_WAIT=3s"}
			h.write(t, filtersConfig("main", "", hookA))
			h.b.Sim.Fail(bunqsim.Fault{Route: postFilters, Kind: bunqsim.FaultDrop, Stage: stage, Every: true, Hook: func(bunqsim.Entry) {
				h.b.Sim.Fail(bunqsim.Fault{Route: getFilters, Kind: bunqsim.FaultStatus, Status: 502, Every: true})
			}})
			h.cli.Apply(t).MustSay(t, 1, "bunq_notification_filters was not created", "It is not known whether bunq did it, because the follow-up read failed",
				"State: nothing was stored. Whether bunq has the new filters is not known: the next apply looks before it sends them.")
			h.b.Sim.ClearFaults()
			h.cli.Env = nil
			h.cli.MustApply(t).MustSay(t, 0, "1 added")
			h.mustHave(t, hookA)
			h.cli.MustHaveNothingToDo(t)
		})
	}
}

// bunq's refusal is told in its words, and leaves everything as it was.
func TestAccFilters_refused(t *testing.T) {
	t.Parallel()
	h := newHooked(t, "Refused")
	h.set(t, hookC)
	h.write(t, filtersConfig("main", "", hookA, hookC))
	refusal := `{"Error":[{"error_description":"No more of these.","error_description_translated":"No more of these."}]}`
	h.b.Sim.Fail(bunqsim.Fault{Route: postFilters, Kind: bunqsim.FaultStatus, Status: 400, Body: refusal})
	h.cli.Apply(t).MustSay(t, 1, "bunq_notification_filters was not created", `bunq answered 400: "No more of these."`,
		"State: nothing was stored, and nothing was changed at bunq.", "Response id: ")
	h.mustHave(t, hookC)
	h.cli.MustApply(t)
	h.b.Sim.Fail(bunqsim.Fault{Route: postFilters, Kind: bunqsim.FaultStatus, Status: 400, Body: refusal})
	h.cli.Destroy(t).MustSay(t, 1, "bunq_notification_filters was not destroyed", "State: the set stays in the state as it was.")
	h.mustHave(t, hookA, hookC)
	h.cli.MustHaveNothingToDo(t)
}

// A read that is no answer of bunq's leaves the state as it was.
func TestAccFilters_unreadable(t *testing.T) {
	t.Parallel()
	h := newHooked(t, "Unreadable")
	h.write(t, filtersConfig("main", "", hookA))
	h.cli.MustApply(t)
	h.b.Sim.Fail(bunqsim.Fault{Route: getFilters, Kind: bunqsim.FaultStatus, Status: 404, Every: true})
	h.cli.Plan(t).MustSay(t, 1, "bunq_notification_filters cannot be read", "State: the set stays in the state as it was.")
	h.b.Sim.ClearFaults()
	h.cli.MustHaveNothingToDo(t)
}

// Another key of the same user changes nothing at bunq; one of another user is refused.
func TestAccFilters_otherContext(t *testing.T) {
	t.Parallel()
	h := newHooked(t, "Other context")
	first := h.APIContext()
	h.Register(t, "second")
	other := h.b.Onboard(t, "Somebody else")
	config := func(context string) string {
		return h.b.Provider("") + filtersConfig("main", "  api_context = "+context, hookA)
	}
	h.cli.Write(t, config(first))
	h.cli.MustApply(t)
	mark := len(h.b.Sim.Journal())
	h.cli.Write(t, config(h.APIContext()))
	h.cli.MustApply(t).MustSay(t, 0, "0 added, 1 changed, 0 destroyed")
	if writes := h.b.Writes(mark); len(writes) > 0 {
		t.Errorf("written: %v", writes)
	}
	h.cli.MustHaveNothingToDo(t)
	h.cli.Write(t, config(other.APIContext()))
	h.cli.Apply(t).MustSay(t, 1, "bunq_notification_filters cannot move to another bunq user", "State: unchanged, and nothing was changed at bunq")
	h.mustHave(t, hookA)
}

// A new resource for another user is no reason to leave the webhooks of the one before.
func TestAccFilters_replacedByThoseOfAnotherUser(t *testing.T) {
	t.Parallel()
	for name, lifecycle := range map[string]string{"destroyed first": "", "created first": "  lifecycle {\n    create_before_destroy = true\n  }\n"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHooked(t, "Before")
			other := &hooked{Party: h.b.Onboard(t, "After"), b: h.b}
			h.cli.Write(t, h.b.Provider("")+filtersConfig("main", lifecycle+"  api_context = "+h.APIContext(), hookA))
			h.cli.MustApply(t)

			h.cli.Write(t, h.b.Provider("")+filtersConfig("main", lifecycle+"  api_context = "+other.APIContext(), hookA))
			h.cli.MustApply(t, "-replace="+filtersAddress).MustSay(t, 0, "1 added, 0 changed, 1 destroyed")
			h.mustHave(t)
			other.mustHave(t, hookA)
			h.cli.MustHaveNothingToDo(t)
		})
	}
}

// Filters that are renamed without a moved block are an error of the plan, and moved is the way. Where the
// plan cannot see it, bunq has the webhooks in the end, whichever resource comes first.
func TestAccFilters_renamed(t *testing.T) {
	t.Parallel()
	h := newHooked(t, "Renamed")
	h.write(t, filtersConfig("main", "", hookA))
	h.cli.MustApply(t)
	mark := len(h.b.Sim.Journal())
	h.write(t, filtersConfig("other", "", hookA))
	h.cli.Apply(t).MustSay(t, 1, declaredTwice, "if the resource was renamed or moved, add a moved block")
	h.write(t, filtersConfig("other", "", hookA)+"moved {\n  from = "+filtersAddress+"\n  to = bunq_notification_filters.other\n}\n")
	h.cli.MustApply(t).MustSay(t, 0, "0 added, 0 changed, 0 destroyed")
	if writes := h.b.Writes(mark); len(writes) > 0 {
		t.Errorf("written: %v", writes)
	}

	h.write(t, filtersConfig("main", "", hookA))
	h.cli.Plan(t, "-refresh=false", "-out=saved").MustSay(t, 2)
	h.cli.MoveToNewMachine(t)
	// Both resources read before either of them has written.
	h.b.Sim.Fail(bunqsim.Fault{Route: getFilters, Kind: bunqsim.FaultSlow, Wait: time.Second / 2, Every: true})
	h.cli.MustApply(t, "saved")
	h.mustHave(t, hookA)
	h.cli.MustHaveNothingToDo(t)
}

// What a resource has that goes is removed, although the same apply makes other webhooks of a user
// who is not known at plan.
func TestAccFilters_goesBesideOneOfAnUnknownUser(t *testing.T) {
	t.Parallel()
	h := newHooked(t, "Goes")
	other := &hooked{Party: h.b.Onboard(t, "Comes"), b: h.b}
	h.cli.Write(t, h.b.Provider("")+filtersConfig("main", "  api_context = "+h.APIContext(), hookA))
	h.cli.MustApply(t)

	h.cli.Write(t, h.b.Provider("")+"resource \"terraform_data\" \"late\" {\n  input = "+other.APIContext()+"\n}\n"+
		filtersConfig("other", "  api_context = terraform_data.late.output", hookB))
	h.cli.MustApply(t)
	h.mustHave(t)
	other.mustHave(t, hookB)
	h.cli.MustHaveNothingToDo(t)
}
