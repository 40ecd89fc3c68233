package onboarding

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64default"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/session"
	"github.com/openpsd2/terraform-provider-bunq/internal/tfdiag"
)

var (
	_ resource.ResourceWithConfigure   = (*CredentialResource)(nil)
	_ resource.ResourceWithModifyPlan  = (*CredentialResource)(nil)
	_ resource.ResourceWithImportState = (*CredentialResource)(nil)
)

// CredentialResource is bunq_psd2_credential: a QSEAL certificate registered
// for an installation, and the API key that bunq gives for it.
type CredentialResource struct {
	providerdata.Base
}

// NewCredentialResource makes the resource for the provider's list.
func NewCredentialResource() resource.Resource { return &CredentialResource{} }

// defaultWarningDays is the default of expiry_warning_days.
const defaultWarningDays = 30

// deadKey is the private state that Read leaves where the key was refused after
// its time ran out unused: the plan then proposes another one.
const deadKey = "dead_key"

// Metadata names the resource.
func (r *CredentialResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_psd2_credential"
}

// Schema describes the resource.
func (r *CredentialResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = schema.Schema{
		MarkdownDescription: "Registers a QSEAL certificate for an installation (`POST /payment-service-provider-credential`) and keeps the API key " +
			"that bunq returns for it.\n\n" +
			"bunq shows the API key once, and it must be used before `api_key_expiry_time` (one hour in the sandbox, four in production): make a " +
			"`bunq_device_server` with it in the same apply. A certificate renewed for the same organisation joins the same bunq user, so its OAuth " +
			"client and connections stay.\n\n" +
			"bunq cannot delete a credential: destroying this resource forgets it.",
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				Computed: true, MarkdownDescription: "bunq's number of the credential.", PlanModifiers: keepString(),
			},
			"installation": installationAttribute(),
			"certificate_pem": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "The QSEAL certificate, one PEM block. In the sandbox a pseudo certificate, as `bunq_sandbox_certificate` makes it. " +
					"Another certificate makes another credential.",
				PlanModifiers: []planmodifier.String{replacesUnlessImported("the certificate")},
			},
			"certificate_chain_pem": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "The intermediate and root certificates, PEM blocks one after the other, in any order; the certificate itself is left " +
					"out when sent. Not needed for a pseudo certificate, which is its own chain.",
				PlanModifiers: []planmodifier.String{replacesUnlessImported("the chain")},
			},
			"private_key_pem_wo": schema.StringAttribute{
				Optional: true, WriteOnly: true,
				MarkdownDescription: "Private key of the certificate, PEM (PKCS#8 or PKCS#1, may be encrypted), from a file or an ephemeral value. It is used once, to sign, and is stored " +
					"neither in plan nor state. Give this or `client_public_key_signature` when the credential is made.",
				Validators: []validator.String{
					stringvalidator.ConflictsWith(path.MatchRoot("client_public_key_signature")),
				},
			},
			"private_key_passphrase_wo": schema.StringAttribute{
				Optional: true, WriteOnly: true,
				MarkdownDescription: "Passphrase of `private_key_pem_wo`, where it is encrypted.",
				Validators:          []validator.String{stringvalidator.AlsoRequires(path.MatchRoot("private_key_pem_wo"))},
			},
			"client_public_key_signature": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Signature by the certificate's key over `registration_payload` of the installation, base64 on one line, for a key that " +
					"cannot be read. It is checked against the certificate before bunq is called.",
			},
			"expiry_warning_days": schema.Int64Attribute{
				Optional: true, Computed: true, Default: int64default.StaticInt64(defaultWarningDays),
				MarkdownDescription: "Plans warn this many days before the certificate runs out. `30` by default; `0` warns only when it has.",
				Validators:          []validator.Int64{int64validator.AtLeast(0)},
			},
			"api_key": schema.StringAttribute{
				Computed: true, Sensitive: true, MarkdownDescription: "The API key. bunq shows it once.", PlanModifiers: keepString(),
			},
			"status": schema.StringAttribute{
				Computed: true, PlanModifiers: keepString(),
				MarkdownDescription: "`PENDING_FIRST_USE` until a device is registered with the key, then `ACTIVE`.",
			},
			"api_key_expiry_time": schema.StringAttribute{
				Computed: true, PlanModifiers: keepString(),
				MarkdownDescription: "Until when a key lives that was not used yet (RFC 3339, UTC); null once it was.",
			},
			"roles": schema.ListAttribute{
				Computed: true, ElementType: types.StringType,
				MarkdownDescription: "PSD2 roles of the certificate: `AISP`, `PISP`, `CBPII`, `PSP_AS`. They limit what the bunq user may call.",
			},
			"subject":                 computedFromCertificate("Subject of the certificate in OpenSSL's one-line form. In the sandbox the same subject is the same bunq user."),
			"organization_identifier": computedFromCertificate("organizationIdentifier of the certificate, such as `PSDNL-DNB-R123456`; null where it has none. In production the same identifier is the same bunq user."),
			"not_before":              computedFromCertificate("From when the certificate is valid (RFC 3339, UTC)."),
			"not_after":               computedFromCertificate("Until when the certificate is valid (RFC 3339, UTC)."),
			"fingerprint_sha256":      computedFromCertificate("SHA-256 of the certificate, lower-case hexadecimal."),
		},
	}
}

