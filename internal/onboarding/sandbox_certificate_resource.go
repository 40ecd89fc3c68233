package onboarding

import (
	"context"
	"fmt"
	"regexp"
	"time"
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

// SandboxCertificateResource is bunq_sandbox_certificate: the pseudo
// certificate that bunq's sandbox takes in place of a QSEAL. It calls nobody.
type SandboxCertificateResource struct {
	providerdata.Base
}

// NewSandboxCertificateResource makes the resource for the provider's list.
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
		MarkdownDescription: "Makes the self-signed pseudo certificate that bunq's sandbox takes, so that a first try needs no QSEAL certificate. No call " +
			"is made. At bunq the same subject is the same user, so a random part keeps the common name unique; a renewal keeps it.\n\n" +
			"~> The private key is stored in the state. That is fine for a sandbox certificate, and only for one.",
		Attributes: map[string]schema.Attribute{
			"id": schema.StringAttribute{
				Computed: true, PlanModifiers: keep,
				MarkdownDescription: "Common name of the certificate: `name`, a random part, and the roles.",
			},
			"name": schema.StringAttribute{
				Required: true, PlanModifiers: subject,
				MarkdownDescription: "Beginning of the common name, which may have 64 characters in all: 45 are left with both roles.",
				Validators:          []validator.String{stringvalidator.LengthAtLeast(1)},
			},
			"roles": schema.SetAttribute{
				Optional: true, Computed: true, ElementType: types.StringType, Default: setdefault.StaticValue(bothRoles(ctx)),
				MarkdownDescription: "PSD2 roles: `AISP`, `PISP`, or both (the default).",
				PlanModifiers:       []planmodifier.Set{setplanmodifier.RequiresReplace()},
				Validators: []validator.Set{
					setvalidator.SizeAtLeast(1),
					setvalidator.ValueStringsAre(stringvalidator.OneOf(string(qseal.RoleAISP), string(qseal.RolePISP))),
				},
			},
			"organization": schema.StringAttribute{
				Optional: true, PlanModifiers: subject, MarkdownDescription: "Organisation in the subject (O).",
				Validators: []validator.String{stringvalidator.LengthBetween(1, 64)},
			},
			"organization_identifier": schema.StringAttribute{
				Optional: true, PlanModifiers: subject,
				MarkdownDescription: "organizationIdentifier in the subject, such as `PSDNL-DNB-R123456`. At bunq the same identifier may be the same user.",
				Validators:          []validator.String{stringvalidator.LengthBetween(1, 64)},
			},
			"country": schema.StringAttribute{
				Optional: true, Computed: true, Default: stringdefault.StaticString("NL"), PlanModifiers: subject,
				MarkdownDescription: "Country in the subject (C), two capital letters. `NL` by default.",
				Validators: []validator.String{
					stringvalidator.RegexMatches(regexp.MustCompile(`^[A-Z]{2}$`), "must be two capital letters, such as NL"),
				},
			},
			"validity_days": schema.Int64Attribute{
				Optional: true, Computed: true, Default: int64default.StaticInt64(365),
				MarkdownDescription: "For how many days the certificate is valid. `365` by default. Another number issues it anew, for the same subject.",
				Validators:          []validator.Int64{int64validator.Between(1, 3650)},
			},
			"early_renewal_days": schema.Int64Attribute{
				Optional: true, Computed: true, Default: int64default.StaticInt64(0),
				MarkdownDescription: "So many days before its end the next apply issues it anew, for the same subject. `0` by default.",
				Validators:          []validator.Int64{int64validator.AtLeast(0)},
			},
			"certificate_pem": schema.StringAttribute{Computed: true, PlanModifiers: keep, MarkdownDescription: "The certificate, PEM."},
			"certificate_chain_pem": schema.StringAttribute{
				Computed: true, PlanModifiers: keep,
				MarkdownDescription: "Its chain: the certificate itself, as bunq's sandbox wants it.",
			},
			"private_key_pem": schema.StringAttribute{
				Computed: true, Sensitive: true, PlanModifiers: keep, MarkdownDescription: "Private key of the certificate, RSA 2048 bits, PEM (PKCS#8).",
			},
			"not_after": schema.StringAttribute{Computed: true, PlanModifiers: keep, MarkdownDescription: "Until when it is valid (RFC 3339, UTC)."},
			"ready_for_renewal": schema.BoolAttribute{
				Computed: true, MarkdownDescription: "Whether the next apply issues it anew.",
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
			"bunq's sandbox takes common names of up to %d characters. The random part and the roles take their share, which leaves %d for name; it has %d.",
			maxCommonName, m.longestName(), n))
	}
	validity := m.ValidityDays
	if validity.IsNull() {
		validity = types.Int64Value(365)
	}
	if !validity.IsUnknown() && !m.EarlyRenewalDays.IsUnknown() && m.EarlyRenewalDays.ValueInt64() >= validity.ValueInt64() {
		resp.Diagnostics.AddAttributeError(path.Root("early_renewal_days"), "The certificate would always be due", fmt.Sprintf(
			"early_renewal_days (%d) must be less than validity_days (%d), or every apply issues the certificate anew.",
			m.EarlyRenewalDays.ValueInt64(), validity.ValueInt64()))
	}
}

