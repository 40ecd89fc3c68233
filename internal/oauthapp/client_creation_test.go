package oauthapp_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// A client that bunq did not make is nobody's, whether it refused or its answer was lost: one that
// somebody makes later is not adopted for it.
func TestAccClient_notMade(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]bunqsim.Fault{
		"refused": {Kind: bunqsim.FaultStatus, Status: 400,
			Body: `{"Error":[{"error_description":"Not today.","error_description_translated":"Not today."}]}`},
		"lost": {Kind: bunqsim.FaultDrop, Stage: bunqsim.BeforeCommit},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := acctest.New(t)
			p := b.Onboard(t, "Not made")
			cli := acctest.NewCLI(t, b, acctest.Attached)
			cli.Write(t, p.Provider()+clientConfig(unprotected))
			f.Route = postClient
			fault := b.Sim.Fail(f)
			cli.Apply(t).MustSay(t, 1, "bunq_oauth_client was not made", "nothing was stored")
			if fault.Fired() != 1 {
				t.Fatal("bunq was not asked to make it")
			}
			p.OAuthClient(t)
			cli.Apply(t).MustSay(t, 1, "The user already has an OAuth client")
			if state := cli.State(t); len(state) > 0 {
				t.Errorf("the state has %v", state)
			}
		})
	}
}

// bunq made the client, and its answer was lost: it is looked up in the same run. Where that is not
// possible either, the next apply names it, and the import block that it prints works.
func TestAccClient_lostAnswer(t *testing.T) {
	t.Parallel()
	t.Run("looked up", func(t *testing.T) {
		t.Parallel()
		b := acctest.New(t)
		p := b.Onboard(t, "Lost")
		cli := acctest.NewCLI(t, b, acctest.Attached)
		cli.Write(t, p.Provider()+clientConfig(unprotected))
		b.Sim.Fail(bunqsim.Fault{Route: postClient, Kind: bunqsim.FaultDrop, Stage: bunqsim.AfterCommit})
		cli.MustApply(t)
		cli.MustHaveNothingToDo(t)
		if n := b.Count(postClient); n != 1 {
			t.Errorf("sent %d times", n)
		}
	})
	t.Run("nor that", func(t *testing.T) {
		t.Parallel()
		b := acctest.New(t)
		p := b.Onboard(t, "Lost")
		cli := acctest.NewCLI(t, b, acctest.Attached)
		cli.Env = []string{"BUNQ_MAX_WAIT=3s"}
		config := p.Provider() + clientConfig("")
		cli.Write(t, config)
		b.Sim.Fail(bunqsim.Fault{Route: postClient, Kind: bunqsim.FaultDrop, Stage: bunqsim.AfterCommit, Hook: func(bunqsim.Entry) {
			b.Sim.Fail(bunqsim.Fault{Route: listClients, Kind: bunqsim.FaultStatus, Status: 502, Every: true})
		}})
		cli.Apply(t).MustSay(t, 1, "bunq_oauth_client was not made", "bunq may have made the client; this could not be checked", "import it")
		b.Sim.ClearFaults()
		cli.Env = nil

		r := cli.Apply(t)
		r.MustSay(t, 1, "The user already has an OAuth client", "It may be one that an interrupted apply made")
		cli.Write(t, config+pasted(t, r.Output))
		cli.MustApply(t).MustSay(t, 0, "1 imported, 0 added, 0 changed, 0 destroyed")
		if n := b.Count(postClient); n != 1 {
			t.Errorf("sent %d times", n)
		}
	})
}

// The provider is killed while bunq makes the client. The next apply names it, and goes on with the
// import blocks or with adopt_existing.
func TestAccClient_killed(t *testing.T) {
	t.Parallel()
	for _, way := range []string{"import", "adopt_existing"} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			b := acctest.New(t)
			p := b.Onboard(t, "Killed")
			cli := acctest.NewCLI(t, b)
			config := p.Provider() + clientConfig("")
			cli.Write(t, config)
			b.Sim.Fail(bunqsim.Fault{Route: postClient, Kind: bunqsim.FaultDrop, Stage: bunqsim.AfterCommit, Hook: func(bunqsim.Entry) {
				if err := cli.KillProviders(); err != nil {
					t.Error(err)
				}
			}})
			cli.Apply(t).MustSay(t, 1)

			r := cli.Plan(t)
			r.MustSay(t, 2, "bunq_oauth_client will not be made", "So an apply makes neither this client nor what needs it")
			cli.Apply(t).MustSay(t, 1, "The user already has an OAuth client")
			if way == "import" {
				cli.Write(t, config+pasted(t, r.Output))
			} else {
				cli.Write(t, p.Provider()+clientConfig(adopting))
			}
			cli.MustApply(t)
			cli.MustHaveNothingToDo(t)
			if n := b.Count(postClient); n != 1 {
				t.Errorf("made %d times", n)
			}
		})
	}
}

