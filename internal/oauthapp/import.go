package oauthapp

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/identityschema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
)

// member is one of the IDs that identify an object at bunq.
type member struct {
	name        string // of the attribute
	form        string // how an import id is described
	description string
}

var ofUser = member{"user_id", "USER_ID", "ID of the bunq user."}

// IdentitySchema describes what identifies an object at bunq.
func (b *base) IdentitySchema(_ context.Context, _ resource.IdentitySchemaRequest, resp *resource.IdentitySchemaResponse) {
	all := map[string]identityschema.Attribute{}
	for _, id := range b.ids {
		all[id.name] = identityschema.StringAttribute{RequiredForImport: true, Description: id.description}
	}
	resp.IdentitySchema = identityschema.Schema{Attributes: all}
}

// ImportState stores the IDs of an import; Read does the rest.
func (b *base) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	if ids := importIDs(ctx, req, b.ids, &resp.Diagnostics); ids != nil {
		b.store(ctx, b.unread(ids), &resp.State, resp.Identity, &resp.Diagnostics)
		setPrivate(ctx, resp.Private, privateImport, true, &resp.Diagnostics)
	}
}

// importIDs returns the IDs of an import, from the import id ("1/2/3") or from the identity; nil, and
// diags has the reason, if there are none.
func importIDs(ctx context.Context, req resource.ImportStateRequest, ids []member, diags *diag.Diagnostics) []string {
	if req.ID == "" && req.Identity != nil {
		return identityIDs(ctx, req.Identity, ids, diags)
	}

	var forms []string
	for _, id := range ids {
		forms = append(forms, id.form)
	}
	parts, form := strings.Split(req.ID, "/"), strings.Join(forms, "/")
	if len(parts) != len(ids) {
		next := "take the id of data.bunq_user, which is that of the user."
		if len(ids) > 1 {
			next = "let a plan find the IDs: declare a bunq_oauth_client without an import block, and terraform plan prints the import blocks for the user's " +
				"existing client and its callback URLs."
		}
		diags.AddError("Unusable import id", fmt.Sprintf("%q does not have the form %s.\n\nNext step: %s", req.ID, form, next))
		return nil
	}
	for i, p := range parts {
		if !providerdata.IsID(p) {
			diags.AddError("Unusable import id", fmt.Sprintf("%s is %q, but must be %s. The form is %s. "+
				"(The client_id is not the ID of the client.)", forms[i], p, providerdata.AboutIDs, form))
		}
	}
	if diags.HasError() {
		return nil
	}
	return parts
}

// identityIDs returns the members of an identity; nil, and diags has the reason, if one is no ID.
func identityIDs(ctx context.Context, identity *tfsdk.ResourceIdentity, ids []member, diags *diag.Diagnostics) []string {
	var parts []string
	for _, id := range ids {
		var v types.String
		diags.Append(identity.GetAttribute(ctx, path.Root(id.name), &v)...)
		if !providerdata.IsID(v.ValueString()) {
			diags.AddError("Unusable identity", fmt.Sprintf("%s of the identity is %q, but must be %s. (The client_id is not the ID of the client.)",
				id.name, v.ValueString(), providerdata.AboutIDs))
		}
		parts = append(parts, v.ValueString())
	}
	if diags.HasError() {
		return nil
	}
	return parts
}

// importBlock returns an import block, ready to be pasted.
func importBlock(to, id string) string {
	return fmt.Sprintf("    import {\n      to = %s\n      id = %q\n    }", to, id)
}
