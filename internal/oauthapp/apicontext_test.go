package oauthapp_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// both is a client and a callback URL with the same lines in them.
func both(line string) string {
	return clientConfig(unprotected+"\n"+line) + strings.Replace(callbackConfig("CLIENT", callback('a'), line), `"CLIENT"`, clientAddress+".id", 1)
}

func callbackConfig(client, url, line string) string {
	return fmt.Sprintf("resource \"bunq_oauth_callback_url\" \"main\" {\n  oauth_client_id = %q\n  url = %q\n%s\n}\n", client, url, line)
}

func inContext(p *acctest.Party) string { return "  api_context = " + p.APIContext() }

// Another context of the same user is an update in place without any call but the session that
// proves whose context it is; one of another user is refused.
func TestAccAPIContext_changes(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	p := b.Onboard(t, "One user")
	cli := acctest.NewCLI(t, b, acctest.Attached)
	cli.Write(t, b.Provider("")+both(inContext(p)))
	cli.MustApply(t)
	before := cli.State(t)

	again := *p
	again.Register(t, "a second key")
	if again.APIKey == p.APIKey || again.UserID != p.UserID {
		t.Fatal("the second key is not another one of the same user")
	}
	cli.Write(t, b.Provider("")+both(inContext(&again)))
	b.Sim.ResetJournal()
	cli.Apply(t, "-refresh=false").MustSay(t, 0, "0 added, 2 changed, 0 destroyed")
	if calls := b.Calls(0); len(calls) != 1 || calls[0] != openSession {
		t.Errorf("a new context of the same user called %q", calls)
	}
	cli.MustHaveNothingToDo(t)
	after := cli.State(t)
	for _, address := range []string{clientAddress, callbackAddress} {
		if before.String(t, address, "id") != after.String(t, address, "id") {
			t.Errorf("%s has another id", address)
		}
	}

	other := b.Onboard(t, "Another user")
	cli.Write(t, b.Provider("")+both(inContext(other)))
	b.Sim.ResetJournal()
	snapshot := b.Sim.Snapshot()
	cli.Apply(t).MustSay(t, 1, "bunq_oauth_client cannot move to another bunq user",
		fmt.Sprintf("belongs to bunq user %d (Another user AISP PISP), but this object belongs to bunq user %d", other.UserID, p.UserID),
		"State: unchanged, and nothing was changed at bunq", fmt.Sprintf("use the context of bunq user %d", p.UserID))
	if writes := b.Writes(0); len(writes) > 0 {
		t.Errorf("written: %q", writes)
	}
	if len(b.Sim.Snapshot().OAuthClients) != len(snapshot.OAuthClients) {
		t.Error("a client was made for the other user")
	}
	cli.Write(t, b.Provider("")+clientConfig(unprotected+"\n"+inContext(&again))+callbackConfig(before.String(t, clientAddress, "id"), callback('a'), inContext(other)))
	cli.Apply(t).MustSay(t, 1, "bunq_oauth_callback_url cannot move to another bunq user", fmt.Sprintf("belongs to bunq user %d", other.UserID),
		fmt.Sprintf("use the context of bunq user %d", p.UserID))
	if writes := b.Writes(0); len(writes) > 0 {
		t.Errorf("written: %q", writes)
	}
	cli.Write(t, b.Provider("")+both(inContext(&again)))
	cli.MustHaveNothingToDo(t)
}

