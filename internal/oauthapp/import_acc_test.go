package oauthapp_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// there is a party with a client that has one callback URL.
type there struct {
	*acctest.Party
	b                    *acctest.Bunq
	client, callback     int64
	clientID, callbackID string // for import
}

func newThere(t *testing.T, opts ...acctest.Option) *there {
	t.Helper()
	b := acctest.New(t, opts...)
	h := &there{Party: b.Onboard(t, "Import"), b: b}
	h.client = h.OAuthClient(t, callback('a'))
	h.callback = b.Sim.Snapshot().CallbackURLs[0].ID
	h.clientID = fmt.Sprintf("%d/%d", h.UserID, h.client)
	h.callbackID = fmt.Sprintf("%s/%d", h.clientID, h.callback)
	b.Sim.ResetJournal()
	return h
}

func importBlock(to, id string) string {
	return fmt.Sprintf("import {\n  to = %s\n  id = %q\n}\n", to, id)
}

func (h *there) imports() string {
	return importBlock(clientAddress, h.clientID) + importBlock(callbackAddress, h.callbackID)
}

// check compares the state with what bunq has, and that nothing was written.
func (h *there) check(t *testing.T, cli *acctest.CLI) {
	t.Helper()
	state, client := cli.State(t), h.b.Sim.Snapshot().OAuthClients[0]
	for _, want := range []struct{ address, attribute, value string }{
		{clientAddress, "id", fmt.Sprint(h.client)},
		{clientAddress, "user_id", fmt.Sprint(h.UserID)},
		{clientAddress, "client_id", client.ClientID},
		{clientAddress, "client_secret", client.Secret},
		{clientAddress, "status", "ACTIVE"},
		{callbackAddress, "id", fmt.Sprint(h.callback)},
		{callbackAddress, "oauth_client_id", fmt.Sprint(h.client)},
		{callbackAddress, "user_id", fmt.Sprint(h.UserID)},
		{callbackAddress, "url", callback('a')},
	} {
		if got := state.String(t, want.address, want.attribute); got != want.value {
			t.Errorf("%s.%s is %q, want %q", want.address, want.attribute, got, want.value)
		}
	}
	for _, call := range h.b.Writes(0) {
		if strings.Contains(call, "oauth-client") {
			t.Errorf("an import wrote: %s", call)
		}
	}
}

func TestAccImport_byBlock(t *testing.T) {
	t.Parallel()
	h := newThere(t)
	cli := acctest.NewCLI(t, h.b, acctest.Attached)
	cli.Write(t, h.Provider()+both("")+h.imports())
	cli.MustApply(t).MustSay(t, 0, "2 imported, 0 added,")
	cli.MustHaveNothingToDo(t)
	h.check(t, cli)
}

func TestAccImport_byCommand(t *testing.T) {
	t.Parallel()
	h := newThere(t)
	cli := acctest.NewCLI(t, h.b, acctest.Attached)
	cli.Write(t, h.Provider()+both(""))
	cli.Run(t, "import", "-no-color", clientAddress, h.clientID).MustSay(t, 0, "Import successful!")
	cli.Run(t, "import", "-no-color", callbackAddress, h.callbackID).MustSay(t, 0, "Import successful!")
	cli.Apply(t).MustSay(t, 0, "0 added", "0 destroyed")
	cli.MustHaveNothingToDo(t)
	h.check(t, cli)
}

// The configuration that the CLI writes is complete: it plans to do nothing.
func TestAccImport_withGeneratedConfiguration(t *testing.T) {
	t.Parallel()
	h := newThere(t)
	cli := acctest.NewCLI(t, h.b, acctest.Attached)
	cli.Write(t, h.Provider()+h.imports())
	if r := cli.Plan(t, "-generate-config-out=generated.tf"); r.Code == 1 {
		t.Fatalf("exit code %d\n%s", r.Code, r.Output)
	}
	text, err := os.ReadFile(filepath.Join(cli.Dir, "generated.tf"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), callback('a')) {
		t.Errorf("generated:\n%s", text)
	}
	if strings.Contains(string(text), h.b.Sim.Snapshot().OAuthClients[0].Secret) {
		t.Error("the client's secret is in the generated configuration")
	}
	cli.MustApply(t).MustSay(t, 0, "2 imported, 0 added, 0 changed, 0 destroyed")
	cli.MustHaveNothingToDo(t)
	h.check(t, cli)
}

