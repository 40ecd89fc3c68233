package onboarding

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/qseal"
	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

// installationAttribute returns the attribute for the installation that a credential or device is
// used with.
func installationAttribute(text string) schema.SingleNestedAttribute {
	members := map[string]schema.Attribute{}
	for _, name := range []string{"id", "token", "private_key_pem", "public_key_pem", "server_public_key_pem", "environment"} {
		members[name] = schema.StringAttribute{
			Required:            true,
			Sensitive:           name == "token" || name == "private_key_pem",
			MarkdownDescription: "`" + name + "` of the `bunq_installation`.",
		}
	}
	return schema.SingleNestedAttribute{
		Required:            true,
		MarkdownDescription: "The installation, passed as the whole resource: `installation = bunq_installation.main`. " + text,
		Attributes:          members,
	}
}

// objectOf returns a model as the value of an attribute.
func objectOf(ctx context.Context, attribute schema.SingleNestedAttribute, model any, diags *diag.Diagnostics) (obj types.Object) {
	diags.Append(tfsdk.ValueFrom(ctx, model, attribute.GetType(), &obj)...)
	return obj
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

// registrationPayload returns the text that the certificate's key must sign to register it for the
// installation.
func registrationPayload(publicKeyPEM, token types.String) (string, error) {
	public, err := signing.ParsePublicKey(publicKeyPEM.ValueString())
	if err != nil {
		return "", err
	}
	return qseal.RegistrationPayload(public, token.ValueString())
}

var installationPath = path.Root("installation")
