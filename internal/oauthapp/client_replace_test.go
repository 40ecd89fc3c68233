package oauthapp_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

const (
	postClient   = "POST /user/{id}/oauth-client"
	cancelClient = "PUT /user/{id}/oauth-client/{id}"
	cbd          = "\n  lifecycle {\n    create_before_destroy = true\n  }"
	adopting     = "\n  adopt_existing = true"
)

// A replacement that is made before the former object is destroyed finds the user's client there. With
// adopt_existing it takes it over, and nothing changes at bunq.
func TestAccClient_createBeforeDestroy(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{
		"-replace":                   {"-replace=" + clientAddress},
		"-replace without a refresh": {"-replace=" + clientAddress, "-refresh=false"},
		"tainted":                    {"-refresh=false"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := acctest.New(t)
			p := b.Onboard(t, "Replaced")
			cli := acctest.NewCLI(t, b, acctest.Attached)
			cli.Write(t, p.Provider()+clientConfig(unprotected+adopting+cbd))
			cli.MustApply(t)
			before, mark := cli.State(t), len(b.Sim.Journal())
			if name == "tainted" {
				cli.Run(t, "taint", "-no-color", clientAddress).MustSay(t, 0)
			}

			cli.Plan(t, append(args, "-out=saved")...).MustSay(t, 2)
			cli.MoveToNewMachine(t)
			cli.MustApply(t, "saved").MustSay(t, 0, "The OAuth client was not cancelled", "So nothing changed at bunq", "1 added, 0 changed, 1 destroyed")
			cli.MustHaveNothingToDo(t)
			if writes := b.Writes(mark); len(writes) > 0 {
				t.Errorf("written: %q", writes)
			}
			for _, attribute := range []string{"id", "client_id", "client_secret"} {
				if before.String(t, clientAddress, attribute) != cli.State(t).String(t, clientAddress, attribute) {
					t.Errorf("another %s", attribute)
				}
			}
		})
	}
}

// Without adopt_existing, such a replacement is refused, and the ways that the error names work.
func TestAccClient_createBeforeDestroyAdoptsNothing(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	p := b.Onboard(t, "Replaced")
	cli := acctest.NewCLI(t, b, acctest.Attached)
	cli.Write(t, p.Provider()+clientConfig(unprotected+cbd))
	cli.MustApply(t)
	id, mark := b.Sim.Snapshot().OAuthClients[0].ID, len(b.Sim.Journal())
	cli.Apply(t, "-replace="+clientAddress).MustSay(t, 1, "The user already has an OAuth client", fmt.Sprintf("user %d has client %d", p.UserID, id),
		"remove create_before_destroy from it and from everything that depends on it")
	if writes := b.Writes(mark); len(writes) > 0 {
		t.Errorf("written: %q", writes)
	}
	cli.MustHaveNothingToDo(t)

	cli.Write(t, p.Provider()+clientConfig(unprotected))
	cli.MustApply(t, "-replace="+clientAddress)
	cli.MustHaveNothingToDo(t)
	if active := b.Sim.Snapshot().ActiveOAuthClients(p.UserID); len(active) != 1 || active[0] == id {
		t.Errorf("active: %v, before: %d", active, id)
	}
}

// A tainted client is planned as if it were new. A plan that has read it says how to go on; without a
// refresh, the apply refuses to cancel a protected one, and takes it over where nothing is cancelled.
func TestAccClient_tainted(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	p := b.Onboard(t, "Tainted")
	cli := acctest.NewCLI(t, b, acctest.Attached)
	cli.Write(t, p.Provider()+clientConfig(""))
	cli.MustApply(t)
	mark := len(b.Sim.Journal())
	cli.Run(t, "taint", "-no-color", clientAddress).MustSay(t, 0)
	cli.Apply(t).MustSay(t, 1, twoClients, "if it is tainted, run terraform untaint bunq_oauth_client.NAME", "To destroy instead: terraform destroy -refresh=false")
	cli.Apply(t, "-refresh=false").MustSay(t, 1, "The OAuth client is protected", "Nothing was sent", "terraform untaint bunq_oauth_client.NAME")

	cli.Write(t, p.Provider()+clientConfig(adopting+cbd))
	cli.Run(t, "untaint", "-no-color", clientAddress).MustSay(t, 0)
	cli.MustApply(t)
	cli.Run(t, "taint", "-no-color", clientAddress).MustSay(t, 0)
	cli.MustApply(t, "-refresh=false").MustSay(t, 0, "The OAuth client was not cancelled")
	cli.MustHaveNothingToDo(t)
	if writes := b.Writes(mark); len(writes) > 0 {
		t.Errorf("written: %q", writes)
	}

	// The other end: destroyed all the same.
	cli.Write(t, p.Provider()+clientConfig(unprotected))
	cli.MustApply(t)
	cli.Run(t, "taint", "-no-color", clientAddress).MustSay(t, 0)
	cli.Destroy(t).MustSay(t, 1, twoClients)
	cli.Destroy(t, "-refresh=false").MustSay(t, 0, "1 destroyed")
	if active := b.Sim.Snapshot().ActiveOAuthClients(p.UserID); len(active) > 0 {
		t.Errorf("active: %v", active)
	}
}