// Only the resources have a context, and an import does not see it: it is found among those that
// the run has used.
func TestAccImport_withTheContextOfAResource(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	cli := acctest.NewCLI(t, b, acctest.Attached)
	cli.Write(t, acctest.Device)
	cli.MustApply(t)
	user := b.Sim.Snapshot().Credentials[0].UserID
	client, err := b.Sim.CreateOAuthClient(user)
	if err != nil {
		t.Fatal(err)
	}
	url, err := b.Sim.AddCallbackURL(client, "https://app.example.com/callback")
	if err != nil {
		t.Fatal(err)
	}
	cli.Write(t, acctest.CallbackURL+
		importBlock(clientAddress, fmt.Sprintf("%d/%d", user, client))+importBlock(callbackAddress, fmt.Sprintf("%d/%d/%d", user, client, url)))
	cli.MustApply(t).MustSay(t, 0, "2 imported, 0 added, 2 changed, 0 destroyed")
	cli.MustHaveNothingToDo(t)
	if n := b.Count("POST /user/{id}/oauth-client") + b.Count(postCallback) + b.Count(putCallback); n != 0 {
		t.Errorf("%d writes", n)
	}
}

// What an import command brought in has no context in the state until an apply stores it. A replacement
// before that names the way, and it works.
func TestAccImport_destroyedBeforeItsContextIsStored(t *testing.T) {
	t.Parallel()
	h := newThere(t)
	cli := acctest.NewCLI(t, h.b, acctest.Attached)
	main := clientConfig(unprotected + "\n  adopt_existing = true\n" + inContext(h.Party))
	rest := callbackConfig("${bunq_oauth_client.main.id}", callback('b'), inContext(h.Party)) +
		filtersConfig("main", inContext(h.Party)+"\n  depends_on = [bunq_oauth_client.main]", hookA)
	cli.Write(t, h.b.Provider("")+main+rest)
	cli.MustApply(t)
	h.importAgain(t, cli)

	both := []string{"-replace=" + callbackAddress, "-replace=" + filtersAddress}
	cli.Apply(t, both...).MustSay(t, 1, "No API context to destroy bunq_notification_filters with",
		"keep the resource in the configuration, with its api_context, for one apply, which stores it")
	cli.MustApply(t)
	cli.MustApply(t, both...).MustSay(t, 0, "2 added, 0 changed, 2 destroyed")
	cli.MustHaveNothingToDo(t)
}

// Nothing else of the run has a context of the user either: the plan says so, and what to do.
func TestAccImport_destroyedWithoutAnyContext(t *testing.T) {
	t.Parallel()
	h := newThere(t)
	cli := acctest.NewCLI(t, h.b, acctest.Attached)
	cli.Write(t, h.Provider()+callbackConfig(fmt.Sprint(h.client), callback('b'), "")+filtersConfig("main", "", hookA))
	cli.MustApply(t)
	h.importAgain(t, cli)

	cli.Write(t, h.b.Provider(""))
	cli.Plan(t).MustSay(t, 1, "No API context to destroy bunq_oauth_callback_url with", "No API context to destroy bunq_notification_filters with",
		fmt.Sprintf("of bunq user %d in the provider block", h.UserID), "BUNQ_CONTEXT_FILE")
	cli.Env = []string{"BUNQ_CONTEXT_FILE=" + h.ContextFile(t, acctest.Python)}
	cli.MustApply(t).MustSay(t, 0, "0 added, 0 changed, 2 destroyed")
	if s := h.b.Sim.Snapshot(); len(s.CallbackURLs) != 1 || len(s.NotificationFilters) > 0 {
		t.Errorf("bunq has %d callback URLs and %d notification filters", len(s.CallbackURLs), len(s.NotificationFilters))
	}
}

// importAgain forgets the callback URL and the filters, and imports them with a context file that
// later runs do not have.
func (h *there) importAgain(t *testing.T, cli *acctest.CLI) {
	t.Helper()
	state := cli.State(t)
	config, err := os.ReadFile(filepath.Join(cli.Dir, "main.tf"))
	if err != nil {
		t.Fatal(err)
	}
	cli.Write(t, h.b.Provider("")+callbackConfig("1", callback('a'), "")+filtersConfig("main", "", hookA))
	cli.Env = []string{"BUNQ_CONTEXT_FILE=" + h.ContextFile(t, acctest.Python)}
	for address, id := range map[string]string{
		filtersAddress:  fmt.Sprint(h.UserID),
		callbackAddress: h.clientID + "/" + state.String(t, callbackAddress, "id"),
	} {
		cli.Run(t, "state", "rm", address).MustSay(t, 0)
		cli.Run(t, "import", "-no-color", address, id).MustSay(t, 0)
	}
	cli.Env = nil
	if err := os.WriteFile(filepath.Join(cli.Dir, "main.tf"), config, 0o600); err != nil {
		t.Fatal(err)
	}
}