// ModifyPlan plans a renewal in place, so that the common name, and with it the
// bunq user, stays. In production there is nothing to plan: bunq would refuse the
// certificate only at apply.
func (r *SandboxCertificateResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() || r.Data == nil {
		return
	}
	if r.Data.Environment == bunq.Production {
		resp.Diagnostics.AddError("A sandbox certificate in production",
			"bunq_sandbox_certificate makes a self-signed pseudo certificate, which only bunq's sandbox takes, and this provider is configured for production.\n\n"+
				"Next step: give the QSEAL certificate of your organisation to bunq_psd2_credential, or set environment = \"sandbox\" in the provider block "+
				"(BUNQ_ENVIRONMENT).")
		return
	}
	if req.State.Raw.IsNull() {
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
			"A certificate with another subject replaces "+state.ID.ValueString()+". In the sandbox the subject names the bunq user, so a credential that is "+
				"made with it belongs to another user. An OAuth client and its callback URLs cannot move to another user, and the subject that is "+
				"replaced does not come back.\n\n"+
				"Next step: to keep the user, leave name, roles, organization, organization_identifier and country as they are.")
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

// otherSubject reports whether the plan makes a certificate of another subject.
func (m *sandboxCertificateModel) otherSubject(state *sandboxCertificateModel) bool {
	return m.subject() != state.subject()
}

// reissues reports whether the plan makes a new certificate of the same subject.
func (m *sandboxCertificateModel) reissues(state *sandboxCertificateModel, now time.Time) bool {
	if !m.ValidityDays.Equal(state.ValidityDays) {
		return true
	}
	asPlanned := *state
	asPlanned.EarlyRenewalDays = m.EarlyRenewalDays
	return asPlanned.due(now)
}

// Create makes key and certificate.
func (r *SandboxCertificateResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var m sandboxCertificateModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	// -replace, taint and a new address in the configuration destroy a certificate
	// and make one that is to be the same: it keeps the subject, and so the bunq user.
	if id, ok := providerdata.Take[types.String](r.Data, m.subject()); ok {
		m.ID = id
	}
	if err := m.issue(r.Data.Now()); err != nil {
		resp.Diagnostics.AddError("The sandbox certificate was not made", err.Error())
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// Read sees whether the time to renew has come.
func (r *SandboxCertificateResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var m sandboxCertificateModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}
	m.ReadyForRenewal = types.BoolValue(m.due(r.Data.Now()))
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// Update issues the certificate anew, if it is due or its validity changed.
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

// Delete forgets the certificate; nobody else has it.
func (r *SandboxCertificateResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var m sandboxCertificateModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if !resp.Diagnostics.HasError() {
		providerdata.Keep(r.Data, m.subject(), m.ID)
	}
}
