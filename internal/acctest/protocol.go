package acctest

import (
	"fmt"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Protocol speaks the plugin protocol with the provider, as a CLI would: for
// what the CLI at hand does not know, such as resource identity.
type Protocol struct {
	Server tfprotov6.ProviderServer
	schema *tfprotov6.GetProviderSchemaResponse
}

// NewProtocol configures the provider for b with the party's context.
func NewProtocol(t *testing.T, b *Bunq, p *Party) *Protocol {
	t.Helper()
	server, err := b.serve()
	if err != nil {
		t.Fatal(err)
	}
	schema, err := server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	q := &Protocol{Server: server, schema: schema}
	blockType := schema.Provider.ValueType().(tftypes.Object)
	values := map[string]tftypes.Value{
		"environment": tftypes.NewValue(tftypes.String, string(b.Sim.Environment())),
		"base_url":    tftypes.NewValue(tftypes.String, b.URL),
		"api_context": tftypes.NewValue(blockType.AttributeTypes["api_context"], map[string]tftypes.Value{
			"environment":           tftypes.NewValue(tftypes.String, string(b.Sim.Environment())),
			"api_key":               tftypes.NewValue(tftypes.String, p.APIKey),
			"installation_token":    tftypes.NewValue(tftypes.String, p.Token),
			"private_key_pem":       tftypes.NewValue(tftypes.String, p.PrivateKeyPEM),
			"server_public_key_pem": tftypes.NewValue(tftypes.String, p.ServerPublicKeyPEM),
		}),
	}
	for name, kind := range blockType.AttributeTypes {
		if _, ok := values[name]; !ok {
			values[name] = tftypes.NewValue(kind, nil)
		}
	}
	config, err := tfprotov6.NewDynamicValue(blockType, tftypes.NewValue(blockType, values))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := server.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{TerraformVersion: "1.12.0", Config: &config})
	if err != nil {
		t.Fatal(err)
	}
	MustBeFine(t, answer.Diagnostics)
	return q
}

// MustBeFine fails the test for an error among the diagnostics.
func MustBeFine(t *testing.T, diags []*tfprotov6.Diagnostic) {
	t.Helper()
	for _, d := range diags {
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			t.Fatalf("%s: %s", d.Summary, d.Detail)
		}
	}
}

// Identity is an identity of text members.
func (q *Protocol) Identity(t *testing.T, members map[string]string) *tfprotov6.ResourceIdentityData {
	t.Helper()
	kinds, values := map[string]tftypes.Type{}, map[string]tftypes.Value{}
	for name, value := range members {
		kinds[name] = tftypes.String
		values[name] = tftypes.NewValue(tftypes.String, value)
	}
	kind := tftypes.Object{AttributeTypes: kinds}
	data, err := tfprotov6.NewDynamicValue(kind, tftypes.NewValue(kind, values))
	if err != nil {
		t.Fatal(err)
	}
	return &tfprotov6.ResourceIdentityData{IdentityData: &data}
}

// Texts are the text members of an object as the protocol has it; a resource's
// where name is that of one, else an identity with the given members.
func (q *Protocol) Texts(t *testing.T, name string, v *tfprotov6.DynamicValue, members ...string) map[string]string {
	t.Helper()
	var kind tftypes.Type
	if len(members) > 0 {
		kinds := map[string]tftypes.Type{}
		for _, m := range members {
			kinds[m] = tftypes.String
		}
		kind = tftypes.Object{AttributeTypes: kinds}
	} else {
		schema, ok := q.schema.ResourceSchemas[name]
		if !ok {
			t.Fatalf("no resource %s", name)
		}
		kind = schema.ValueType()
	}
	value, err := v.Unmarshal(kind)
	if err != nil {
		t.Fatal(err)
	}
	var all map[string]tftypes.Value
	if err := value.As(&all); err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for name, v := range all {
		if v.Type().Is(tftypes.String) && !v.IsNull() && v.IsKnown() {
			var text string
			if err := v.As(&text); err != nil {
				t.Fatal(fmt.Errorf("%s: %w", name, err))
			}
			texts[name] = text
		}
	}
	return texts
}