// Contexts of two users are in use: each import finds its own user's.
func TestAccImport_withTheContextOfItsUser(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	cli := acctest.NewCLI(t, b, acctest.Attached)
	second := strings.NewReplacer(`" "main"`, `" "second"`, ".main", ".second", "Acceptance", "Second")
	cli.Write(t, acctest.Device+second.Replace(acctest.Device))
	cli.MustApply(t)
	state, config := cli.State(t), acctest.Device+second.Replace(acctest.Device)
	for _, name := range []string{"main", "second"} {
		key := state.String(t, "bunq_psd2_credential."+name, "id")
		for _, c := range b.Sim.Snapshot().Credentials {
			if fmt.Sprint(c.ID) != key {
				continue
			}
			client, err := b.Sim.CreateOAuthClient(c.UserID)
			if err != nil {
				t.Fatal(err)
			}
			config += fmt.Sprintf(`
resource "bunq_oauth_client" %[1]q {
  api_context = bunq_device_server.%[1]s.api_context
  depends_on  = [bunq_device_server.main, bunq_device_server.second]
}
`, name) + importBlock("bunq_oauth_client."+name, fmt.Sprintf("%d/%d", c.UserID, client))
		}
	}
	cli.Write(t, config)
	cli.MustApply(t).MustSay(t, 0, "2 imported, 0 added, 2 changed, 0 destroyed")
	cli.MustHaveNothingToDo(t)
}

// Each mistake is told before anything is in the state.
func TestAccImport_mistakes(t *testing.T) {
	t.Parallel()
	h := newThere(t, acctest.WithSim(func(c *bunqsim.Config) { c.Settings.ParallelSessions = bunqsim.Accepted }))
	other := h.b.Onboard(t, "Other")
	for name, tc := range map[string]struct {
		provider string
		to, id   string
		want     []string
	}{
		"no context anywhere": {h.b.Provider(""), clientAddress, h.clientID,
			[]string{"No API context to import with", fmt.Sprintf("no other resource of this run has one of bunq user %d", h.UserID), "BUNQ_CONTEXT_FILE"}},
		"the client_id of OAuth": {h.Provider(), clientAddress, fmt.Sprintf("%d/%s", h.UserID, h.b.Sim.Snapshot().OAuthClients[0].ClientID),
			[]string{"Unusable import id", "The form is USER_ID/OAUTH_CLIENT_ID"}},
		"the number alone": {h.Provider(), callbackAddress, fmt.Sprint(h.callback),
			[]string{"Unusable import id", "does not have the form USER_ID/OAUTH_CLIENT_ID/ID"}},
		"another user's context": {other.Provider(), clientAddress, h.clientID,
			[]string{fmt.Sprintf("belongs to bunq user %d", other.UserID), fmt.Sprintf("this object belongs to bunq user %d", h.UserID)}},
		"another user's client": {other.Provider(), clientAddress, fmt.Sprintf("%d/%d", other.UserID, h.client),
			[]string{"Cannot import non-existent remote object"}},
		"no such callback URL": {h.Provider(), callbackAddress, h.clientID + "/999",
			[]string{"Cannot import non-existent remote object"}},
		"no such client": {h.Provider(), callbackAddress, fmt.Sprintf("%d/999/%d", h.UserID, h.callback),
			[]string{"Cannot import non-existent remote object"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cli := acctest.NewCLI(t, h.b, acctest.Attached)
			cli.Write(t, tc.provider+both("")+importBlock(tc.to, tc.id))
			cli.Apply(t).MustSay(t, 1, tc.want...)
			if state := cli.State(t); len(state) > 0 {
				t.Errorf("in the state: %v", state)
			}
			cli.Run(t, "import", "-no-color", tc.to, tc.id).MustSay(t, 1, tc.want...)
		})
	}
}

// By identity, with a CLI that knows it.
func TestAccImport_byIdentity(t *testing.T) {
	t.Parallel()
	h := newThere(t)
	cli := acctest.NewIdentityCLI(t, h.b)
	cli.Write(t, h.Provider()+both("")+fmt.Sprintf(`
import {
  to       = %s
  identity = { user_id = "%d", id = "%d" }
}
import {
  to       = %s
  identity = { user_id = "%d", oauth_client_id = "%d", id = "%d" }
}
`, clientAddress, h.UserID, h.client, callbackAddress, h.UserID, h.client, h.callback))
	cli.MustApply(t).MustSay(t, 0, "2 imported, 0 added,")
	cli.MustHaveNothingToDo(t)
	h.check(t, cli)

	// What is gone is gone, also with an identity in the state.
	if err := h.b.Sim.DeleteCallbackURL(h.callback); err != nil {
		t.Fatal(err)
	}
	cli.MustApply(t)
	cli.MustHaveNothingToDo(t)
}
