package oauthapp_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
	"github.com/openpsd2/terraform-provider-bunq/internal/acctest/core"
	"github.com/openpsd2/terraform-provider-bunq/internal/bunqsim"
)

// lister asks for lists as Terraform 1.14 does.
type lister struct{ *core.Provider }

func newLister(t *testing.T, p *acctest.Party) lister {
	t.Helper()
	return lister{p.Serve(t)}
}

// list returns what the block with the given texts lists.
func (l lister) list(t *testing.T, name string, texts map[string]string, whole bool, limit int64) []tfprotov6.ListResourceResult {
	t.Helper()
	args := core.Args{}
	for n, text := range texts {
		args[n] = core.String(text)
	}
	config := core.Dynamic(args.Of(core.Schemas().ListResourceSchemas[name]))
	server, ok := l.Server.(tfprotov6.ListResourceServer)
	if !ok {
		t.Fatalf("%T lists nothing", l.Server)
	}
	valid, err := server.ValidateListResourceConfig(t.Context(), &tfprotov6.ValidateListResourceConfigRequest{TypeName: name, Config: config})
	if err != nil {
		t.Fatal(err)
	}
	if len(valid.Diagnostics) > 0 {
		return []tfprotov6.ListResourceResult{{Diagnostics: valid.Diagnostics}}
	}
	stream, err := server.ListResource(t.Context(), &tfprotov6.ListResourceRequest{TypeName: name, Config: config, IncludeResource: whole, Limit: limit})
	if err != nil {
		t.Fatal(err)
	}
	return slices.Collect(stream.Results)
}

func (h *there) callbackIdentity(id int64) map[string]string {
	return map[string]string{"user_id": fmt.Sprint(h.UserID), "oauth_client_id": fmt.Sprint(h.client), "id": fmt.Sprint(id)}
}

// A list has the identity of each object, and all of it only where it is asked for:
// what an import by that identity reads.
func TestLists_showWhatAnImportReads(t *testing.T) {
	t.Parallel()
	h := newThere(t)
	second, err := h.b.Sim.AddCallbackURL(h.client, callback('b'))
	if err != nil {
		t.Fatal(err)
	}
	l := newLister(t, h.Party)
	byURL := map[string]int64{callback('a'): h.callback, callback('b'): second}

	for _, whole := range []bool{false, true} {
		clients := l.list(t, "bunq_oauth_client", nil, whole, 100)
		if len(clients) != 1 {
			t.Fatalf("%d clients", len(clients))
		}
		if want := fmt.Sprintf("OAuth client %d of bunq user %d (Import AISP PISP)", h.client, h.UserID); clients[0].DisplayName != want {
			t.Errorf("shown as %q, want %q", clients[0].DisplayName, want)
		}
		l.judge(t, "bunq_oauth_client", clients[0], map[string]string{"user_id": fmt.Sprint(h.UserID), "id": fmt.Sprint(h.client)}, whole)

		urls := l.list(t, "bunq_oauth_callback_url", nil, whole, 100)
		if len(urls) != 2 {
			t.Fatalf("%d callback URLs", len(urls))
		}
		for _, u := range urls {
			newLister(t, h.Party).judge(t, "bunq_oauth_callback_url", u, h.callbackIdentity(byURL[u.DisplayName]), whole)
		}
	}
	filters := l.list(t, "bunq_notification_filters", nil, true, 100)
	if len(filters) != 0 {
		t.Errorf("filters of a user who has none: %v", filters)
	}
	if err := h.b.Sim.SetNotificationFilters(h.UserID, bunqsim.NotificationFilter{Category: "OAUTH", Target: hookA.target}); err != nil {
		t.Fatal(err)
	}
	l = newLister(t, h.Party)
	for _, whole := range []bool{false, true} {
		filters := l.list(t, "bunq_notification_filters", nil, whole, 100)
		if len(filters) != 1 {
			t.Fatalf("%d sets of filters", len(filters))
		}
		if want := fmt.Sprintf("Notification filters of bunq user %d (Import AISP PISP)", h.UserID); filters[0].DisplayName != want {
			t.Errorf("shown as %q, want %q", filters[0].DisplayName, want)
		}
		l.judge(t, "bunq_notification_filters", filters[0], map[string]string{"user_id": fmt.Sprint(h.UserID)}, whole)
	}
	if writes := h.b.Writes(0); len(writes) > 0 {
		t.Errorf("written: %v", writes)
	}
}

