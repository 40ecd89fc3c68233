package onboarding

import (
	"context"
	"fmt"
	"regexp"

	"github.com/hashicorp/terraform-plugin-framework-validators/int64validator"
	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
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
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

var (
	_ resource.ResourceWithConfigure  = (*SandboxCertificateResource)(nil)
	_ resource.ResourceWithModifyPlan = (*SandboxCertificateResource)(nil)
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

	resp.Schema = schema.Schema{
		MarkdownDescription: "Generates the self-signed pseudo certificate that bunq's sandbox accepts, so that a first try needs no QSEAL certificate. It " +
			"makes no calls. At bunq, certificates with the same subject belong to the same user, so a random part makes the common name unique.\n\n" +
			"A renewal keeps the subject, and so the user: it happens in place when a refresh finds the certificate due, or when `keepers` change. " +
			"Replacing the certificate makes another user, so `-replace` is refused. Each `name` may be used once in a configuration.\n\n" +
			"~> The private key is stored in the state. That is acceptable for a sandbox certificate only.",

		Attributes: map[string]schema.Attribute{
			"id": kept("Common name of the certificate: `name`, a random part, and the roles."),
			"name": schema.StringAttribute{
				Required:            true,
				MarkdownDescription: "Beginning of the common name, 1 to 45 characters: bunq accepts 64 for the whole.",
				Validators:          []validator.String{stringvalidator.UTF8LengthBetween(1, longestName)},
				PlanModifiers:       subject,
			},
			"roles": schema.SetAttribute{
				Optional:            true,
				Computed:            true,
				ElementType:         types.StringType,
				Default:             setdefault.StaticValue(bothRoles(ctx)),
				MarkdownDescription: "PSD2 roles: `AISP`, `PISP`, or both (the default).",
				Validators:          []validator.Set{pseudoRoles{}},
				PlanModifiers:       []planmodifier.Set{setplanmodifier.RequiresReplace()},
			},
			"organization": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "Organisation in the subject (O).",
				Validators:          []validator.String{stringvalidator.UTF8LengthBetween(1, 64)},
				PlanModifiers:       subject,
			},
			"organization_identifier": schema.StringAttribute{
				Optional:            true,
				MarkdownDescription: "organizationIdentifier in the subject, such as `PSDNL-DNB-R123456`. Certificates with the same identifier may belong to the same bunq user.",
				Validators:          []validator.String{stringvalidator.UTF8LengthBetween(1, 64)},
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
				Optional: true,
				Computed: true,
				Default:  int64default.StaticInt64(0),
				MarkdownDescription: "How many days before it expires a refresh finds that it is due, so that the apply issues a new certificate for the same " +
					"subject. `0` by default.",
				Validators: []validator.Int64{int64validator.AtLeast(0)},
			},
			"keepers": keepersAttribute("Values whose change issues a new certificate for the same subject, so for the same bunq user: " +
				"`keepers = { renewal = \"2\" }`. The first keepers, and the removal of all, count as a change, too."),
			"certificate_pem":       kept("The certificate, PEM."),
			"certificate_chain_pem": kept("The chain that bunq's sandbox expects: the certificate itself."),
			"private_key_pem":       keptSecret("Private key of the certificate, RSA 2048 bits, PEM (PKCS#8)."),
			"not_after":             kept("When the certificate expires (RFC 3339, UTC)."),
			"ready_for_renewal": schema.BoolAttribute{
				Computed:            true,
				MarkdownDescription: "Whether the last refresh found that the certificate is due, so that the next apply issues a new one.",
			},
		},
	}
}

