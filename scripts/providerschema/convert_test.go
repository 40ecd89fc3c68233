package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

func TestConvert_keepsWhatTheDocumentationShows(t *testing.T) {
	got, err := convert(&tfprotov6.GetProviderSchemaResponse{
		Provider: &tfprotov6.Schema{Block: &tfprotov6.SchemaBlock{}},
		ResourceSchemas: map[string]*tfprotov6.Schema{"bunq_x": {Version: 3, Block: &tfprotov6.SchemaBlock{
			Description: "An x.", DescriptionKind: tfprotov6.StringKindMarkdown,
			Attributes: []*tfprotov6.SchemaAttribute{
				{Name: "tags", Type: tftypes.Set{ElementType: tftypes.Map{ElementType: tftypes.Bool}}, Optional: true},
				{Name: "key_wo", Type: tftypes.String, Optional: true, Sensitive: true, WriteOnly: true},
				{Name: "parent", Required: true, NestedType: &tfprotov6.SchemaObject{
					Nesting:    tfprotov6.SchemaObjectNestingModeSingle,
					Attributes: []*tfprotov6.SchemaAttribute{{Name: "id", Type: tftypes.String, Computed: true}},
				}},
			},
			BlockTypes: []*tfprotov6.SchemaNestedBlock{{
				TypeName: "timeouts", Nesting: tfprotov6.SchemaNestedBlockNestingModeSingle, Block: &tfprotov6.SchemaBlock{Deprecated: true},
			}},
		}}},
		Functions: map[string]*tfprotov6.Function{"f": {
			Summary:    "Does f.",
			Parameters: []*tfprotov6.FunctionParameter{{Name: "in", Type: tftypes.String, AllowNullValue: true}},
			Return:     &tfprotov6.FunctionReturn{Type: tftypes.Bool},
		}},
	}, &tfprotov6.GetResourceIdentitySchemasResponse{
		IdentitySchemas: map[string]*tfprotov6.ResourceIdentitySchema{"bunq_x": {
			IdentityAttributes: []*tfprotov6.ResourceIdentitySchemaAttribute{{Name: "id", Type: tftypes.String, RequiredForImport: true}},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	written, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"provider":{"version":0,"block":{"description_kind":"plain"}},` +
		`"resource_schemas":{"bunq_x":{"version":3,"block":{"attributes":{` +
		`"key_wo":{"type":"string","description_kind":"plain","optional":true,"sensitive":true,"write_only":true},` +
		`"parent":{"nested_type":{"attributes":{"id":{"type":"string","description_kind":"plain","computed":true}},"nesting_mode":"single"},"description_kind":"plain","required":true},` +
		`"tags":{"type":["set",["map","bool"]],"description_kind":"plain","optional":true}},` +
		`"block_types":{"timeouts":{"nesting_mode":"single","block":{"description_kind":"plain","deprecated":true}}},` +
		`"description":"An x.","description_kind":"markdown"}}},` +
		`"functions":{"f":{"summary":"Does f.","return_type":"bool","parameters":[{"name":"in","is_nullable":true,"type":"string"}]}},` +
		`"resource_identity_schemas":{"bunq_x":{"version":0,"attributes":{"id":{"type":"string","required_for_import":true}}}}}`
	if string(written) != want {
		t.Errorf("wrote\n%s\nwant\n%s", written, want)
	}
}

func TestConvert_failsOnWhatTheDocumentHasNoWordFor(t *testing.T) {
	_, err := convert(&tfprotov6.GetProviderSchemaResponse{
		ResourceSchemas: map[string]*tfprotov6.Schema{"bunq_x": {Block: &tfprotov6.SchemaBlock{
			BlockTypes: []*tfprotov6.SchemaNestedBlock{{TypeName: "b", Nesting: 99}},
		}}},
	}, &tfprotov6.GetResourceIdentitySchemasResponse{})
	if err == nil || !strings.Contains(err.Error(), "nesting mode") {
		t.Errorf("got %v", err)
	}
}
