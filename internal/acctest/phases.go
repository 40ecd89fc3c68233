package acctest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// moment is what Terraform was asking of the provider when something was sent.
type moment struct {
	// Apply is true where that may be a write.
	Apply bool `json:"apply,omitempty"`
	// During names the calls of Terraform; there may be none.
	During []string `json:"during,omitempty"`
}

// String completes "it was sent …".
func (m moment) String() string {
	if len(m.During) == 0 {
		return "while Terraform asked for nothing"
	}
	return "during " + strings.Join(m.During, " and ")
}

// phases knows which calls of Terraform a provider is working on.
type phases struct {
	mu                sync.Mutex
	applying, reading []string
}

type momentKey struct{}

// now is the moment as far as it can be told from outside: an apply among
// several calls may be the one that sends.
func (p *phases) now() moment {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.applying) > 0 {
		return moment{Apply: true, During: slices.Clone(p.applying)}
	}
	return moment{During: slices.Clone(p.reading)}
}

// of is the moment of what is done with ctx: that of the call of Terraform that
// ctx came with, else now.
func (p *phases) of(ctx context.Context) moment {
	if m, ok := ctx.Value(momentKey{}).(moment); ok {
		return m
	}
	return p.now()
}

// apply begins a call that may write.
func (p *phases) apply(ctx context.Context, what string) (_ context.Context, done func()) {
	return context.WithValue(ctx, momentKey{}, moment{Apply: true, During: []string{what}}), p.enter(&p.applying, what)
}

// read begins a call that must not write.
func (p *phases) read(ctx context.Context, what string) (_ context.Context, done func()) {
	return context.WithValue(ctx, momentKey{}, moment{During: []string{what}}), p.enter(&p.reading, what)
}

func (p *phases) enter(list *[]string, what string) (done func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	*list = append(*list, what)

	return func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		i := slices.Index(*list, what)
		*list = slices.Delete(*list, i, i+1)
	}
}

// fullServer is what the framework's server implements: wrapping must not hide
// the newer parts of the protocol.
type fullServer interface {
	tfprotov6.ProviderServerWithListResource //nolint:staticcheck // deprecated only until its methods move into ProviderServer
	tfprotov6.ProviderServerWithActions      //nolint:staticcheck // deprecated only until its methods move into ProviderServer
	tfprotov6.ProviderServerWithStateStores  //nolint:staticcheck // deprecated only until its methods move into ProviderServer
}

// watchedServer notes what Terraform asks of the provider.
type watchedServer struct {
	fullServer
	phases *phases
	begin  func() // at the beginning of a run
}

func watched(s tfprotov6.ProviderServer, p *phases, begin func()) (tfprotov6.ProviderServer, error) {
	full, ok := s.(fullServer)
	if !ok {
		return nil, fmt.Errorf("%T does not implement the whole of protocol 6", s)
	}
	return &watchedServer{fullServer: full, phases: p, begin: begin}, nil
}

// ConfigureProvider begins a run.
func (s *watchedServer) ConfigureProvider(ctx context.Context, r *tfprotov6.ConfigureProviderRequest) (*tfprotov6.ConfigureProviderResponse, error) {
	s.begin()
	ctx, done := s.phases.read(ctx, "ConfigureProvider")
	defer done()
	return s.fullServer.ConfigureProvider(ctx, r)
}

// ApplyResourceChange may write.
func (s *watchedServer) ApplyResourceChange(ctx context.Context, r *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	ctx, done := s.phases.apply(ctx, "the apply of "+r.TypeName)
	defer done()
	return s.fullServer.ApplyResourceChange(ctx, r)
}

// PlanResourceChange must not write.
func (s *watchedServer) PlanResourceChange(ctx context.Context, r *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	ctx, done := s.phases.read(ctx, "the plan of "+r.TypeName)
	defer done()
	return s.fullServer.PlanResourceChange(ctx, r)
}

// ReadResource must not write.
func (s *watchedServer) ReadResource(ctx context.Context, r *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	ctx, done := s.phases.read(ctx, "the refresh of "+r.TypeName)
	defer done()
	return s.fullServer.ReadResource(ctx, r)
}

// ImportResourceState must not write.
func (s *watchedServer) ImportResourceState(ctx context.Context, r *tfprotov6.ImportResourceStateRequest) (*tfprotov6.ImportResourceStateResponse, error) {
	ctx, done := s.phases.read(ctx, "the import of "+r.TypeName)
	defer done()
	return s.fullServer.ImportResourceState(ctx, r)
}

// ValidateResourceConfig must not write.
func (s *watchedServer) ValidateResourceConfig(ctx context.Context, r *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	ctx, done := s.phases.read(ctx, "the validation of "+r.TypeName)
	defer done()
	return s.fullServer.ValidateResourceConfig(ctx, r)
}

// ReadDataSource must not write.
func (s *watchedServer) ReadDataSource(ctx context.Context, r *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
	ctx, done := s.phases.read(ctx, "the read of data "+r.TypeName)
	defer done()
	return s.fullServer.ReadDataSource(ctx, r)
}

// OpenEphemeralResource must not write.
func (s *watchedServer) OpenEphemeralResource(ctx context.Context, r *tfprotov6.OpenEphemeralResourceRequest) (*tfprotov6.OpenEphemeralResourceResponse, error) {
	ctx, done := s.phases.read(ctx, "the opening of ephemeral "+r.TypeName)
	defer done()
	return s.fullServer.OpenEphemeralResource(ctx, r)
}

// RenewEphemeralResource must not write.
func (s *watchedServer) RenewEphemeralResource(ctx context.Context, r *tfprotov6.RenewEphemeralResourceRequest) (*tfprotov6.RenewEphemeralResourceResponse, error) {
	ctx, done := s.phases.read(ctx, "the renewal of ephemeral "+r.TypeName)
	defer done()
	return s.fullServer.RenewEphemeralResource(ctx, r)
}
