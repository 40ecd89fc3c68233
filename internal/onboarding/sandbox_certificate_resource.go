package onboarding

import (
	"context"
	"fmt"
	"regexp"
	"unicode/utf8"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/setvalidator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/int64default"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/setdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/setplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/qseal"
)

var (
	_ resource.ResourceWithConfigure      = (*SandboxCertificateResource)(nil)
	_ resource.ResourceWithModifyPlan     = (*SandboxCertificateResource)(nil)
	_ resource.ResourceWithValidateConfig = (*SandboxCertificateResource)(nil)
)

// SandboxCertificateResource is bunq_sandbox_certificate: the pseudo certificate that bunq's
// sandbox accepts in place of a QSEAL certificate. It makes no calls.
type SandboxCertificateResource struct {
	base
}

// NewSandboxCertificateResource returns the resource for the provider's list.
func NewSandboxCertificateResource() resource.Resource { return &SandboxCertificateResource{} }

// Metadata names the resource.
func (r *SandboxCertificateResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_sandbox_certificate"
}

// Schema describes the resource.
func (r *SandboxCertificateResource) Schema(ctx context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	subject := []planmodifier.String{stringplanmodifier.RequiresReplace()}
	keep := keepString()

	resp.Schema = schema.Schema{
		MarkdownDescription: "Generates the self-signed pseudo certificate that bunq's sandbox accepts, so that a first try needs no QSEAL certificate. It " +
			"makes no calls. At bunq, certificates with the same subject belong to the same user, so a random part makes the common name unique; a renewal " +
			"keeps it.\n\n" +
			"~> The private key is stored in the state. That is acceptable for a sandbox certificate only.",

		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "Common name of the certificate: `name`, a random part, and the roles.",
				PlanModifiers:       keep,
			},
			"name": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Beginning of the common name. The whole common name may have 64 characters; with both roles, 45 are left for `name`.",
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
				PlanModifiers:       subject,
			},
			"roles": schema.SetAttribute{
				Optional:            true,
				Computed:            true,
				ElementType:         types.StringType,
				Default:             setdefault.StaticValue(bothRoles(ctx)),
				MarkdownDescription: "PSD2 roles: `AISP`, `PISP`, or both (the default).",
				Validators: []validator.Set{
					setvalidator.SizeAtLeast(1),
					setvalidator.ValueStringsAre(stringvalidator.OneOf(string(qseal.RoleAISP), string(qseal.RolePISP))),
				},
				PlanModifiers: []planmodifier.Set{setplanmodifier.RequiresReplace()},
			},
			"organization": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Organisation in the subject (O).",
				Validators:          []validator.String{stringvalidator.LengthBetween(1, 64)},
				PlanModifiers:       subject,
			},
			"organization_identifier": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "organizationIdentifier in the subject, such as `PSDNL-DNB-R123456`. Certificates with the same identifier may belong to the same bunq user.",
				Validators:          []validator.String{stringvalidator.LengthBetween(1, 64)},
				PlanModifiers:       subject,
			},
			"country": schema.StringAttribute{
				Optional:            true,
				Computed:            true,
				Default:             stringdefault.StaticString("NL"),
				MarkdownDescription: "Country in the subject (C), two capital letters. `NL` by default.",
				Validators: []validator.String{
					stringvalidator.RegexMatches(regexp.MustCompile(`^[A-Z]{2}$`), "must be two capital letters, such as NL"),
				},
				PlanModifiers: subject,
			},
			"validity_days": schema.Int64Attribute{
				Optional:            true,
				Computed:            true,
				Default:             int64default.StaticInt64(365),
				MarkdownDescription: "How many days the certificate is valid. `365` by default. Changing this issues a new certificate for the same subject.",
				Validators:          []validator.Int64{int64validator.Between(1, 3650)},
			},
			"early_renewal_days": schema.Int64Attribute{
				Optional:            true,
				Computed:            true,
				Default:             int64default.StaticInt64(0),
				MarkdownDescription: "How many days before it expires the next apply issues a new certificate for the same subject. `0` by default.",
				Validators:          []validator.Int64{int64validator.AtLeast(0)},
			},
			"certificate_pem": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "The certificate, PEM.",
				PlanModifiers:       keep,
			},
			"certificate_chain_pem": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "The chain that bunq's sandbox expects: the certificate itself.",
				PlanModifiers:       keep,
			},
			"private_key_pem": schema.StringAttribute{
				Computed:            true,
				Sensitive:           true,
				MarkdownDescription: "Private key of the certificate, RSA 2048 bits, PEM (PKCS#8).",
				PlanModifiers:       keep,
			},
			"not_after": schema.StringAttribute{
				Computed:            true,
				MarkdownDescription: "When the certificate expires (RFC 3339, UTC).",
				PlanModifiers:       keep,
			},
			"ready_for_renewal": schema.BoolAttribute{
				Computed:            true,
				MarkdownDescription: "Whether the next apply issues a new certificate.",
			},
		},
	}
}

