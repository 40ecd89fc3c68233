package oauthapp_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

const (
	filtersAddress = "bunq_notification_filters.main"
	getFilters     = "GET /user/{id}/notification-filter-url"
	postFilters    = "POST /user/{id}/notification-filter-url"
)

// hook is a filter of these tests.
type hook struct{ category, target string }

var (
	hookA = hook{"OAUTH", "https://a.example.com/bunq?x=1&y=2"}
	hookB = hook{"OAUTH", "https://b.example.com/bunq"}
	hookC = hook{"MUTATION", "https://c.example.com/bunq"}
)

func (h hook) String() string { return h.category + " " + h.target }

func (h hook) hcl() string {
	return fmt.Sprintf("    { category = %q, notification_target = %q },\n", h.category, h.target)
}

// filtersConfig is a resource with that name, extra lines and filters.
func filtersConfig(name, extra string, hooks ...hook) string {
	var lines strings.Builder
	for _, h := range hooks {
		lines.WriteString(h.hcl())
	}
	return fmt.Sprintf("resource \"bunq_notification_filters\" %q {\n%s\n  filters = [\n%s  ]\n}\n", name, extra, lines.String())
}

// hooked is a party with a CLI, whose webhooks are looked at.
type hooked struct {
	*acctest.Party
	b   *acctest.Bunq
	cli *acctest.CLI
}

func newHooked(t *testing.T, name string, opts ...acctest.Option) *hooked {
	t.Helper()
	b := acctest.New(t, opts...)
	h := &hooked{Party: b.Onboard(t, name), b: b, cli: acctest.NewCLI(t, b, acctest.Attached)}
	b.Sim.ResetJournal()
	return h
}

func (h *hooked) write(t *testing.T, config string) {
	t.Helper()
	h.cli.Write(t, h.Provider()+config)
}

// set makes the user's webhooks what others would make them.
func (h *hooked) set(t *testing.T, hooks ...hook) {
	t.Helper()
	var filters []bunqsim.NotificationFilter
	for _, k := range hooks {
		filters = append(filters, bunqsim.NotificationFilter{Category: k.category, Target: k.target})
	}
	if err := h.b.Sim.SetNotificationFilters(h.UserID, filters...); err != nil {
		t.Fatal(err)
	}
}

// mustHave fails the test unless bunq has just these webhooks.
func (h *hooked) mustHave(t *testing.T, hooks ...hook) {
	t.Helper()
	want := []string{}
	for _, k := range hooks {
		want = append(want, k.String())
	}
	got := slices.Clone(h.b.Sim.Snapshot().NotificationURLsOf(h.UserID))
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("bunq has %q, want %q", got, want)
	}
}

// The life of a set: nothing before there is a context, one look and one POST to make
// it, one look for a plan, one look and one POST to change it or to end it.
func TestAccFilters_life(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	cli := acctest.NewCLI(t, b, acctest.Attached)
	config := func(hooks ...hook) string {
		return acctest.Device + filtersConfig("main", "  api_context = bunq_device_server.main.api_context", hooks...)
	}
	cli.Write(t, config(hookA, hookC))
	cli.Plan(t).MustSay(t, 2)
	if calls := b.Calls(0); len(calls) > 0 {
		t.Errorf("a plan of nothing called %v", calls)
	}
	cli.MustApply(t)
	h := &hooked{Party: &acctest.Party{UserID: b.Sim.Snapshot().Credentials[0].UserID}, b: b, cli: cli}
	h.mustHave(t, hookA, hookC)
	calls := b.Calls(0)
	if diff := cmp.Diff([]string{openSession, "GET /device-server/{id}", getFilters, postFilters}, calls[len(calls)-4:]); diff != "" {
		t.Errorf("the first apply ended with (-want +got):\n%s", diff)
	}
	user := strconv.FormatInt(h.UserID, 10)
	state := cli.State(t)
	for _, name := range []string{"id", "user_id"} {
		if got := state.String(t, filtersAddress, name); got != user {
			t.Errorf("%s is %q, want %q", name, got, user)
		}
	}

	mark := len(b.Sim.Journal())
	cli.MustHaveNothingToDo(t)
	if got := slices.DeleteFunc(b.Calls(mark), func(c string) bool { return c != getFilters && c != postFilters && c != openSession }); !slices.Equal(got, []string{getFilters}) {
		t.Errorf("a plan called %v", got)
	}

	mark = len(b.Sim.Journal())
	cli.Write(t, config(hookB, hookC))
	cli.MustApply(t).MustSay(t, 0, "0 added, 1 changed, 0 destroyed")
	h.mustHave(t, hookB, hookC)
	cli.MustHaveNothingToDo(t)
	cli.Write(t, config())
	cli.MustApply(t)
	h.mustHave(t)
	cli.MustHaveNothingToDo(t)
	cli.Write(t, config(hookA))
	cli.MustApply(t)
	cli.Write(t, acctest.Device)
	cli.MustApply(t).MustSay(t, 0, "0 added, 0 changed, 1 destroyed")
	h.mustHave(t)
	if diff := cmp.Diff([]string{postFilters, postFilters, postFilters, postFilters}, b.Writes(mark)); diff != "" {
		t.Errorf("written (-want +got):\n%s", diff)
	}
	if n := b.Count(openSession); n != 1 {
		t.Errorf("%d sessions", n)
	}
}

