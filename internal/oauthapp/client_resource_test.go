package oauthapp_test

import (
	"fmt"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/plancheck"
	"github.com/hashicorp/terraform-plugin-testing/terraform"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

const (
	clientAddress   = "bunq_oauth_client.main"
	callbackAddress = "bunq_oauth_callback_url.main"
)

func clientConfig(body string) string {
	return "resource \"bunq_oauth_client\" \"main\" {\n" + body + "\n}\n"
}

const unprotected = "  deletion_protection = false"

// plans is a step's check that its plan does that with the client.
func plans(address string, action plancheck.ResourceActionType) resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectResourceAction(address, action)}}
}

func nothingToDo() resource.ConfigPlanChecks {
	return resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{plancheck.ExpectEmptyPlan()}}
}

// Every attribute is what bunq has; the client ends with the resource.
func TestAccClient_life(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	p := b.Onboard(t, "Life")
	only := func() bunqsim.OAuthClient {
		clients := b.Sim.Snapshot().OAuthClients
		if len(clients) != 1 {
			t.Fatalf("bunq has %d clients", len(clients))
		}
		return clients[0]
	}
	b.Test(t, resource.TestCase{
		Steps: []resource.TestStep{
			{
				Config: p.Provider() + clientConfig(unprotected),
				Check: func(s *terraform.State) error {
					c := only()
					return resource.ComposeAggregateTestCheckFunc(
						resource.TestCheckResourceAttr(clientAddress, "id", strconv.FormatInt(c.ID, 10)),
						resource.TestCheckResourceAttr(clientAddress, "user_id", strconv.FormatInt(p.UserID, 10)),
						resource.TestCheckResourceAttr(clientAddress, "client_id", c.ClientID),
						resource.TestCheckResourceAttr(clientAddress, "client_secret", c.Secret),
						resource.TestCheckResourceAttr(clientAddress, "status", "ACTIVE"),
						resource.TestCheckResourceAttr(clientAddress, "adopt_existing", "false"),
						resource.TestCheckResourceAttr(clientAddress, "deletion_protection", "false"),
					)(s)
				},
			},
			{Config: p.Provider() + clientConfig(unprotected), ConfigPlanChecks: nothingToDo()},
			{
				// What concerns Terraform only is stored without a call that changes anything.
				Config:           p.Provider() + clientConfig(unprotected+"\n  adopt_existing = true"),
				ConfigPlanChecks: plans(clientAddress, plancheck.ResourceActionUpdate),
				Check:            resource.TestCheckResourceAttr(clientAddress, "adopt_existing", "true"),
			},
		},
	})
	if c := only(); c.Status == bunqsim.OAuthClientActive {
		t.Errorf("after destroy the client is %s", c.Status)
	}
	want := []string{"POST /user/{id}/oauth-client", "PUT /user/{id}/oauth-client/{id}"}
	if diff := cmp.Diff(want, b.Writes(3)); diff != "" { // 3: the party's own
		t.Errorf("writes of the whole life (-want +got):\n%s", diff)
	}
}

// The plan of a context that is only known after an apply waits for it.
func TestAccClient_contextUnknownAtPlan(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	b.Test(t, resource.TestCase{
		Steps: []resource.TestStep{{
			Config: b.Provider("") + acctest.CallbackURL,
			ConfigPlanChecks: resource.ConfigPlanChecks{PreApply: []plancheck.PlanCheck{
				plancheck.ExpectUnknownValue("bunq_oauth_callback_url.main", tfjsonpath.New("oauth_client_id")),
				plancheck.ExpectUnknownValue("bunq_oauth_callback_url.main", tfjsonpath.New("api_context").AtMapKey("api_key")),
				plancheck.ExpectUnknownValue(clientAddress, tfjsonpath.New("api_context").AtMapKey("api_key")),
				plancheck.ExpectUnknownValue(clientAddress, tfjsonpath.New("client_id")),
			}},
		}},
	})
}

