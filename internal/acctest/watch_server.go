package acctest

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// fullServer is what the framework's server implements: wrapping must not hide
// the newer parts of the protocol.
type fullServer interface {
	tfprotov6.ProviderServerWithListResource //nolint:staticcheck // deprecated only until its methods move into ProviderServer
	tfprotov6.ProviderServerWithActions      //nolint:staticcheck // deprecated only until its methods move into ProviderServer
	tfprotov6.ProviderServerWithStateStores  //nolint:staticcheck // deprecated only until its methods move into ProviderServer
}

// watchedServer tells a Watch what Terraform asks of the provider.
type watchedServer struct {
	fullServer
	watch *Watch
}

// Server wraps the provider's server.
func (w *Watch) Server(s tfprotov6.ProviderServer) (tfprotov6.ProviderServer, error) {
	full, ok := s.(fullServer)
	if !ok {
		return nil, fmt.Errorf("%T does not implement the whole of protocol 6", s)
	}
	return &watchedServer{fullServer: full, watch: w}, nil
}

// ConfigureProvider begins a run: plan and apply of one command have a process each, but where
// Terraform is attached to a provider that runs already.
func (s *watchedServer) ConfigureProvider(ctx context.Context, r *tfprotov6.ConfigureProviderRequest) (*tfprotov6.ConfigureProviderResponse, error) {
	if err := s.watch.write(note{Again: true}); err != nil {
		return nil, err
	}
	ctx, done := s.watch.read(ctx, "ConfigureProvider")
	defer done()
	return s.fullServer.ConfigureProvider(ctx, r)
}

// ApplyResourceChange may write.
func (s *watchedServer) ApplyResourceChange(ctx context.Context, r *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	ctx, done := s.watch.apply(ctx, "the apply of "+r.TypeName)
	defer done()
	return s.fullServer.ApplyResourceChange(ctx, r)
}

// PlanResourceChange must not write.
func (s *watchedServer) PlanResourceChange(ctx context.Context, r *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	ctx, done := s.watch.read(ctx, "the plan of "+r.TypeName)
	defer done()
	return s.fullServer.PlanResourceChange(ctx, r)
}

// ReadResource must not write.
func (s *watchedServer) ReadResource(ctx context.Context, r *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	ctx, done := s.watch.read(ctx, "the refresh of "+r.TypeName)
	defer done()
	return s.fullServer.ReadResource(ctx, r)
}

// ImportResourceState must not write.
func (s *watchedServer) ImportResourceState(ctx context.Context, r *tfprotov6.ImportResourceStateRequest) (*tfprotov6.ImportResourceStateResponse, error) {
	ctx, done := s.watch.read(ctx, "the import of "+r.TypeName)
	defer done()
	return s.fullServer.ImportResourceState(ctx, r)
}

// ValidateResourceConfig must not write.
func (s *watchedServer) ValidateResourceConfig(ctx context.Context, r *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	ctx, done := s.watch.read(ctx, "the validation of "+r.TypeName)
	defer done()
	return s.fullServer.ValidateResourceConfig(ctx, r)
}

// ReadDataSource must not write.
func (s *watchedServer) ReadDataSource(ctx context.Context, r *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
	ctx, done := s.watch.read(ctx, "the read of data "+r.TypeName)
	defer done()
	return s.fullServer.ReadDataSource(ctx, r)
}

// OpenEphemeralResource must not write.
func (s *watchedServer) OpenEphemeralResource(ctx context.Context, r *tfprotov6.OpenEphemeralResourceRequest) (*tfprotov6.OpenEphemeralResourceResponse, error) {
	ctx, done := s.watch.read(ctx, "the opening of ephemeral "+r.TypeName)
	defer done()
	return s.fullServer.OpenEphemeralResource(ctx, r)
}

// RenewEphemeralResource must not write.
func (s *watchedServer) RenewEphemeralResource(ctx context.Context, r *tfprotov6.RenewEphemeralResourceRequest) (*tfprotov6.RenewEphemeralResourceResponse, error) {
	ctx, done := s.watch.read(ctx, "the renewal of ephemeral "+r.TypeName)
	defer done()
	return s.fullServer.RenewEphemeralResource(ctx, r)
}
