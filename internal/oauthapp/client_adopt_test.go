package oauthapp_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// The user has a client already: the error names it, nothing is made, and the import block that it
// prints works as pasted.
func TestAccClient_thereAlready(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	p := b.Onboard(t, "There already")
	id := p.OAuthClient(t, callback('a'), callback('b'))
	client := b.Sim.Snapshot().OAuthClients[0]
	cli := acctest.NewCLI(t, b, acctest.Attached)
	config := p.Provider() + clientConfig("")
	cli.Write(t, config)

	r := cli.Apply(t)
	r.MustSay(t, 1, "The user already has an OAuth client", fmt.Sprintf("user %d has client %d (client_id %s)", p.UserID, id, client.ClientID),
		callback('a'), callback('b'), "nothing was stored, and nothing was made or changed at bunq", "adopt_existing = true")
	if writes := b.Writes(3); len(writes) > 0 {
		t.Errorf("written: %q", writes)
	}
	if strings.Contains(r.Output, client.Secret) {
		t.Error("the error shows the client's secret")
	}

	cli.Write(t, config+pasted(t, r.Output))
	cli.MustApply(t).MustSay(t, 0, "1 imported, 0 added, 0 changed, 0 destroyed")
	cli.MustHaveNothingToDo(t)
	if got := cli.State(t).String(t, clientAddress, "client_secret"); got != client.Secret {
		t.Error("the imported client has another secret")
	}
	if writes := b.Writes(3); len(writes) > 0 {
		t.Errorf("written: %q", writes)
	}
}

// pasted is the import block out of what the CLI printed, with the resource's own name in place of
// NAME.
func pasted(t *testing.T, output string) string {
	t.Helper()
	_, rest, ok := strings.Cut(output, "import {")
	body, _, ended := strings.Cut(rest, "}")
	if !ok || !ended {
		t.Fatalf("no import block in\n%s", output)
	}
	return "import {" + strings.ReplaceAll(body, "NAME", "main") + "}\n"
}

func TestAccClient_adopts(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	p := b.Onboard(t, "Adopted")
	id := p.OAuthClient(t, callback('a'))
	cli := acctest.NewCLI(t, b, acctest.Attached)
	cli.Write(t, p.Provider()+clientConfig("  adopt_existing = true"))
	b.Sim.ResetJournal()
	cli.MustApply(t)
	// The list has all that is to be known: one call for the plan, one for the apply.
	if diff := cmp.Diff([]string{openSession, listClients, listClients}, b.Calls(0)); diff != "" {
		t.Errorf("adopting called (-want +got):\n%s", diff)
	}
	cli.MustHaveNothingToDo(t)
	state, client := cli.State(t), b.Sim.Snapshot().OAuthClients[0]
	for attribute, want := range map[string]string{
		"id": strconv.FormatInt(id, 10), "user_id": strconv.FormatInt(p.UserID, 10), "client_id": client.ClientID, "client_secret": client.Secret, "status": "ACTIVE",
	} {
		if got := state.String(t, clientAddress, attribute); got != want {
			t.Errorf("%s is %q, want %q", attribute, got, want)
		}
	}
	// What was adopted is protected like any other.
	cli.Destroy(t).MustSay(t, 1, "The OAuth client is protected")
}

// There is none to adopt, and one that is cancelled is none: another is made.
func TestAccClient_nothingToAdopt(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	p := b.Onboard(t, "None")
	cancelled := p.OAuthClient(t)
	if err := b.Sim.CancelOAuthClient(cancelled); err != nil {
		t.Fatal(err)
	}
	cli := acctest.NewCLI(t, b, acctest.Attached)
	cli.Write(t, p.Provider()+clientConfig("  adopt_existing = true"))
	cli.MustApply(t)
	cli.MustHaveNothingToDo(t)
	if active := b.Sim.Snapshot().ActiveOAuthClients(p.UserID); len(active) != 1 || active[0] == cancelled {
		t.Errorf("active: %v", active)
	}
}

// Protection: a plan that destroys or replaces fails before anything is done, and the way that the
// error names works.
func TestAccClient_protection(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	p := b.Onboard(t, "Protected")
	cli := acctest.NewCLI(t, b, acctest.Attached)
	cli.Write(t, p.Provider()+clientConfig(""))
	cli.MustApply(t)
	id := b.Sim.Snapshot().OAuthClients[0].ID
	names := fmt.Sprintf("This would cancel OAuth client %d of bunq user %d", id, p.UserID)

	cli.Plan(t, "-destroy").MustSay(t, 1, "The OAuth client is protected", names, "removed block (destroy = false)", "deletion_protection = false")
	cli.Destroy(t).MustSay(t, 1, names)

	cli.Write(t, p.Provider())
	cli.Plan(t).MustSay(t, 1, names)
	// OpenTofu plans no destroy there, so there is nothing to protect.
	if r := cli.Plan(t, "-refresh-only"); cli.IsTofu {
		r.MustSay(t, 0)
	} else {
		r.MustSay(t, 1, names, "add a moved block", "removed block (destroy = false)")
	}

	cli.Write(t, p.Provider()+clientConfig(""))
	cli.Plan(t, "-replace="+clientAddress).MustSay(t, 1, "The OAuth client is protected", "apply without -replace")
	cli.Apply(t, "-refresh=false", "-replace="+clientAddress).MustSay(t, 1, "The OAuth client is protected", "Nothing was sent")
	cli.MustHaveNothingToDo(t)

	// Lifting it in the plan that destroys is not enough: it must have been applied.
	cli.Write(t, p.Provider()+clientConfig(unprotected))
	cli.Destroy(t).MustSay(t, 1, "The OAuth client is protected")
	if c := b.Sim.Snapshot().OAuthClients[0]; c.Status != bunqsim.OAuthClientActive {
		t.Fatalf("the client is %s", c.Status)
	}
	cli.MustApply(t)
	if r := cli.Destroy(t); r.Code != 0 {
		t.Fatalf("destroy: exit code %d\n%s", r.Code, r.Output)
	}
	if c := b.Sim.Snapshot().OAuthClients[0]; c.Status != bunqsim.OAuthClientCancelled {
		t.Errorf("after destroy the client is %s", c.Status)
	}
	if n := b.Count("PUT /user/{id}/oauth-client/{id}"); n != 1 {
		t.Errorf("cancelled %d times", n)
	}
}

// To forget a protected client and keep it at bunq is Terraform's own way.
func TestAccClient_isForgotten(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	p := b.Onboard(t, "Forgotten")
	cli := acctest.NewCLI(t, b, acctest.Attached)
	cli.Write(t, p.Provider()+clientConfig(""))
	cli.MustApply(t)
	cli.MustHaveNothingToDo(t)
	cli.Write(t, p.Provider()+"removed {\n  from = "+clientAddress+"\n  lifecycle {\n    destroy = false\n  }\n}\n")
	cli.MustApply(t)
	if c := b.Sim.Snapshot().OAuthClients[0]; c.Status != bunqsim.OAuthClientActive {
		t.Errorf("the client is %s", c.Status)
	}
	// That this state had it once is no reason to adopt it unasked.
	cli.Write(t, p.Provider()+clientConfig(""))
	cli.Apply(t).MustSay(t, 1, "The user already has an OAuth client")
}
