package onboarding

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/qseal"
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
	facts := readPrivate[keyFacts](ctx, req.Private, keyFactsName, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}

	if ends {
		r.checkOnce(&state, false, &resp.Diagnostics)
		warnEnd(&state, facts, &resp.Diagnostics)
		return
	}

	in := readInput(&config, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	if !exists {
		r.checkNew(ctx, &config, &plan, in, &resp.Diagnostics)
		plan.checkEnd(facts, &resp.Diagnostics)
		resp.Diagnostics.Append(plan.fromCertificate(ctx, in.certificate)...)
		resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
		return
	}

	facts.Replaced, facts.Deactivates = state.ID.ValueString(), state.DeactivateOnDestroy.ValueBool()
	storePrivate(ctx, resp.Private, keyFactsName, facts, &resp.Diagnostics)
	state.checkOrganisation(&config, in.certificate, &resp.Diagnostics)
	if state.hasOtherLeaf(&config, in.certificate) {
		resp.RequiresReplace = append(resp.RequiresReplace, path.Root("certificate_pem"))
	}
	if plan.proposeAnother(&state, facts, &resp.Diagnostics) {
		resp.RequiresReplace = append(resp.RequiresReplace, path.Root("api_key"))
	}

	replaces := len(resp.RequiresReplace) > 0
	r.checkOnce(&state, !replaces, &resp.Diagnostics)
	if replaces {
		warnEnd(&state, facts, &resp.Diagnostics)
		r.checkNew(ctx, &config, &plan, in, &resp.Diagnostics)
	} else {
		r.checkKept(ctx, &plan, &state, in, facts, &resp.Diagnostics)
	}

	resp.Diagnostics.Append(plan.fromCertificate(ctx, in.certificate)...)
	resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
}

// checkNew checks a credential that the plan makes.
func (r *CredentialResource) checkNew(ctx context.Context, config, plan *credentialModel, in credentialInput, diags *diag.Diagnostics) {
	installation, known := installationOf(ctx, plan.Installation, diags)
	if known && !r.Data.SameEnvironment(installation.Environment.ValueString(), "installation", installationPath, diags) {
		return // the rest would be checked by the rules of the wrong environment
	}

	in.checkInput(config, r.Data.Environment, r.Data.Now(), diags)
	if !diags.HasError() {
		in.warnExpiry(plan.ExpiryWarningDays.ValueInt64(), r.Data.Now(), diags)
	}
	if known {
		in.checkInstallation(installation, diags)
		in.checkSignature(installation, diags)
	}
}

// checkKept checks a credential that stays as bunq has it. What concerns Terraform only may change.
func (r *CredentialResource) checkKept(ctx context.Context, plan, state *credentialModel, in credentialInput, facts keyFacts, diags *diag.Diagnostics) {
	plan.keepNotation(state)
	in.warnExpiry(plan.ExpiryWarningDays.ValueInt64(), r.Data.Now(), diags)
	plan.warnWaiting(facts, r.Data.Now(), diags)

	if installation, known := installationOf(ctx, plan.Installation, diags); known && !plan.Installation.Equal(state.Installation) {
		r.Data.SameEnvironment(installation.Environment.ValueString(), "installation", installationPath, diags)
		in.checkInstallation(installation, diags)
	}
}

// checkEnd refuses to turn deactivate_on_destroy on in the plan that replaces the credential: the
// value in the state counts.
func (m *credentialModel) checkEnd(before keyFacts, diags *diag.Diagnostics) {
	if before.Replaced == "" || before.Deactivates || !m.DeactivateOnDestroy.ValueBool() {
		return
	}
	diags.AddAttributeError(path.Root("deactivate_on_destroy"), "deactivate_on_destroy comes too late for this replacement", fmt.Sprintf(
		"This plan replaces credential %s and turns deactivate_on_destroy on in the same go. When a key ends, the value in the state counts, which is "+
			"false: the old key would stay usable. Nothing was sent, and the state is unchanged.\n\n"+
			"Next step: apply the change of deactivate_on_destroy alone first, then replace the credential. Or leave it off until the credential is "+
			"replaced; then the old key stays usable.", before.Replaced))
}

// checkOnce refuses a plan for two resources with one credential, unless both end: the destroy of
// one could end the key of the other.
func (r *CredentialResource) checkOnce(state *credentialModel, keeps bool, diags *diag.Diagnostics) {
	id := state.ID.ValueString()
	if !r.run.credentials.isSecond(id, keeps) {
		return
	}
	diags.AddError("Two resources have one credential", fmt.Sprintf(
		"Credential %s is in the state twice, and this plan keeps at least one of the two. The destroy of one could end the key of the other. "+
			"Nothing was sent, and the state is unchanged.\n\n"+
			"Next step: keep one of the two resource blocks, remove the other, and let Terraform forget it:%s%s", id, waysOut(
			"in the configuration: a removed block with destroy = false",
			"by hand: terraform state rm 'bunq_psd2_credential.NAME'"), destroyLine))
}

// hasOtherLeaf reports whether the configuration has another certificate than the state, or one that
// is not known yet. How it is written does not matter, nor does its chain, which bunq needs once.
// After an import it is not known what was registered: the configuration fills it in.
func (m *credentialModel) hasOtherLeaf(config *credentialModel, c *qseal.Certificate) bool {
	switch {
	case m.FingerprintSHA256.IsNull():
		return false
	case c == nil:
		return config.CertificatePEM.IsUnknown()
	}
	return m.FingerprintSHA256.ValueString() != c.FingerprintSHA256()
}

