package lookup_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

const (
	openSession = "POST /session-server"
	getUser     = "GET /user/{id}"
	getClient   = "GET /user/{id}/oauth-client/{id}"
	listClients = "GET /user/{id}/oauth-client"
	listDevices = "GET /device-server"
	listKeys    = "GET /user/{id}/credential-password-ip"
	listIPs     = "GET /user/{id}/credential-password-ip/{id}/ip"
)

const allData = `
data "bunq_user" "me" {}
data "bunq_oauth_client" "mine" {}
data "bunq_device_servers" "all" {}
data "bunq_credentials" "all" {}
data "bunq_credential_ips" "own" {}
`

// rows are the objects of a list attribute, with their texts.
func rows(t *testing.T, state acctest.State, address, attribute string) []map[string]string {
	t.Helper()
	list, ok := state[address][attribute].([]any)
	if !ok {
		t.Fatalf("%s has no list %s: %v", address, attribute, state[address])
	}
	var all []map[string]string
	for _, e := range list {
		one := map[string]string{}
		for name, v := range e.(map[string]any) {
			one[name] = fmt.Sprint(v)
		}
		all = append(all, one)
	}
	return all
}

// Each data source shows what bunq has, with one call for each, one session for
// all of them in plan and apply together, and nothing to do afterwards.
func TestAccData_values(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	p := b.Onboard(t, "Values")
	id := p.OAuthClient(t, "https://a.example.com/cb", "https://b.example.com/cb")
	if err := b.Sim.SetPermittedIP(p.CredentialID, "203.0.113.9", "INACTIVE"); err != nil {
		t.Fatal(err)
	}
	cli := acctest.NewCLI(t, b, acctest.Attached)
	cli.Write(t, p.Provider()+allData+"data \"bunq_oauth_client\" \"secret\" {\n  include_secret = true\n}\n")
	b.Sim.ResetJournal()

	cli.MustApply(t)
	want := []string{openSession, getUser, listDevices, listClients, listKeys, listIPs}
	got := b.Calls(0)
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("an apply called (-want +got):\n%s", diff)
	}
	cli.MustHaveNothingToDo(t)
	if n := b.Count(openSession); n != 1 {
		t.Errorf("%d sessions", n)
	}

	state, world := cli.State(t), b.Sim.Snapshot()
	for address, attributes := range map[string]map[string]string{
		"data.bunq_user.me": {
			"id": strconv.FormatInt(p.UserID, 10), "kind": "UserPaymentServiceProvider", "status": "ACTIVE",
			"display_name": "Values AISP PISP", "distinguished_name": "/CN=Values AISP PISP/C=NL",
		},
		"data.bunq_oauth_client.mine": {
			"id": strconv.FormatInt(id, 10), "user_id": strconv.FormatInt(p.UserID, 10), "status": "ACTIVE",
			"client_id": world.OAuthClients[0].ClientID,
		},
		"data.bunq_oauth_client.secret": {"client_id": world.OAuthClients[0].ClientID, "client_secret": world.OAuthClients[0].Secret},
		"data.bunq_credential_ips.own":  {"credential_id": strconv.FormatInt(p.CredentialID, 10)},
	} {
		for name, value := range attributes {
			if got := state.String(t, address, name); got != value {
				t.Errorf("%s.%s is %q, want %q", address, name, got, value)
			}
		}
	}

	if secret := state["data.bunq_oauth_client.mine"]["client_secret"]; secret != nil {
		t.Error("the state holds a client_secret that nobody has asked for")
	}

	keys := rows(t, state, "data.bunq_credentials.all", "credentials")
	if created, err := time.Parse(time.RFC3339, keys[0]["created"]); err != nil || time.Since(created) > time.Hour {
		t.Errorf("created is %q", keys[0]["created"])
	}
	delete(keys[0], "created")
	if diff := cmp.Diff([]map[string]string{{
		"id": strconv.FormatInt(p.CredentialID, 10), "status": "ACTIVE", "expiry_time": "<nil>", "device_description": "made by Values", "device_ip": "127.0.0.1",
	}}, keys); diff != "" {
		t.Errorf("credentials (-want +got):\n%s", diff)
	}

	var urls []map[string]string
	for _, u := range world.CallbackURLs {
		urls = append(urls, map[string]string{"id": strconv.FormatInt(u.ID, 10), "url": u.URL})
	}
	byID := func(a, b map[string]string) int { return strings.Compare(a["id"], b["id"]) }
	shown := rows(t, state, "data.bunq_oauth_client.mine", "callback_urls")
	slices.SortFunc(shown, byID)
	slices.SortFunc(urls, byID)
	if diff := cmp.Diff(urls, shown); diff != "" || len(urls) != 2 {
		t.Errorf("callback_urls (-want +got):\n%s", diff)
	}

	devices := rows(t, state, "data.bunq_device_servers.all", "device_servers")
	if created, err := time.Parse(time.RFC3339, devices[0]["created"]); err != nil || time.Since(created) > time.Hour {
		t.Errorf("created is %q", devices[0]["created"])
	}
	delete(devices[0], "created")
	if diff := cmp.Diff([]map[string]string{{
		"id": strconv.FormatInt(p.DeviceID, 10), "description": "made by Values", "ip": "127.0.0.1", "status": "ACTIVE",
	}}, devices); diff != "" {
		t.Errorf("device_servers (-want +got):\n%s", diff)
	}

	var ips []string
	for _, r := range rows(t, state, "data.bunq_credential_ips.own", "permitted_ips") {
		ips = append(ips, r["ip"]+" "+r["status"])
	}
	if diff := cmp.Diff([]string{"203.0.113.9 INACTIVE", "127.0.0.1 ACTIVE"}, ips); diff != "" {
		t.Errorf("permitted_ips (-want +got):\n%s", diff)
	}
}

