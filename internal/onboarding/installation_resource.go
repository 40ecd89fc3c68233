package onboarding

import (
	"context"
	"errors"
	"net/http"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/mapplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
	"github.com/openpsd2/terraform-provider-bunq/internal/tfdiag"
)

var (
	_ resource.ResourceWithConfigure   = (*InstallationResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*InstallationResource)(nil)
	_ resource.ResourceWithImportState = (*InstallationResource)(nil)
)

// InstallationResource is bunq_installation: a key pair registered with bunq.
type InstallationResource struct {
	base
}

// NewInstallationResource returns the resource for the provider's list.
func NewInstallationResource() resource.Resource { return &InstallationResource{} }

// Metadata names the resource.
func (r *InstallationResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_installation"
}

// Schema describes the resource.
func (r *InstallationResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Registers a key pair with bunq (`POST /installation`). bunq returns a token and its own public key; " +
			"the credential, the device and every session depend on them.\n\n" +
			"bunq returns the token once, and cannot delete an installation: destroying this resource only forgets it. Without its private key " +
			"the installation is worthless. Keep the state in an encrypted backend.\n\n" +
			"bunq registers one device for each installation, so another API key for a device needs another installation. Tie the installation to " +
			"the certificate with `keepers`, and one apply renews certificate, installation and device.",

		Attributes: map[string]schema.Attribute{
			"id": kept("ID of the installation at bunq."),
			"private_key_pem": schema.StringAttribute{
				Optional:  true,
				Computed:  true,
				Sensitive: true,
				MarkdownDescription: "RSA private key of the installation, 2048 bits, PEM, unencrypted. It signs the requests. The key of the QSEAL " +
					"certificate is refused. If omitted, a key is generated. Changing the key replaces the installation. Whether bunq accepts the same " +
					"key for a second installation is not known.",
				Validators: []validator.String{installationKey{}},
				PlanModifiers: []planmodifier.String{
					stringplanmodifier.UseStateForUnknown(),
					replacesOnOtherKey(),
				},
			},
			"keepers": keepersAttribute("Values whose change replaces the installation, and with it its device. With "+
				"`keepers = { certificate = provider::bunq::parse_qseal_certificate(file(\"qseal.pem\")).fingerprint_sha256 }` a renewed certificate "+
				"gets a new installation and a new device in the same apply. The first keepers, and the removal of all, are stored without a "+
				"replacement. A value that is only known after the apply counts as changed if the state has keepers.",
				replacesOnOtherKeepers()),
			"public_key_pem":        kept("Public key of `private_key_pem`: PEM, SubjectPublicKeyInfo, as it was sent to bunq."),
			"token":                 keptSecret("Installation token. bunq shows it once."),
			"server_public_key_pem": kept("bunq's public key. Every answer is verified with it."),
			"environment":           kept("Where the installation was created: `sandbox` or `production`. It is never used in the other environment."),
			"registration_payload": keptSecret("The exact text that the QSEAL key must sign (RSASSA-PKCS1-v1_5, SHA-256) to register a credential for this " +
				"installation: the public key in PEM, with its final newline, followed by the token. For keys that live in an HSM or KMS; " +
				"see `client_public_key_signature` of `bunq_psd2_credential`."),
		},
	}
}

// ModifyPlan fills in what is known before a call, so that the resources of the installation are
// checked against it at plan: the environment, and the public half of a configured key.
func (r *InstallationResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() || r.Data == nil {
		return
	}
	var plan installationModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}

	if plan.Environment.IsUnknown() && r.Data.Environment != "" {
		plan.Environment = types.StringValue(string(r.Data.Environment))
	}
	if key, err := signing.ParsePrivateKey(plan.PrivateKeyPEM.ValueString()); err == nil && plan.PublicKeyPEM.IsUnknown() {
		if err := plan.setKey(key); err != nil {
			resp.Diagnostics.AddAttributeError(path.Root("private_key_pem"), "Unusable private key", err.Error())
			return
		}
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
}