// keepNotation plans certificate and chain as the state writes them if the configuration means the
// same: Terraform lets a plan keep the prior value of an attribute if the configured one is
// equivalent. An attribute that is set in only one of the two must be planned as configured; the
// apply stores it without a call.
func (m *credentialModel) keepNotation(state *credentialModel) {
	configured, known := m.bundle()
	stored, ok := state.bundle()
	if known && ok && stored.Equal(configured) && m.CertificateChainPEM.IsNull() == state.CertificateChainPEM.IsNull() {
		m.CertificatePEM, m.CertificateChainPEM = state.CertificatePEM, state.CertificateChainPEM
	}
}

// checkOrganisation reports a certificate of another organisation than the one in the state. An
// apply would find out too late: the old credential would be gone, and a second bunq user made.
func (m *credentialModel) checkOrganisation(config *credentialModel, c *qseal.Certificate, diags *diag.Diagnostics) {
	before := party(m.OrganizationIdentifier.ValueString(), m.Subject.ValueString())
	switch {
	case m.Subject.IsNull():
		return // imported, and not applied yet
	case config.CertificatePEM.IsUnknown():
		// A plan cannot carry the organisation of the state to the apply, which finds out at the OAuth client.
		diags.AddAttributeWarning(path.Root("certificate_pem"), "The certificate could not be compared", fmt.Sprintf(
			"The certificate is only known after the apply, so this plan could not check that it belongs to the same organisation as credential %s: %s. "+
				"Another organisation is another bunq user, to whom no OAuth client can move: the apply would then fail at the client. A "+
				"bunq_sandbox_certificate that is renewed keeps its subject.\n\n"+
				"Next step: check that the new certificate is for the same organisation. With create_before_destroy on the credential, the old key ends only "+
				"after everything else has worked.", m.ID.ValueString(), before))
		return
	case c == nil || before == party(c.OrganizationIdentifier(), c.Subject()):
		return
	}

	diags.AddAttributeError(path.Root("certificate_pem"), "The certificate belongs to another organisation", fmt.Sprintf(
		"Credential %s was registered for %s, and this certificate is for %s. bunq knows its users by the organizationIdentifier, or in the sandbox by the "+
			"subject of the certificate. This would be another user, and an OAuth client cannot move to another user. Nothing was sent, and the state is "+
			"unchanged.\n\n"+
			"Next step, one of these:%s", m.ID.ValueString(), before, party(c.OrganizationIdentifier(), c.Subject()), waysOut(
			"keep the user: a certificate for the same organisation",
			"have both: a second set of resources, under other names or in another state",
			"give the old one up, with all that depends on it: terraform destroy -refresh=false -target='bunq_psd2_credential.NAME'")))
}

// party returns what a certificate names its bunq user by.
func party(organizationIdentifier, subject string) string {
	if organizationIdentifier != "" {
		return organizationIdentifier
	}
	return subject
}

// proposeAnother reports whether the credential must be replaced because its key is dead, and warns
// about it. A key counts as dead only after a refresh in which bunq said so, never by the clock.
func (m *credentialModel) proposeAnother(state *credentialModel, facts keyFacts, diags *diag.Diagnostics) bool {
	if !facts.Dead || state.Status.ValueString() == bunq.StatusActive {
		return false
	}

	text := "bunq lists this credential as " + state.Status.ValueString() + "."
	doubt := ""
	if state.pending() {
		text = "The key had to be used by " + state.expiry().Format(time.RFC3339) + ". The state does not say that it was, and bunq refuses it."
		doubt = " If a machine at another address has used it, the key is alive and bunq refuses only this address: plan from that machine instead."
	}
	diags.AddAttributeWarning(path.Root("api_key"), "The API key is dead and will be replaced",
		text+" Applying registers the certificate again; it joins the same bunq user."+doubt)
	m.ID, m.APIKey, m.Status, m.APIKeyExpiryTime = types.StringUnknown(), types.StringUnknown(), types.StringUnknown(), types.StringUnknown()
	return true
}

// warnWaiting says until when a key lives that waits for its first use.
func (m *credentialModel) warnWaiting(facts keyFacts, now time.Time, diags *diag.Diagnostics) {
	at := m.expiry()
	if !facts.Waiting || !m.pending() || at.IsZero() || now.After(at) {
		return
	}
	diags.AddAttributeWarning(path.Root("api_key"), "The API key waits for its first use",
		fmt.Sprintf("bunq deletes it at %s unless a device is registered with it by then.\n\n"+
			"Next step: apply by then, with a bunq_device_server that uses this credential. If a device was registered already, bunq refuses the "+
			"address of this machine: run Terraform from a permitted one.", at.Format(time.RFC3339)))
}

// warnEnd warns about a key whose credential the plan destroys or replaces.
func warnEnd(m *credentialModel, facts keyFacts, diags *diag.Diagnostics) {
	at := path.Root("deactivate_on_destroy")
	switch {
	case facts.Dead:
		return // it cannot be used any more
	case !m.DeactivateOnDestroy.ValueBool():
		diags.AddAttributeWarning(at, "The old key stays usable", "This plan destroys or replaces credential "+m.ID.ValueString()+", and bunq has no call to "+
			"revoke a key. Its permitted addresses stay active, so whoever has the key can use it from there; older versions of the state hold it.\n\n"+
			"Next step: to end the key together with the credential, first set deactivate_on_destroy = true and apply that change alone. For a rotation "+
			"without a gap, also set create_before_destroy.")
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