// ModifyPlan plans a renewal in place, so that the common name, and with it the bunq user, stays. It
// follows the state, never the clock: an update is planned again in the apply, which may come after
// the day of the renewal.
func (r *SandboxCertificateResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() || r.Data == nil {
		return
	}

	// bunq would refuse it, but only at apply.
	if r.Data.Environment == bunq.Production {
		resp.Diagnostics.AddError("A sandbox certificate in production",
			"bunq_sandbox_certificate makes a self-signed pseudo certificate, which only bunq's sandbox accepts, and this provider is configured for production.\n\n"+
				"Next step: use the QSEAL certificate of your organisation in bunq_psd2_credential, or set environment = \"sandbox\" in the provider block "+
				"(BUNQ_ENVIRONMENT).")
		return
	}

	var plan sandboxCertificateModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	if resp.Diagnostics.HasError() {
		return
	}
	plan.ReadyForRenewal = types.BoolValue(false)

	early, validity := plan.EarlyRenewalDays, plan.ValidityDays
	if !early.IsUnknown() && !validity.IsUnknown() && early.ValueInt64() >= validity.ValueInt64() {
		resp.Diagnostics.AddAttributeError(path.Root("early_renewal_days"), "The certificate would be renewed by every apply", fmt.Sprintf(
			"early_renewal_days (%d) must be less than validity_days (%d).", early.ValueInt64(), validity.ValueInt64()))
	}

	if req.State.Raw.IsNull() {
		r.checkNew(&plan, readPrivate[*plannedSubject](ctx, req.Private, plannedSubjectName, &resp.Diagnostics), &resp.Diagnostics)
		resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
		return
	}

	var state sandboxCertificateModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	storePrivate(ctx, resp.Private, plannedSubjectName, plannedSubject{state.ID.ValueString(), state.subject()}, &resp.Diagnostics)
	r.checkName(&plan, state.ID.ValueString(), &resp.Diagnostics)

	switch {
	case plan.subject() != state.subject():
		warnOtherSubject(&state, &resp.Diagnostics)
	case plan.reissues(&state):
		plan.CertificatePEM, plan.CertificateChainPEM = types.StringUnknown(), types.StringUnknown()
		plan.PrivateKeyPEM, plan.NotAfter = types.StringUnknown(), types.StringUnknown()
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
}

// checkNew checks a certificate that the plan makes; before is the one of the state that it
// replaces, nil if it replaces none. A subject never comes back, because of its random part.
func (r *SandboxCertificateResource) checkNew(plan *sandboxCertificateModel, before *plannedSubject, diags *diag.Diagnostics) {
	if before == nil {
		r.checkName(plan, "", diags)
		return
	}

	r.checkName(plan, before.ID, diags)
	if before.Subject != plan.subject() {
		return
	}
	diags.AddError("Replacing the sandbox certificate makes another bunq user", fmt.Sprintf(
		"This plan replaces certificate %q (-replace, or replace_triggered_by), and its subject is to stay the same. But the random part of the subject "+
			"cannot be the same again, and in the sandbox the subject names the bunq user. An OAuth client and its callback URLs cannot move to another "+
			"user. Nothing was changed.\n\n"+
			"Next step, one of these:%s%s", before.ID, waysOut(
			"to renew it for the same user, without -replace: another value in its keepers, such as keepers = { renewal = \"2\" }, then terraform apply",
			"to get another user: another name, then terraform apply"), destroyLine))
}

// checkName refuses a name that another certificate of the plan has, and one of the state for a new
// certificate.
func (r *SandboxCertificateResource) checkName(plan *sandboxCertificateModel, id string, diags *diag.Diagnostics) {
	if plan.Name.IsUnknown() {
		return
	}
	name := plan.Name.ValueString()
	there, twice := r.run.certificates.plan(name, id)

	if twice {
		diags.AddAttributeError(path.Root("name"), "Two sandbox certificates have one name", fmt.Sprintf(
			"Another bunq_sandbox_certificate of this configuration has the name %q, too. A name is used once, so that it is clear which certificate, and so "+
				"which bunq user, it stands for. Nothing was changed.\n\n"+
				"Next step: give one of them another name; with count or for_each, make the index or key part of it.%s", name, destroyLine))
		return
	}
	if there != "" {
		addNameTaken(name, there, diags)
	}
}

// addNameTaken reports a new certificate that has the name of one in the state.
func addNameTaken(name, id string, diags *diag.Diagnostics) {
	diags.AddError("The state has a sandbox certificate with this name", fmt.Sprintf(
		"This plan makes a new certificate with the name %q, and the state has one: %q. It is tainted, or its resource was renamed. The new one would get "+
			"another random part in its subject, and so belong to another bunq user, to whom an OAuth client cannot move. Nothing was changed.\n\n"+
			"Next step, one of these:%s%s", name, id, waysOut(
			"if it is tainted: terraform untaint 'bunq_sandbox_certificate.NAME'",
			"to renew it for the same user: that, and another value in its keepers, such as keepers = { renewal = \"2\" }",
			"if its resource was renamed: a moved block",
			"to get another user: another name"), destroyLine))
}

func warnOtherSubject(state *sandboxCertificateModel, diags *diag.Diagnostics) {
	diags.AddWarning("Another subject is another bunq user",
		"A certificate with another subject replaces "+state.ID.ValueString()+". In the sandbox the subject names the bunq user, so a credential made "+
			"with the new certificate belongs to another user. An OAuth client and its callback URLs cannot move to another user, and the old subject, "+
			"with its random part, cannot be restored.\n\n"+
			"Next step: to keep the user, do not change name, roles, organization, organization_identifier and country.")
}

// Create makes key and certificate.
func (r *SandboxCertificateResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	r.apply(ctx, req.Plan, &resp.State, &resp.Diagnostics)
}

// Read checks whether the certificate is due.
func (r *SandboxCertificateResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var m sandboxCertificateModel
	resp.Diagnostics.Append(req.State.Get(ctx, &m)...)
	if resp.Diagnostics.HasError() {
		return
	}

	if r.run.certificates.read(m.Name.ValueString(), m.ID.ValueString()) {
		addNameTaken(m.Name.ValueString(), m.ID.ValueString(), &resp.Diagnostics)
	}
	m.ReadyForRenewal = types.BoolValue(m.due(r.Data.Now()))
	resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
}

// Update issues a new certificate if the plan renews it.
func (r *SandboxCertificateResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	r.apply(ctx, req.Plan, &resp.State, &resp.Diagnostics)
}

// apply stores what is planned, with a new certificate where the plan leaves it open.
func (r *SandboxCertificateResource) apply(ctx context.Context, plan tfsdk.Plan, state *tfsdk.State, diags *diag.Diagnostics) {
	var m sandboxCertificateModel
	diags.Append(plan.Get(ctx, &m)...)
	if m.CertificatePEM.IsUnknown() {
		if err := m.issue(r.Data.Now()); err != nil {
			diags.AddError("The sandbox certificate was not made", err.Error())
		}
	}
	if !diags.HasError() {
		diags.Append(state.Set(ctx, &m)...)
	}
}

// Delete forgets the certificate; it exists nowhere else.
func (r *SandboxCertificateResource) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {
}
