package onboarding

import (
	"context"
	"crypto/rsa"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
	"github.com/openpsd2/terraform-provider-bunq/internal/tfdiag"
)

var (
	_ resource.ResourceWithConfigure   = (*InstallationResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*InstallationResource)(nil)
	_ resource.ResourceWithImportState = (*InstallationResource)(nil)
)

// InstallationResource is bunq_installation: a key pair made known to bunq.
type InstallationResource struct {
	providerdata.Base
}

// NewInstallationResource makes the resource for the provider's list.
func NewInstallationResource() resource.Resource { return &InstallationResource{} }

// Metadata names the resource.
func (r *InstallationResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_installation"
}

// Schema describes the resource.
func (r *InstallationResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	keep := []planmodifier.String{stringplanmodifier.UseStateForUnknown()}
	resp.Schema = schema.Schema{
		MarkdownDescription: "Makes a key pair known to bunq (`POST /installation`). bunq returns a token and its own public key; " +
			"the credential, the device and every session are built on them.\n\n" +
			"bunq hands out the token once, and cannot delete an installation: destroying this resource forgets it, and leaves it at bunq, where " +
			"it is worth nothing without its private key. Keep the state in an encrypted backend.",
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "bunq's number of the installation.",
				PlanModifiers:       keep,
			},
			"private_key_pem": schema.StringAttribute{
				Optional: true, Computed: true, Sensitive: true,
				MarkdownDescription: "RSA private key of the installation, 2048 bits, PEM, unencrypted. It signs the requests; it is not the key of " +
					"the QSEAL certificate. Where none is given, one is generated. Another key makes another installation.",
				Validators: []validator.String{installationKey{}},
				PlanModifiers: []planmodifier.String{
					stringplanmodifier.UseStateForUnknown(),
					replacesOnOtherKey(),
				},
			},
			"public_key_pem": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "Public half of `private_key_pem`: PEM, SubjectPublicKeyInfo, as it was sent to bunq.",
				PlanModifiers:       keep,
			},
			"token": schema.StringAttribute{
				Computed: true, Sensitive: true,
				MarkdownDescription: "Installation token. bunq shows it once.",
				PlanModifiers:       keep,
			},
			"server_public_key_pem": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "bunq's public key, with which every answer is verified.",
				PlanModifiers:       keep,
			},
			"environment": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "Where the installation was made: `sandbox` or `production`. It is never used in the other one.",
				PlanModifiers:       keep,
			},
			"registration_payload": schema.StringAttribute{
				Computed: true, Sensitive: true,
				MarkdownDescription: "The exact text that the QSEAL key must sign (RSASSA-PKCS1-v1_5, SHA-256) to register a credential for this " +
					"installation: the public key in PEM, with its final newline, followed by the token. For keys that live in an HSM or KMS; " +
					"see `client_public_key_signature` of `bunq_psd2_credential`.",
				PlanModifiers: keep,
			},
		},
	}
}

// ModifyPlan fills in the environment, so that what is built on the installation
// is checked at plan against where it will be.
func (r *InstallationResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() || r.Data == nil || r.Data.Environment == "" {
		return
	}
	var environment types.String
	resp.Diagnostics.Append(req.Plan.GetAttribute(ctx, path.Root("environment"), &environment)...)
	if environment.IsUnknown() {
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("environment"), types.StringValue(string(r.Data.Environment)))...)
	}
}

// Create makes the installation. The answer cannot be looked up later: a lost
// one leaves an installation at bunq that nobody can use.
func (r *InstallationResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	ctx, done := r.Data.Operation(ctx, "bunq_installation: create", &resp.Diagnostics)
	defer done()

	var m installationModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() || !r.Data.Ready(&resp.Diagnostics) {
		return
	}
	key, err := installationKeyOf(m.PrivateKeyPEM)
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
		if bunq.OutcomeUnknown(err) {
			f.State = "nothing was stored. bunq may have made an installation whose token was lost on the way. It is harmless: nobody can use " +
				"it without the token, it costs nothing, and bunq has no call to remove it."
			f.Next = "apply again; a new installation is made."
		}
		f.Error(&resp.Diagnostics, err)
		return
	}
	markCreated(r.Data, made.Token)
	if err := m.fromAPI(r.Data.Environment, &key.PublicKey, made); err != nil {
		resp.Diagnostics.AddWarning("registration_payload is not available", err.Error())
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// Read asks nothing: bunq shows an installation only to a session, which needs
// an API key that an installation by itself does not have, and shows no more
// than its number (bunq docs, GET /installation). The device built on it
// proves at each refresh that it still works.
func (r *InstallationResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var m installationModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	r.Data.SameEnvironment(m.Environment.ValueString(), "installation", path.Root("environment"), &resp.Diagnostics)
}

// Update has no call: bunq cannot change an installation. It runs where only
// the way of writing the configuration changed.
func (r *InstallationResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var m installationModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// Delete forgets the installation: bunq's API has no call to remove one.
func (r *InstallationResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var m installationModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.AddWarning("The installation stays at bunq",
		"bunq has no call to remove an installation. Installation "+m.ID.ValueString()+" stays there; this state has forgotten its token and key, "+
			"without which it is worth nothing. Older versions of the state still hold them.")
}

// replacesOnOtherKey makes another key replace the installation, but not the
// same key written in another way (line ends, PKCS#1 or PKCS#8).
func replacesOnOtherKey() planmodifier.String {
	text := "Another key replaces the installation."
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

// installationKeyOf returns the key that the user gave, or a new one.
func installationKeyOf(pem types.String) (*rsa.PrivateKey, error) {
	if pem.IsNull() || pem.IsUnknown() {
		return signing.GenerateKey()
	}
	return signing.ParsePrivateKey(pem.ValueString())
}
