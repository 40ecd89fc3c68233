package onboarding

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/qseal"
	"github.com/openpsd2/terraform-provider-bunq/internal/tfdiag"
)

// ModifyPlan checks everything that can be checked before a call, fills in what the certificate
// says, and decides whether the change makes another credential.
func (r *CredentialResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if r.Data == nil {
		return
	}
	var config, plan, state credentialModel

	exists, ends := !req.State.Raw.IsNull(), req.Plan.Raw.IsNull()
	if exists {
		resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	}
	if !ends {
		resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
		resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	}
	facts := keyFactsOf(ctx, req.Private, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}

	if ends {
		warnEnd(&state, facts, &resp.Diagnostics)
		return
	}

	installation, known := installationOf(ctx, plan.Installation, &resp.Diagnostics)
	if known && !installation.Environment.IsUnknown() {
		r.Data.SameEnvironment(installation.Environment.ValueString(), "installation", installationPath, &resp.Diagnostics)
	}
	in, now := readInput(&config, &resp.Diagnostics), r.Data.Now()

	replaces := false
	if exists {
		r.sameOrganisation(&state, in.certificate, &resp.Diagnostics)
		if config.CertificatePEM.IsUnknown() {
			r.sameSubject(&state, &resp.Diagnostics)
		}
		resp.RequiresReplace = append(resp.RequiresReplace, plan.registersAnother(&state)...)
		if r.proposeAnother(&plan, &state, facts, &resp.Diagnostics) {
			resp.RequiresReplace = append(resp.RequiresReplace, path.Root("api_key"))
		}
		replaces = len(resp.RequiresReplace) > 0 || installationID(state.Installation) != installationID(plan.Installation)
	}

	switch {
	case !exists, replaces:
		in.checkInput(&config, r.Data.Environment, now, &resp.Diagnostics)
		if known {
			in.checkSignature(installation, &resp.Diagnostics)
		}
		if replaces {
			warnEnd(&state, facts, &resp.Diagnostics)
		}
	default:
		plan.keepNotation(&state)
		in.warnExpiry(plan.ExpiryWarningDays.ValueInt64(), now, &resp.Diagnostics)
		r.reportRefusedKey(&state, &resp.Diagnostics)
	}

	if in.certificate != nil {
		resp.Diagnostics.Append(plan.fromCertificate(ctx, in.certificate)...)
	}
	if exists && !replaces && facts.Used && plan.changes(ctx, req.State, &resp.Diagnostics) {
		plan.markUsed()
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
}

// changes reports whether the plan changes anything in the state.
func (m *credentialModel) changes(ctx context.Context, state tfsdk.State, diags *diag.Diagnostics) bool {
	stored := *m
	stored.PrivateKeyPEMWO, stored.PrivateKeyPassphraseWO = types.StringNull(), types.StringNull()
	after := tfsdk.State{Schema: state.Schema, Raw: state.Raw}
	diags.Append(after.Set(ctx, &stored)...)
	return !after.Raw.Equal(state.Raw)
}

// registersAnother returns the attributes because of which another credential is needed: another
// certificate, or a chain of other certificates. How they are written does not matter. After an
// import it is not known what was registered: bunq does not return it, so the state holds null and
// the configuration fills it in.
func (m *credentialModel) registersAnother(state *credentialModel) path.Paths {
	if state.CertificatePEM.IsNull() {
		return nil
	}

	before, wasRead := state.bundle()
	after, isKnown := m.bundle()
	if wasRead && isKnown && before.Equal(after) {
		return nil
	}

	var changed path.Paths
	if !m.CertificatePEM.Equal(state.CertificatePEM) {
		changed = append(changed, path.Root("certificate_pem"))
	}
	if !m.CertificateChainPEM.Equal(state.CertificateChainPEM) {
		changed = append(changed, path.Root("certificate_chain_pem"))
	}
	return changed
}

// keepNotation plans certificate and chain as the state writes them if the configuration means the
// same: Terraform lets a plan keep the prior value of an attribute if the configured one is
// equivalent. An omitted attribute must be planned as null; if that would change the meaning, both
// are planned as configured, and the apply stores them without a call.
func (m *credentialModel) keepNotation(state *credentialModel) {
	configured, known := m.bundle()
	kept := *m
	if !state.CertificatePEM.IsNull() {
		kept.CertificatePEM = state.CertificatePEM
	}
	if !m.CertificateChainPEM.IsNull() && !state.CertificateChainPEM.IsNull() {
		kept.CertificateChainPEM = state.CertificateChainPEM
	}

	if written, ok := kept.bundle(); known && ok && written.Equal(configured) {
		m.CertificatePEM, m.CertificateChainPEM = kept.CertificatePEM, kept.CertificateChainPEM
	}
}

// installationID returns the id in an installation object, and for an unknown one a text that no id
// equals.
func installationID(obj types.Object) string {
	id, ok := obj.Attributes()["id"].(types.String)
	if !ok || id.IsUnknown() {
		return "unknown"
	}
	return id.ValueString()
}

// sameOrganisation reports a certificate of another organisation than the one in the state. An
// apply would find out too late: the old credential would be gone, and a second bunq user made.
func (r *CredentialResource) sameOrganisation(state *credentialModel, c *qseal.Certificate, diags *diag.Diagnostics) {
	if c == nil || state.Subject.IsNull() {
		return
	}

	before, after := state.Subject.ValueString(), c.Subject()
	named := state.OrganizationIdentifier.ValueString()
	same, why := before == after, "In the sandbox the subject of the certificate names the bunq user"

	switch {
	case named != "" && named == c.OrganizationIdentifier():
		same = true
	case r.Data.Environment == bunq.Production && (named != "" || c.OrganizationIdentifier() != ""):
		same, why = false, "In production the organizationIdentifier of the certificate names the bunq user"
		before, after = orNone(named), orNone(c.OrganizationIdentifier())
	}

	if same {
		return
	}
	diags.AddAttributeError(path.Root("certificate_pem"), "The certificate belongs to another organisation", fmt.Sprintf(
		"Credential %[1]s was registered for %[2]s, and this certificate is for %[3]s. %[4]s, so this would be another user. An OAuth client, its callback "+
			"URLs and the connections of its end users cannot move to another user. Nothing was sent, and the state is unchanged.\n\n"+
			"Next step: use a certificate for %[2]s. To register %[3]s as well, declare a second set of resources (installation, credential, device, client) "+
			"under other names or in another state. To replace %[2]s with it, destroy the old credential and everything that depends on it first: terraform "+
			"destroy -refresh=false -target=bunq_psd2_credential.NAME. Or let Terraform forget it with terraform state rm, which keeps it at bunq.",
		state.ID.ValueString(), before, after, why))
}

// sameSubject reports a certificate that is only known after the apply, if its
// bunq_sandbox_certificate is known to change its subject.
func (r *CredentialResource) sameSubject(state *credentialModel, diags *diag.Diagnostics) {
	if _, ends := r.Data.Shared.Load(endingSubject(state.CertificatePEM.ValueString())); !ends {
		return
	}
	diags.AddAttributeError(path.Root("certificate_pem"), "The certificate belongs to another organisation", fmt.Sprintf(
		"Credential %[1]s was registered for %[2]s, and this plan changes the subject of its bunq_sandbox_certificate. In the sandbox the subject names the "+
			"bunq user, so this would be another user. An OAuth client, its callback URLs and the connections of its end users cannot move to another "+
			"user. Nothing was sent, and the state is unchanged.\n\n"+
			"Next step: undo the change of the bunq_sandbox_certificate. To register another subject as well, declare a second set of resources "+
			"(certificate, installation, credential, device, client) under other names or in another state. To replace this one, destroy it and everything "+
			"that depends on it first: terraform destroy -refresh=false -target=bunq_psd2_credential.NAME.",
		state.ID.ValueString(), state.Subject.ValueString()))
}

func orNone(identifier string) string {
	if identifier == "" {
		return "an organisation without an identifier"
	}
	return identifier
}

// proposeAnother warns while a key waits for its first use, and reports whether it must be replaced
// because it is dead. A key counts as dead only after a refresh in which bunq refused it, and as
// waiting only after a refresh of this run: the state alone may be older than the first use.
func (r *CredentialResource) proposeAnother(plan, state *credentialModel, facts keyFacts, diags *diag.Diagnostics) bool {
	if facts.Dead && state.Status.ValueString() != bunq.StatusActive {
		text := "bunq lists this credential as " + state.Status.ValueString() + "."
		doubt := ""
		if state.pending() {
			text = "The key had to be used by " + state.expiry().Format(time.RFC3339) + ". The state does not say that it was, and bunq refuses it."
			doubt = " If a machine at another address has used it, the key is alive and bunq refuses only this address: plan from that machine instead."
		}
		diags.AddAttributeWarning(path.Root("api_key"), "The API key is dead and will be replaced",
			text+" Applying registers the certificate again; it joins the same bunq user."+doubt)
		plan.ID, plan.APIKey, plan.Status, plan.APIKeyExpiryTime = types.StringUnknown(), types.StringUnknown(), types.StringUnknown(), types.StringUnknown()
		return true
	}

	_, waits := r.Data.Shared.Load(waitingKey(state.ID.ValueString()))
	if at := state.expiry(); waits && state.pending() && !at.IsZero() {
		diags.AddAttributeWarning(path.Root("api_key"), "The API key waits for its first use",
			fmt.Sprintf("bunq deletes it at %s unless a device is registered with it by then.\n\n"+
				"Next step: apply by then, with a bunq_device_server that uses this credential. If a device was registered already, bunq refuses the "+
				"address of this machine: run Terraform from a permitted one.", at.Format(time.RFC3339)))
	}
	return false
}

// reportRefusedKey reports a key that the plan keeps although bunq refused it in the refresh of
// this run.
func (r *CredentialResource) reportRefusedKey(state *credentialModel, diags *diag.Diagnostics) {
	v, refused := r.Data.Shared.Load(refusedKey(state.ID.ValueString()))
	err, ok := v.(error)
	if !refused || !ok {
		return
	}
	tfdiag.Failure{
		Summary: "bunq_psd2_credential: bunq refuses the API key",
		State:   "credential " + state.ID.ValueString() + " stays in the state as it was, and nothing was changed.",
		Next: "check in this order:\n" +
			"  1. Is the public address of this machine, or of its proxy or NAT, permitted for the key (permitted_ips and registration_ip of the " +
			"bunq_device_server)? If not, run Terraform from a permitted address.\n" +
			"  2. Has bunq blocked the device? Ask bunq's support.\n" +
			"  3. Otherwise the key is dead. Register the certificate again, which joins the same bunq user: terraform apply -refresh=false " +
			"-replace=bunq_psd2_credential.NAME. To destroy instead, use terraform destroy -refresh=false.",
		At: path.Root("api_key"),
	}.Error(diags, err)
}

// warnEnd warns at plan about what a destroy will not be able to do.
func warnEnd(m *credentialModel, facts keyFacts, diags *diag.Diagnostics) {
	if !m.DeactivateOnDestroy.ValueBool() {
		return
	}
	at := path.Root("deactivate_on_destroy")
	switch {
	case facts.Refused:
		diags.AddAttributeWarning(at, "The addresses of the key may stay active", "bunq refuses the key of credential "+m.ID.ValueString()+
			", or the address of this machine. Unless another key of the same bunq user is used in the same run, applying does not set the permitted "+
			"addresses of the key inactive: from them it can still be used, if it is alive.\n\n"+
			"Next step: if the key is alive, run Terraform from a permitted address.")
	case facts.Open:
		diags.AddAttributeWarning(at, "The key stays open to every address", `bunq permits every address ("*") for the key of credential `+m.ID.ValueString()+
			`, and has no call to undo that. Applying sets its other addresses inactive; "*" stays.`)
	}
}