// What the data source says is what an import needs, in the same plan.
func TestAccData_importsTheClient(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	p := b.Onboard(t, "Imports")
	p.OAuthClient(t, "https://a.example.com/cb", "https://b.example.com/cb")
	cli := acctest.NewCLI(t, b, acctest.Attached)
	cli.Write(t, p.Provider()+`
data "bunq_oauth_client" "there" {}

locals {
  client = data.bunq_oauth_client.there
}

import {
  to = bunq_oauth_client.main
  id = "${local.client.user_id}/${local.client.id}"
}

resource "bunq_oauth_client" "main" {}

import {
  for_each = { for u in local.client.callback_urls : u.url => u.id }
  to       = bunq_oauth_callback_url.all[each.key]
  id       = "${local.client.user_id}/${local.client.id}/${each.value}"
}

resource "bunq_oauth_callback_url" "all" {
  for_each        = toset(local.client.callback_urls[*].url)
  oauth_client_id = bunq_oauth_client.main.id
  url             = each.key
}
`)
	mark := len(b.Sim.Journal())
	cli.MustApply(t).MustSay(t, 0, "3 imported, 0 added, 0 changed, 0 destroyed")
	if writes := b.Writes(mark); len(writes) > 0 {
		t.Errorf("written: %v", writes)
	}
	cli.MustHaveNothingToDo(t)
}

// More than bunq gives in one page is read page by page.
func TestAccData_pages(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	p := b.Onboard(t, "Pages")
	const n = 230
	for i := range n {
		if err := b.Sim.SetPermittedIP(p.CredentialID, fmt.Sprintf("203.0.%d.%d", 100+i/200, i%200), "ACTIVE"); err != nil {
			t.Fatal(err)
		}
	}
	cli := acctest.NewCLI(t, b, acctest.Attached)
	cli.Write(t, p.Provider()+fmt.Sprintf("data \"bunq_credential_ips\" \"own\" {\n  credential_id = \"%d\"\n}\n", p.CredentialID))
	b.Sim.ResetJournal()
	cli.MustApply(t)
	if got := len(rows(t, cli.State(t), "data.bunq_credential_ips.own", "permitted_ips")); got != n+1 {
		t.Errorf("%d addresses, want %d", got, n+1)
	}
	if diff := cmp.Diff([]string{openSession, listIPs, listIPs}, b.Calls(0)); diff != "" {
		t.Errorf("called (-want +got):\n%s", diff)
	}
}

