package onboarding

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/qseal"
	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

// installationKeyBits is the size of the installation's key (DOCUMENTED,
// https://doc.bunq.com/psd2/are-you-a-third-party-provider-tpp-start-here/register-as-a-tpp). What
// bunq does with others is UNKNOWN.
const installationKeyBits = 2048

// installationKey accepts an unencrypted RSA key of 2048 bits.
type installationKey struct{}

func (installationKey) Description(context.Context) string {
	return "an unencrypted RSA private key of 2048 bits, PEM"
}

func (v installationKey) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (v installationKey) ValidateString(ctx context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	key, err := signing.ParsePrivateKey(req.ConfigValue.ValueString())
	if err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, "Unusable private key",
			"Expected "+v.Description(ctx)+": "+err.Error()+".\n\n"+
				"Next step: make one with\n\n    openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048\n\n"+
				"or omit private_key_pem to have one generated.")
		return
	}
	if bits := key.N.BitLen(); bits != installationKeyBits {
		resp.Diagnostics.AddAttributeError(req.Path, "Unusable private key",
			fmt.Sprintf("Expected %s; this key has %d bits, and bunq accepts only %d.", v.Description(ctx), bits, installationKeyBits))
	}
}

// apiKey accepts an API key without white space. Its message does not repeat the key.
type apiKey struct{}

func (apiKey) Description(context.Context) string { return "an API key" }

func (v apiKey) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (apiKey) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	key := req.ConfigValue.ValueString()
	switch {
	case req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown():
	case key == "":
		resp.Diagnostics.AddAttributeError(req.Path, "Unusable API key", "The API key is empty.")
	case providerdata.HasBlank(key):
		resp.Diagnostics.AddAttributeError(req.Path, "Unusable API key", "The API key"+providerdata.AboutBlanks)
	}
}

// pseudoRoles accepts the PSD2 roles that the sandbox reads from a common name, at least one.
type pseudoRoles struct{}

func (pseudoRoles) Description(context.Context) string { return "AISP, PISP or both" }

func (v pseudoRoles) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (v pseudoRoles) ValidateSet(ctx context.Context, req validator.SetRequest, resp *validator.SetResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if len(req.ConfigValue.Elements()) == 0 {
		resp.Diagnostics.AddAttributeError(req.Path, "Unusable PSD2 role", "roles lists nothing. Omit it, or list "+v.Description(ctx)+".")
	}
	for _, element := range req.ConfigValue.Elements() {
		role, ok := element.(types.String)
		if !ok || role.IsUnknown() || role.ValueString() == string(qseal.RoleAISP) || role.ValueString() == string(qseal.RolePISP) {
			continue
		}
		resp.Diagnostics.AddAttributeError(req.Path, "Unusable PSD2 role", fmt.Sprintf("%q is not a role of the sandbox: list %s.", role.ValueString(), v.Description(ctx)))
	}
}