// What others change is seen, and put right.
func TestAccFilters_drift(t *testing.T) {
	t.Parallel()
	h := newHooked(t, "Drift")
	h.write(t, filtersConfig("main", "", hookA, hookC))
	h.cli.MustApply(t)
	h.set(t, hookA, hookB)
	h.cli.Plan(t).MustSay(t, 2, "will be updated in-place", hookB.target, hookC.target)
	h.cli.MustApply(t)
	h.mustHave(t, hookA, hookC)
	h.set(t)
	h.cli.MustApply(t).MustSay(t, 0, "1 changed")
	h.mustHave(t, hookA, hookC)
	h.cli.MustHaveNothingToDo(t)
}

// Filters that the configuration does not declare are named, at plan already, and
// stay; each of the ways that the message names works as pasted.
func TestAccFilters_thereAlready(t *testing.T) {
	t.Parallel()
	setup := func(t *testing.T) (*hooked, acctest.Result) {
		t.Helper()
		h := newHooked(t, "There already")
		h.set(t, hookA, hookB, hookC)
		h.write(t, filtersConfig("main", "", hookA))
		says := []string{
			"bunq_notification_filters will not be made", fmt.Sprintf("User %d (There already AISP PISP) has filters that this resource does not declare", h.UserID),
			hookB.hcl(), hookC.hcl(), "adopt_existing = true", "If another configuration manages them, use that one.",
		}
		h.cli.Plan(t, "-out=saved").MustSay(t, 2, says...)
		r := h.cli.Apply(t, "saved")
		r.MustSay(t, 1, append(says, "The user has notification filters already", "State: nothing was stored, and nothing was changed at bunq.")...)
		for _, once := range append(says, "The user has notification filters already") {
			if n := len(acctest.Says(once).FindAllString(r.Output, -1)); n != 1 && once != says[0] {
				t.Errorf("%q is said %d times\n%s", once, n, r.Output)
			}
		}
		h.mustHave(t, hookA, hookB, hookC)
		if writes := h.b.Writes(0); len(writes) > 0 {
			t.Errorf("written: %v", writes)
		}
		return h, r
	}
	t.Run("imported, and then as declared", func(t *testing.T) {
		t.Parallel()
		h, r := setup(t)
		h.write(t, filtersConfig("main", "", hookA)+pasted(t, r.Output))
		h.cli.MustApply(t).MustSay(t, 0, "1 imported, 0 added, 1 changed, 0 destroyed")
		h.mustHave(t, hookA)
		h.cli.MustHaveNothingToDo(t)
	})
	t.Run("declared", func(t *testing.T) {
		t.Parallel()
		h, _ := setup(t)
		h.write(t, filtersConfig("main", "", hookA, hookB, hookC))
		h.cli.MustApply(t)
		// It is there: nothing is to be sent.
		if writes := h.b.Writes(0); len(writes) > 0 {
			t.Errorf("written: %v", writes)
		}
		h.cli.MustHaveNothingToDo(t)
	})
	t.Run("adopted", func(t *testing.T) {
		t.Parallel()
		h, _ := setup(t)
		h.write(t, filtersConfig("main", "  adopt_existing = true", hookA))
		h.cli.Plan(t).MustSay(t, 2, "Notification filters of the user will be removed", hookB.hcl(), hookC.hcl())
		h.cli.MustApply(t).MustSay(t, 0, "Notification filters of the user were removed", "To have them back, add these lines to filters", hookB.hcl(), hookC.hcl())
		h.mustHave(t, hookA)
		h.cli.MustHaveNothingToDo(t)
	})
}

// What is added to the set of others removes nothing, and needs no leave.
func TestAccFilters_adds(t *testing.T) {
	t.Parallel()
	h := newHooked(t, "Adds")
	h.set(t, hookC)
	h.write(t, filtersConfig("main", "", hookA, hookC))
	r := h.cli.MustApply(t)
	if strings.Contains(r.Output, "will not be made") {
		t.Errorf("warned:\n%s", r.Output)
	}
	h.mustHave(t, hookA, hookC)
	h.cli.MustHaveNothingToDo(t)
}

// What nobody saw in the plan is neither replaced nor removed.
func TestAccFilters_changedSinceThePlan(t *testing.T) {
	t.Parallel()
	h := newHooked(t, "Since the plan")
	h.write(t, filtersConfig("main", "", hookA))
	h.cli.MustApply(t)
	h.set(t, hookA, hookC)
	mark := len(h.b.Sim.Journal())
	h.write(t, filtersConfig("main", "", hookB))
	h.cli.Apply(t, "-refresh=false").MustSay(t, 1, "The notification filters have changed since the plan", hookC.hcl(), "Next step: plan again, with a refresh")
	h.mustHave(t, hookA, hookC)
	if writes := h.b.Writes(mark); len(writes) > 0 {
		t.Errorf("written: %v", writes)
	}
	h.cli.Destroy(t, "-refresh=false").MustSay(t, 0, "Some notification filters of the user stay at bunq", "They were kept", hookC.hcl())
	h.mustHave(t, hookC)
}