// A context that only the apply will know defers the reads to it: nothing is sent
// at plan, and the apply has one session in all.
func TestAccData_unknownContext(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	cli := acctest.NewCLI(t, b, acctest.Attached)
	with := func(kind, name, extra string) string {
		return fmt.Sprintf("data %q %q {\n  api_context = bunq_device_server.main.api_context\n%s}\n", kind, name, extra)
	}
	cli.Write(t, acctest.CallbackURL+with("bunq_user", "me", "")+with("bunq_device_servers", "all", "")+
		with("bunq_oauth_client", "mine", "  id = bunq_oauth_client.main.id\n  depends_on = [bunq_oauth_callback_url.main]\n")+
		with("bunq_credential_ips", "named", "  credential_id = bunq_psd2_credential.main.id\n")+with("bunq_credential_ips", "own", "")+`
output "urls" {
  value = data.bunq_oauth_client.mine.callback_urls[*].url
}
`)
	cli.Plan(t).MustSay(t, 2, "data.bunq_user.me will be read during apply", "data.bunq_oauth_client.mine will be read during apply",
		"data.bunq_device_servers.all will be read during apply", "data.bunq_credential_ips.named will be read during apply",
		"(config refers to values not yet known)")
	if calls := b.Calls(0); len(calls) > 0 {
		t.Errorf("the plan called %v", calls)
	}
	cli.MustApply(t)
	cli.MustHaveNothingToDo(t)
	if n := b.Count(openSession); n != 1 {
		t.Errorf("%d sessions", n)
	}
	state := cli.State(t)
	if got, want := state.String(t, "data.bunq_credential_ips.own", "credential_id"), state.String(t, "bunq_psd2_credential.main", "id"); got != want {
		t.Errorf("the key's credential is %q, want %q", got, want)
	}
}

// Where the provider's own context is not known yet, the error says how to wait for it.
func TestAccData_unknownProvider(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	cli := acctest.NewCLI(t, b, acctest.Attached)
	alias := acctest.Device + `
provider "bunq" {
  alias       = "there"
  api_context = bunq_device_server.main.api_context
}
`
	cli.Write(t, alias+"data \"bunq_user\" \"me\" {\n  provider = bunq.there\n}\n")
	cli.Plan(t).MustSay(t, 1, "API context not known yet", "data.bunq_user is read now",
		"Next step: set api_context = bunq_device_server.main.api_context on data.bunq_user itself")
	if calls := b.Calls(0); len(calls) > 0 {
		t.Errorf("the plan called %v", calls)
	}
	// As the error says.
	cli.Write(t, alias+"data \"bunq_user\" \"me\" {\n  provider = bunq.there\n  api_context = bunq_device_server.main.api_context\n}\n")
	cli.MustApply(t)
	cli.MustHaveNothingToDo(t)
}