// Where the context comes from makes no difference: block, file, variable.
func TestAccAPIContext_ofTheProvider(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	p := b.Onboard(t, "Provider level")
	file := p.ContextFile(t, acctest.Python)
	cli := acctest.NewCLI(t, b, acctest.Attached)
	cli.Write(t, p.Provider()+both(""))
	cli.MustApply(t)
	cli.MustHaveNothingToDo(t)

	cli.Write(t, b.Provider(fmt.Sprintf("  context_file = %q", file))+both(""))
	cli.MustHaveNothingToDo(t)

	cli.Env = []string{"BUNQ_CONTEXT_FILE=" + file}
	cli.Write(t, both(""))
	cli.MustHaveNothingToDo(t)

	// From the provider to the resource: in place.
	cli.Env = nil
	cli.Write(t, b.Provider("")+both(inContext(p)))
	b.Sim.ResetJournal()
	cli.MustApply(t).MustSay(t, 0, "0 added, 2 changed, 0 destroyed", "bunq_oauth_client cannot be read without an API context",
		"the next apply stores it")
	if writes := b.Writes(0); len(writes) > 0 {
		t.Errorf("written: %q", writes)
	}

	cli.MustHaveNothingToDo(t)

	// A context that went away is told at plan, not passed over.
	cli.Write(t, p.Provider()+both(""))
	cli.MustApply(t)
	cli.Write(t, both(""))
	cli.Plan(t).MustSay(t, 1, "No API context")
	cli.Write(t, b.Provider("")+both(inContext(p)))
	cli.MustApply(t)

	// The resource's own goes before the provider's.
	other := b.Onboard(t, "Not asked")
	cli.Write(t, other.Provider()+both(inContext(p)))
	cli.MustHaveNothingToDo(t)
}

// The provider's context comes from a device of the same configuration, through another provider
// block, and the device is made again: the plan goes on without a refresh, and the client stays.
func TestAccAPIContext_unknownOfTheProvider(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	cli := acctest.NewCLI(t, b)
	alias := "provider \"bunq\" {\n  alias = \"app\"\n  api_context = bunq_device_server.main.api_context\n}\n"
	cli.Write(t, acctest.Device+alias+both("  provider = bunq.app"))
	cli.MustApply(t)
	cli.MustHaveNothingToDo(t)
	before := cli.State(t)

	cli.Apply(t, "-replace=bunq_installation.main").MustSay(t, 0, "bunq_oauth_client cannot be read without an API context", "2 added, 1 changed, 2 destroyed")
	cli.MustHaveNothingToDo(t)
	if before.String(t, clientAddress, "client_id") != cli.State(t).String(t, clientAddress, "client_id") {
		t.Error("another client")
	}
}

func TestAccAPIContext_none(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	cli := acctest.NewCLI(t, b, acctest.Attached)
	cli.Write(t, both(""))
	cli.Plan(t).MustSay(t, 1, "No API context", "Neither this resource nor the provider block says with which key to call bunq",
		"api_context = bunq_device_server.main.api_context", "BUNQ_CONTEXT_FILE")
	if calls := b.Calls(0); len(calls) > 0 {
		t.Errorf("called %q", calls)
	}
}

// A context of the other environment is refused before its token goes anywhere.
func TestAccAPIContext_otherEnvironment(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	p := b.Onboard(t, "Sandbox")
	b.Sim.ResetJournal()
	cli := acctest.NewCLI(t, b, acctest.Attached)
	production := "  api_context = " + strings.Replace(p.APIContext(), `"sandbox"`, `"production"`, 1)
	cli.Write(t, b.Provider("")+both(production))
	cli.Apply(t).MustSay(t, 1, "Made in another environment", "production", "configured for sandbox", "Nothing was sent")
	if calls := b.Calls(0); len(calls) > 0 {
		t.Errorf("called %q", calls)
	}
}

// An unreadable context says why, and keeps the state.
func TestAccAPIContext_refused(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	p := b.Onboard(t, "Refused")
	cli := acctest.NewCLI(t, b, acctest.Attached)
	cli.Env = []string{"BUNQ_SESSION_CACHE=false"}
	cli.Write(t, p.Provider()+both(""))
	cli.MustApply(t)
	if err := b.Sim.SetPermittedIP(p.CredentialID, "127.0.0.1", bunqsim.PermittedIPInactive); err != nil {
		t.Fatal(err)
	}
	b.Sim.ResetJournal()
	cli.Plan(t).MustSay(t, 1, warnsRefused, "has an API context that bunq refuses",
		"User credentials are incorrect", "permitted_ips", "stays in the state as it was")
	if n := b.Count(openSession); n != 1 {
		t.Errorf("bunq was asked %d times for a session that it refuses", n)
	}
	if err := b.Sim.SetPermittedIP(p.CredentialID, "127.0.0.1", bunqsim.PermittedIPActive); err != nil {
		t.Fatal(err)
	}
	cli.MustHaveNothingToDo(t)
}
