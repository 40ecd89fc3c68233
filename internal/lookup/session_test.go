package lookup_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-testing/echoprovider"
	"github.com/hashicorp/terraform-plugin-testing/helper/resource"
	"github.com/hashicorp/terraform-plugin-testing/knownvalue"
	"github.com/hashicorp/terraform-plugin-testing/statecheck"
	"github.com/hashicorp/terraform-plugin-testing/tfjsonpath"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
)

// echoed is a provider block that is given the ephemeral session, and a resource
// that shows what it was given.
const echoed = `
provider "echo" {
  data = ephemeral.bunq_session.main
}

resource "echo" "it" {}
`

// What another provider gets is the session of the run: opened once for plan,
// apply and the plan after it, and at bunq as long as it lives.
func TestAccSession_values(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	p := b.Onboard(t, "Session")
	var token string
	data := func(member string, want knownvalue.Check) statecheck.StateCheck {
		return statecheck.ExpectKnownValue("echo.it", tfjsonpath.New("data").AtMapKey(member), want)
	}
	b.Test(t, resource.TestCase{
		ProtoV6ProviderFactories: map[string]func() (tfprotov6.ProviderServer, error){"echo": echoprovider.NewProviderServer()},
		Steps: []resource.TestStep{{
			Config: p.Provider() + "ephemeral \"bunq_session\" \"main\" {}\n" + echoed,
			ConfigStateChecks: []statecheck.StateCheck{
				data("token", knownvalue.StringFunc(func(v string) error {
					token = v
					return nil
				})),
				data("user_id", knownvalue.StringExact(fmt.Sprint(p.UserID))),
				data("environment", knownvalue.StringExact("sandbox")),
				data("base_url", knownvalue.StringExact(b.URL)),
				data("expires_at", knownvalue.StringFunc(func(v string) error {
					end, err := time.Parse(time.RFC3339, v)
					if left := time.Until(end); err == nil && (left < 89*time.Hour || left > 91*time.Hour) {
						err = fmt.Errorf("it ends in %s", left)
					}
					return err
				})),
			},
		}},
	})
	sessions := b.Sim.Snapshot().Sessions
	if len(sessions) != 1 || sessions[0].Token != token || b.Count("DELETE /session/{id}") != 0 {
		t.Errorf("%d sessions; the token handed out is that of the one: %v", len(sessions), sessions[0].Token == token)
	}
}

// everything is an onboarding with an open session, whose values another provider
// block is made of, and data sources beside it.
const everything = acctest.CallbackURL + `
ephemeral "bunq_session" "main" {
  api_context = bunq_device_server.main.api_context
}

provider "bunq" {
  alias       = "told"
  environment = ephemeral.bunq_session.main.environment
  base_url    = ephemeral.bunq_session.main.base_url
}

data "bunq_user" "me" {
  provider    = bunq.told
  api_context = bunq_device_server.main.api_context
}

data "bunq_oauth_client" "mine" {
  api_context = bunq_device_server.main.api_context
  id          = bunq_oauth_client.main.id
  depends_on  = [bunq_oauth_callback_url.main]
}
`

// From nothing, with everything beside it: the plan sends nothing, since the
// session waits for the context; from then on one session serves all, and neither
// plan nor state has its token.
func TestAccSession_oneForAll(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	cli := acctest.NewCLI(t, b, acctest.Attached)
	cli.Write(t, everything)
	cli.Plan(t, "-out=first").MustSay(t, 2)
	if calls := b.Calls(0); len(calls) > 0 {
		t.Errorf("the first plan called %v", calls)
	}
	cli.Run(t, "apply", "-no-color", "first").MustSay(t, 0)
	cli.MustHaveNothingToDo(t)
	shown := cli.Plan(t, "-out=second")
	shown.MustSay(t, 0)
	cli.MustApply(t)
	if n := b.Count(openSession); n != 1 {
		t.Errorf("%d sessions were opened for four commands:\n%s", n, strings.Join(b.Calls(0), "\n"))
	}
	token := b.Sim.Snapshot().Sessions[0].Token
	for _, text := range []string{shown.Output, cli.Run(t, "show", "-json", "second").Output, cli.Run(t, "state", "pull").Output} {
		if text == "" || strings.Contains(text, token) {
			t.Errorf("the token is in plan or state, or there is none to look at:\n%s", text)
		}
	}
}

// A session that died after the run before is not handed out: bunq is asked first.
func TestAccSession_deadSince(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	p := b.Onboard(t, "Dead since")
	cli := acctest.NewCLI(t, b, acctest.Attached)
	cli.Write(t, p.Provider()+"ephemeral \"bunq_session\" \"main\" {}\n")
	b.Sim.ResetJournal()
	cli.MustApply(t)
	if err := b.Sim.ExpireSessions(); err != nil {
		t.Fatal(err)
	}
	mark := len(b.Sim.Journal())
	cli.MustApply(t)
	calls := b.Calls(mark)
	if len(calls) < 3 || calls[0] != getUser || calls[1] != openSession || calls[2] != getUser || b.Count(openSession) != 2 {
		t.Errorf("called %v", calls)
	}
}

// What is wrong with the context is said at plan.
func TestAccSession_badInput(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	p := b.Onboard(t, "Bad session")
	cli := acctest.NewCLI(t, b, acctest.Attached)
	cli.Write(t, b.Provider("")+"ephemeral \"bunq_session\" \"main\" {}\n")
	cli.Plan(t).MustSay(t, 1, "No API context")
	cli.Write(t, acctest.Device+"provider \"bunq\" {\n  alias = \"late\"\n  api_context = bunq_device_server.main.api_context\n}\n"+
		"ephemeral \"bunq_session\" \"main\" {\n  provider = bunq.late\n}\n")
	cli.Plan(t).MustSay(t, 1, "API context not known yet", "ephemeral.bunq_session is read now", "on ephemeral.bunq_session itself")
	if err := b.Sim.RevokeCredential(p.CredentialID); err != nil {
		t.Fatal(err)
	}
	cli.Write(t, p.Provider()+"ephemeral \"bunq_session\" \"main\" {}\n")
	cli.Plan(t).MustSay(t, 1, "ephemeral.bunq_session cannot be opened", "User credentials are incorrect", "State: nothing was stored")
}
