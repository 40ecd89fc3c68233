package onboarding

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
)

// Run is what the resources of this package share in one run: one provider process, from Configure
// on. It is safe for concurrent use.
type Run struct {
	devices      keyDevices
	credentials  plannedCredentials
	certificates certificateNames
}

// NewRun returns what a run begins with.
func NewRun() *Run { return &Run{devices: keyDevices{byKey: map[string][]keyDevice{}}} }

// base is embedded by every resource of this package.
type base struct {
	providerdata.Base

	run *Run
}

// Configure takes what the provider shares. There is nothing while Terraform only validates.
func (b *base) Configure(ctx context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	b.Base.Configure(ctx, req, resp)
	if shared, ok := req.ProviderData.(interface{ OnboardingRun() *Run }); ok {
		b.run = shared.OnboardingRun()
	}
}