// What cannot be read says why, and what to do.
func TestAccData_badInput(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	p := b.Onboard(t, "Bad input")
	other := b.Onboard(t, "Another")
	foreign := other.OAuthClient(t)
	// Two keys that are in use: this machine does not know which one it has.
	first := p.CredentialID
	p.Register(t, "second")
	gone := p.OAuthClient(t)
	if err := b.Sim.CancelOAuthClient(gone); err != nil {
		t.Fatal(err)
	}
	cli := acctest.NewCLI(t, b, acctest.Attached)
	for name, tc := range map[string]struct {
		config string
		want   []string
	}{
		"no active client": {`data "bunq_oauth_client" "x" {}`, []string{
			"The user has no OAuth client", fmt.Sprintf("bunq user %d (Bad input AISP PISP) has no active OAuth client; bunq lists %d (CANCELLED)", p.UserID, gone),
			"Next step: declare a bunq_oauth_client", "set id = bunq_oauth_client.NAME.id",
		}},
		"a client that was cancelled": {fmt.Sprintf("data \"bunq_oauth_client\" \"x\" {\n  id = \"%d\"\n}", gone), []string{
			"The OAuth client was cancelled", fmt.Sprintf("bunq lists OAuth client %d of user %d as CANCELLED", gone, p.UserID), "Next step: omit id",
		}},
		"a client that does not exist": {"data \"bunq_oauth_client\" \"x\" {\n  id = \"999999\"\n}", []string{
			"There is no such OAuth client", fmt.Sprintf("bunq user %d (Bad input AISP PISP) has no OAuth client 999999", p.UserID), "Next step: omit id",
		}},
		"a client of another user": {fmt.Sprintf("data \"bunq_oauth_client\" \"x\" {\n  id = \"%d\"\n}", foreign), []string{
			"There is no such OAuth client", "Clients of other users cannot be read with this API context",
		}},
		"a client_id for an id": {"data \"bunq_oauth_client\" \"x\" {\n  id = \"0a1b2c\"\n}", []string{"Not a bunq ID", "not its client_id"}},
		"an id beyond all numbers": {"data \"bunq_credential_ips\" \"x\" {\n  credential_id = \"9999999999999999999\"\n}", []string{
			"Not a bunq ID", "at most 19 digits",
		}},
		"a credential that does not exist": {"data \"bunq_credential_ips\" \"x\" {\n  credential_id = \"999999\"\n}", []string{
			"There is no such credential", fmt.Sprintf("bunq user %d (Bad input AISP PISP) has no credential 999999", p.UserID),
		}},
		"a key of whichever credential": {`data "bunq_credential_ips" "x" {}`, []string{
			"Which credential the API key belongs to is not known", fmt.Sprintf(`%d (device "second" from 127.0.0.1)`, p.CredentialID),
			fmt.Sprintf(`%d (device "made by Bad input" from 127.0.0.1)`, first), "Next step: set credential_id",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			cli.Write(t, p.Provider()+tc.config+"\n")
			cli.Plan(t).MustSay(t, 1, tc.want...)
		})
	}
}

// Without any context, with one of another environment, with one that bunq
// refuses: said at plan, and where bunq must not be asked it is not.
func TestAccData_context(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	p := b.Onboard(t, "Context")
	cli := acctest.NewCLI(t, b, acctest.Attached)
	b.Sim.ResetJournal()

	cli.Write(t, b.Provider("")+"data \"bunq_user\" \"me\" {\n  api_context = null\n}\n")
	cli.Plan(t).MustSay(t, 1, "No API context")
	elsewhere := strings.Replace(p.APIContext(), `"sandbox"`, `"production"`, 1)
	cli.Write(t, b.Provider("")+"data \"bunq_user\" \"me\" {\n  api_context = "+elsewhere+"}\n")
	cli.Plan(t).MustSay(t, 1, "Made in another environment", "Next step: ")
	if calls := b.Calls(0); len(calls) > 0 {
		t.Errorf("sent: %v", calls)
	}

	if err := b.Sim.RevokeCredential(p.CredentialID); err != nil {
		t.Fatal(err)
	}
	cli.Write(t, p.Provider()+allData)
	r := cli.Plan(t)
	r.MustSay(t, 1, "data.bunq_user cannot be read", "data.bunq_credential_ips cannot be read", "User credentials are incorrect", "State: nothing was stored",
		"compare the public address of this machine")
	if diff := cmp.Diff([]string{openSession}, b.Calls(0)); diff != "" {
		t.Errorf("a key that bunq refuses is asked about once (-want +got):\n%s", diff)
	}
	if strings.Contains(r.Output, p.APIKey) {
		t.Error("the error shows the API key")
	}
}

// A bad gateway fails the plan and leaves the state's own as it is.
func TestAccData_badGateway(t *testing.T) {
	t.Parallel()
	b := acctest.New(t)
	p := b.Onboard(t, "Gateway")
	cli := acctest.NewCLI(t, b, acctest.Attached)
	cli.Write(t, p.Provider()+"data \"bunq_user\" \"me\" {}\n")
	cli.MustApply(t)
	cli.Env = []string{"BUNQ_MAX_WAIT=1s"}
	b.Sim.Fail(bunqsim.Fault{Kind: bunqsim.FaultStatus, Status: 502, Route: getUser, Every: true})
	cli.Plan(t).MustSay(t, 1, "data.bunq_user cannot be read", "GET /user/{id}", "502", "Next step: ")
	b.Sim.ClearFaults()
	cli.MustHaveNothingToDo(t)
}
