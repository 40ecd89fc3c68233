package oauthapp_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// revoke ends a key of bunq's as after a rotation.
func revoke(t *testing.T, b *acctest.Bunq, credential int64) {
	t.Helper()
	if err := b.Sim.RevokeCredential(credential); err != nil {
		t.Fatal(err)
	}
}

// A rotation that stopped before client and callback URL, whose old key has died since: they stay as they
// are, with one warning, and a plain apply finishes it.
func TestAccAPIContext_halfDoneRotation(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	cli := acctest.NewCLI(t, b, acctest.Attached)
	cli.Write(t, acctest.CallbackURL)
	cli.MustApply(t)
	before, old := cli.State(t), b.Sim.Snapshot().Credentials[0].ID
	cli.MustApply(t, "-replace=bunq_installation.main", "-replace=bunq_psd2_credential.main", "-target=bunq_device_server.main")
	revoke(t, b, old)
	mark := len(b.Sim.Journal())

	cli.MustApply(t).MustSay(t, 0, warnsRefused, "0 added, 2 changed, 0 destroyed")
	cli.MustHaveNothingToDo(t)
	if writes := b.Writes(mark); len(writes) > 0 {
		t.Errorf("written: %q", writes)
	}
	after := cli.State(t)
	for _, address := range []string{clientAddress, callbackAddress} {
		if before.String(t, address, "id") != after.String(t, address, "id") {
			t.Errorf("%s has another id", address)
		}
	}
}

const warnsRefused = "bunq refuses an API context of the state"

// The state is kept with one warning, and what the configuration says decides. A new key is stored by the
// apply; the dead one again is one error of the plan.
func TestAccAPIContext_deadKeyInTheState(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	p := b.Onboard(t, "One user")
	cli := acctest.NewCLI(t, b, acctest.Attached)
	cli.Write(t, b.Provider("")+both(inContext(p)))
	cli.MustApply(t)
	again := *p
	again.Register(t, "a second key")
	revoke(t, b, p.CredentialID)
	mark := len(b.Sim.Journal())

	id := cli.State(t).String(t, clientAddress, "id")
	cli.Write(t, b.Provider("")+clientConfig(unprotected+"\n"+inContext(p))+callbackConfig(id, callback('a'), inContext(p)))
	r := cli.Plan(t)
	r.MustSay(t, 1, "has an API context that bunq refuses", "The configuration still has this context")
	for _, once := range []string{warnsRefused, "has an API context that bunq refuses"} {
		if n := strings.Count(r.Output, once); n != 1 {
			t.Errorf("%q is said %d times:\n%s", once, n, r.Output)
		}
	}
	cli.Plan(t, "-refresh=false").MustSay(t, 0)
	cli.Write(t, b.Provider("")+both(inContext(&again)))
	cli.MustApply(t).MustSay(t, 0, warnsRefused, "0 added, 2 changed, 0 destroyed")
	cli.MustHaveNothingToDo(t)
	if writes := b.Writes(mark); len(writes) > 0 {
		t.Errorf("written: %q", writes)
	}
}

// What is destroyed has a dead key, and nothing else in the run has another one of the user. The error
// names the way: the provider block can have it.
func TestAccAPIContext_deadKeyOfWhatIsDestroyed(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	p := b.Onboard(t, "One user")
	cli := acctest.NewCLI(t, b, acctest.Attached)
	hooks := filtersConfig("main", inContext(p), hookA)
	cli.Write(t, b.Provider("")+both(inContext(p))+hooks)
	cli.MustApply(t)
	again := *p
	again.Register(t, "a second key")
	revoke(t, b, p.CredentialID)

	cli.Write(t, b.Provider(""))
	cli.Apply(t).MustSay(t, 1, "bunq_oauth_callback_url was not removed", "bunq_notification_filters was not destroyed",
		fmt.Sprintf("if the key is dead, and bunq user %d has another one, set its api_context in the provider block", p.UserID))
	if n := len(cli.State(t)); n != 3 {
		t.Errorf("%d resources in the state", n)
	}

	cli.Write(t, again.Provider())
	cli.MustApply(t).MustSay(t, 0, "0 added, 0 changed, 3 destroyed")
	if active := b.Sim.Snapshot().ActiveOAuthClients(p.UserID); len(active) > 0 {
		t.Errorf("active: %v", active)
	}
}

// A key that has no device yet is refused like a dead one. If the provider block has it from a device of
// this plan, the error names the command that makes the device.
func TestAccAPIContext_keyWithoutDevice(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	cli := acctest.NewCLI(t, b)
	other := "\nprovider \"bunq\" {\n  alias = \"user\"\n  api_context = bunq_device_server.main.api_context\n}\n"
	cli.Write(t, strings.ReplaceAll(acctest.CallbackURL, "api_context     = bunq_device_server.main.api_context\n  oauth", "provider = bunq.user\n  oauth")+other)
	cli.MustApply(t)
	cli.MustApply(t, "-replace=bunq_installation.main", "-replace=bunq_psd2_credential.main", "-target=bunq_psd2_credential.main")

	cli.Apply(t).MustSay(t, 1, "bunq_oauth_callback_url has an API context that bunq refuses", "terraform apply -target=bunq_device_server.NAME")
	cli.MustApply(t, "-target=bunq_device_server.main")
	cli.MustApply(t)
	cli.MustHaveNothingToDo(t)
}

