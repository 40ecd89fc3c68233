package oauthapp

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
)

// privateImport is set by an import until the first read.
const privateImport = "import"

func beginImport(ctx context.Context, private privateState, diags *diag.Diagnostics) {
	diags.Append(private.SetKey(ctx, privateImport, []byte("true"))...)
}

// isImport reports whether the resource is read for the first time since its import.
func isImport(ctx context.Context, private privateReader) bool {
	return hasPrivate(ctx, private, privateImport)
}

func endImport(ctx context.Context, private privateState, diags *diag.Diagnostics) {
	diags.Append(private.SetKey(ctx, privateImport, nil)...)
}

// importParts returns the IDs of an import, from the import id ("1/2/3") or from the members of the
// identity with these names. form is how the docs write the import id.
func importParts(ctx context.Context, req resource.ImportStateRequest, diags *diag.Diagnostics, form string, names ...string) []string {
	parts := make([]string, len(names))
	if req.ID == "" && req.Identity != nil {
		for i, name := range names {
			parts[i] = identityMember(ctx, req.Identity, name, diags)
		}
	} else {
		parts = strings.Split(req.ID, "/")
	}

	if len(parts) != len(names) {
		diags.AddError("Unusable import id", fmt.Sprintf("%q does not have the form %s.\n\n"+
			"Next step: let a plan find the IDs: declare a bunq_oauth_client without an import block, and terraform plan prints the import blocks for the "+
			"user's existing client and its callback URLs. The ID of the user is the id of data.bunq_user.", req.ID, form))
		return nil
	}

	for i, p := range parts {
		if _, err := providerdata.ParseID(p); err != nil || !providerdata.IDPattern.MatchString(p) {
			diags.AddError("Unusable import id", fmt.Sprintf("%s is %q, but must be a number. The form is %s. "+
				"(The client_id is not the ID of the client.)", strings.Split(form, "/")[i], p, form))
		}
	}
	if diags.HasError() {
		return nil
	}
	return parts
}

// identitySchema describes what identifies an object at bunq: pairs of a name and a description.
func identitySchema(members ...string) identityschema.Schema {
	all := map[string]identityschema.Attribute{}
	for pair := range slices.Chunk(members, 2) {
		all[pair[0]] = identityschema.StringAttribute{RequiredForImport: true, Description: pair[1]}
	}
	return identityschema.Schema{Attributes: all}
}

func identityMember(ctx context.Context, identity *tfsdk.ResourceIdentity, name string, diags *diag.Diagnostics) string {
	var v types.String
	diags.Append(identity.GetAttribute(ctx, path.Root(name), &v)...)
	return v.ValueString()
}

// importBlock returns an import block, ready to be pasted.
func importBlock(to, id string) string {
	return fmt.Sprintf("    import {\n      to = %s\n      id = %q\n    }", to, id)
}

// oneLine replaces what would break a line.
func oneLine(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, text)
}

// ImportState takes USER_ID/OAUTH_CLIENT_ID/ID; Read does the rest.
func (r *CallbackURLResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	parts := importParts(ctx, req, &resp.Diagnostics, "USER_ID/OAUTH_CLIENT_ID/ID", "user_id", "oauth_client_id", "id")
	if parts == nil {
		return
	}

	m := callbackModel{
		UserID: types.StringValue(parts[0]), OAuthClientID: types.StringValue(parts[1]), ID: types.StringValue(parts[2]),
		APIContext: noContext(), URL: types.StringNull(),
	}
	beginImport(ctx, resp.Private, &resp.Diagnostics)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	resp.Diagnostics.Append(resp.Identity.Set(ctx, m.identity())...)
}
