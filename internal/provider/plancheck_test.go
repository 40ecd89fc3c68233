package provider_test

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
)

var idPath = tfjsonpath.New("id")

// noCalls fails where anything was sent until the plan was made.
type noCalls struct{ bunq *acctest.Bunq }

// CheckPlan looks at the journal.
func (c noCalls) CheckPlan(_ context.Context, _ plancheck.CheckPlanRequest, resp *plancheck.CheckPlanResponse) {
	if calls := c.bunq.Calls(0); len(calls) > 0 {
		resp.Error = fmt.Errorf("the plan made calls: %v", calls)
	}
}
