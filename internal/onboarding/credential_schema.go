package onboarding

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64default"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// defaultWarningDays is the default of expiry_warning_days.
const defaultWarningDays = 30

// Schema describes the resource.
func (r *CredentialResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Registers a QSEAL certificate for an installation (`POST /payment-service-provider-credential`) and stores the API key " +
			"that bunq returns for it.\n\n" +
			"bunq shows the API key once, and it must be used before `api_key_expiry_time` (one hour in the sandbox, four in production): create a " +
			"`bunq_device_server` with it in the same apply. A certificate renewed for the same organisation joins the same bunq user, so the OAuth " +
			"client and its connections stay.\n\n" +
			"bunq cannot revoke a credential: destroying this resource only forgets it. With `deactivate_on_destroy` its key can no longer be used " +
			"afterwards. For a rotation without a gap, also set `create_before_destroy`: the old key then ends after the new one works. A new key needs " +
			"a new device, and bunq registers one device for each installation: tie the installation to the certificate with its `keepers`.",

		Attributes: map[string]schema.Attribute{
			"id": kept("ID of the credential at bunq."),
			"installation": installationAttribute("Another installation is stored without a call: a key does not depend on the installation that it " +
				"was registered with."),
			"certificate_pem": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "The QSEAL certificate, PEM. If `certificate_chain_pem` is omitted, its chain may follow it (`fullchain.pem`). In the " +
					"sandbox this is a pseudo certificate, for example from `bunq_sandbox_certificate`. Another certificate replaces the credential, and " +
					"must be for the same organisation: another organisation is another bunq user. Differences in line ends, comments and notation are " +
					"not a change.",
			},
			"certificate_chain_pem": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "The intermediate and root certificates, concatenated PEM blocks in any order. The certificate itself may be among them; " +
					"it is not sent as part of the chain. Not needed for a pseudo certificate, which is its own chain. It is used only when the " +
					"credential is created: another chain for the same certificate is stored without a call.",
			},
			"private_key_pem_wo": schema.StringAttribute{
				Optional:  true,
				WriteOnly: true,
				MarkdownDescription: "Private key of the certificate, PEM (PKCS#8, may be encrypted, or PKCS#1), from a file or an ephemeral value. It is used " +
					"once, to sign, and is stored neither in the plan nor in the state. Set this or `client_public_key_signature` when the credential is " +
					"created; later neither is needed.",
				Validators: []validator.String{
					stringvalidator.ConflictsWith(path.MatchRoot("client_public_key_signature")),
				},
			},
			"private_key_passphrase_wo": schema.StringAttribute{
				Optional:            true,
				WriteOnly:           true,
				MarkdownDescription: "Passphrase of `private_key_pem_wo`, if it is encrypted.",
			},
			"client_public_key_signature": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Signature by the certificate's key over `registration_payload` of the installation, base64 on one line, for a key that " +
					"cannot be exported (HSM, KMS). It is checked against the certificate before bunq is called, and is valid for one installation, which " +
					"must exist before: `terraform apply -target=bunq_installation.main`, sign, `terraform apply`. Needed only when the credential is " +
					"created: changing or removing it later only changes the state.",
			},
			"expiry_warning_days": schema.Int64Attribute{
				Optional:            true,
				Computed:            true,
				Default:             int64default.StaticInt64(defaultWarningDays),
				MarkdownDescription: "Plans warn this many days before the certificate expires. `30` by default; with `0` they warn only after it has.",
				Validators:          []validator.Int64{int64validator.AtLeast(0)},
			},
			"deactivate_on_destroy": schema.BoolAttribute{
				Optional: true,
				Computed: true,
				Default:  booldefault.StaticBool(false),
				MarkdownDescription: "Set every permitted address of the key inactive when the credential is destroyed or replaced, as the last step, so that " +
					"the key can no longer be used. The value in the state counts: apply a change of it before you destroy or replace. `*` cannot be set " +
					"inactive. `false` by default.",
			},
			"api_key": keptSecret("The API key. bunq shows it once."),
			"status": kept("Status that bunq returned: `PENDING_FIRST_USE` for a new key. Its first use by a device is expected, and is not stored: " +
				"the data source `bunq_credentials` shows what bunq has now."),
			"api_key_expiry_time": kept("When bunq deletes the key if it is not used by then (RFC 3339, UTC). Null for a key that was already in use."),
			"roles": schema.ListAttribute{
				Computed:            true,
				ElementType:         types.StringType,
				MarkdownDescription: "PSD2 roles of the certificate: `AISP`, `PISP`, `CBPII`, `PSP_AS`. They decide which calls the bunq user may make.",
			},
			"subject":                 computed("Subject of the certificate in OpenSSL's one-line form. In the sandbox, certificates with the same subject belong to the same bunq user."),
			"organization_identifier": computed("organizationIdentifier of the certificate, such as `PSDNL-DNB-R123456`; null if it has none. In production, certificates with the same identifier belong to the same bunq user."),
			"not_before":              computed("When the certificate becomes valid (RFC 3339, UTC)."),
			"not_after":               computed("When the certificate expires (RFC 3339, UTC)."),
			"fingerprint_sha256":      computed("SHA-256 fingerprint of the certificate, lower-case hexadecimal."),
		},
	}
}