// A client that is renamed without a moved block is an error of the plan, protected or not, and moved is
// the way.
func TestAccClient_renamed(t *testing.T) {
	t.Parallel()
	for name, protection := range map[string]string{"protected": "", "not protected": unprotected} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := acctest.New(t)
			p := b.Onboard(t, "Renamed")
			cli := acctest.NewCLI(t, b, acctest.Attached)
			cli.Write(t, p.Provider()+clientConfig(protection))
			cli.MustApply(t)
			mark := len(b.Sim.Journal())

			renamed := p.Provider() + otherClient(protection)
			cli.Write(t, renamed)
			r := cli.Apply(t)
			r.MustSay(t, 1, "if the resource was renamed or moved, add a moved block")
			// Terraform 1.11 plans the destroy of a protected one, which fails, before it reads it.
			if !strings.Contains(r.Output, twoClients) && (protection != "" || !strings.Contains(r.Output, "The OAuth client is protected")) {
				t.Errorf("said\n%s", r.Output)
			}
			cli.Write(t, renamed+"moved {\n  from = "+clientAddress+"\n  to = bunq_oauth_client.other\n}\n")
			cli.MustApply(t).MustSay(t, 0, "0 added, 0 changed, 0 destroyed")
			if writes := b.Writes(mark); len(writes) > 0 {
				t.Errorf("written: %q", writes)
			}
		})
	}
}

// Where the plan cannot see it, an unprotected client that is renamed without moved is taken over, or
// made again once the former one is cancelled; the new resource does not adopt one that is being
// cancelled.
func TestAccClient_renamedUnseen(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	p := b.Onboard(t, "Renamed")
	cli := acctest.NewCLI(t, b, acctest.Attached)
	cli.Write(t, p.Provider()+clientConfig(unprotected+adopting))
	cli.MustApply(t)
	cli.Write(t, p.Provider()+otherClient(unprotected+adopting))
	cli.Plan(t, "-refresh=false", "-out=saved").MustSay(t, 2)
	cli.MoveToNewMachine(t)
	b.Sim.Fail(bunqsim.Fault{Route: cancelClient, Kind: bunqsim.FaultSlow, Wait: time.Second})
	b.Sim.Fail(bunqsim.Fault{Route: "GET /user/{id}/oauth-client", Kind: bunqsim.FaultSlow, Wait: time.Second / 2})

	cli.MustApply(t, "saved")
	cli.MustHaveNothingToDo(t)
	active := b.Sim.Snapshot().ActiveOAuthClients(p.UserID)
	if id := cli.State(t).String(t, "bunq_oauth_client.other", "id"); len(active) != 1 || fmt.Sprint(active[0]) != id {
		t.Errorf("the state has client %s, active are %v", id, active)
	}
}

const twoClients = "Two resources declare the OAuth client of one user"

func otherClient(body string) string {
	return strings.Replace(clientConfig(body), `"main"`, `"other"`, 1)
}

// Two objects of the state are one client: a plan that keeps one of them is an error, with a refresh or
// without. The ways that the error names work.
func TestAccClient_inTheStateTwice(t *testing.T) {
	t.Parallel()
	const says = "The state has the OAuth client twice"
	removed := "removed {\n  from = bunq_oauth_client.other\n  lifecycle {\n    destroy = false\n  }\n}\n"
	for name, way := range map[string]func(t *testing.T, cli *acctest.CLI, main string){
		"removed": func(t *testing.T, cli *acctest.CLI, main string) {
			t.Helper()
			cli.Write(t, main+removed)
			cli.MustApply(t)
		},
		"state rm": func(t *testing.T, cli *acctest.CLI, main string) {
			t.Helper()
			cli.Write(t, main)
			cli.Run(t, "state", "rm", "bunq_oauth_client.other").MustSay(t, 0)
		},
		"destroy": func(t *testing.T, cli *acctest.CLI, main string) {
			t.Helper()
			cli.Write(t, main+otherClient(unprotected))
			cli.Destroy(t).MustSay(t, 1, says)
			cli.Destroy(t, "-refresh=false").MustSay(t, 0, "2 destroyed")
			cli.Write(t, main)
			cli.MustApply(t)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := acctest.New(t)
			p := b.Onboard(t, "Twice")
			cli := acctest.NewCLI(t, b, acctest.Attached)
			main := p.Provider() + clientConfig(unprotected)
			cli.Write(t, main)
			cli.MustApply(t)
			editState(t, cli, func(resource map[string]any) []any {
				other := maps.Clone(resource)
				other["name"] = "other"
				return []any{resource, other}
			})
			cli.Write(t, main+otherClient(unprotected))

			cli.Apply(t).MustSay(t, 1, says, "terraform state rm bunq_oauth_client.NAME", "To destroy instead: terraform destroy -refresh=false")
			cli.Write(t, main)
			cli.Apply(t).MustSay(t, 1, says, "with a removed block (destroy = false)")
			cli.Apply(t, "-refresh=false").MustSay(t, 1, says)
			if n := b.Count(cancelClient); n != 0 {
				t.Errorf("cancelled %d times", n)
			}

			way(t, cli, main)
			cli.MustApply(t)
			cli.MustHaveNothingToDo(t)
			if active := b.Sim.Snapshot().ActiveOAuthClients(p.UserID); len(active) != 1 {
				t.Errorf("active: %v", active)
			}
		})
	}
}

