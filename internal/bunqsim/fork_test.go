package bunqsim_test

import (
	"reflect"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// A fork begins with all that exists, and what happens to one of the two does
// not happen to the other.
func TestForkIsAWorldOfItsOwn(t *testing.T) {
	t.Parallel()
	sim := bunqsim.NewTest(t, bunqsim.Config{})
	c := newClient(t, sim).onboard()
	id := c.addOAuthClient()
	sim.Fail(bunqsim.Fault{Kind: bunqsim.FaultDrop, Every: true})
	fork, err := sim.Fork(bunqsim.Config{})
	if err != nil {
		t.Fatal(err)
	}
	before := sim.Snapshot()
	if !reflect.DeepEqual(before, fork.Snapshot()) {
		t.Errorf("the fork holds %+v", fork.Snapshot().OAuthClients)
	}
	if len(fork.Journal()) != 0 {
		t.Error("the fork has a journal")
	}
	if err := fork.CancelOAuthClient(id); err != nil {
		t.Fatal(err)
	}
	if next, err := fork.CreateOAuthClient(before.Users[0].ID); err != nil || next != id+1 {
		t.Errorf("the next client of the fork is %d, %v", next, err)
	}
	if !reflect.DeepEqual(before, sim.Snapshot()) {
		t.Error("what the fork did happened to the first one too")
	}
	if _, err := sim.Fork(bunqsim.Config{StateFile: "x"}); err == nil {
		t.Error("two simulators share a state file")
	}
}
