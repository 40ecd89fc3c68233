package onboarding_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
)

// everything is the whole chain with permitted addresses and n callback URLs.
func everything(n int) string {
	return deviceWith(named, list("127.0.0.1")) + fmt.Sprintf(`
resource "bunq_oauth_client" "main" {
  api_context         = bunq_device_server.main.api_context
  deletion_protection = false
}

resource "bunq_oauth_callback_url" "main" {
  count           = %d
  api_context     = bunq_device_server.main.api_context
  oauth_client_id = bunq_oauth_client.main.id
  url             = "https://app.example.com/callback/${count.index}"
}
`, n)
}

// How many calls a plan makes does not depend on the number of callback URLs: none before anything
// exists; four GETs with nothing to do, and one session where none is kept.
func TestAccPlan_calls(t *testing.T) {
	t.Parallel()
	reads := []string{
		"GET /device-server/{id}", "GET /user/{id}/credential-password-ip/{id}", "GET /user/{id}/credential-password-ip/{id}/ip", "GET /user/{id}/oauth-client/{id}",
	}
	session := "POST /session-server"
	for _, n := range []int{1, 20} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			b := acctest.New(t)
			c := acctest.NewCLI(t, b, acctest.Attached)
			plan := func(code int, want ...string) {
				t.Helper()
				b.Sim.ResetJournal()
				if got := c.Plan(t); got.Code != code {
					t.Fatalf("status %d\n%s", got.Code, got.Output)
				}
				if diff := cmp.Diff(want, b.Calls(0), cmpopts.SortSlices(func(a, b string) bool { return a < b }), cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("calls (-want +got):\n%s", diff)
				}
			}
			c.Write(t, everything(n))
			plan(2)
			c.MustApply(t)
			plan(0, reads...)
			c.Env = []string{"BUNQ_SESSION_CACHE=false"}
			plan(0, append(reads, session)...)
			c.Env = nil
			if err := b.Sim.ExpireSessions(); err != nil {
				t.Fatal(err)
			}
			// The kept session is dead: who notices first asks again with a new one.
			b.Sim.ResetJournal()
			c.MustHaveNothingToDo(t)
			if sessions := b.Count(session); sessions != 1 {
				t.Errorf("%d sessions", sessions)
			}
		})
	}
}

// What an apply calls to make a device: its address is always read, and with a list the addresses
// and one call for each beside the own one.
func TestAccDeviceServer_calls(t *testing.T) {
	t.Parallel()
	made := []string{"POST /installation", "POST /payment-service-provider-credential", createDevice, openSession, readDevice}
	for name, tc := range map[string]struct {
		lines string
		want  []string
	}{
		"without a list":   {"", made},
		"the own address":  {list("127.0.0.1"), slices.Concat(made, []string{"GET /user/{id}/credential-password-ip/{id}/ip"})},
		"another address":  {list(next), slices.Concat(made, []string{"GET /user/{id}/credential-password-ip/{id}/ip", addAddress})},
		"two other ones":   {list(next, also), slices.Concat(made, []string{"GET /user/{id}/credential-password-ip/{id}/ip", addAddress, addAddress})},
		"every address":    {list("127.0.0.1", "*"), slices.Concat(made, []string{"GET /user/{id}/credential-password-ip/{id}/ip"})},
		"every and others": {list("127.0.0.1", next, "*"), slices.Concat(made, []string{"GET /user/{id}/credential-password-ip/{id}/ip"})},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := acctest.New(t)
			c := acctest.NewCLI(t, b, acctest.Attached)
			c.Write(t, deviceWith(named, tc.lines))
			c.MustApply(t)
			if diff := cmp.Diff(tc.want, b.Calls(0)); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
		})
	}
}