// A destroy with a refresh shows what goes, and so all of it goes.
func TestAccFilters_destroysWhatThePlanShows(t *testing.T) {
	t.Parallel()
	h := newHooked(t, "Destroys")
	h.write(t, filtersConfig("main", "", hookA))
	h.cli.MustApply(t)
	h.set(t, hookA, hookC)
	h.cli.Destroy(t).MustSay(t, 0, hookC.target, "1 destroyed")
	h.mustHave(t)
}

// A set that is replaced is as declared in the end. One that is made before the former one is destroyed
// takes that over; where it declares other filters, it is refused as any other would be.
func TestAccFilters_replaced(t *testing.T) {
	t.Parallel()
	created := "  lifecycle {\n    create_before_destroy = true\n  }\n"
	for name, lifecycle := range map[string]string{"destroyed first": "", "created first": created} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newHooked(t, "Replaced")
			h.write(t, filtersConfig("main", lifecycle, hookA, hookC))
			h.cli.MustApply(t)
			mark := len(h.b.Sim.Journal())
			h.cli.Plan(t, "-replace="+filtersAddress, "-out=saved").MustSay(t, 2)
			h.cli.MoveToNewMachine(t)
			h.cli.MustApply(t, "saved")
			h.mustHave(t, hookA, hookC)
			if writes := h.b.Writes(mark); lifecycle == created && len(writes) > 0 {
				t.Errorf("replaced by what was there with %v", writes)
			}

			h.write(t, filtersConfig("main", lifecycle, hookB))
			r := h.cli.Apply(t, "-replace="+filtersAddress)
			if lifecycle == created {
				r.MustSay(t, 1, "The user has notification filters already", "If it is being replaced, apply without -replace")
				h.mustHave(t, hookA, hookC)
				h.cli.MustApply(t)
			} else {
				r.MustSay(t, 0)
			}
			h.mustHave(t, hookB)

			h.cli.Run(t, "taint", "-no-color", filtersAddress).MustSay(t, 0)
			h.cli.Apply(t).MustSay(t, 1, declaredTwice, "if it is tainted, run terraform untaint bunq_notification_filters.NAME")
			h.cli.MustApply(t, "-refresh=false")
			h.mustHave(t, hookB)
			h.cli.MustHaveNothingToDo(t)
		})
	}
}

// Once forgotten, it is anybody's: the plans of before do not speak for it.
func TestAccFilters_forgotten(t *testing.T) {
	t.Parallel()
	h := newHooked(t, "Forgotten")
	h.write(t, filtersConfig("main", "", hookA))
	h.cli.MustApply(t)
	h.cli.MustHaveNothingToDo(t)
	h.cli.Run(t, "state", "rm", filtersAddress).MustSay(t, 0)
	h.write(t, filtersConfig("main", "", hookB))
	h.cli.Apply(t).MustSay(t, 1, "The user has notification filters already", hookA.hcl())
	h.mustHave(t, hookA)
}

// How bunq proves who it is belongs to a filter: it is declared, shown when others set it, and never lost
// unseen.
func TestAccFilters_verificationTypes(t *testing.T) {
	t.Parallel()
	h := newHooked(t, "Verification")
	proven := func(types string) string {
		return fmt.Sprintf("resource \"bunq_notification_filters\" \"main\" {\n  filters = [{ category = \"OAUTH\", notification_target = %q%s }]\n}\n", hookA.target, types)
	}
	has := func(want ...string) {
		t.Helper()
		filters := h.b.Sim.Snapshot().NotificationFilters
		if len(filters) != 1 || !slices.Equal(filters[0].VerificationTypes, want) {
			t.Errorf("bunq has %+v, want one with %v", filters, want)
		}
	}
	const certificate = `, verification_types = ["BUNQ_CERTIFICATE"]`

	if err := h.b.Sim.SetNotificationFilters(h.UserID, bunqsim.NotificationFilter{
		Category: "OAUTH", Target: hookA.target, VerificationTypes: []string{"BUNQ_CERTIFICATE"},
	}); err != nil {
		t.Fatal(err)
	}
	h.write(t, proven(""))
	h.cli.Apply(t).MustSay(t, 1, "The user has notification filters already", certificate[2:])
	has("BUNQ_CERTIFICATE")
	h.write(t, proven(certificate))
	h.cli.MustApply(t)
	h.cli.MustHaveNothingToDo(t)
	if writes := h.b.Writes(0); len(writes) > 0 {
		t.Errorf("written: %v", writes)
	}

	h.write(t, proven(""))
	h.cli.Plan(t).MustSay(t, 2, "will be updated in-place", "verification_types")
	h.cli.MustApply(t)
	has()
	h.cli.MustHaveNothingToDo(t)
	h.write(t, proven(certificate))
	h.cli.MustApply(t)
	has("BUNQ_CERTIFICATE")
	h.cli.MustHaveNothingToDo(t)
}