// An import with a dead key is an error.
func TestAccAPIContext_deadKeyOfAnImport(t *testing.T) {
	t.Parallel()
	h := newThere(t)
	revoke(t, h.b, h.CredentialID)
	cli := acctest.NewCLI(t, h.b, acctest.Attached)
	cli.Write(t, h.Provider()+both("")+h.imports())
	cli.Apply(t).MustSay(t, 1, "bunq_oauth_client cannot be read")
	if state := cli.State(t); len(state) > 0 {
		t.Errorf("in the state: %v", state)
	}
}

// A rotation together with resources that go: they are removed before their key ends.
func TestAccAPIContext_deletedInARotation(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	cli := acctest.NewCLI(t, b, acctest.Attached)
	gapless := strings.NewReplacer(
		"private_key_pem_wo = bunq_sandbox_certificate.main.private_key_pem",
		"private_key_pem_wo = bunq_sandbox_certificate.main.private_key_pem\n  deactivate_on_destroy = true"+cbd)
	cli.Write(t, gapless.Replace(acctest.CallbackURL))
	cli.MustApply(t)
	cli.Write(t, gapless.Replace(acctest.Device))
	cli.MustApply(t, "-replace=bunq_installation.main", "-replace=bunq_psd2_credential.main")
	cli.MustHaveNothingToDo(t)
	s := b.Sim.Snapshot()
	if len(s.CallbackURLs) > 0 || s.OAuthClients[0].Status == bunqsim.OAuthClientActive {
		t.Errorf("bunq has %d callback URLs, and the client is %s", len(s.CallbackURLs), s.OAuthClients[0].Status)
	}
}

// To a context of another user what is to be removed is not there: that is no proof that it is
// gone.
func TestAccAPIContext_deletedByAnotherUser(t *testing.T) {
	t.Parallel()
	for address, config := range map[string]func(client int64) string{
		callbackAddress: func(client int64) string { return callbackConfig(fmt.Sprint(client), callback('a'), "") },
		clientAddress:   func(int64) string { return clientConfig(unprotected + adopting) },
	} {
		t.Run(address, func(t *testing.T) {
			t.Parallel()
			b := acctest.New(t)
			p, other := b.Onboard(t, "One user"), b.Onboard(t, "Another user")
			cli := acctest.NewCLI(t, b, acctest.Attached)
			cli.Write(t, p.Provider()+config(p.OAuthClient(t)))
			cli.MustApply(t)
			mark := len(b.Sim.Journal())

			cli.Write(t, other.Provider())
			cli.Apply(t, "-refresh=false").MustSay(t, 1, fmt.Sprintf("belongs to bunq user %d", other.UserID), fmt.Sprintf("this object belongs to bunq user %d", p.UserID),
				"to destroy it, set an api_context")
			if _, ok := cli.State(t)[address]; !ok {
				t.Error("it left the state")
			}
			if writes := b.Writes(mark); len(writes) > 0 {
				t.Errorf("written: %q", writes)
			}

			// The ways that the error names work.
			cli.Apply(t).MustSay(t, 1, "cannot be read", fmt.Sprintf("this object belongs to bunq user %d", p.UserID),
				"to forget the resource and keep it at bunq, use a removed block (destroy = false), and apply with -refresh=false",
				fmt.Sprintf("set an api_context of bunq user %d in the provider block, and apply with -target of this resource alone", p.UserID))
			cli.Write(t, other.Provider()+"removed {\n  from = "+address+"\n  lifecycle {\n    destroy = false\n  }\n}\n")
			cli.Plan(t, "-refresh=false").MustSay(t, 2, address, "but will not be destroyed")
			cli.Write(t, p.Provider())
			cli.Apply(t, "-target="+address).MustSay(t, 0, "1 destroyed")
		})
	}
}

// A setting of the provider block that only the apply knows is no obstacle.
func TestAccAPIContext_providerSettingsNotKnownYet(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	p := b.Onboard(t, "Unknown")
	cli := acctest.NewCLI(t, b, acctest.Attached)
	config := func(wait string) string {
		return fmt.Sprintf("resource \"terraform_data\" \"wait\" {\n  input = %q\n}\n", wait) +
			b.Provider("  max_wait = terraform_data.wait.output\n  api_context = "+p.APIContext()) + both("")
	}
	cli.Write(t, config("1m"))
	cli.MustApply(t)
	cli.MustHaveNothingToDo(t)
	cli.Write(t, config("2m"))
	cli.MustApply(t).MustSay(t, 0, "bunq_oauth_client is not refreshed", "bunq_oauth_callback_url is not refreshed",
		"0 added, 1 changed, 0 destroyed")
	cli.MustHaveNothingToDo(t)
}