// Create makes the installation. It cannot be looked up later: a lost answer leaves an installation
// at bunq that nobody can use.
func (r *InstallationResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	ctx, done := r.Data.Operation(ctx, "bunq_installation: create", &resp.Diagnostics)
	defer done()

	var m installationModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() || !r.Data.Ready(&resp.Diagnostics) {
		return
	}

	configured := !m.PrivateKeyPEM.IsUnknown()
	key, err := signing.ParsePrivateKey(m.PrivateKeyPEM.ValueString())
	if !configured {
		key, err = signing.GenerateKey()
	}
	if err == nil {
		err = m.setKey(key)
	}
	if err != nil {
		resp.Diagnostics.AddAttributeError(path.Root("private_key_pem"), "Unusable private key", err.Error())
		return
	}

	made, err := r.Data.Client.CreateInstallation(ctx, m.PublicKeyPEM.ValueString())
	if err != nil {
		f := tfdiag.Failure{Summary: "bunq_installation was not created", State: "nothing was made and nothing was stored."}
		var refusal *bunq.APIError
		switch {
		case configured && errors.As(err, &refusal) && refusal.Envelope && refusal.Status == http.StatusBadRequest:
			f.At = path.Root("private_key_pem")
			f.Next = "set another private_key_pem, or omit it to have a key generated. Whether bunq accepts a key that it has seen before is not known. " +
				"Make a key with\n\n    openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048"
		case bunq.OutcomeUnknown(err):
			f.State = "nothing was stored. bunq may have made an installation whose token was lost with the answer. It is harmless: nobody can use " +
				"it without the token, it costs nothing, and bunq has no call to remove it."
			f.Next = "apply again; a new installation is made."
		}
		f.Error(&resp.Diagnostics, err)
		return
	}

	m.fromAPI(r.Data.Environment, made)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// Read makes no call: bunq shows an installation only to a session, which needs an API key that an
// installation by itself does not have, and shows nothing but its id (DOCUMENTED in bunq's OpenAPI
// export). The refresh of its device shows whether it still works.
func (r *InstallationResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var m installationModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	r.Data.SameEnvironment(m.Environment.ValueString(), "installation", path.Root("environment"), &resp.Diagnostics)
}

// Update makes no call, as bunq cannot change an installation. It runs if only the notation of the
// key changed, and stores the first keepers or the removal of all.
func (r *InstallationResource) Update(_ context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	resp.State.Raw = req.Plan.Raw
}

// Delete forgets the installation: bunq's API has no call to remove one.
func (r *InstallationResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var m installationModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}

	resp.Diagnostics.AddWarning("The installation stays at bunq",
		"bunq has no call to remove an installation. Installation "+m.ID.ValueString()+" stays there, but is worthless without its token and key, which "+
			"are no longer in this state. Older versions of the state still hold them.")
}

// replacesOnOtherKey makes another key replace the installation, but not the same key in another
// notation (line ends, PKCS#1 or PKCS#8).
func replacesOnOtherKey() planmodifier.String {
	text := "Changing the key replaces the installation."
	return stringplanmodifier.RequiresReplaceIf(
		func(_ context.Context, req planmodifier.StringRequest, resp *stringplanmodifier.RequiresReplaceIfFuncResponse) {
			if req.ConfigValue.IsNull() {
				return
			}
			before, err1 := signing.ParsePrivateKey(req.StateValue.ValueString())
			after, err2 := signing.ParsePrivateKey(req.PlanValue.ValueString())
			resp.RequiresReplace = err1 != nil || err2 != nil || !before.Equal(after)
		}, text, text)
}

// replacesOnOtherKeepers makes other keepers replace the installation, but not the first ones, as
// after an import, nor the removal of all.
func replacesOnOtherKeepers() planmodifier.Map {
	text := "Changing the keepers replaces the installation; the first ones, and the removal of all, do not."
	return mapplanmodifier.RequiresReplaceIf(
		func(_ context.Context, req planmodifier.MapRequest, resp *mapplanmodifier.RequiresReplaceIfFuncResponse) {
			resp.RequiresReplace = hasKeepers(req.StateValue) && hasKeepers(req.PlanValue) && otherKeepers(req.StateValue, req.PlanValue)
		}, text, text)
}
