package hostile

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/openpsd2/terraform-provider-bunq/internal/provider"
)

// envTask is the variable in which the test passes a task to a process of its own.
const envTask = "BUNQ_HOSTILE_TASK"

// task is what a process does: one operation of the provider.
type task struct {
	BaseURL   string
	Operation operation
	Context   apiContext
	CacheDir  string
}

type apiContext struct {
	APIKey, Token, PrivateKeyPEM, ServerPublicKeyPEM string
}

// result is what it prints.
type result struct {
	Took        time.Duration
	Memory      int // the most that the process had, in bytes; 0 where it cannot be read
	Diagnostics []diagnostic
}

type diagnostic struct {
	Error           bool
	Summary, Detail string
}

func TestMain(m *testing.M) {
	text := os.Getenv(envTask)
	if text == "" {
		os.Exit(m.Run())
	}

	debug.SetGCPercent(400) // as main does
	var t task
	if err := json.Unmarshal([]byte(text), &t); err != nil {
		panic(err)
	}
	r, err := t.do(context.Background())
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(r)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// do speaks the plugin protocol with the provider, as Terraform does.
func (t task) do(ctx context.Context) (*result, error) {
	server, err := providerserver.NewProtocol6WithError(provider.New("test", provider.WithCacheDir(t.CacheDir))())()
	if err != nil {
		return nil, err
	}
	schemas, err := server.GetProviderSchema(ctx, &tfprotov6.GetProviderSchemaRequest{})
	if err != nil {
		return nil, err
	}

	kind := schemas.Provider.ValueType().(tftypes.Object) //nolint:forcetypeassert // of a provider block
	values := map[string]tftypes.Value{
		"base_url": text(t.BaseURL),
		"max_wait": text("10s"),
		"api_context": tftypes.NewValue(kind.AttributeTypes["api_context"], map[string]tftypes.Value{
			"environment": text("sandbox"), "api_key": text(t.Context.APIKey), "installation_token": text(t.Context.Token),
			"private_key_pem": text(t.Context.PrivateKeyPEM), "server_public_key_pem": text(t.Context.ServerPublicKeyPEM),
		}),
	}
	config, err := object(kind, values, nil)
	if err != nil {
		return nil, err
	}
	configured, err := server.ConfigureProvider(ctx, &tfprotov6.ConfigureProviderRequest{TerraformVersion: "1.12.0", Config: config})
	if err != nil || len(configured.Diagnostics) > 0 {
		return nil, fmt.Errorf("configure: %w %v", err, configured)
	}

	begun := time.Now()
	said, err := t.Operation.run(ctx, server, schemas)
	r := &result{Took: time.Since(begun), Memory: peak()}
	for _, d := range said {
		r.Diagnostics = append(r.Diagnostics, diagnostic{d.Severity == tfprotov6.DiagnosticSeverityError, d.Summary, d.Detail})
	}
	return r, err
}

// peak reads the most memory that the process had, which Linux counts from its beginning.
func peak() int {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		var kilobytes int
		if n, _ := fmt.Sscanf(line, "VmHWM: %d kB", &kilobytes); n == 1 {
			return kilobytes << 10
		}
	}
	return 0
}

// operation is one thing that the provider does, with the call that the server spoils.
type operation struct {
	// Resource is created; if it is empty, Data is read.
	Resource, Data string
	// Call is the call that gets the bad answer, as "POST /v1/installation".
	Call string
	// Sent is how often it may be sent. A read may be repeated as often as there is time.
	Sent int
}

func (o operation) run(ctx context.Context, s tfprotov6.ProviderServer, schemas *tfprotov6.GetProviderSchemaResponse) ([]*tfprotov6.Diagnostic, error) {
	if o.Resource == "" {
		config, err := object(schemas.DataSourceSchemas[o.Data].ValueType(), nil, nil)
		if err != nil {
			return nil, err
		}
		read, err := s.ReadDataSource(ctx, &tfprotov6.ReadDataSourceRequest{TypeName: o.Data, Config: config})
		if err != nil {
			return nil, err
		}
		return read.Diagnostics, nil
	}

	schema := schemas.ResourceSchemas[o.Resource]
	kind := schema.ValueType()
	unknown := map[string]bool{}
	for _, a := range schema.Block.Attributes {
		unknown[a.Name] = a.Computed
	}
	config, err := object(kind, nil, nil)
	if err != nil {
		return nil, err
	}
	proposed, err := object(kind, nil, unknown)
	if err != nil {
		return nil, err
	}
	none, err := tfprotov6.NewDynamicValue(kind, tftypes.NewValue(kind, nil))
	if err != nil {
		return nil, err
	}

	plan, err := s.PlanResourceChange(ctx, &tfprotov6.PlanResourceChangeRequest{TypeName: o.Resource, PriorState: &none, ProposedNewState: proposed, Config: config})
	if err != nil {
		return nil, err
	}
	for _, d := range plan.Diagnostics {
		if d.Severity == tfprotov6.DiagnosticSeverityError {
			return plan.Diagnostics, nil
		}
	}
	apply, err := s.ApplyResourceChange(ctx, &tfprotov6.ApplyResourceChangeRequest{
		TypeName: o.Resource, PriorState: &none, PlannedState: plan.PlannedState, Config: config, PlannedPrivate: plan.PlannedPrivate,
	})
	if err != nil {
		return nil, err
	}
	return append(plan.Diagnostics, apply.Diagnostics...), nil
}

func text(s string) tftypes.Value { return tftypes.NewValue(tftypes.String, s) }

// object returns an object with the given values; the others are null or unknown.
func object(kind tftypes.Type, values map[string]tftypes.Value, unknown map[string]bool) (*tfprotov6.DynamicValue, error) {
	members := map[string]tftypes.Value{}
	for name, k := range kind.(tftypes.Object).AttributeTypes { //nolint:forcetypeassert // of a block
		switch value, ok := values[name]; {
		case ok:
			members[name] = value
		case unknown[name]:
			members[name] = tftypes.NewValue(k, tftypes.UnknownValue)
		default:
			members[name] = tftypes.NewValue(k, nil)
		}
	}
	v, err := tfprotov6.NewDynamicValue(kind, tftypes.NewValue(kind, members))
	return &v, err
}
