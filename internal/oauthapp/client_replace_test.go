package oauthapp_test

import (
	"fmt"
	"slices"
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

// What the object that is being replaced has is not adopted as new, and nothing cancels it: bunq
// has one client per user, so there is no other one.
func TestAccClient_createBeforeDestroy(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		how   func(t *testing.T, cli *acctest.CLI) acctest.Result
		lines string
	}{
		"-replace": {func(t *testing.T, cli *acctest.CLI) acctest.Result {
			t.Helper()
			return cli.Apply(t, "-replace="+clientAddress)
		}, adopting},
		"-replace without a refresh": {func(t *testing.T, cli *acctest.CLI) acctest.Result {
			t.Helper()
			return cli.Apply(t, "-replace="+clientAddress, "-refresh=false")
		}, adopting},
		"-replace, adopting nothing": {func(t *testing.T, cli *acctest.CLI) acctest.Result {
			t.Helper()
			return cli.Apply(t, "-replace="+clientAddress)
		}, ""},
		"tainted": {func(t *testing.T, cli *acctest.CLI) acctest.Result {
			t.Helper()
			cli.Run(t, "taint", "-no-color", clientAddress)
			return cli.Apply(t)
		}, adopting},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := acctest.New(t)
			p := b.Onboard(t, "Replaced")
			cli := acctest.NewCLI(t, b)
			cli.Write(t, p.Provider()+clientConfig(unprotected+tc.lines+cbd))
			cli.MustApply(t)
			id := b.Sim.Snapshot().OAuthClients[0].ID
			mark := len(b.Sim.Journal())

			tc.how(t, cli).MustSay(t, 1, "Another object of this state is the OAuth client", fmt.Sprintf("user %d has client %d", p.UserID, id),
				"remove create_before_destroy from it and from everything that depends on it")
			if writes := b.Writes(mark); len(writes) > 0 {
				t.Errorf("written: %q", writes)
			}

			// The way that the error names.
			cli.Write(t, p.Provider()+clientConfig(unprotected+tc.lines))
			cli.MustApply(t, "-replace="+clientAddress)
			cli.MustHaveNothingToDo(t)
			if active := b.Sim.Snapshot().ActiveOAuthClients(p.UserID); len(active) != 1 || active[0] == id {
				t.Errorf("active: %v, before: %d", active, id)
			}
		})
	}
}

// Without a cache folder the apply cannot know it, and adopts. Then the object that was replaced is
// only forgotten: the client in use stays.
func TestAccClient_createBeforeDestroyWithoutACache(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	p := b.Onboard(t, "Replaced")
	cli := acctest.NewCLI(t, b)
	cli.Env = []string{"BUNQ_SESSION_CACHE=false"}
	cli.Write(t, p.Provider()+clientConfig(unprotected+adopting+cbd))
	cli.MustApply(t)
	cli.MustApply(t, "-replace="+clientAddress).MustSay(t, 0, "The OAuth client was not cancelled")
	cli.MustHaveNothingToDo(t)
	if c := b.Sim.Snapshot().OAuthClients; len(c) != 1 || c[0].Status != bunqsim.OAuthClientActive {
		t.Errorf("bunq has %d clients, the first is %s", len(c), c[0].Status)
	}
}