// judge compares a result with what an import by its identity reads.
func (l lister) judge(t *testing.T, name string, r tfprotov6.ListResourceResult, identity map[string]string, whole bool) {
	t.Helper()
	acctest.MustBeFine(t, core.NoticesOf(r.Diagnostics))
	if diff := cmp.Diff(identity, core.Object{Type: name, Identity: r.Identity}.IdentityTexts()); diff != "" {
		t.Errorf("identity (-want +got):\n%s", diff)
	}

	imported, told := l.ImportIdentity(t.Context(), name, identity)
	acctest.MustBeFine(t, told)
	read, told := l.Read(t.Context(), imported)
	acctest.MustBeFine(t, told)
	kind := read.Value.Type()
	if !whole {
		if r.Resource != nil {
			if got, err := r.Resource.Unmarshal(kind); err != nil || !got.IsNull() {
				t.Errorf("the whole object came without being asked for: %v", err)
			}
		}
		return
	}
	got, err := r.Resource.Unmarshal(kind)
	if err != nil {
		t.Fatal(err)
	}
	// The secret alone is left out: terraform query -json would print it.
	want, err := tftypes.Transform(read.Value, func(at *tftypes.AttributePath, v tftypes.Value) (tftypes.Value, error) {
		if at.LastStep() == tftypes.AttributeName("client_secret") {
			return tftypes.NewValue(tftypes.String, nil), nil
		}
		return v, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if !got.Equal(want) {
		t.Errorf("the list has\n%s\nan import reads\n%s", core.Texts(got), core.Texts(want))
	}
}

// Terraform's limit is kept; a cancelled client is not there; and one can be named.
func TestLists_chooses(t *testing.T) {
	t.Parallel()
	h := newThere(t)
	for _, c := range "bcd" {
		if _, err := h.b.Sim.AddCallbackURL(h.client, callback(c)); err != nil {
			t.Fatal(err)
		}
	}
	l := newLister(t, h.Party)
	named := map[string]string{"oauth_client_id": fmt.Sprint(h.client)}
	for limit, want := range map[int64]int{0: 4, 1: 1, 3: 3, 4: 4, 9: 4} {
		if got := len(l.list(t, "bunq_oauth_callback_url", named, true, limit)); got != want {
			t.Errorf("%d of at most %d, want %d", got, limit, want)
		}
	}
	if err := h.b.Sim.CancelOAuthClient(h.client); err != nil {
		t.Fatal(err)
	}
	again := newLister(t, h.Party)
	for _, name := range []string{"bunq_oauth_client", "bunq_oauth_callback_url"} {
		if got := again.list(t, name, nil, true, 100); len(got) != 0 {
			t.Errorf("%s of a cancelled client: %v", name, got)
		}
	}
}

// What cannot be listed says why.
func TestLists_mistakes(t *testing.T) {
	t.Parallel()
	h := newThere(t)
	l := newLister(t, h.Party)
	says := func(name string, texts map[string]string, want ...string) {
		t.Helper()
		got := l.list(t, name, texts, true, 100)
		if len(got) != 1 || len(got[0].Diagnostics) != 1 || got[0].Diagnostics[0].Severity != tfprotov6.DiagnosticSeverityError {
			t.Fatalf("%s listed %v", name, got)
		}
		d := got[0].Diagnostics[0]
		for _, w := range want {
			if !strings.Contains(d.Summary+": "+d.Detail, w) {
				t.Errorf("said %q: %q, want %q in it", d.Summary, d.Detail, w)
			}
		}
	}
	says("bunq_oauth_callback_url", map[string]string{"oauth_client_id": "0a1b"}, "Not a bunq ID", "not its client_id")
	says("bunq_oauth_callback_url", map[string]string{"oauth_client_id": "999999"}, "There is no such OAuth client", "has no OAuth client 999999", "Next step: omit oauth_client_id")
	if err := h.b.Sim.RevokeCredential(h.CredentialID); err != nil {
		t.Fatal(err)
	}
	l = newLister(t, h.Party)
	says("bunq_oauth_client", nil, "bunq_oauth_client cannot be listed", "User credentials are incorrect", "State: nothing was stored")
}

// The examples of the documentation name lists and attributes that there are.
func TestLists_examples(t *testing.T) {
	t.Parallel()
	h := newThere(t)
	l := newLister(t, h.Party)
	config := regexp.MustCompile(`(?s)\n  config \{\n(.*?)\n  \}`)
	attribute := regexp.MustCompile(`(?m)^    (\w+) += "([^"]*)"`)
	for name := range core.Schemas().ListResourceSchemas {
		text, err := os.ReadFile(filepath.Join("..", "..", "examples", "list-resources", name, "list-resource.tfquery.hcl"))
		if err != nil {
			t.Fatal(err)
		}
		if block := regexp.MustCompile(`(?m)^list "` + name + `" "\w+" \{\n  provider +=`); !block.Match(text) {
			t.Errorf("the example of %s does not list it", name)
		}
		texts := map[string]string{}
		if found := config.FindStringSubmatch(string(text)); found != nil {
			for _, a := range attribute.FindAllStringSubmatch(found[1], -1) {
				texts[a[1]] = strings.ReplaceAll(a[2], "633", fmt.Sprint(h.client))
			}
		}
		for a := range texts {
			if !slices.ContainsFunc(core.Schemas().ListResourceSchemas[name].Block.Attributes, func(s *tfprotov6.SchemaAttribute) bool { return s.Name == a }) {
				t.Errorf("%s has no attribute %s", name, a)
			}
		}
		for _, r := range l.list(t, name, texts, true, 100) {
			acctest.MustBeFine(t, core.NoticesOf(r.Diagnostics))
		}
	}
}

// With the real command, the examples of the documentation find everything, an apply of what they write imports it, and no
// secret is shown on the way.
func TestAccLists_query(t *testing.T) {
	t.Parallel()
	h := newThere(t)
	if _, err := h.b.Sim.AddCallbackURL(h.client, callback('b')); err != nil {
		t.Fatal(err)
	}
	if err := h.b.Sim.SetNotificationFilters(h.UserID, bunqsim.NotificationFilter{Category: "OAUTH", Target: hookA.target}); err != nil {
		t.Fatal(err)
	}
	cli := acctest.NewCLI(t, h.b)
	cli.NeedsQuery(t)

	file := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(cli.Dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cli.Write(t, h.Provider())
	for _, name := range []string{"bunq_oauth_client", "bunq_oauth_callback_url", "bunq_notification_filters"} {
		text, err := os.ReadFile(filepath.Join("..", "..", "examples", "list-resources", name, "list-resource.tfquery.hcl"))
		if err != nil {
			t.Fatal(err)
		}
		file(name+".tfquery.hcl", strings.ReplaceAll(string(text), `"633"`, fmt.Sprintf("%q", fmt.Sprint(h.client))))
	}

	cli.InstallFromMirror(t)

	says := []string{
		fmt.Sprintf("OAuth client %d of bunq user %d (Import AISP PISP)", h.client, h.UserID), callback('a'), callback('b'),
		fmt.Sprintf("Notification filters of bunq user %d (Import AISP PISP)", h.UserID),
	}
	shown := cli.Run(t, "query", "-no-color")
	shown.MustSay(t, 0, says...)
	asJSON := cli.Run(t, "query", "-json")
	asJSON.MustSay(t, 0, says...)

	cli.Run(t, "query", "-no-color", "-generate-config-out=found.tf").MustSay(t, 0)
	found, err := os.ReadFile(filepath.Join(cli.Dir, "found.tf"))
	if err != nil {
		t.Fatal(err)
	}
	secrets := []string{h.APIKey, h.b.Sim.Snapshot().OAuthClients[0].Secret, h.b.Sim.Snapshot().Installations[0].Token, "PRIVATE KEY"}
	for what, text := range map[string]string{"query": shown.Output, "query -json": asJSON.Output, "the configuration": string(found)} {
		for i, secret := range secrets {
			if secret == "" || strings.Contains(text, secret) {
				t.Errorf("%s shows secret %d (of %d characters)", what, i, len(secret))
			}
		}
	}

	cli.MustApply(t).MustSay(t, 0, "4 imported, 0 added", "0 destroyed")
	cli.MustHaveNothingToDo(t)
}