// Cancelled elsewhere: the plan says what it means and makes another, also where the client is
// protected, because nothing is left to protect.
func TestAccClient_cancelledElsewhere(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		settings bunqsim.Settings
		status   string
		config   string
	}{
		"cancelled":               {bunqsim.Settings{}, "CANCELLED", unprotected},
		"cancelled and protected": {bunqsim.Settings{}, "CANCELLED", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := acctest.New(t, acctest.WithSim(func(c *bunqsim.Config) { c.Settings = tc.settings }))
			p := b.Onboard(t, "Cancelled")
			cli := acctest.NewCLI(t, b, acctest.Attached)
			cli.Write(t, p.Provider()+clientConfig(tc.config))
			cli.MustApply(t)
			first := b.Sim.Snapshot().OAuthClients[0]
			if err := b.Sim.CancelOAuthClient(first.ID); err != nil {
				t.Fatal(err)
			}
			r := cli.Plan(t)
			r.MustSay(t, 2, fmt.Sprintf("bunq lists OAuth client %d as %s", first.ID, tc.status), "every end user must connect again",
				"1 to add, 0 to change, 1 to destroy")
			cli.MustApply(t)
			cli.MustHaveNothingToDo(t)
			state := cli.State(t)
			now := b.Sim.Snapshot().ActiveOAuthClients(p.UserID)
			if len(now) != 1 || state.String(t, clientAddress, "id") != strconv.FormatInt(now[0], 10) {
				t.Errorf("active at bunq: %v; in the state: %s", now, state.String(t, clientAddress, "id"))
			}
			if state.String(t, clientAddress, "client_id") == first.ClientID {
				t.Error("client_id is still the cancelled one's")
			}
			if n := b.Count("PUT /user/{id}/oauth-client/{id}"); n != 0 {
				t.Errorf("a cancelled client was cancelled %d times more", n)
			}
		})
	}
}

// While bunq has the client as CANCELLED_PENDING it still takes the user's one place: what bunq
// says is passed on, the state stays, and it works once the client is CANCELLED.
func TestAccClient_cancelPending(t *testing.T) {
	t.Parallel()
	clock := bunqsim.NewFakeClock(time.Now())
	b := acctest.New(t, acctest.WithSim(func(c *bunqsim.Config) {
		c.Clock = clock
		c.Settings.CancelPending = 24 * time.Hour
	}))
	p := b.Onboard(t, "Pending")
	cli := acctest.NewCLI(t, b, acctest.Attached)
	cli.Write(t, p.Provider()+clientConfig(unprotected))
	cli.MustApply(t)
	id := b.Sim.Snapshot().OAuthClients[0].ID
	if err := b.Sim.CancelOAuthClient(id); err != nil {
		t.Fatal(err)
	}
	cli.Plan(t).MustSay(t, 2, fmt.Sprintf("bunq lists OAuth client %d as CANCELLED_PENDING", id))
	cli.Apply(t).MustSay(t, 1, "bunq_oauth_client was not made", "POST /user/{id}/oauth-client: bunq answered 400", "Response id: ", "CANCELLED_PENDING")
	clock.Advance(2 * 24 * time.Hour)
	cli.MustApply(t)
	cli.MustHaveNothingToDo(t)
	if now := b.Sim.Snapshot().ActiveOAuthClients(p.UserID); len(now) != 1 || now[0] == id {
		t.Errorf("active at bunq: %v", now)
	}
}

// Gone at bunq (its own 404): the client leaves the state and is made again.
func TestAccClient_goneElsewhere(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	p := b.Onboard(t, "Gone")
	config := p.Provider() + clientConfig("  adopt_existing = true\n")
	var first int64
	b.Test(t, resource.TestCase{
		Steps: []resource.TestStep{
			{Config: p.Provider() + clientConfig("")},
			// The plan of an update leaves its marks in the private state.
			{Config: config, Check: func(*terraform.State) error {
				first = b.Sim.Snapshot().OAuthClients[0].ID
				return b.Sim.DeleteOAuthClient(first)
			}, ExpectNonEmptyPlan: true},
			{Config: config, ConfigPlanChecks: plans(clientAddress, plancheck.ResourceActionCreate)},
			{Config: p.Provider() + clientConfig(unprotected)},
		},
	})
	if n := len(b.Sim.Snapshot().OAuthClients); n != 1 {
		t.Errorf("bunq has %d clients beside the one that is gone", n)
	}
}

// Not gone: what is no answer of bunq's own leaves the state as it is.
func TestAccClient_notGone(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]bunqsim.Fault{
		"a proxy's page with 404": {Kind: bunqsim.FaultStatus, Status: 404},
		"a bad gateway":           {Kind: bunqsim.FaultStatus, Status: 502},
		"no route":                {Kind: bunqsim.FaultStatus, Status: 404, Body: `{"Error":[{"error_description":"Route not found.","error_description_translated":"Route not found."}]}`},
		"a wrong signature":       {Kind: bunqsim.FaultWrongSignature},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := acctest.New(t)
			p := b.Onboard(t, "Not gone")
			f.Route, f.Every = getClient, true
			config := b.Provider("  max_wait = \"1s\"\n  api_context = "+p.APIContext()) + clientConfig(unprotected)
			var fault *bunqsim.Armed
			b.Test(t, resource.TestCase{
				Steps: []resource.TestStep{
					{Config: config},
					{
						PreConfig:   func() { fault = b.Sim.Fail(f) },
						Config:      config,
						ExpectError: regexp.MustCompile(`(?s)bunq_oauth_client cannot be read.*the client stays in the state as it was`),
					},
					{PreConfig: func() { fault.Disarm() }, Config: config, ConfigPlanChecks: nothingToDo()},
				},
			})
		})
	}
}