func keepString() []planmodifier.String {
	return []planmodifier.String{stringplanmodifier.UseStateForUnknown()}
}

func computedFromCertificate(text string) schema.StringAttribute {
	return schema.StringAttribute{Computed: true, MarkdownDescription: text}
}

// ModifyPlan checks what can be checked before anything is sent, fills in what
// the certificate says, and proposes another credential for a key that died
// unused.
func (r *CredentialResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() || r.Data == nil {
		return
	}
	var config, plan, state credentialModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	exists := !req.State.Raw.IsNull()
	if exists {
		resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	if exists {
		r.proposeAnother(ctx, req, resp, &plan, &state)
	}
	sends := !exists || len(resp.RequiresReplace) > 0 || plan.replaces(&state)
	installation, known := installationOf(ctx, plan.Installation, &resp.Diagnostics)
	if known && !installation.Environment.IsUnknown() {
		r.Data.SameEnvironment(installation.Environment.ValueString(), "installation", installationPath, &resp.Diagnostics)
	}

	now := r.Data.Now()
	in := readInput(&config, r.Data.Environment, sends, now, &resp.Diagnostics)
	if known && sends {
		in.checkSignature(installation, &resp.Diagnostics)
	}
	if !sends {
		in.warnExpiry(plan.ExpiryWarningDays.ValueInt64(), now, &resp.Diagnostics)
	}
	if in.certificate != nil {
		resp.Diagnostics.Append(plan.fromCertificate(ctx, in.certificate)...)
		resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
	}
}

// replaces reports whether the plan makes another credential in place of the
// one in state, by the attributes that bunq was given.
func (m *credentialModel) replaces(state *credentialModel) bool {
	if differs(state.CertificatePEM, m.CertificatePEM) || differs(state.CertificateChainPEM, m.CertificateChainPEM) {
		return true
	}
	return installationID(state.Installation) != installationID(m.Installation)
}

func differs(state, plan types.String) bool { return !state.IsNull() && !state.Equal(plan) }

// installationID is the id in an installation object; an unknown one is like
// none that exists.
func installationID(obj types.Object) string {
	id, ok := obj.Attributes()["id"].(types.String)
	if !ok || id.IsUnknown() {
		return "unknown"
	}
	return id.ValueString()
}

// proposeAnother warns while a key waits for its first use, and replaces it
// once it is dead. Only a refresh that saw bunq refuse the key makes it so: the
// state alone may be older than the first use.
func (r *CredentialResource) proposeAnother(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse, plan, state *credentialModel) {
	reason, diags := req.Private.GetKey(ctx, deadKey)
	resp.Diagnostics.Append(diags...)
	if len(reason) > 0 && state.Status.ValueString() != bunq.CredentialActive {
		text := "bunq lists this credential as " + state.Status.ValueString() + "."
		doubt := ""
		if state.pending() {
			text = "The key had to be used by " + state.expiry().Format(time.RFC3339) + ". By all that the state knows it was not, and bunq refuses it."
			doubt = " If it was used all the same, from a machine at another address, the key lives and bunq refuses this address: plan from there instead."
		}
		resp.Diagnostics.AddAttributeWarning(path.Root("api_key"), "The API key is dead and will be replaced",
			text+" Applying registers the certificate again; it joins the same bunq user."+doubt)
		plan.ID, plan.APIKey, plan.Status, plan.APIKeyExpiryTime = types.StringUnknown(), types.StringUnknown(), types.StringUnknown(), types.StringUnknown()
		resp.Diagnostics.Append(resp.Plan.Set(ctx, plan)...)
		resp.RequiresReplace = append(resp.RequiresReplace, path.Root("api_key"))
		return
	}
	if at := state.expiry(); state.pending() && !at.IsZero() {
		resp.Diagnostics.AddAttributeWarning(path.Root("api_key"), "The API key waits for its first use",
			fmt.Sprintf("bunq drops it at %s unless a device is registered with it before.\n\n"+
				"Next step: apply before then; a bunq_device_server with this credential uses it. If one has used it already, the state is older than "+
				"that use, because bunq was not asked, or refused the key or this machine's address: then heed what is said about the device.", at.Format(time.RFC3339)))
	}
}

// Create registers the certificate. The API key reaches the state with bunq's
// answer, before anything else can fail.
func (r *CredentialResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	ctx, done := providerdata.Operation(ctx, "bunq_psd2_credential: create")
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
	in := readInput(&config, r.Data.Environment, true, r.Data.Now(), &resp.Diagnostics)
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
		if bunq.MayHaveBeenDone(err) {
			f.State = "nothing was stored. bunq may have made a credential whose API key was lost on the way. It is harmless: nobody knows the key, " +
				"and bunq drops it unused after one hour in the sandbox, four hours in production."
			f.Next = "apply again; the certificate is registered anew and joins the same bunq user."
		}
		f.Error(&resp.Diagnostics, err)
		return
	}
	m.fromAPI(made)
	resp.Diagnostics.Append(m.fromCertificate(ctx, in.certificate)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	if m.APIKey.ValueString() == "" {
		resp.Diagnostics.AddError("bunq returned no API key",
			fmt.Sprintf("bunq made credential %d with status %s, but without an API key.\n\nState: the credential is stored and marked for replacement.\n\n"+
				"Next step: apply again; the certificate is registered anew and joins the same bunq user.", made.ID, made.Status))
		return
	}
	r.Data.MadeHere(made.TokenValue)
}

// Read looks the credential up with a session of its own key. While the key
// waits for its first use it opens none: bunq refuses it, and that is no
// reason to fail or to forget it.
func (r *CredentialResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	ctx, done := providerdata.Operation(ctx, "bunq_psd2_credential: read")
	defer done()

	var m credentialModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	model, known := installationOf(ctx, m.Installation, &resp.Diagnostics)
	if resp.Diagnostics.HasError() || !known || !r.Data.Ready(&resp.Diagnostics) {
		return
	}
	if !r.Data.SameEnvironment(model.Environment.ValueString(), "credential", installationPath, &resp.Diagnostics) {
		return
	}
	ac, diags := model.Context(m.APIKey).Parse(installationPath)
	id, err := strconv.ParseInt(m.ID.ValueString(), 10, 64)
	if diags.HasError() || err != nil {
		// Without a key nothing can be asked; the plan replaces it (see Create).
		return
	}

	notes, now := r.Data.Sessions.For(ac), r.Data.Now()
	over := !m.expiry().IsZero() && now.After(m.expiry())
	if m.pending() && !over && refusedLately(ctx, notes, now) {
		return
	}
	found, err := r.Data.Calls(ac).Credential(ctx, id)
	var refused *session.RefusedError
	switch {
	case errors.As(err, &refused) && m.pending():
		noteRefusal(ctx, notes, now)
		var mark []byte
		if over {
			mark = []byte(`{"reason":"not used in time"}`)
		}
		resp.Diagnostics.Append(resp.Private.SetKey(ctx, deadKey, mark)...)
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
	m.fromAPI(found)
	var mark []byte
	if found.Status != bunq.CredentialActive && found.Status != bunq.CredentialPendingFirstUse {
		mark = []byte(`{"reason":"no longer usable"}`)
	}
	resp.Diagnostics.Append(resp.Private.SetKey(ctx, deadKey, mark)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// Update has no call: bunq cannot change a credential. It stores what concerns
// Terraform only, and the certificate after an import.
func (r *CredentialResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var m credentialModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if m.Roles.IsUnknown() {
		in := readInput(&m, r.Data.Environment, false, r.Data.Now(), &resp.Diagnostics)
		if in.certificate == nil {
			return
		}
		resp.Diagnostics.Append(m.fromCertificate(ctx, in.certificate)...)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// Delete forgets the credential: bunq's API has no call to revoke one.
func (r *CredentialResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var m credentialModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.AddWarning("The credential stays at bunq",
		"bunq has no call to revoke a credential. Credential "+m.ID.ValueString()+" and its API key stay valid for the permitted addresses; "+
			"Terraform has forgotten the key. Delete other copies of the state, and let bunq know if the key leaked. "+
			"deactivate_ips_on_destroy of bunq_device_server sets its addresses inactive, which is as near as it gets.")
}
