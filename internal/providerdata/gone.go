package providerdata

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource"
)

// Gone takes a resource out of the state, and the marks that an earlier plan has set out of the private
// state: Terraform hands that on to the planning of what is made instead, which would take itself for a
// replacement.
func Gone(ctx context.Context, resp *resource.ReadResponse, marks ...string) {
	resp.State.RemoveResource(ctx)
	for _, mark := range marks {
		resp.Diagnostics.Append(resp.Private.SetKey(ctx, mark, nil)...)
	}
}
