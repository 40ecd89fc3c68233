package acctest_test

import (
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// The runner is trusted by the tests of rotation and of killed runs: it applies,
// it tells an empty plan from one with changes, and what it kills is dead.
func TestAccCLI_drivesTheProviderAsAProcess(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	cli := acctest.NewCLI(t, b)
	cli.Write(t, acctest.Installation)

	if r := cli.Plan(t); r.Code != 2 {
		t.Fatalf("a plan with changes: exit code %d\n%s", r.Code, r.Output)
	}
	if r := cli.Apply(t); r.Code != 0 {
		t.Fatalf("apply: exit code %d\n%s", r.Code, r.Output)
	}
	if r := cli.Plan(t); r.Code != 0 {
		t.Fatalf("a plan without changes: exit code %d\n%s", r.Code, r.Output)
	}
	if r := cli.Destroy(t); r.Code != 0 || !strings.Contains(r.Output, "The installation stays at bunq") {
		t.Fatalf("destroy: exit code %d\n%s", r.Code, r.Output)
	}
	if n := len(b.Sim.Snapshot().Installations); n != 1 {
		t.Errorf("%d installations at bunq", n)
	}
}

func TestAccCLI_killsTheProvider(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	cli := acctest.NewCLI(t, b)
	cli.Write(t, acctest.Installation)
	b.Sim.Fail(bunqsim.Fault{Route: "POST /installation", Kind: bunqsim.FaultHook, Stage: bunqsim.AfterCommit, Hook: func(bunqsim.Entry) {
		if err := cli.KillProviders(); err != nil {
			t.Error(err)
		}
	}})
	if r := cli.Apply(t); r.Code != 1 {
		t.Fatalf("apply: exit code %d\n%s", r.Code, r.Output)
	}
	if r := cli.Apply(t); r.Code != 0 {
		t.Fatalf("the apply after it: exit code %d\n%s", r.Code, r.Output)
	}
	if n := len(b.Sim.Snapshot().Installations); n != 2 {
		t.Errorf("%d installations at bunq", n)
	}
}
