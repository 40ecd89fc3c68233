package onboarding

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64default"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/tfdiag"
)

var (
	_ resource.ResourceWithConfigure   = (*CredentialResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*CredentialResource)(nil)
	_ resource.ResourceWithImportState = (*CredentialResource)(nil)
)

// CredentialResource is bunq_psd2_credential: a QSEAL certificate registered for an installation,
// and the API key that bunq returns for it.
type CredentialResource struct {
	base
}

// NewCredentialResource returns the resource for the provider's list.
func NewCredentialResource() resource.Resource { return &CredentialResource{} }

// defaultWarningDays is the default of expiry_warning_days.
const defaultWarningDays = 30

// Metadata names the resource.
func (r *CredentialResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_psd2_credential"
}

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
			"id": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "ID of the credential at bunq.",
				PlanModifiers:       keepString(),
			},
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
				MarkdownDescription: "Private key of the certificate, PEM (PKCS#8 or PKCS#1, may be encrypted), from a file or an ephemeral value. It is used " +
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
			"api_key": schema.StringAttribute{
				Computed:            true,
				Sensitive:           true,
				MarkdownDescription: "The API key. bunq shows it once.",
				PlanModifiers:       keepString(),
			},
			"status": schema.StringAttribute{
				Computed: true,
				MarkdownDescription: "Status that bunq returned: `PENDING_FIRST_USE` for a new key. Its first use by a device is expected, so `ACTIVE` is only " +
					"stored with the next change of this resource.",
				PlanModifiers: keepString(),
			},
			"api_key_expiry_time": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "When bunq deletes the key if it is not used by then (RFC 3339, UTC). Null for a key that was already in use.",
				PlanModifiers:       keepString(),
			},
			"roles": schema.ListAttribute{
				Computed:            true,
				ElementType:         types.StringType,
				MarkdownDescription: "PSD2 roles of the certificate: `AISP`, `PISP`, `CBPII`, `PSP_AS`. They decide which calls the bunq user may make.",
			},
			"subject":                 computedFromCertificate("Subject of the certificate in OpenSSL's one-line form. In the sandbox, certificates with the same subject belong to the same bunq user."),
			"organization_identifier": computedFromCertificate("organizationIdentifier of the certificate, such as `PSDNL-DNB-R123456`; null if it has none. In production, certificates with the same identifier belong to the same bunq user."),
			"not_before":              computedFromCertificate("When the certificate becomes valid (RFC 3339, UTC)."),
			"not_after":               computedFromCertificate("When the certificate expires (RFC 3339, UTC)."),
			"fingerprint_sha256":      computedFromCertificate("SHA-256 fingerprint of the certificate, lower-case hexadecimal."),
		},
	}
}

