package onboarding

import (
	"context"
	"errors"
	"fmt"
	"strconv"

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
			"bunq cannot revoke a credential: destroying this resource forgets it. With `deactivate_on_destroy` its key can no longer be used. For a " +
			"rotation without a gap set `create_before_destroy` as well: the old key ends after the new one works.",
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				Computed: true, MarkdownDescription: "bunq's number of the credential.", PlanModifiers: keepString(),
			},
			"installation": installationAttribute(),
			"certificate_pem": schema.StringAttribute{
				Required: true,
				MarkdownDescription: "The QSEAL certificate, PEM; where `certificate_chain_pem` is omitted, its chain may follow it (`fullchain.pem`). In the " +
					"sandbox a pseudo certificate, as `bunq_sandbox_certificate` makes it. Another certificate makes another credential; it must be for the " +
					"same organisation, since another one is another bunq user. Line ends, comments and other ways to write the same are no change.",
			},
			"certificate_chain_pem": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "The intermediate and root certificates, PEM blocks one after the other, in any order; the certificate itself is omitted " +
					"when sent. Not needed for a pseudo certificate, which is its own chain. Other certificates make another credential.",
			},
			"private_key_pem_wo": schema.StringAttribute{
				Optional: true, WriteOnly: true,
				MarkdownDescription: "Private key of the certificate, PEM (PKCS#8 or PKCS#1, may be encrypted), from a file or an ephemeral value. It is used once, to sign, and is stored " +
					"neither in plan nor state. Give this or `client_public_key_signature` when the credential is made; later neither is needed.",
				Validators: []validator.String{
					stringvalidator.ConflictsWith(path.MatchRoot("client_public_key_signature")),
				},
			},
			"private_key_passphrase_wo": schema.StringAttribute{
				Optional: true, WriteOnly: true,
				MarkdownDescription: "Passphrase of `private_key_pem_wo`, where it is encrypted.",
			},
			"client_public_key_signature": schema.StringAttribute{
				Optional: true,
				MarkdownDescription: "Signature by the certificate's key over `registration_payload` of the installation, base64 on one line, for a key that " +
					"cannot be read. It is checked against the certificate before bunq is called. Needed when the credential is made, and never again: a change or " +
					"removal only changes the state.",
			},
			"expiry_warning_days": schema.Int64Attribute{
				Optional: true, Computed: true, Default: int64default.StaticInt64(defaultWarningDays),
				MarkdownDescription: "Plans warn this many days before the certificate runs out. `30` by default; `0` warns only when it has.",
				Validators:          []validator.Int64{int64validator.AtLeast(0)},
			},
			"deactivate_on_destroy": schema.BoolAttribute{
				Optional: true, Computed: true, Default: booldefault.StaticBool(false),
				MarkdownDescription: "Set every permitted address of the key inactive when the credential is destroyed or replaced, as the last thing that is " +
					"done with it, so that nobody can use the key any more. `*` cannot be set inactive. `false` by default.",
			},
			"api_key": schema.StringAttribute{
				Computed: true, Sensitive: true, MarkdownDescription: "The API key. bunq shows it once.", PlanModifiers: keepString(),
			},
			"status": schema.StringAttribute{
				Computed: true, PlanModifiers: keepString(),
				MarkdownDescription: "Status as bunq returned it: `PENDING_FIRST_USE` for a new key. That a device uses it is expected, and is stored (`ACTIVE`) " +
					"with the next change of this resource.",
			},
			"api_key_expiry_time": schema.StringAttribute{
				Computed: true, PlanModifiers: keepString(),
				MarkdownDescription: "Until when the key lives unless it is used before (RFC 3339, UTC), as bunq returned it; null for a key that was in use then.",
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

// Create registers the certificate. The API key reaches the state with bunq's
// answer, before anything else can fail.
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
			f.State = "nothing was stored. bunq may have made a credential whose API key was lost on the way. It is harmless: nobody knows the key, " +
				"and bunq drops it unused after one hour in the sandbox, four hours in production."
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
			fmt.Sprintf("bunq made credential %d with status %s, but without an API key.\n\nState: the credential is stored and marked for replacement.\n\n"+
				"Next step: apply again; the certificate is registered again and joins the same bunq user.", made.ID, made.Status))
		return
	}
	markCreated(r.Data, made.TokenValue)
	r.noteCredential(ctx, model, &m)
}

