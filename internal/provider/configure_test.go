package provider

import (
	"maps"
	"os"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
)

// variables are all the environment variables of the provider block.
var variables = []string{
	"BUNQ_ENVIRONMENT", "BUNQ_BASE_URL", "BUNQ_CONTEXT_FILE", "BUNQ_REQUEST_TIMEOUT", "BUNQ_MAX_WAIT", "BUNQ_SESSION_CACHE", "BUNQ_CA_CERT_FILE",
}

// block is a provider block: the values by attribute, those left out are null.
type block map[string]any

// unknown is a value that only an apply will know.
const unknown = tftypes.UnknownValue

// config makes the value that Terraform would hand over for the block.
func (b block) config(t *testing.T) tfsdk.Config {
	t.Helper()
	var resp provider.SchemaResponse
	(&Bunq{}).Schema(t.Context(), provider.SchemaRequest{}, &resp)
	object, ok := resp.Schema.Type().TerraformType(t.Context()).(tftypes.Object)
	if !ok {
		t.Fatal("the provider block is no object")
	}
	values := map[string]tftypes.Value{}
	for name, kind := range object.AttributeTypes {
		given := b[name]
		members, nested := given.(map[string]any)
		if !nested {
			values[name] = tftypes.NewValue(kind, given)
			continue
		}
		inner := map[string]tftypes.Value{}
		for member, v := range members {
			inner[member] = tftypes.NewValue(tftypes.String, v)
		}
		values[name] = tftypes.NewValue(kind, inner)
	}
	return tfsdk.Config{Schema: resp.Schema, Raw: tftypes.NewValue(object, values)}
}

// settings reads the block as Configure does, with these environment variables and no others.
func (b block) settings(t *testing.T, env map[string]string) (*settings, diag.Diagnostics) {
	t.Helper()
	setVariables(t, env)
	var m model
	diags := b.config(t).Get(t.Context(), &m)
	s := settingsFrom(m, os.Getenv, &diags)
	return s, diags
}

// configure configures a provider with the block.
func (b block) configure(t *testing.T, env map[string]string, opts ...Option) (*providerdata.Data, diag.Diagnostics) {
	t.Helper()
	setVariables(t, env)
	var resp provider.ConfigureResponse
	New("test", append([]Option{WithCacheDir(t.TempDir())}, opts...)...)().
		Configure(t.Context(), provider.ConfigureRequest{Config: b.config(t)}, &resp)
	data, _ := resp.DataSourceData.(*providerdata.Data) //nolint:errcheck // nil where Configure reported an error
	return data, resp.Diagnostics
}

func setVariables(t *testing.T, env map[string]string) {
	t.Helper()
	env = maps.Clone(env)
	for _, name := range variables {
		t.Setenv(name, env[name])
		delete(env, name)
	}
	for _, name := range []string{"HTTPS_PROXY", "https_proxy"} {
		t.Setenv(name, env[name])
		delete(env, name)
	}
	for name := range env {
		t.Fatalf("%s is no variable of the provider", name)
	}
}

// wantOnly checks that there is one error, at the attribute ("" for none) and with the text.
func wantOnly(t *testing.T, diags diag.Diagnostics, attribute, text string) {
	t.Helper()
	if len(diags) != 1 || !diags.HasError() {
		t.Fatalf("got %d diagnostics, want one error: %v", len(diags), diags)
	}
	if at := attributeOf(diags[0]); at != attribute {
		t.Errorf("points at %q, want %q", at, attribute)
	}
	if got := diags[0].Detail(); got != text {
		t.Errorf("says\n  %s\nwant\n  %s", got, text)
	}
}

// attributeOf is the attribute that a diagnostic points at; "" for none.
func attributeOf(d diag.Diagnostic) string {
	if at, ok := d.(diag.DiagnosticWithPath); ok {
		return at.Path().String()
	}
	return ""
}