// A client is renamed without a moved block, and what the plan knew is lost. The new resource adopts
// the client of the old one, which then only forgets it, or makes another one once that is cancelled;
// it does not adopt a client that is being cancelled.
func TestAccClient_renamedWithAPlanOfAnotherMachine(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	p := b.Onboard(t, "Renamed")
	cli := acctest.NewCLI(t, b)
	cli.Write(t, p.Provider()+clientConfig(unprotected+adopting))
	cli.MustApply(t)
	cli.Write(t, p.Provider()+"resource \"bunq_oauth_client\" \"other\" {\n"+unprotected+adopting+"\n}\n")
	cli.Plan(t, "-out=saved").MustSay(t, 2)
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

// Two resources of the state are the client; one is destroyed. The other one's client stays.
func TestAccClient_twoThatAreOne(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	p := b.Onboard(t, "Twice")
	cli := acctest.NewCLI(t, b)
	main := p.Provider() + clientConfig(unprotected)
	other := "resource \"bunq_oauth_client\" \"other\" {\n" + unprotected + "\n}\n"
	cli.Write(t, main+other)
	client := p.OAuthClient(t)
	for _, address := range []string{clientAddress, "bunq_oauth_client.other"} {
		cli.Run(t, "import", "-no-color", address, fmt.Sprintf("%d/%d", p.UserID, client)).MustSay(t, 0, "Import successful!")
	}
	cli.MustApply(t)
	cli.Write(t, main)
	cli.MustApply(t).MustSay(t, 0, "The OAuth client was not cancelled", "0 added, 0 changed, 1 destroyed")
	cli.MustHaveNothingToDo(t)
	if n := b.Count(cancelClient); n != 0 {
		t.Errorf("cancelled %d times", n)
	}
	// Alone, it is cancelled like any other.
	cli.Write(t, p.Provider())
	cli.MustApply(t)
	if n := b.Count(cancelClient); n != 1 {
		t.Errorf("cancelled %d times", n)
	}
}

// What was forgotten is no object of the state any more: it is adopted where that is asked for.
func TestAccClient_adoptedAgainAfterItWasForgotten(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	p := b.Onboard(t, "Forgotten")
	cli := acctest.NewCLI(t, b)
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

// A client that bunq refused to make is not this machine's: one that somebody makes later is not
// adopted for it.
func TestAccClient_refusedIsNotBegun(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	p := b.Onboard(t, "Refused")
	cli := acctest.NewCLI(t, b)
	cli.Write(t, p.Provider()+clientConfig(unprotected))
	fault := b.Sim.Fail(bunqsim.Fault{Route: postClient, Kind: bunqsim.FaultStatus, Status: 400,
		Body: `{"Error":[{"error_description":"Not today.","error_description_translated":"Not today."}]}`})
	cli.Apply(t).MustSay(t, 1, "bunq_oauth_client was not made", "Not today.")
	if fault.Fired() != 1 {
		t.Fatal("bunq was not asked to make it")
	}
	p.OAuthClient(t)
	cli.Apply(t).MustSay(t, 1, "The user already has an OAuth client")
	if state := cli.State(t); len(state) > 0 {
		t.Errorf("the state has %v", state)
	}
}

// A plan that would make a client where one is says so, with the import blocks of the client and
// its callback URLs, ready to be pasted; and does so without a refresh.
func TestAccClient_planNamesTheOneThatIsThere(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	p := b.Onboard(t, "There already")
	id := p.OAuthClient(t, callback('a'), callback('b'))
	urls := b.Sim.Snapshot().CallbackURLs
	cli := acctest.NewCLI(t, b)
	config := p.Provider() + clientConfig("")
	cli.Write(t, config)
	says := []string{
		"The user already has an OAuth client", "Applying will fail and change nothing",
		fmt.Sprintf("to = bunq_oauth_client.NAME id = \"%d/%d\"", p.UserID, id),
		fmt.Sprintf("# %s import { to = bunq_oauth_callback_url.NAME id = \"%d/%d/%d\"", callback('a'), p.UserID, id, urls[0].ID),
		fmt.Sprintf("# %s import { to = bunq_oauth_callback_url.NAME id = \"%d/%d/%d\"", callback('b'), p.UserID, id, urls[1].ID),
	}
	cli.Plan(t).MustSay(t, 2, says...)
	cli.Plan(t, "-refresh=false").MustSay(t, 2, says...)
	cli.Apply(t).MustSay(t, 1, says[2:]...)

	cli.Write(t, p.Provider()+clientConfig(adopting))
	cli.Plan(t).MustSay(t, 2, "The user's OAuth client will be adopted", "To manage its callback URLs as well, import them", says[3])

	// A replacement is none of that.
	cli.MustApply(t)
	cli.Write(t, p.Provider()+clientConfig(unprotected))
	cli.MustApply(t)
	r := cli.Plan(t, "-replace="+clientAddress)
	if acctest.Says("already has an OAuth client|will be adopted").MatchString(r.Output) {
		t.Errorf("a replacement of the own client is warned of:\n%s", r.Output)
	}
}

// A plan that does not know the context asks nobody; an apply asks no more than Create does.
func TestAccClient_planThatKnowsNoContext(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	cli := acctest.NewCLI(t, b)
	cli.Write(t, acctest.Client)
	cli.Plan(t)
	if calls := b.Calls(0); len(calls) > 0 {
		t.Errorf("called %q", calls)
	}
	cli.MustApply(t)
	if n := len(slices.DeleteFunc(b.Calls(0), func(c string) bool { return c != listClients })); n != 1 {
		t.Errorf("the apply listed the clients %d times", n)
	}
}

// Where the plan does not know the context, and so not the client either, the apply stops the
// replacement of a protected one.
func TestAccClient_protectedInTheApply(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	cli := acctest.NewCLI(t, b)
	cli.Write(t, strings.Replace(acctest.Client, "deletion_protection = false", "", 1))
	cli.MustApply(t)
	cli.Apply(t, "-replace=bunq_installation.main", "-replace="+clientAddress).MustSay(t, 1, "The OAuth client is protected", "Nothing was sent")
	if n := b.Count(cancelClient); n != 0 {
		t.Errorf("cancelled %d times", n)
	}
}
