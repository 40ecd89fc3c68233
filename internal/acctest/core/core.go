// Package core stands in for Terraform's core: it asks a provider in the same process what core asks, with the
// values that core would send. So a test needs no CLI, and can run on the clock of testing/synctest.
// TestAccCore_doesAsTheCLIDoes of internal/lifecycle compares it with a CLI.
//
// It panics at what only a wrong test or a broken provider can bring about, such as an attribute that does not exist.
package core

import (
	"context"
	"slices"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"github.com/openpsd2/terraform-provider-bunq/internal/provider"
)

// Provider is one process of the provider: Terraform starts one for a plan and another for the apply.
type Provider struct {
	Server tfprotov6.ProviderServer
}

// Object is a resource in a state, or as it is planned.
type Object struct {
	Type string
	// Value is null for one that does not exist.
	Value    tftypes.Value
	Private  []byte
	Identity *tfprotov6.ResourceIdentityData
}

// Start starts the provider, which is not configured yet.
func Start(opts ...provider.Option) *Provider {
	return &Provider{Server: providerserver.NewProtocol6(provider.New("test", opts...)())()}
}

// Schemas are those of the provider, asked for once.
var Schemas = sync.OnceValue(func() *tfprotov6.GetProviderSchemaResponse {
	return answered(Start().Server.GetProviderSchema(context.Background(), &tfprotov6.GetProviderSchemaRequest{}))
})

var identitySchemas = sync.OnceValue(func() map[string]*tfprotov6.ResourceIdentitySchema {
	request := &tfprotov6.GetResourceIdentitySchemasRequest{}
	return answered(Start().Server.GetResourceIdentitySchemas(context.Background(), request)).IdentitySchemas
})

// answered is the answer of the provider, which reports what is wrong as diagnostics.
func answered[T any](answer T, err error) T {
	if err != nil {
		panic(err)
	}
	return answer
}

func schemaOf(typ string) *tfprotov6.Schema {
	s, ok := Schemas().ResourceSchemas[typ]
	if !ok {
		panic("no resource type " + typ)
	}
	return s
}

// Absent is a resource that does not exist.
func Absent(typ string) Object {
	return Object{Type: typ, Value: tftypes.NewValue(schemaOf(typ).ValueType(), nil)}
}

// Exists reports whether o is in the state.
func (o Object) Exists() bool { return !o.Value.IsNull() }

// Attr returns an attribute.
func (o Object) Attr(name string) tftypes.Value {
	v, ok := Members(o.Value)[name]
	if !ok {
		panic(o.Type + " has no " + name)
	}
	return v
}

// Text returns a string attribute, "" for a null or unknown one.
func (o Object) Text(name string) string { return text(o.Attr(name)) }

// IdentityTexts returns the members of the identity.
func (o Object) IdentityTexts() map[string]string {
	return Texts(answered(o.Identity.IdentityData.Unmarshal(identitySchemas()[o.Type].ValueType())))
}

// value decodes what the provider answered; null where it answered nothing.
func value(typ string, d *tfprotov6.DynamicValue) tftypes.Value {
	if d == nil {
		return Absent(typ).Value
	}
	return answered(d.Unmarshal(schemaOf(typ).ValueType()))
}

// Dynamic encodes a value for the protocol.
func Dynamic(v tftypes.Value) *tfprotov6.DynamicValue {
	d := answered(tfprotov6.NewDynamicValue(v.Type(), v))
	return &d
}

// Configure configures the provider, with the arguments of its block.
func (p *Provider) Configure(ctx context.Context, block Args) Notices {
	return NoticesOf(answered(p.Server.ConfigureProvider(ctx, &tfprotov6.ConfigureProviderRequest{
		TerraformVersion: "1.14.0", Config: Dynamic(block.Of(Schemas().Provider)),
	})).Diagnostics)
}

// Stop is Ctrl-C.
func (p *Provider) Stop() {
	answered(p.Server.StopProvider(context.Background(), &tfprotov6.StopProviderRequest{}))
}

// Validate validates the arguments of a resource.
func (p *Provider) Validate(ctx context.Context, typ string, args Args) Notices {
	return NoticesOf(answered(p.Server.ValidateResourceConfig(ctx, &tfprotov6.ValidateResourceConfigRequest{
		TypeName: typ, Config: Dynamic(args.Of(schemaOf(typ))),
		ClientCapabilities: &tfprotov6.ValidateResourceConfigClientCapabilities{WriteOnlyAttributesAllowed: true},
	})).Diagnostics)
}

// Read refreshes an object, which is null if it is gone. After an error it is as it was.
func (p *Provider) Read(ctx context.Context, o Object) (Object, Notices) {
	answer := answered(p.Server.ReadResource(ctx, &tfprotov6.ReadResourceRequest{
		TypeName: o.Type, CurrentState: Dynamic(o.Value), Private: o.Private, CurrentIdentity: o.Identity,
	}))
	told := NoticesOf(answer.Diagnostics)
	if told.Failed() {
		return o, told
	}

	o.Value, o.Private = value(o.Type, answer.NewState), answer.Private
	if answer.NewIdentity != nil {
		o.Identity = answer.NewIdentity
	}
	return o, told
}

