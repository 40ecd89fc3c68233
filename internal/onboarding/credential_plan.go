package onboarding

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/qseal"
	"github.com/openpsd2/terraform-provider-bunq/internal/tfdiag"
)

// ModifyPlan checks what can be checked before anything is sent, fills in what
// the certificate says, and decides whether the change makes another credential.
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
		plan.keepWriting(&state)
		in.warnExpiry(plan.ExpiryWarningDays.ValueInt64(), now, &resp.Diagnostics)
		r.refuseDeadKey(&state, &resp.Diagnostics)
	}

	if in.certificate != nil {
		resp.Diagnostics.Append(plan.fromCertificate(ctx, in.certificate)...)
	}
	if exists && !replaces && facts.Used && plan.changes(ctx, req.State, &resp.Diagnostics) {
		plan.markUsed()
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
}

// changes reports whether the plan changes anything that the state holds.
func (m *credentialModel) changes(ctx context.Context, state tfsdk.State, diags *diagnostics) bool {
	stored := *m
	stored.PrivateKeyPEMWO, stored.PrivateKeyPassphraseWO = types.StringNull(), types.StringNull()
	after := tfsdk.State{Schema: state.Schema, Raw: state.Raw}
	diags.Append(after.Set(ctx, &stored)...)
	return !after.Raw.Equal(state.Raw)
}

// registersAnother returns the attributes that make another credential of the
// one in state: bunq would be given another certificate, or a chain of other
// certificates. How they are written does not matter. Nothing is known of what
// was registered after an import: bunq does not give it back, so the state holds
// null, and the configuration fills it in.
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

