package main

import (
	"encoding/json"
	"fmt"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// convert turns the protocol's answers into the document. It fails on a type that the document has
// no word for.
func convert(r *tfprotov6.GetProviderSchemaResponse, ids *tfprotov6.GetResourceIdentitySchemasResponse) (*providerSchema, error) {
	c := &converter{}
	actions := make(map[string]*tfprotov6.Schema, len(r.ActionSchemas))
	for name, action := range r.ActionSchemas {
		actions[name] = action.Schema
	}
	document := &providerSchema{
		Provider:           c.schema(r.Provider),
		Resources:          each(r.ResourceSchemas, c.schema),
		DataSources:        each(r.DataSourceSchemas, c.schema),
		EphemeralResources: each(r.EphemeralResourceSchemas, c.schema),
		ListResources:      each(r.ListResourceSchemas, c.schema),
		Actions:            each(actions, c.schema),
		Functions:          each(r.Functions, c.function),
		Identities:         each(ids.IdentitySchemas, c.identity),
	}
	return document, c.err
}

func each[From, To any](in map[string]From, f func(From) To) map[string]To {
	out := make(map[string]To, len(in))
	for name, value := range in {
		out[name] = f(value)
	}
	return out
}

// converter keeps the first failure, so that the conversions read as what they are.
type converter struct{ err error }

func (c *converter) schema(s *tfprotov6.Schema) *schema {
	if s == nil {
		return nil
	}
	return &schema{Version: s.Version, Block: c.block(s.Block)}
}

func (c *converter) block(b *tfprotov6.SchemaBlock) *block {
	if b == nil {
		return nil
	}
	out := &block{
		Attributes:      c.attributes(b.Attributes),
		BlockTypes:      make(map[string]*nestedBlock, len(b.BlockTypes)),
		Description:     b.Description,
		DescriptionKind: descriptionKind(b.DescriptionKind),
		Deprecated:      b.Deprecated,
	}
	for _, nested := range b.BlockTypes {
		out.BlockTypes[nested.TypeName] = &nestedBlock{
			NestingMode: c.blockNesting(nested.Nesting),
			Block:       c.block(nested.Block),
			MinItems:    nested.MinItems,
			MaxItems:    nested.MaxItems,
		}
	}
	return out
}

func (c *converter) attributes(in []*tfprotov6.SchemaAttribute) map[string]*attribute {
	out := make(map[string]*attribute, len(in))
	for _, a := range in {
		converted := &attribute{
			Description:     a.Description,
			DescriptionKind: descriptionKind(a.DescriptionKind),
			Deprecated:      a.Deprecated,
			Required:        a.Required,
			Optional:        a.Optional,
			Computed:        a.Computed,
			Sensitive:       a.Sensitive,
			WriteOnly:       a.WriteOnly,
		}
		if a.NestedType != nil {
			converted.NestedType = &nestedType{
				Attributes:  c.attributes(a.NestedType.Attributes),
				NestingMode: c.objectNesting(a.NestedType.Nesting),
			}
		} else {
			converted.Type = c.typeJSON(a.Type)
		}
		out[a.Name] = converted
	}
	return out
}

func (c *converter) identity(s *tfprotov6.ResourceIdentitySchema) *identitySchema {
	out := &identitySchema{
		Version:    s.Version,
		Attributes: make(map[string]*identityAttribute, len(s.IdentityAttributes)),
	}
	for _, a := range s.IdentityAttributes {
		out.Attributes[a.Name] = &identityAttribute{
			Type:              c.typeJSON(a.Type),
			Description:       a.Description,
			RequiredForImport: a.RequiredForImport,
			OptionalForImport: a.OptionalForImport,
		}
	}
	return out
}

func (c *converter) function(f *tfprotov6.Function) *function {
	out := &function{
		Description:        f.Description,
		Summary:            f.Summary,
		DeprecationMessage: f.DeprecationMessage,
		ReturnType:         c.typeJSON(f.Return.Type),
	}
	for _, p := range f.Parameters {
		out.Parameters = append(out.Parameters, c.parameter(p))
	}
	if f.VariadicParameter != nil {
		out.VariadicParameter = c.parameter(f.VariadicParameter)
	}
	return out
}

func (c *converter) parameter(p *tfprotov6.FunctionParameter) *parameter {
	return &parameter{
		Name:        p.Name,
		Description: p.Description,
		IsNullable:  p.AllowNullValue,
		Type:        c.typeJSON(p.Type),
	}
}

func descriptionKind(k tfprotov6.StringKind) string {
	if k == tfprotov6.StringKindMarkdown {
		return "markdown"
	}
	return "plain"
}

func (c *converter) blockNesting(mode tfprotov6.SchemaNestedBlockNestingMode) string {
	switch mode {
	case tfprotov6.SchemaNestedBlockNestingModeSingle:
		return "single"
	case tfprotov6.SchemaNestedBlockNestingModeGroup:
		return "group"
	case tfprotov6.SchemaNestedBlockNestingModeList:
		return "list"
	case tfprotov6.SchemaNestedBlockNestingModeSet:
		return "set"
	case tfprotov6.SchemaNestedBlockNestingModeMap:
		return "map"
	default:
		c.fail(fmt.Errorf("no word for a block's nesting mode %s", mode))
		return ""
	}
}

func (c *converter) objectNesting(mode tfprotov6.SchemaObjectNestingMode) string {
	switch mode {
	case tfprotov6.SchemaObjectNestingModeSingle:
		return "single"
	case tfprotov6.SchemaObjectNestingModeList:
		return "list"
	case tfprotov6.SchemaObjectNestingModeSet:
		return "set"
	case tfprotov6.SchemaObjectNestingModeMap:
		return "map"
	default:
		c.fail(fmt.Errorf("no word for an object's nesting mode %s", mode))
		return ""
	}
}

// typeJSON writes a type as the document does: "string", ["list","string"],
// ["object",{"name":"string"}].
func (c *converter) typeJSON(t tftypes.Type) json.RawMessage {
	words, err := typeWords(t)
	if err != nil {
		c.fail(err)
		return nil
	}
	out, err := json.Marshal(words)
	if err != nil {
		c.fail(fmt.Errorf("writing the type %s: %w", t, err))
	}
	return out
}

func (c *converter) fail(err error) {
	if c.err == nil {
		c.err = err
	}
}

// typeWords gives the words of a type in a form that encoding/json can write.
func typeWords(t tftypes.Type) (any, error) {
	switch {
	case t == nil:
		return nil, fmt.Errorf("an attribute has no type")
	case t.Is(tftypes.String):
		return "string", nil
	case t.Is(tftypes.Number):
		return "number", nil
	case t.Is(tftypes.Bool):
		return "bool", nil
	case t.Is(tftypes.DynamicPseudoType):
		return "dynamic", nil
	}
	switch t := t.(type) {
	case tftypes.List:
		return collectionWords("list", t.ElementType)
	case tftypes.Set:
		return collectionWords("set", t.ElementType)
	case tftypes.Map:
		return collectionWords("map", t.ElementType)
	case tftypes.Tuple:
		elements := make([]any, len(t.ElementTypes))
		for i, element := range t.ElementTypes {
			words, err := typeWords(element)
			if err != nil {
				return nil, err
			}
			elements[i] = words
		}
		return []any{"tuple", elements}, nil
	case tftypes.Object:
		members := make(map[string]any, len(t.AttributeTypes))
		for name, member := range t.AttributeTypes {
			words, err := typeWords(member)
			if err != nil {
				return nil, err
			}
			members[name] = words
		}
		return []any{"object", members}, nil
	default:
		return nil, fmt.Errorf("no words for the type %s", t)
	}
}

func collectionWords(kind string, element tftypes.Type) (any, error) {
	words, err := typeWords(element)
	if err != nil {
		return nil, err
	}
	return []any{kind, words}, nil
}
