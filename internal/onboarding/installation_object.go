package onboarding

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/objectplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
)

// installationAttribute returns the attribute for the installation that a credential or device is
// used with.
func installationAttribute(text string, modifiers ...planmodifier.Object) schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Required:            true,
		MarkdownDescription: "The installation, passed as the whole resource: `installation = bunq_installation.main`. " + text,
		PlanModifiers:       modifiers,

		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "`id` of the `bunq_installation`.",
			},
			"token": schema.StringAttribute{
				Required:            true,
				Sensitive:           true,
				MarkdownDescription: "`token` of the `bunq_installation`.",
			},
			"private_key_pem": schema.StringAttribute{
				Required:            true,
				Sensitive:           true,
				MarkdownDescription: "`private_key_pem` of the `bunq_installation`.",
			},
			"public_key_pem": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "`public_key_pem` of the `bunq_installation`.",
			},
			"server_public_key_pem": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "`server_public_key_pem` of the `bunq_installation`.",
			},
			"environment": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "`environment` of the `bunq_installation`.",
			},
		},
	}
}

// replacesOnOtherInstallation makes another installation replace the resource. So does one that is
// unknown as a whole: an update could not become a replacement in the apply.
func replacesOnOtherInstallation() planmodifier.Object {
	text := "Changing the installation replaces the resource."
	return objectplanmodifier.RequiresReplaceIf(
		func(_ context.Context, req planmodifier.ObjectRequest, resp *objectplanmodifier.RequiresReplaceIfFuncResponse) {
			before, after := req.StateValue.Attributes()["id"], req.PlanValue.Attributes()["id"]
			resp.RequiresReplace = before != nil && !before.IsNull() && (after == nil || !before.Equal(after))
		}, text, text)
}

// replacesUnlessImported makes a change replace the resource, but not the first value after an
// import: bunq does not return what was sent, so the state holds null and the configuration fills
// it in.
func replacesUnlessImported(what string) planmodifier.String {
	text := "Changing " + what + " replaces the resource; the first value after an import does not."
	return stringplanmodifier.RequiresReplaceIf(
		func(_ context.Context, req planmodifier.StringRequest, resp *stringplanmodifier.RequiresReplaceIfFuncResponse) {
			resp.RequiresReplace = !req.StateValue.IsNull()
		}, text, text)
}

// installationOf decodes an installation object; false if it is not known.
func installationOf(ctx context.Context, obj types.Object, diags *diag.Diagnostics) (providerdata.InstallationModel, bool) {
	var m providerdata.InstallationModel
	if obj.IsNull() || obj.IsUnknown() {
		return m, false
	}
	more := obj.As(ctx, &m, basetypes.ObjectAsOptions{})
	diags.Append(more...)
	return m, !more.HasError()
}

var installationPath = path.Root("installation")
