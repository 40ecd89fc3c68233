package onboarding

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-framework/types/basetypes"

	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/qseal"
	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

// installationAttribute returns the attribute for the installation that a credential or device is
// used with.
func installationAttribute(text string) schema.SingleNestedAttribute {
	return schema.SingleNestedAttribute{
		Required:            true,
		MarkdownDescription: "The installation, passed as the whole resource: `installation = bunq_installation.main`. " + text,

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