// The second object is a deposed one, which a killed apply left: Terraform shows no address for it, and
// state rm of its resource with an import is the way.
func TestAccClient_deposed(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	p := b.Onboard(t, "Deposed")
	cli := acctest.NewCLI(t, b, acctest.Attached)
	cli.Write(t, p.Provider()+clientConfig(adopting+cbd))
	cli.MustApply(t)
	editState(t, cli, withDeposed)
	id := fmt.Sprintf("%d/%d", p.UserID, b.Sim.Snapshot().OAuthClients[0].ID)

	cli.Apply(t).MustSay(t, 1, "The state has the OAuth client twice", fmt.Sprintf("%q of bunq user %d", id, p.UserID),
		"if it is a deposed object (terraform show lists it, terraform state list does not)")
	cli.Apply(t, "-refresh=false").MustSay(t, 1, "The state has the OAuth client twice")
	cli.Run(t, "state", "rm", clientAddress).MustSay(t, 0)
	cli.Write(t, p.Provider()+clientConfig(adopting+cbd)+importBlock(clientAddress, id))
	cli.MustApply(t).MustSay(t, 0, "1 imported, 0 added")
	cli.MustHaveNothingToDo(t)
	if n := b.Count(cancelClient); n != 0 {
		t.Errorf("cancelled %d times", n)
	}
}

// editState replaces the one resource of the state by what edit makes of it.
func editState(t *testing.T, cli *acctest.CLI, edit func(resource map[string]any) []any) {
	t.Helper()
	file := filepath.Join(cli.Dir, "terraform.tfstate")
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var state map[string]any
	if err := json.Unmarshal(raw, &state); err != nil {
		t.Fatal(err)
	}
	state["resources"] = edit(state["resources"].([]any)[0].(map[string]any)) //nolint:forcetypeassert // Terraform's form
	if raw, err = json.Marshal(state); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, raw, 0o600); err != nil {
		t.Fatal(err)
	}
}

// withDeposed adds a deposed copy of a resource's one instance.
func withDeposed(resource map[string]any) []any {
	instances := resource["instances"].([]any)           //nolint:forcetypeassert // Terraform's form
	deposed := maps.Clone(instances[0].(map[string]any)) //nolint:forcetypeassert // Terraform's form
	deposed["deposed"] = "0123abcd"
	resource["instances"] = append(instances, deposed)
	return []any{resource}
}

// What was forgotten is no object of the state any more: it is adopted where that is asked for.
func TestAccClient_adoptedAgainAfterItWasForgotten(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	p := b.Onboard(t, "Forgotten")
	cli := acctest.NewCLI(t, b, acctest.Attached)
	cli.Write(t, p.Provider()+clientConfig(unprotected+adopting))
	cli.MustApply(t)
	cli.MustHaveNothingToDo(t)
	cli.Run(t, "state", "rm", clientAddress)
	cli.MustApply(t)
	cli.MustHaveNothingToDo(t)
	if n := b.Count(postClient); n != 1 {
		t.Errorf("%d clients were made", n)
	}
}

// Where the plan does not know the context, and so not the client either, the apply stops the
// replacement of a protected one.
func TestAccClient_protectedInTheApply(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	cli := acctest.NewCLI(t, b, acctest.Attached)
	cli.Write(t, strings.Replace(acctest.Client, "deletion_protection = false", "", 1))
	cli.MustApply(t)
	cli.Apply(t, "-replace=bunq_installation.main", "-replace="+clientAddress).MustSay(t, 1, "The OAuth client is protected", "Nothing was sent")
	if n := b.Count(cancelClient); n != 0 {
		t.Errorf("cancelled %d times", n)
	}
}
