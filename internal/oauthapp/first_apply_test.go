package oauthapp_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
)

// onboarding is the journal of a first apply up to the client: the device is read for its address, and the
// client is looked up before it is made.
var onboarding = []string{
	"POST /installation",
	"POST /payment-service-provider-credential",
	"POST /device-server",
	"POST /session-server",
	"GET /device-server/{id}",
	"GET /user/{id}/oauth-client",
	"POST /user/{id}/oauth-client",
	"GET /user/{id}/oauth-client/{id}",
}

const (
	postCallback   = "POST /user/{id}/oauth-client/{id}/callback-url"
	putCallback    = "PUT /user/{id}/oauth-client/{id}/callback-url/{id}"
	deleteCallback = "DELETE /user/{id}/oauth-client/{id}/callback-url/{id}"
	getClient      = "GET /user/{id}/oauth-client/{id}"
	listClients    = "GET /user/{id}/oauth-client"
	openSession    = "POST /session-server"
)

// The journals of a life: nothing before anything exists, each call of the chain once, and reads
// alone from then on; with the session of the run before, or, without the cache, with one of its
// own.
func TestAccFirstApply_makesEachCallOnce(t *testing.T) {
	t.Parallel()
	credential, device, ips := "GET /user/{id}/credential-password-ip/{id}", "GET /device-server/{id}", "GET /user/{id}/credential-password-ip/{id}/ip"
	for name, tc := range map[string]struct {
		write func(*acctest.CLI)
		env   []string
		apply []string // after onboarding
		plan  []string // sorted
	}{
		"one callback URL": {
			write: func(c *acctest.CLI) { c.Write(t, acctest.CallbackURL) },
			apply: []string{postCallback},
			plan:  []string{device, credential, getClient},
		},
		"the shape of examples/complete": {
			write: func(c *acctest.CLI) { copyExample(t, "complete", c.Dir) },
			apply: []string{postCallback, postCallback},
			plan:  []string{device, credential, getClient},
		},
		"with permitted addresses": {
			write: func(c *acctest.CLI) { copyExample(t, "complete", c.Dir) },
			env:   []string{`TF_VAR_permitted_ips=["127.0.0.1"]`},
			apply: []string{postCallback, postCallback},
			plan:  []string{device, credential, ips, getClient},
		},
		"without the session cache": {
			write: func(c *acctest.CLI) { c.Write(t, acctest.CallbackURL) },
			env:   []string{"BUNQ_SESSION_CACHE=false"},
			apply: []string{postCallback},
			plan:  []string{device, credential, getClient, openSession},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := acctest.New(t)
			cli := acctest.NewCLI(t, b, acctest.Attached)
			cli.Env = tc.env
			tc.write(cli)

			if r := cli.Plan(t); r.Code != 2 {
				t.Fatalf("plan: exit code %d\n%s", r.Code, r.Output)
			}
			if calls := b.Calls(0); len(calls) > 0 {
				t.Errorf("a plan before anything exists called %q", calls)
			}
			cli.MustApply(t)
			want := append(slices.Clone(onboarding), tc.apply...)
			if slices.Contains(tc.plan, ips) {
				want = slices.Insert(want, slices.Index(want, device)+1, ips)
			}
			if diff := cmp.Diff(want, b.Calls(0)); diff != "" {
				t.Errorf("first apply (-want +got):\n%s", diff)
			}
			b.Sim.ResetJournal()
			cli.MustHaveNothingToDo(t)
			got := b.Calls(0)
			slices.Sort(got)
			if diff := cmp.Diff(tc.plan, got); diff != "" {
				t.Errorf("the plan after it (-want +got):\n%s", diff)
			}
		})
	}
}

func copyExample(t *testing.T, name, dir string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", "examples", name, "*.tf"))
	if err != nil || len(files) == 0 {
		t.Fatalf("example %s: %v, %v", name, files, err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, filepath.Base(f)), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
