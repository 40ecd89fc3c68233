package onboarding_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// emptyPlan is a step that must have nothing to do.
func emptyPlan(config string) resource.TestStep {
	return resource.TestStep{
		Config:           config,
		ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}},
	}
}

// planned are checks before the apply of a step.
func planned(checks ...plancheck.PlanCheck) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: checks}
}

// action expects what is to be done with a resource called main.
func action(kind string, a plancheck.ResourceActionType) plancheck.PlanCheck {
	return plancheck.ExpectResourceAction("bunq_"+kind+".main", a)
}

// journal checks the calls that are neither GETs nor open a session, since the start or the last
// ResetJournal.
func journal(b *acctest.Bunq, want ...string) resource.TestCheckFunc {
	return func(*terraform.State) error {
		if diff := cmp.Diff(want, b.Writes(0), cmpopts.EquateEmpty()); diff != "" {
			return fmt.Errorf("journal (-want +got):\n%s", diff)
		}
		return nil
	}
}

// bunqHolds checks what exists at bunq.
func bunqHolds(b *acctest.Bunq, check func(bunqsim.Snapshot) error) resource.TestCheckFunc {
	return func(*terraform.State) error { return check(b.Sim.Snapshot()) }
}

// idIs notes the id of a resource at its first use, and checks at each later one that it is the
// same.
func idIs(address string, note *string) resource.TestCheckFunc {
	return attributeIs(address, "id", note)
}

func attributeIs(address, attribute string, note *string) resource.TestCheckFunc {
	return func(s *terraform.State) error {
		got, err := attributeOf(s, address, attribute)
		if err != nil {
			return err
		}
		if *note == "" {
			*note = got
		}
		if got != *note {
			return fmt.Errorf("%s of %s is not what it was", attribute, address)
		}
		return nil
	}
}

// attributeIsNot is the opposite of attributeIs, and notes nothing.
func attributeIsNot(address, attribute string, note *string) resource.TestCheckFunc {
	return func(s *terraform.State) error {
		got, err := attributeOf(s, address, attribute)
		if err == nil && got == *note {
			err = fmt.Errorf("%s of %s is what it was", attribute, address)
		}
		return err
	}
}

func attributeOf(s *terraform.State, address, attribute string) (string, error) {
	r, ok := s.RootModule().Resources[address]
	if !ok {
		return "", fmt.Errorf("%s is not in the state", address)
	}
	return r.Primary.Attributes[attribute], nil
}

// try runs f, and fails the test on its error.
func try(t *testing.T, f func() error) func() {
	t.Helper()
	return func() {
		t.Helper()
		if err := f(); err != nil {
			t.Fatal(err)
		}
	}
}

// nothingSent is a plan check: bunq was not asked since the last ResetJournal.
type nothingSent struct{ bunq *acctest.Bunq }

// CheckPlan looks at the journal.
func (c nothingSent) CheckPlan(_ context.Context, _ plancheck.CheckPlanRequest, resp *plancheck.CheckPlanResponse) {
	if calls := c.bunq.Calls(0); len(calls) > 0 {
		resp.Error = fmt.Errorf("sent: %v", calls)
	}
}

// lastCredential is the one made last.
func lastCredential(s bunqsim.Snapshot) (bunqsim.Credential, error) {
	if len(s.Credentials) == 0 {
		return bunqsim.Credential{}, errors.New("no credential at bunq")
	}
	return s.Credentials[len(s.Credentials)-1], nil
}

// addresses are the permitted addresses of the last credential by status.
func addresses(b *acctest.Bunq) map[string]string {
	s := b.Sim.Snapshot()
	c, err := lastCredential(s)
	out := map[string]string{}
	for _, p := range s.PermittedIPs {
		if err == nil && p.CredentialID == c.ID {
			out[p.IP] = p.Status
		}
	}
	return out
}

// permits checks the permitted addresses of the last credential.
func permits(b *acctest.Bunq, want map[string]string) resource.TestCheckFunc {
	return func(*terraform.State) error {
		if diff := cmp.Diff(want, addresses(b)); diff != "" {
			return fmt.Errorf("permitted addresses at bunq (-want +got):\n%s", diff)
		}
		return nil
	}
}

// forget makes a note take the next value.
func forget(note *string) resource.TestCheckFunc {
	return func(*terraform.State) error {
		*note = ""
		return nil
	}
}