// Read looks the credential up with a session of its own key. While the key
// waits for its first use it opens none: bunq refuses it, and that is no
// reason to fail or to forget it.
//
// Neither is it for a key that was in use: what is said of it depends on whether
// the plan keeps this credential, which Read cannot know (see refusedKey). So
// that a credential that is being replaced or destroyed is no dead end, it says
// no more than that the state is kept.
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
	id, err := strconv.ParseInt(m.ID.ValueString(), 10, 64)
	if diags.HasError() || err != nil {
		// Without a key nothing can be asked; the plan replaces it (see Create).
		return
	}

	r.noteCredential(ctx, model, &m)
	facts := keyFactsOf(ctx, req.Private, &resp.Diagnostics)
	waiting := m.pending() && !facts.Used
	notes, now := r.Data.Sessions.For(ac), r.Data.Now()
	over := !m.expiry().IsZero() && now.After(m.expiry())
	if waiting && !over && refusedLately(ctx, notes, now) {
		providerdata.Keep(r.Data, waitingKey(m.ID.ValueString()), true)
		return
	}

	calls := r.Data.Calls(ac)
	found, err := calls.Credential(ctx, id)
	var refused *session.RefusedError
	switch {
	case errors.As(err, &refused) && waiting:
		noteRefusal(ctx, notes, now)
		facts.Dead = over
		if !over {
			providerdata.Keep(r.Data, waitingKey(m.ID.ValueString()), true)
		}
		resp.Diagnostics.Append(facts.store(ctx, resp.Private)...)
		return
	case bunq.IsCredentialsRefused(err):
		noteRefusal(ctx, notes, now)
		facts.Refused = true
		resp.Diagnostics.Append(facts.store(ctx, resp.Private)...)
		providerdata.Keep(r.Data, refusedKey(m.ID.ValueString()), err)
		resp.Diagnostics.AddWarning("bunq refuses the API key of the credential",
			"bunq refuses the key of credential "+m.ID.ValueString()+", or the address that this machine calls from. The credential was not refreshed, and "+
				"stays in the state as it was.")
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

	if _, noted := notes.Noted(ctx, noteRefused); noted {
		notes.ClearNote(ctx, noteRefused)
	}
	facts = keyFacts{
		Used: found.Status == bunq.CredentialActive,
		Dead: found.Status != bunq.CredentialActive && found.Status != bunq.CredentialPendingFirstUse,
		Open: m.DeactivateOnDestroy.ValueBool() && permitsEveryone(ctx, calls, id),
	}
	if !facts.Used && !facts.Dead {
		providerdata.Keep(r.Data, waitingKey(m.ID.ValueString()), true)
	}
	resp.Diagnostics.Append(facts.store(ctx, resp.Private)...)
	m.refreshed(found)
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
		in := readInput(&m, &resp.Diagnostics)
		if in.certificate == nil {
			return
		}
		resp.Diagnostics.Append(m.fromCertificate(ctx, in.certificate)...)
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// Delete forgets the credential: bunq's API has no call to revoke one. What it
// has is making the key's addresses inactive, which ends its use.
func (r *CredentialResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	ctx, done := r.Data.Operation(ctx, "bunq_psd2_credential: delete", &resp.Diagnostics)
	defer done()

	var m credentialModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if m.DeactivateOnDestroy.ValueBool() {
		r.endKey(ctx, &m, req, resp)
		return
	}
	resp.Diagnostics.AddWarning("The credential stays at bunq",
		"bunq has no call to revoke a credential. Credential "+m.ID.ValueString()+" and its API key stay valid for the permitted addresses; this state has "+
			"forgotten the key, and older versions of it still hold it.\n\n"+
			"To make the key useless from every address, set deactivate_on_destroy = true and apply before you destroy.")
}
