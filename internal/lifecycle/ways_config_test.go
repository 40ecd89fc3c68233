package lifecycle_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/acctest"
)

// wayResource is one resource of the configuration, in the parts that a way
// changes.
type wayResource struct {
	typ string
	// body are its arguments.
	body []string
	// unknown is an argument and its value, for a way in which it is not known
	// until the apply; empty where the resource has none that stays the same.
	unknown, value string
}

func (r wayResource) address() string { return r.typ + ".main" }

func wayResources() []wayResource {
	context := "api_context = bunq_device_server.main.api_context"
	installed := "installation = bunq_installation.main"
	return []wayResource{
		{typ: sandboxCertificate, body: []string{`name = "Ways"`}, unknown: "organization", value: `null`},
		{typ: installation, body: []string{"keepers = { certificate = bunq_sandbox_certificate.main.certificate_pem }"}},
		{typ: credential, body: []string{
			installed, "certificate_pem = bunq_sandbox_certificate.main.certificate_pem", "private_key_pem_wo = bunq_sandbox_certificate.main.private_key_pem",
		}, unknown: "certificate_chain_pem", value: "bunq_sandbox_certificate.main.certificate_chain_pem"},
		{typ: device, body: []string{installed, "credential = bunq_psd2_credential.main", `description = "ways"`}, unknown: "permitted_ips", value: `["127.0.0.1"]`},
		{typ: client, body: []string{context, "deletion_protection = false"}, unknown: "adopt_existing", value: `false`},
		{typ: callback, body: []string{context, "oauth_client_id = bunq_oauth_client.main.id", `url = "https://app.example.com/ways"`},
			unknown: "url", value: `"https://app.example.com/ways"`},
		{typ: filters, body: []string{context, `filters = [{ category = "OAUTH", notification_target = "https://app.example.com/ways" }]`},
			unknown: "adopt_existing", value: `false`},
	}
}

const sandboxCertificate = "bunq_sandbox_certificate"

const wayProvider = "provider \"bunq\" {}\n"

// wayConfig is the whole configuration; change may rewrite the block of a
// resource, or leave it out with "".
func wayConfig(change func(r wayResource, block string) string) string {
	var b strings.Builder
	b.WriteString(wayProvider)
	for _, r := range wayResources() {
		block := r.block("main", r.body...)
		if change != nil {
			block = change(r, block)
		}
		b.WriteString(block)
	}
	return b.String()
}

func (r wayResource) block(name string, body ...string) string {
	return fmt.Sprintf("resource %q %q {\n  %s\n}\n", r.typ, name, strings.Join(body, "\n  "))
}

// of changes the block of one resource only.
func of(r wayResource, to func(block string) string) func(wayResource, string) string {
	return func(other wayResource, block string) string {
		if other.typ != r.typ {
			return block
		}
		return to(block)
	}
}

// idsIn are the ids that a state holds of a type, sorted.
func idsIn(state []acctest.Object, typ string) []string {
	var out []string
	for _, o := range state {
		if o.Type == typ {
			id, _ := o.Attributes["id"].(string)
			out = append(out, id)
		}
	}
	slices.Sort(out)
	return out
}

// check fails for what no way may leave: an object of a client that no resource
// has, or that two have; a client that is not active; a key that is refused from
// here.
func (c *wayCell) check(t *testing.T) {
	t.Helper()
	state, bunq := c.cli.Objects(t), c.b.Sim.Snapshot()

	for _, o := range state {
		if o.Deposed != "" {
			t.Errorf("%s has a deposed object", o.Address)
		}
	}

	var clients, urls []string
	for _, o := range bunq.OAuthClients {
		if o.Status == "ACTIVE" {
			clients = append(clients, strconv.FormatInt(o.ID, 10))
		}
	}
	for _, u := range bunq.CallbackURLs {
		if slices.Contains(clients, strconv.FormatInt(u.OAuthClientID, 10)) {
			urls = append(urls, strconv.FormatInt(u.ID, 10))
		}
	}
	slices.Sort(clients)
	slices.Sort(urls)
	if have := idsIn(state, client); !slices.Equal(have, clients) && c.forgotten != client {
		t.Errorf("the state has the OAuth clients %v, and bunq %v", have, clients)
	}
	if have := idsIn(state, callback); !slices.Equal(have, urls) && c.forgotten == "" {
		t.Errorf("the state has the callback URLs %v, and bunq %v", have, urls)
	}

	var webhooks []string
	for _, f := range bunq.NotificationFilters {
		webhooks = append(webhooks, strconv.FormatInt(f.UserID, 10))
	}
	if have := idsIn(state, filters); !slices.Equal(have, webhooks) && c.forgotten == "" {
		t.Errorf("the state has the webhooks of the users %v, and bunq those of %v", have, webhooks)
	}
}

// contextFileOf writes the key of the state as bunq's Python SDK would.
func contextFileOf(t *testing.T, cli *acctest.CLI) string {
	t.Helper()
	state := cli.State(t)
	member := func(name string) any {
		m, ok := state[device+".main"]["api_context"].(map[string]any)
		if !ok {
			t.Fatal("the device has no api_context")
		}
		return m[name]
	}
	raw, err := json.Marshal(map[string]any{
		"environment_type": "SANDBOX",
		"api_key":          member("api_key"),
		"installation_context": map[string]any{
			"token": member("installation_token"), "private_key_client": member("private_key_pem"),
			"public_key_client": state[installation+".main"]["public_key_pem"], "public_key_server": member("server_public_key_pem"),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "bunq.conf")
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
