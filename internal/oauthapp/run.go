package oauthapp

import (
	"context"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
)

// Run is what the resources of this package share in one run: one provider process, from Configure
// on. It is safe for concurrent use.
type Run struct {
	clients, filters once
	// callbacks are those of each OAuth client, by its ID.
	callbacks firsts[int64, *callbackURLs]
}

// NewRun returns what a run begins with.
func NewRun() *Run { return &Run{clients: newOnce(clientKind), filters: newOnce(filtersKind)} }

// kind is one of the resources of this package, in words.
type kind struct {
	name string   // bunq_oauth_client
	noun string   // what one of them is at bunq
	ids  []member // what identifies it there, in the order of its import id
	// unread returns the model of one with these IDs that is imported.
	unread func(ids []string) any
	// lasting: it is there as long as its user.
	lasting bool

	// What exists once per bunq user has these, too.
	title string // what the user has
	rule  string // why there is only one
	harm  string // what the destroy of one of two resources would do
}

// base is embedded by every resource and list resource of this package.
type base struct {
	providerdata.Base
	kind

	run *Run
}

// managed is what each resource of this package is.
type managed interface {
	resource.ResourceWithConfigure
	resource.ResourceWithIdentity
	resource.ResourceWithImportState
	resource.ResourceWithModifyPlan
}

// Metadata names the resource.
func (b *base) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = b.name
}

// Configure takes what the provider shares. There is nothing while Terraform only validates.
func (b *base) Configure(ctx context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	b.Base.Configure(ctx, req, resp)
	if shared, ok := req.ProviderData.(interface{ OAuthAppRun() *Run }); ok {
		b.run = shared.OAuthAppRun()
	}
}

// operation begins what Terraform asks for, and returns its context and the function that ends it. The
// calls to bunq end with max_wait, and say what they have waited for; a second later, so does the wait
// for other operations.
func (b *base) operation(ctx context.Context, what string, diags *diag.Diagnostics) (context.Context, func()) {
	ctx, done := b.Data.Operation(ctx, b.name+": "+what, diags)
	if b.Data.Client == nil {
		return ctx, done // no calls: the settings are unknown
	}

	ctx, cancel := context.WithTimeout(ctx, b.Data.Client.MaxWait()+time.Second)
	return ctx, func() {
		cancel()
		done()
	}
}