// A client that was made and could not be read is not taken for an import: if its key dies, a plain
// apply with another one goes on.
func TestAccClient_madeAndNotRead(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	p := b.Onboard(t, "Not read")
	cli := acctest.NewCLI(t, b, acctest.Attached)
	cli.Write(t, b.Provider("  max_wait = \"2s\"")+clientConfig(inContext(p)))
	b.Sim.Fail(bunqsim.Fault{Route: getClient, Kind: bunqsim.FaultStatus, Status: 502, Every: true})
	cli.MustApply(t).MustSay(t, 0, "made, but client_id and client_secret could not be read yet")
	b.Sim.ClearFaults()

	again := *p
	again.Register(t, "a second key")
	revoke(t, b, p.CredentialID)
	cli.Write(t, b.Provider("")+clientConfig(inContext(&again)))
	cli.MustApply(t).MustSay(t, 0, "bunq refuses an API context of the state", "0 added, 1 changed, 0 destroyed")
	cli.MustHaveNothingToDo(t)
	cli.MustApply(t)
	if got, want := cli.State(t).String(t, clientAddress, "client_secret"), b.Sim.Snapshot().OAuthClients[0].Secret; got != want {
		t.Error("another secret")
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
	cli := acctest.NewCLI(t, b, acctest.Attached)
	config := p.Provider() + clientConfig("")
	cli.Write(t, config)
	says := []string{
		"bunq_oauth_client will not be made", "So an apply makes neither this client nor what needs it",
		fmt.Sprintf("to = bunq_oauth_client.NAME id = \"%d/%d\"", p.UserID, id),
		fmt.Sprintf("# %s import { to = bunq_oauth_callback_url.NAME id = \"%d/%d/%d\"", callback('a'), p.UserID, id, urls[0].ID),
		fmt.Sprintf("# %s import { to = bunq_oauth_callback_url.NAME id = \"%d/%d/%d\"", callback('b'), p.UserID, id, urls[1].ID),
	}
	cli.Plan(t).MustSay(t, 2, says...)
	cli.Plan(t, "-refresh=false").MustSay(t, 2, says...)

	// An apply says once what to do about it, and the error is short.
	cli.Plan(t, "-out=saved").MustSay(t, 2)
	says = append(says, fmt.Sprintf("User %d has client %d. State: nothing was stored, and nothing was made or changed at bunq. Next step: if it was renamed, add a moved "+
		"block. Otherwise import it, or set "+
		"adopt_existing = true. The warning \"bunq_oauth_client will not be made\" says more. import {", p.UserID, id))
	for _, args := range [][]string{{"saved"}, nil} {
		r := cli.Apply(t, args...)
		r.MustSay(t, 1, says...)
		for text, want := range map[string]int{
			"Warning: bunq_oauth_client will not be made": 1, "Error: The user already has an OAuth client": 1, "The user already has an OAuth client": 1,
			"to = bunq_oauth_client.NAME": 2, "to = bunq_oauth_callback_url.NAME": 2, "# " + callback('a'): 1, "bunq allows one active OAuth client per user": 1, "So an apply makes": 1,
		} {
			if got := strings.Count(r.Output, text); got != want {
				t.Errorf("%q is said %d times, want %d\n%s", text, got, want, r.Output)
			}
		}
	}

	cli.Write(t, p.Provider()+clientConfig(adopting))
	cli.Plan(t).MustSay(t, 2, "The user's OAuth client will be adopted", "A bunq_oauth_callback_url that declares one of its URLs adopts that, too", says[3])

	// A replacement is none of that.
	cli.MustApply(t)
	cli.Write(t, p.Provider()+clientConfig(unprotected))
	cli.MustApply(t)
	r := cli.Plan(t, "-replace="+clientAddress)
	if regexp.MustCompile("will not be made|will be adopted").MatchString(r.Output) {
		t.Errorf("a replacement of the own client is warned of:\n%s", r.Output)
	}
}

// A plan that does not know the context asks nobody; an apply asks no more than Create does.
func TestAccClient_planThatKnowsNoContext(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	cli := acctest.NewCLI(t, b, acctest.Attached)
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
