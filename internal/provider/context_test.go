package provider

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

// keys are one client's and one server's key, made once for all tests here.
var keys = sync.OnceValues(func() (client, server string) {
	key, err := signing.GenerateKey()
	if err != nil {
		panic(err)
	}
	if client, err = signing.MarshalPrivateKey(key); err != nil {
		panic(err)
	}
	if server, err = signing.MarshalPublicKey(&key.PublicKey); err != nil {
		panic(err)
	}
	return client, server
})

const (
	theAPIKey = "5ecret-api-key"
	theToken  = "5ecret-installation-token"
)

func contextMembers(environment string) map[string]any {
	client, server := keys()
	return map[string]any{
		"environment": environment, "api_key": theAPIKey, "installation_token": theToken, "private_key_pem": client, "server_public_key_pem": server,
	}
}

// contextFile is a file as bunq's SDKs write it.
func contextFile(t *testing.T, environment string) string {
	t.Helper()
	client, server := keys()
	text, err := json.Marshal(map[string]any{
		"environment_type": environment, "api_key": theAPIKey,
		"installation_context": map[string]any{
			"token": theToken, "private_key_client": client, "public_key_client": server, "public_key_server": server,
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "bunq.conf")
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// Each way to give the context gives the same one.
func TestConfigure_context(t *testing.T) {
	sandbox := contextFile(t, "SANDBOX")
	tests := []struct {
		name  string
		block block
		env   map[string]string
	}{
		{"api_context", block{"api_context": contextMembers("sandbox")}, nil},
		{"context_file", block{"context_file": sandbox}, nil},
		{"BUNQ_CONTEXT_FILE", nil, map[string]string{"BUNQ_CONTEXT_FILE": sandbox}},
		{"context_file wins over a variable that is wrong", block{"context_file": sandbox}, map[string]string{"BUNQ_CONTEXT_FILE": "/nowhere"}},
		{"api_context wins over a variable that is wrong", block{"api_context": contextMembers("sandbox")}, map[string]string{"BUNQ_CONTEXT_FILE": "/nowhere"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			data, diags := tt.block.configure(t, tt.env)
			if len(diags) > 0 {
				t.Fatalf("Configure failed: %v", diags)
			}
			got := data.Default
			if got == nil {
				t.Fatal("no default context")
			}
			if got.Environment != bunq.Sandbox || got.APIKey.Reveal() != theAPIKey || got.Installation.Token.Reveal() != theToken {
				t.Error("another context than the one given")
			}
			private, err := signing.MarshalPrivateKey(got.Installation.PrivateKey)
			if client, _ := keys(); err != nil || private != client {
				t.Errorf("another private key than the one given (%v)", err)
			}
		})
	}
	t.Run("none", func(t *testing.T) {
		data, diags := block{}.configure(t, nil)
		if len(diags) > 0 || data.Default != nil || data.DefaultUnknown {
			t.Errorf("got %v, %v, %v", data.Default, data.DefaultUnknown, diags)
		}
	})
}

func TestConfigure_badContext(t *testing.T) {
	without := func(member string) map[string]any {
		m := contextMembers("sandbox")
		m[member] = ""
		return m
	}
	broken := contextMembers("sandbox")
	broken["private_key_pem"] = strings.Replace(broken["private_key_pem"].(string), "\n", "\nAAAA", 1) //nolint:errcheck,forcetypeassert // made above
	tests := []struct {
		name      string
		block     block
		env       map[string]string
		attribute string
		want      []string
	}{
		{
			"both ways at once", block{"api_context": contextMembers("sandbox"), "context_file": "bunq.conf"}, nil,
			"context_file", []string{"api_context and context_file are both set. Remove one of them."},
		},
		{
			"both ways at once, one not known yet", block{"api_context": unknown, "context_file": "bunq.conf"}, nil,
			"context_file", []string{"Remove one of them."},
		},
		{
			"a file that is not there", block{"context_file": "/nowhere/bunq.conf"}, nil,
			"context_file", []string{"/nowhere/bunq.conf", "working directory"},
		},
		{
			"an environment that is none", block{"api_context": contextMembers("staging")}, nil,
			"api_context.environment", []string{`The environment of the API context is neither "sandbox" nor "production".`},
		},
		{"an empty API key", block{"api_context": without("api_key")}, nil, "api_context.api_key", []string{"The API context has no api_key"}},
		{"an empty token", block{"api_context": without("installation_token")}, nil, "api_context.installation_token", []string{"has no installation_token"}},
		{"a key that cannot be read", block{"api_context": broken}, nil, "api_context", []string{"The keys of the API context cannot be read"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			data, diags := tt.block.configure(t, tt.env)
			if data != nil {
				t.Error("the provider is configured all the same")
			}
			if len(diags) != 1 || !diags.HasError() {
				t.Fatalf("got %v, want one error", diags)
			}
			if got := attributeOf(diags[0]); got != tt.attribute {
				t.Errorf("points at %q, want %q", got, tt.attribute)
			}
			text := diags[0].Summary() + "\n" + diags[0].Detail()
			for _, want := range tt.want {
				if !strings.Contains(text, want) {
					t.Errorf("does not say %q:\n%s", want, text)
				}
			}
			client, _ := keys()
			for _, secret := range []string{theAPIKey, theToken, strings.Split(client, "\n")[3]} {
				if strings.Contains(text, secret) {
					t.Errorf("gives a secret away:\n%s", text)
				}
			}
		})
	}
}

// What only those notice who would use the context: a provider block whose resources all have their
// own must not stop at what it happens to see.
func TestConfigure_contextOfOthers(t *testing.T) {
	tests := []struct {
		name  string
		block block
		env   map[string]string
		want  []string
	}{
		{
			"a file of the variable that is not there", nil, map[string]string{"BUNQ_CONTEXT_FILE": "/nowhere/bunq.conf"},
			[]string{"Environment variable BUNQ_CONTEXT_FILE: ", "/nowhere/bunq.conf", "working directory"},
		},
		{
			"a file of the variable that lacks the key", nil, map[string]string{"BUNQ_CONTEXT_FILE": os.DevNull},
			[]string{"Environment variable BUNQ_CONTEXT_FILE: "},
		},
		{
			"a file of the variable of another environment", nil,
			map[string]string{"BUNQ_ENVIRONMENT": "production", "BUNQ_CONTEXT_FILE": contextFile(t, "SANDBOX")},
			[]string{"context file (environment variable BUNQ_CONTEXT_FILE) was made in bunq's sandbox environment"},
		},
		{
			"api_context of another environment", block{"api_context": contextMembers("production")}, nil,
			[]string{"API context of the provider block was made in bunq's production environment", `set environment = "production"`},
		},
		{
			"context_file of another environment", block{"environment": "production", "context_file": contextFile(t, "SANDBOX")}, nil,
			[]string{"context file (context_file) was made in bunq's sandbox environment", `set environment = "sandbox"`},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			data, diags := tt.block.configure(t, tt.env)
			if len(diags) > 0 || data == nil {
				t.Fatalf("Configure failed: %v", diags)
			}
			none := types.ObjectNull(providerdata.APIContextTypes())
			_, atApply := data.Access(none, path.Root("api_context"))
			for when, diags := range map[string]diag.Diagnostics{"at plan": data.Check(none, path.Root("api_context")), "at apply": atApply} {
				if len(diags) != 1 || !diags.HasError() {
					t.Fatalf("%s: got %v, want one error", when, diags)
				}
				if got := attributeOf(diags[0]); got != "api_context" {
					t.Errorf("%s: points at %q", when, got)
				}
				text := diags[0].Summary() + "\n" + diags[0].Detail()
				for _, want := range tt.want {
					if !strings.Contains(text, want) {
						t.Errorf("%s: does not say %q:\n%s", when, want, text)
					}
				}
				if strings.Contains(text, theAPIKey) || strings.Contains(text, theToken) {
					t.Errorf("%s: gives a secret away:\n%s", when, text)
				}
			}
		})
	}
}

// A provider that is configured has sent nothing, whatever it was given.
func TestConfigure_sendsNothing(t *testing.T) {
	refuse := WithTransport(roundTrip(func(r *http.Request) { t.Errorf("%s %s was sent", r.Method, r.URL) }))
	for _, b := range []block{nil, {"api_context": contextMembers("sandbox")}, {"environment": unknown}, {"environment": "production"}} {
		if _, diags := b.configure(t, nil, refuse); len(diags) > 0 {
			t.Errorf("%v: %v", b, diags)
		}
	}
}

type roundTrip func(*http.Request)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) {
	f(r)
	return nil, http.ErrServerClosed
}