// ValidateConfig checks what several attributes decide together.
func (r *SandboxCertificateResource) ValidateConfig(ctx context.Context, req resource.ValidateConfigRequest, resp *resource.ValidateConfigResponse) {
	var m sandboxCertificateModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}

	if n := utf8.RuneCountInString(m.Name.ValueString()); !m.Roles.IsUnknown() && n > m.longestName() {
		resp.Diagnostics.AddAttributeError(path.Root("name"), "The common name would be too long", fmt.Sprintf(
			"bunq's sandbox accepts common names of up to %d characters. With the random part and the roles, %d are left for name; it has %d.",
			qseal.MaxCommonName, m.longestName(), n))
	}

	validity := m.ValidityDays
	if validity.IsNull() {
		validity = types.Int64Value(365)
	}
	if !validity.IsUnknown() && !m.EarlyRenewalDays.IsUnknown() && m.EarlyRenewalDays.ValueInt64() >= validity.ValueInt64() {
		resp.Diagnostics.AddAttributeError(path.Root("early_renewal_days"), "The certificate would be renewed by every apply", fmt.Sprintf(
			"early_renewal_days (%d) must be less than validity_days (%d).",
			m.EarlyRenewalDays.ValueInt64(), validity.ValueInt64()))
	}
}

// ModifyPlan plans a renewal in place, so that the common name, and with it the bunq user, stays.
// In production it fails: bunq would refuse the certificate, but only at apply.
func (r *SandboxCertificateResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() || r.Data == nil {
		return
	}

	if r.Data.Environment == bunq.Production {
		resp.Diagnostics.AddError("A sandbox certificate in production",
			"bunq_sandbox_certificate makes a self-signed pseudo certificate, which only bunq's sandbox accepts, and this provider is configured for production.\n\n"+
				"Next step: use the QSEAL certificate of your organisation in bunq_psd2_credential, or set environment = \"sandbox\" in the provider block "+
				"(BUNQ_ENVIRONMENT).")
		return
	}
	if req.State.Raw.IsNull() {
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("ready_for_renewal"), false)...)
		return
	}

	var plan, state sandboxCertificateModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}

	if plan.otherSubject(&state) {
		providerdata.Keep(r.Data, endingSubject(state.CertificatePEM.ValueString()), true)
		resp.Diagnostics.AddWarning("Another subject is another bunq user",
			"A certificate with another subject replaces "+state.ID.ValueString()+". In the sandbox the subject names the bunq user, so a credential made "+
				"with the new certificate belongs to another user. An OAuth client and its callback URLs cannot move to another user, and the old subject, "+
				"with its random part, cannot be restored.\n\n"+
				"Next step: to keep the user, do not change name, roles, organization, organization_identifier and country.")
	}

	if !plan.reissues(&state, r.Data.Now()) {
		plan.ReadyForRenewal = types.BoolValue(false)
		resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
		return
	}

	plan.CertificatePEM, plan.CertificateChainPEM = types.StringUnknown(), types.StringUnknown()
	plan.PrivateKeyPEM, plan.NotAfter = types.StringUnknown(), types.StringUnknown()
	plan.ReadyForRenewal = types.BoolValue(false)
	resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
}

// Create makes key and certificate.
func (r *SandboxCertificateResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var m sandboxCertificateModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}

	// -replace, taint and a renamed resource destroy a certificate and make one that is meant to be
	// the same: it keeps the subject, and so the bunq user.
	if id, ok := providerdata.Take[types.String](r.Data, m.subject()); ok {
		m.ID = id
	}

	if err := m.issue(r.Data.Now()); err != nil {
		resp.Diagnostics.AddError("The sandbox certificate was not made", err.Error())
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// Read checks whether the certificate must be renewed.
func (r *SandboxCertificateResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var m sandboxCertificateModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	m.ReadyForRenewal = types.BoolValue(m.due(r.Data.Now()))
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// Update issues a new certificate if it is due or its validity changed.
func (r *SandboxCertificateResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var m sandboxCertificateModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if m.CertificatePEM.IsUnknown() {
		if err := m.issue(r.Data.Now()); err != nil {
			resp.Diagnostics.AddError("The sandbox certificate was not renewed", err.Error())
			return
		}
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// Delete forgets the certificate; it exists nowhere else.
func (r *SandboxCertificateResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var m sandboxCertificateModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if !resp.Diagnostics.HasError() {
		providerdata.Keep(r.Data, m.subject(), m.ID)
	}
}
