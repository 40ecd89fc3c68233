package lifecycle_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/openpsd2/terraform-provider-bunq/internal/provider"
)

// core stands in for Terraform: it has a state, and asks the provider what
// Terraform's core asks, in its order. Each plan, apply and import has a provider
// of its own, as each has a process of its own in Terraform.
type core struct {
	t       *testing.T
	opts    []provider.Option
	baseURL string
	schemas map[string]*tfprotov6.Schema
	block   *tfprotov6.Schema // of the provider
	// settings are further attributes of the provider block.
	settings func(references) map[string]tftypes.Value
	// state is the last one written.
	state state
}

// object is one resource instance in the state.
type object struct {
	typ      string
	value    tftypes.Value
	private  []byte
	identity *tfprotov6.ResourceIdentityData
	tainted  bool
}

// state maps the type of a resource to its object: the configurations here have
// one of each type.
type state map[string]object

func (s state) clone() state {
	out := state{}
	for k, v := range s {
		out[k] = v
	}
	return out
}

// declared is a resource block of a configuration.
type declared struct {
	typ string
	// needs are the types it refers to, directly or by way of others.
	needs []string
	body  func(references) map[string]tftypes.Value
}

// notice is a diagnostic as a user sees it.
type notice struct {
	// during is the resource whose operation gave it; "" for the provider.
	during  string
	warning bool
	summary string
	detail  string
}

func (n notice) String() string {
	kind := "Error"
	if n.warning {
		kind = "Warning"
	}
	return fmt.Sprintf("%s: %s\n\n%s", kind, n.summary, n.detail)
}

type notices []notice

func (n notices) errors() notices {
	var out notices
	for _, d := range n {
		if !d.warning {
			out = append(out, d)
		}
	}
	return out
}

func (n notices) String() string {
	parts := make([]string, len(n))
	for i, d := range n {
		parts[i] = d.String()
	}
	return strings.Join(parts, "\n---\n")
}

func noticesOf(during string, diags []*tfprotov6.Diagnostic) notices {
	var out notices
	for _, d := range diags {
		out = append(out, notice{
			during: during, warning: d.Severity == tfprotov6.DiagnosticSeverityWarning, summary: d.Summary, detail: d.Detail,
		})
	}
	return out
}

func newCore(t *testing.T, baseURL string, opts ...provider.Option) *core {
	t.Helper()
	c := &core{t: t, opts: opts, baseURL: baseURL, state: state{}}
	answer, err := c.server().GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		t.Fatal(err)
	}
	c.schemas, c.block = answer.ResourceSchemas, answer.Provider
	return c
}

func (c *core) server() tfprotov6.ProviderServer {
	c.t.Helper()
	server, err := providerserver.NewProtocol6WithError(provider.New("test", c.opts...)())()
	if err != nil {
		c.t.Fatal(err)
	}
	return server
}

// start begins a process of the provider.
func (c *core) start(ctx context.Context) tfprotov6.ProviderServer {
	c.t.Helper()
	body := map[string]tftypes.Value{"base_url": str(c.baseURL)}
	if c.settings != nil {
		for k, v := range c.settings(c.stored(c.state)) {
			body[k] = v
		}
	}
	server := c.server()
	answer, err := server.ConfigureProvider(ctx, &tfprotov6.ConfigureProviderRequest{
		TerraformVersion: "1.14.0", Config: c.dynamic(buildObject(c.block.Block.Attributes, body)),
	})
	if err != nil {
		c.t.Fatal(err)
	}
	if got := noticesOf("", answer.Diagnostics).errors(); len(got) > 0 {
		c.t.Fatalf("the provider could not be configured:\n%s", got)
	}
	return server
}

func (c *core) typeOf(typ string) tftypes.Type {
	c.t.Helper()
	s, ok := c.schemas[typ]
	if !ok {
		c.t.Fatalf("no resource type %s", typ)
	}
	return s.ValueType()
}

func (c *core) dynamic(v tftypes.Value) *tfprotov6.DynamicValue {
	c.t.Helper()
	d, err := tfprotov6.NewDynamicValue(v.Type(), v)
	if err != nil {
		c.t.Fatal(err)
	}
	return &d
}

// value decodes what the provider answered; null where it answered nothing.
func (c *core) value(typ string, d *tfprotov6.DynamicValue) tftypes.Value {
	c.t.Helper()
	of := c.typeOf(typ)
	if d == nil {
		return tftypes.NewValue(of, nil)
	}
	v, err := d.Unmarshal(of)
	if err != nil {
		c.t.Fatal(err)
	}
	return v
}

// stored refers to the objects of a state.
func (c *core) stored(s state) references {
	return func(typ string) (tftypes.Value, bool) {
		o, ok := s[typ]
		return o.value, ok
	}
}