// Plan plans what the arguments make of an object, and reports whether that replaces it.
func (p *Provider) Plan(ctx context.Context, prior Object, args Args) (planned Object, replaces bool, told Notices) {
	schema := schemaOf(prior.Type)
	config := args.Of(schema)
	planned, paths, told := p.plan(ctx, prior, config, proposed(schema.Block.Attributes, prior.Value, config))
	return planned, prior.Exists() && changed(paths, prior.Value, planned.Value), told
}

// PlanDestroy plans that an object ends.
func (p *Provider) PlanDestroy(ctx context.Context, prior Object) (Object, Notices) {
	none := Absent(prior.Type).Value
	planned, _, told := p.plan(ctx, prior, none, none)
	return planned, told
}

func (p *Provider) plan(ctx context.Context, prior Object, config, proposed tftypes.Value) (Object, []*tftypes.AttributePath, Notices) {
	answer := answered(p.Server.PlanResourceChange(ctx, &tfprotov6.PlanResourceChangeRequest{
		TypeName: prior.Type, PriorState: Dynamic(prior.Value), ProposedNewState: Dynamic(proposed), Config: Dynamic(config),
		PriorPrivate: prior.Private, PriorIdentity: prior.Identity,
	}))
	planned := Object{
		Type: prior.Type, Value: value(prior.Type, answer.PlannedState), Private: answer.PlannedPrivate, Identity: answer.PlannedIdentity,
	}
	return planned, answer.RequiresReplace, NoticesOf(answer.Diagnostics)
}

// changed reports whether one of the paths has really changed: core ignores the others.
func changed(paths []*tftypes.AttributePath, prior, planned tftypes.Value) bool {
	return slices.ContainsFunc(paths, func(p *tftypes.AttributePath) bool {
		before, _, err1 := tftypes.WalkAttributePath(prior, p)
		after, _, err2 := tftypes.WalkAttributePath(planned, p)
		if err1 != nil || err2 != nil {
			return err1 == nil || err2 == nil
		}
		return !before.(tftypes.Value).Equal(after.(tftypes.Value)) //nolint:forcetypeassert // of a value
	})
}

// Apply carries out what was planned with the arguments; without arguments for a destroy.
func (p *Provider) Apply(ctx context.Context, prior, planned Object, args Args) (Object, Notices) {
	config := planned.Value
	if args != nil {
		config = args.Of(schemaOf(prior.Type))
	}
	answer := answered(p.Server.ApplyResourceChange(ctx, &tfprotov6.ApplyResourceChangeRequest{
		TypeName: prior.Type, PriorState: Dynamic(prior.Value), PlannedState: Dynamic(planned.Value), Config: Dynamic(config),
		PlannedPrivate: planned.Private, PlannedIdentity: planned.Identity,
	}))
	made := Object{Type: prior.Type, Value: value(prior.Type, answer.NewState), Private: answer.Private, Identity: answer.NewIdentity}
	return made, NoticesOf(answer.Diagnostics)
}

// Import imports an object by its id. A read must follow.
func (p *Provider) Import(ctx context.Context, typ, id string) (Object, Notices) {
	return p.importOne(ctx, &tfprotov6.ImportResourceStateRequest{TypeName: typ, ID: id})
}

// ImportIdentity imports an object by its identity. A read must follow.
func (p *Provider) ImportIdentity(ctx context.Context, typ string, identity map[string]string) (Object, Notices) {
	return p.importOne(ctx, &tfprotov6.ImportResourceStateRequest{TypeName: typ, Identity: Identity(identity)})
}

func (p *Provider) importOne(ctx context.Context, request *tfprotov6.ImportResourceStateRequest) (Object, Notices) {
	answer := answered(p.Server.ImportResourceState(ctx, request))
	told := NoticesOf(answer.Diagnostics)
	if told.Failed() {
		return Absent(request.TypeName), told
	}

	if len(answer.ImportedResources) != 1 {
		panic("an import brings one resource")
	}
	in := answer.ImportedResources[0]
	return Object{Type: in.TypeName, Value: value(in.TypeName, in.State), Private: in.Private, Identity: in.Identity}, told
}

// ReadData reads a data source.
func (p *Provider) ReadData(ctx context.Context, typ string, args Args) Notices {
	config := args.Of(Schemas().DataSourceSchemas[typ])
	return NoticesOf(answered(p.Server.ReadDataSource(ctx, &tfprotov6.ReadDataSourceRequest{TypeName: typ, Config: Dynamic(config)})).Diagnostics)
}