// Create registers the certificate. The API key is stored as soon as bunq has answered, before
// anything else can fail.
func (r *CredentialResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	ctx, done := r.Data.Operation(ctx, "bunq_psd2_credential: create", &resp.Diagnostics)
	defer done()

	var config, m credentialModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() || !r.Data.Ready(&resp.Diagnostics) {
		return
	}

	model, known := installationOf(ctx, m.Installation, &resp.Diagnostics)
	if !known || !r.Data.SameEnvironment(model.Environment.ValueString(), "installation", installationPath, &resp.Diagnostics) {
		return
	}
	installation, diags := model.Parse(installationPath)
	resp.Diagnostics.Append(diags...)
	in := readInput(&config, &resp.Diagnostics)
	in.checkInput(&config, r.Data.Environment, r.Data.Now(), &resp.Diagnostics)
	in.checkInstallation(model, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}

	signature := in.sign(model, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}

	made, err := r.Data.Client.CreateCredential(ctx, installation, bunq.CredentialRequest{
		CertificatePEM: in.certificate.PEM(), ChainPEM: in.chain.PEM(), ClientPublicKeySignature: signature,
	})
	if err != nil {
		f := tfdiag.Failure{Summary: "bunq_psd2_credential was not registered", State: "nothing was made and nothing was stored."}
		if bunq.OutcomeUnknown(err) {
			f.State = "nothing was stored. bunq may have made a credential whose API key was lost with the answer. It is harmless: nobody knows the " +
				"key, and bunq deletes it unused after one hour in the sandbox, four hours in production."
			f.Next = "apply again; the certificate is registered again and joins the same bunq user."
		}
		f.Error(&resp.Diagnostics, err)
		return
	}

	m.fromAPI(made)
	resp.Diagnostics.Append(m.fromCertificate(ctx, in.certificate)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	if m.APIKey.ValueString() == "" {
		resp.Diagnostics.AddError("bunq returned no API key",
			fmt.Sprintf("bunq made credential %d with status %s, but returned no API key.\n\nState: the credential is stored and marked for replacement.\n\n"+
				"Next step: apply again; the certificate is registered again and joins the same bunq user.", made.ID, made.Status))
	}
}

// Read looks the credential up with a session of its own key. bunq refuses a key that waits for its
// first use, which is no reason to fail. Nor is a refused key that was in use: the configuration may
// replace it, or its device may be still to come. The credential stays in the state, with a warning.
func (r *CredentialResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	ctx, done := r.Data.Operation(ctx, "bunq_psd2_credential: read", &resp.Diagnostics)
	defer done()

	var m credentialModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	model, known := installationOf(ctx, m.Installation, &resp.Diagnostics)
	if resp.Diagnostics.HasError() || !known || !r.Data.ReadyToRead("bunq_psd2_credential", &resp.Diagnostics) {
		return
	}
	if !r.Data.SameEnvironment(model.Environment.ValueString(), "credential", installationPath, &resp.Diagnostics) {
		return
	}

	ac, diags := model.Context(m.APIKey).Parse(installationPath)
	id, err := providerdata.ParseID(m.ID.ValueString())
	if diags.HasError() || err != nil {
		// Without a key nothing can be asked; the plan replaces it (see Create).
		return
	}

	facts := keyFactsOf(ctx, req.Private, &resp.Diagnostics)
	waiting := m.pending() && !facts.Used

	calls := r.Data.Calls(ac)
	found, err := calls.Credential(ctx, id)
	switch {
	case waiting && bunq.IsCredentialsRefused(err):
		over := !m.expiry().IsZero() && r.Data.Now().After(m.expiry())
		facts.Waiting, facts.Dead = !over, over
		facts.store(ctx, resp.Private, &resp.Diagnostics)
		return
	case bunq.IsContextRefused(err):
		facts.Refused = true
		facts.store(ctx, resp.Private, &resp.Diagnostics)
		r.Data.WarnRefused(ac, err, &resp.Diagnostics)
		return
	case bunq.IsNotFound(err):
		resp.State.RemoveResource(ctx)
		return
	case err != nil:
		tfdiag.Failure{
			Summary: "bunq_psd2_credential cannot be read",
			State:   "the credential stays in the state as it was.",
		}.Error(&resp.Diagnostics, err)
		return
	}

	facts = keyFacts{
		Used:    found.Status == bunq.StatusActive,
		Waiting: found.Status == bunq.CredentialPendingFirstUse,
		Dead:    found.Status != bunq.StatusActive && found.Status != bunq.CredentialPendingFirstUse,
		Open:    m.DeactivateOnDestroy.ValueBool() && permitsEveryone(ctx, calls, id),
	}
	facts.store(ctx, resp.Private, &resp.Diagnostics)
	m.fromRefresh(found)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// Update makes no call, as bunq cannot change a credential. It stores what concerns Terraform only:
// another installation, another chain for the same certificate, and the certificate after an import.
func (r *CredentialResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var m credentialModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	m.markUsed()
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// Delete forgets the credential: bunq's API has no call to revoke one. Setting the key's addresses
// inactive is the closest bunq offers.
func (r *CredentialResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	ctx, done := r.Data.Operation(ctx, "bunq_psd2_credential: delete", &resp.Diagnostics)
	defer done()

	var m credentialModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}

	if m.DeactivateOnDestroy.ValueBool() {
		endKey(ctx, r.Data, &m, &resp.Diagnostics)
		return
	}

	resp.Diagnostics.AddWarning("The credential stays at bunq",
		"bunq has no call to revoke a credential. Credential "+m.ID.ValueString()+" and its API key stay valid for the permitted addresses. The key is no "+
			"longer in this state; older versions of the state still hold it. If it may have leaked, ask bunq to block its device.\n\n"+
			"To end keys together with their credential, set deactivate_on_destroy = true and apply that before you destroy or replace.")
}

func keepString() []planmodifier.String {
	return []planmodifier.String{stringplanmodifier.UseStateForUnknown()}
}

func computedFromCertificate(text string) schema.StringAttribute {
	return schema.StringAttribute{
		Computed:            true,
		MarkdownDescription: text,
	}
}