// keepWriting plans certificate and chain as the state writes them, where that
// means the same as the configuration: Terraform lets a plan keep the prior
// value of an attribute whose configured one is equivalent. An attribute that is
// omitted must be planned so; where it counts that it is, both stay as
// configured, and the state takes them over without a call.
func (m *credentialModel) keepWriting(state *credentialModel) {
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

// installationID is the id in an installation object; an unknown one is like
// none that exists.
func installationID(obj types.Object) string {
	id, ok := obj.Attributes()["id"].(types.String)
	if !ok || id.IsUnknown() {
		return "unknown"
	}
	return id.ValueString()
}

// sameOrganisation refuses the certificate of another organisation than the one
// in state. Seen at apply only, the old credential would be gone and a second
// bunq user there before anything was said.
func (r *CredentialResource) sameOrganisation(state *credentialModel, c *qseal.Certificate, diags *diagnostics) {
	if c == nil || state.Subject.IsNull() {
		return
	}
	before, after := state.Subject.ValueString(), c.Subject()
	named := state.OrganizationIdentifier.ValueString()
	same, told := before == after, "In the sandbox the subject of the certificate names the bunq user"
	switch {
	case named != "" && named == c.OrganizationIdentifier():
		same = true
	case r.Data.Environment == bunq.Production && (named != "" || c.OrganizationIdentifier() != ""):
		same, told = false, "In production the organizationIdentifier of the certificate names the bunq user"
		before, after = orNone(named), orNone(c.OrganizationIdentifier())
	}
	if same {
		return
	}
	diags.AddAttributeError(path.Root("certificate_pem"), "The certificate belongs to another organisation", fmt.Sprintf(
		"Credential %[1]s was registered for %[2]s, and this certificate is for %[3]s. %[4]s, so this would be another user. An OAuth client, its callback "+
			"URLs and the connections of its end users cannot move to another user. Nothing was sent, and the state is as it was.\n\n"+
			"Next step: use a certificate of %[2]s. To register %[3]s as well, declare a second set of resources (installation, credential, device, client), "+
			"under other names or in another state. To have it in place of %[2]s, end that one first: terraform destroy -refresh=false "+
			"-target=bunq_psd2_credential.NAME destroys the credential with all that is built on it; terraform state rm forgets and keeps it.",
		state.ID.ValueString(), before, after, told))
}

// sameSubject refuses a certificate that is only known after the apply, where it
// is known that a bunq_sandbox_certificate changes its subject.
func (r *CredentialResource) sameSubject(state *credentialModel, diags *diagnostics) {
	if _, ends := providerdata.Find[bool](r.Data, endingSubject(state.CertificatePEM.ValueString())); !ends {
		return
	}
	diags.AddAttributeError(path.Root("certificate_pem"), "The certificate belongs to another organisation", fmt.Sprintf(
		"Credential %[1]s was registered for %[2]s, and this plan changes the subject of its bunq_sandbox_certificate. In the sandbox the subject names the "+
			"bunq user, so this would be another user. An OAuth client, its callback URLs and the connections of its end users cannot move to another "+
			"user. Nothing was sent, and the state is as it was.\n\n"+
			"Next step: undo the change of the bunq_sandbox_certificate. To register another subject as well, declare a second set of resources "+
			"(certificate, installation, credential, device, client), under other names or in another state. To have it in place of this one, end this one "+
			"first: terraform destroy -refresh=false -target=bunq_psd2_credential.NAME destroys the credential with all that is built on it.",
		state.ID.ValueString(), state.Subject.ValueString()))
}

func orNone(identifier string) string {
	if identifier == "" {
		return "an organisation without identifier"
	}
	return identifier
}

// proposeAnother warns while a key waits for its first use, and reports whether
// it is to be replaced because it is dead. Only a refresh that saw bunq refuse the
// key makes it so, and only a refresh of this run knows that it still waits: the
// state alone may be older than the first use.
func (r *CredentialResource) proposeAnother(plan, state *credentialModel, facts keyFacts, diags *diagnostics) bool {
	if facts.Dead && state.Status.ValueString() != bunq.CredentialActive {
		text := "bunq lists this credential as " + state.Status.ValueString() + "."
		doubt := ""
		if state.pending() {
			text = "The key had to be used by " + state.expiry().Format(time.RFC3339) + ". The state does not say that it was, and bunq refuses it."
			doubt = " If it was used all the same, from a machine at another address, the key lives and bunq refuses this address: plan from there instead."
		}
		diags.AddAttributeWarning(path.Root("api_key"), "The API key is dead and will be replaced",
			text+" Applying registers the certificate again; it joins the same bunq user."+doubt)
		plan.ID, plan.APIKey, plan.Status, plan.APIKeyExpiryTime = types.StringUnknown(), types.StringUnknown(), types.StringUnknown(), types.StringUnknown()
		return true
	}
	_, waits := providerdata.Find[bool](r.Data, waitingKey(state.ID.ValueString()))
	if at := state.expiry(); waits && state.pending() && !at.IsZero() {
		diags.AddAttributeWarning(path.Root("api_key"), "The API key waits for its first use",
			fmt.Sprintf("bunq drops it at %s unless a device is registered with it before.\n\n"+
				"Next step: apply before then; a bunq_device_server with this credential uses it. If one has used it already, bunq refuses the address "+
				"of this machine: run Terraform from one that is permitted.", at.Format(time.RFC3339)))
	}
	return false
}

// refuseDeadKey reports that a refresh of this run saw bunq refuse a key that was
// in use, and that the plan keeps.
func (r *CredentialResource) refuseDeadKey(state *credentialModel, diags *diagnostics) {
	err, refused := providerdata.Find[error](r.Data, refusedKey(state.ID.ValueString()))
	if !refused {
		return
	}
	tfdiag.Failure{
		Summary: "bunq_psd2_credential: bunq refuses the API key",
		State:   "credential " + state.ID.ValueString() + " stays in the state as it was, and nothing was changed.",
		Next: "check in this order:\n" +
			"  1. Is the public address of this machine permitted for the key (permitted_ips and registration_ip of the bunq_device_server)? A proxy or NAT " +
			"has its own. If it is not, run Terraform from an address that is.\n" +
			"  2. Has bunq blocked the device? Its support knows.\n" +
			"  3. If it is neither, the key is dead. Register the certificate again: terraform apply -refresh=false -replace=bunq_psd2_credential.NAME. It " +
			"joins the same bunq user. To destroy instead, use terraform destroy -refresh=false.",
		At: path.Root("api_key"),
	}.Error(diags, err)
}

// warnEnd says at plan what a destroy will not be able to do.
func warnEnd(m *credentialModel, facts keyFacts, diags *diagnostics) {
	if !m.DeactivateOnDestroy.ValueBool() {
		return
	}
	at := path.Root("deactivate_on_destroy")
	switch {
	case facts.Refused:
		diags.AddAttributeWarning(at, "The addresses of the key may stay active", "bunq refuses the key of credential "+m.ID.ValueString()+
			", or the address of this machine. If you end the credential now, and no other key of the same bunq user is used in the same run, its "+
			"permitted addresses are not set inactive: from them the key can still be used, if it lives.\n\n"+
			"Next step: if the key lives, run Terraform from an address that is permitted.")
	case facts.Open:
		diags.AddAttributeWarning(at, "The key stays open to every address", `bunq permits every address ("*") to the key of credential `+m.ID.ValueString()+
			`, and has no call to take that back. When the credential ends, its other addresses are set inactive; "*" stays.`)
	}
}
