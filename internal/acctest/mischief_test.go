package acctest

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"os"
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// envMischief lets this test's program be a provider that also writes in one call of Terraform.
const envMischief = "BUNQ_ACCTEST_MISCHIEF"

func TestMain(m *testing.M) {
	if during, ok := os.LookupEnv(envMischief); ok {
		if err := ServeProcess(context.Background(), mischiefDuring(during, os.Getenv("BUNQ_BASE_URL"))); err != nil {
			log.Fatal(err)
		}
		return
	}
	os.Exit(m.Run())
}

// mischief is the provider, with a write in the call of Terraform that is named.
type mischief struct {
	fullServer
	during, baseURL string
	bunq            http.RoundTripper
}

func mischiefDuring(call, baseURL string) Change {
	return func(s tfprotov6.ProviderServer, bunq http.RoundTripper) (tfprotov6.ProviderServer, error) {
		return &mischief{fullServer: s.(fullServer), during: call, baseURL: baseURL, bunq: bunq}, nil
	}
}

func (m *mischief) write(ctx context.Context, during string) error {
	if during != m.during {
		return nil
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPut, m.baseURL+"/user/1", http.NoBody)
	if err != nil {
		return err
	}
	answer, err := m.bunq.RoundTrip(r)
	if err != nil {
		return err
	}
	return answer.Body.Close()
}

func (m *mischief) ConfigureProvider(ctx context.Context, r *tfprotov6.ConfigureProviderRequest) (*tfprotov6.ConfigureProviderResponse, error) {
	if err := m.write(ctx, "configure"); err != nil {
		return nil, err
	}
	return m.fullServer.ConfigureProvider(ctx, r)
}

func (m *mischief) ValidateResourceConfig(ctx context.Context, r *tfprotov6.ValidateResourceConfigRequest) (*tfprotov6.ValidateResourceConfigResponse, error) {
	if err := m.write(ctx, "validate"); err != nil {
		return nil, err
	}
	return m.fullServer.ValidateResourceConfig(ctx, r)
}

func (m *mischief) PlanResourceChange(ctx context.Context, r *tfprotov6.PlanResourceChangeRequest) (*tfprotov6.PlanResourceChangeResponse, error) {
	if err := m.write(ctx, "plan"); err != nil {
		return nil, err
	}
	return m.fullServer.PlanResourceChange(ctx, r)
}

func (m *mischief) ReadResource(ctx context.Context, r *tfprotov6.ReadResourceRequest) (*tfprotov6.ReadResourceResponse, error) {
	if err := m.write(ctx, "refresh"); err != nil {
		return nil, err
	}
	return m.fullServer.ReadResource(ctx, r)
}

func (m *mischief) ApplyResourceChange(ctx context.Context, r *tfprotov6.ApplyResourceChangeRequest) (*tfprotov6.ApplyResourceChangeResponse, error) {
	if err := m.write(ctx, "apply"); err != nil {
		return nil, err
	}
	return m.fullServer.ApplyResourceChange(ctx, r)
}

// A write is a fault in every call of Terraform but an apply, and is named with the call it was sent in:
// by a provider with a process of its own, and by an attached one.
func TestAccCLI_findsWritesOutsideAnApply(t *testing.T) {
	t.Parallel()
	for during, fault := range map[string]string{
		"nothing":   "",
		"apply":     "",
		"configure": "during ConfigureProvider",
		"validate":  "during the validation of bunq_installation",
		"plan":      "during the plan of bunq_installation",
		"refresh":   "during the refresh of bunq_installation",
	} {
		for _, attached := range []bool{false, true} {
			t.Run(fmt.Sprintf("during %s, attached %t", during, attached), func(t *testing.T) {
				t.Parallel()
				b := unguarded(t)
				c := newCLI(t, b, NewCLI(t, b).program, thisProgram(t))
				become := func(during string) {
					c.attached, c.change = attached, mischiefDuring(during, b.URL)
					c.Env = []string{envMischief + "=" + during}
				}
				become("nothing")
				c.Write(t, Installation)
				c.MustApply(t)
				if got := mustJudge(t, b); len(got) != 0 {
					t.Fatalf("without mischief: faults are %q", got)
				}

				become(during)
				if during == "apply" {
					c.MustApply(t, "-replace=bunq_installation.main")
				} else if r := c.Plan(t); r.Code == 1 {
					t.Fatalf("plan: %s", r.Output)
				}
				if sent := b.Count("PUT /user/{id}") > 0; sent != (during != "nothing") {
					t.Fatalf("a write was sent: %t", sent)
				}
				got := slices.Compact(mustJudge(t, b))
				if fault == "" && len(got) != 0 || fault != "" && !slices.Equal(got, []string{"PUT /v1/user/1 was sent " + fault + ": only an apply may write"}) {
					t.Errorf("faults are %q, must name %q", got, fault)
				}
			})
		}
	}
}
