package acctest

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
	"github.com/openpsd2/terraform-provider-bunq/internal/provider"
)

// writer is a provider that does in every call of Terraform what only an apply
// may do.
type writer struct {
	fullServer
	write func(context.Context) error
}

func (w *writer) ConfigureProvider(context.Context, *tfprotov6.ConfigureProviderRequest) (*tfprotov6.ConfigureProviderResponse, error) {
	return nil, nil
}

func (w *writer) PlanResourceChange(ctx context.Context, _ *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	return nil, w.write(ctx)
}

func (w *writer) ReadResource(ctx context.Context, _ *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	return nil, w.write(ctx)
}

func (w *writer) ImportResourceState(ctx context.Context, _ *tfprotov6.ImportResourceStateRequest) (*tfprotov6.ImportResourceStateResponse, error) {
	return nil, w.write(ctx)
}

func (w *writer) ValidateResourceConfig(ctx context.Context, _ *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	return nil, w.write(ctx)
}

func (w *writer) ReadDataSource(ctx context.Context, _ *tfprotov6.ReadDataSourceRequest) (*tfprotov6.ReadDataSourceResponse, error) {
	return nil, w.write(ctx)
}

func (w *writer) ApplyResourceChange(ctx context.Context, _ *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	return nil, w.write(ctx)
}

// A write is a fault in every call of Terraform but ApplyResourceChange.
func TestGuard_findsWritesOutsideAnApply(t *testing.T) {
	t.Parallel()
	ctx := context.Background() // the subtests outlive this function
	for _, test := range []struct {
		name  string
		call  func(s tfprotov6.ProviderServer) error
		fault string
	}{
		{"validate", func(s tfprotov6.ProviderServer) error {
			_, err := s.ValidateResourceConfig(ctx, &tfprotov6.ValidateResourceConfigRequest{TypeName: "x"})
			return err
		}, "the validation of x"},
		{"plan", func(s tfprotov6.ProviderServer) error {
			_, err := s.PlanResourceChange(ctx, &tfprotov6.PlanResourceChangeRequest{TypeName: "x"})
			return err
		}, "the plan of x"},
		{"refresh", func(s tfprotov6.ProviderServer) error {
			_, err := s.ReadResource(ctx, &tfprotov6.ReadResourceRequest{TypeName: "x"})
			return err
		}, "the refresh of x"},
		{"import", func(s tfprotov6.ProviderServer) error {
			_, err := s.ImportResourceState(ctx, &tfprotov6.ImportResourceStateRequest{TypeName: "x"})
			return err
		}, "the import of x"},
		{"data source", func(s tfprotov6.ProviderServer) error {
			_, err := s.ReadDataSource(ctx, &tfprotov6.ReadDataSourceRequest{TypeName: "x"})
			return err
		}, "the read of data x"},
		{"apply", func(s tfprotov6.ProviderServer) error {
			_, err := s.ApplyResourceChange(ctx, &tfprotov6.ApplyResourceChangeRequest{TypeName: "x"})
			return err
		}, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			g, server, write := guardedWriter(t, "/installation")
			if _, err := server.ConfigureProvider(ctx, &tfprotov6.ConfigureProviderRequest{}); err != nil {
				t.Fatal(err)
			}
			if err := test.call(server); err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(g.faults, "\n"); (test.fault == "") != (got == "") || !strings.Contains(got, test.fault) {
				t.Errorf("faults are %q, must name %q", got, test.fault)
			}
			g.faults = nil
			if err := write(ctx); err != nil {
				t.Fatal(err)
			}
			if len(g.faults) != 1 {
				t.Errorf("a write after all calls: faults are %q", g.faults)
			}
		})
	}
}

// What a test sends before any provider is served, or marks as its own, is not
// the provider's.
func TestGuard_leavesTheTestItselfAlone(t *testing.T) {
	t.Parallel()
	g, server, write := guardedWriter(t, "/installation")
	if err := write(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := server.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{}); err != nil {
		t.Fatal(err)
	}
	b := &Bunq{guard: g}
	b.Outside(func() {
		if err := write(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
	if len(g.faults) != 0 {
		t.Errorf("faults are %q", g.faults)
	}
}

// One session for each context and run is what a plan may open.
func TestGuard_findsASecondSessionInARunThatReads(t *testing.T) {
	t.Parallel()
	var sessions []bunqsim.Session
	g := &guard{sessions: func() []bunqsim.Session { return sessions }}
	opens := func(credential int64, fault string) {
		sessions = append(sessions, bunqsim.Session{CredentialID: credential})
		g.judge(bunqsim.Entry{Method: "POST", Route: "/session-server", Fault: fault})
	}
	opens(1, "") // by nobody who is guarded
	g.run()
	opens(1, "drop after commit") // lost: the provider never had it
	opens(1, "")
	opens(2, "")
	g.run()
	opens(1, "")
	_, done := g.phases.apply(t.Context(), "x")
	opens(1, "")
	done()
	if len(g.faults) != 0 {
		t.Fatalf("one session each: faults are %q", g.faults)
	}
	opens(1, "")
	if len(g.faults) != 1 || !strings.Contains(g.faults[0], "2 sessions") {
		t.Errorf("two sessions in one run: faults are %q", g.faults)
	}
}

func guardedWriter(t *testing.T, path string) (*guard, tfprotov6.ProviderServer, func(context.Context) error) {
	t.Helper()
	g := &guard{}
	var config bunqsim.Config
	g.watch(&config)
	sim, server := bunqsim.NewServer(t, config)
	g.sessions = func() []bunqsim.Session { return sim.Snapshot().Sessions }
	write := func(ctx context.Context) error {
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, server.BaseURL()+path, http.NoBody)
		if err != nil {
			return err
		}
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			return err
		}
		return answer.Body.Close()
	}
	whole, err := providerserver.NewProtocol6WithError(provider.New("test")())()
	if err != nil {
		t.Fatal(err)
	}
	guarded, err := (&Bunq{guard: g}).Guard(&writer{fullServer: whole.(fullServer), write: write})
	if err != nil {
		t.Fatal(err)
	}
	return g, guarded, write
}
