package onboarding

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/resource"

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

// Metadata names the resource.
func (r *CredentialResource) Metadata(_ context.Context, req resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = req.ProviderTypeName + "_psd2_credential"
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

	// What is sent was checked by the planning of this apply, see ModifyPlan.
	model, _ := installationOf(ctx, m.Installation, &resp.Diagnostics)
	installation, diags := model.Parse(installationPath)
	resp.Diagnostics.Append(diags...)
	in := readInput(&config, &resp.Diagnostics)
	in.readKey(&config, &resp.Diagnostics)
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

	facts := readPrivate[keyFacts](ctx, req.Private, keyFactsName, &resp.Diagnostics)
	waiting := m.pending() && !facts.Used

	calls := r.Data.Calls(ac)
	found, err := calls.Credential(ctx, id)
	switch {
	case waiting && bunq.IsCredentialsRefused(err):
		over := !m.expiry().IsZero() && r.Data.Now().After(m.expiry())
		facts.Waiting, facts.Dead = !over, over
	case bunq.IsContextRefused(err):
		facts.Refused = true
		r.Data.WarnRefused(ac, err, &resp.Diagnostics)
	case bunq.IsNotFound(err):
		providerdata.Gone(ctx, resp, keyFactsName)
		return
	case err != nil:
		tfdiag.Failure{
			Summary: "bunq_psd2_credential cannot be read",
			State:   "the credential stays in the state as it was.",
		}.Error(&resp.Diagnostics, err)
		return
	default:
		facts = keyFacts{
			Used:    found.Status == bunq.StatusActive,
			Waiting: found.Status == bunq.CredentialPendingFirstUse,
			Dead:    found.Status != bunq.StatusActive && found.Status != bunq.CredentialPendingFirstUse,
		}
		if m.DeactivateOnDestroy.ValueBool() {
			key, err := addressesOf(ctx, calls, m.ID)
			facts.Open = err == nil && key.isActive(anyAddress) // only for a warning
		}
		m.fromRefresh(found)
		resp.Diagnostics.Append(resp.State.Set(ctx, &m)...)
	}
	storePrivate(ctx, resp.Private, keyFactsName, facts, &resp.Diagnostics)
}

// Update makes no call, as bunq cannot change a credential. It stores what concerns Terraform only:
// another installation, another chain for the same certificate, and the certificate after an import.
func (r *CredentialResource) Update(_ context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	resp.State.Raw = req.Plan.Raw
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

	if m.DeactivateOnDestroy.ValueBool() && m.APIKey.ValueString() != "" {
		if r.Data.Ready(&resp.Diagnostics) {
			endKey(ctx, r.Data, &m, &resp.Diagnostics)
		}
		return
	}

	resp.Diagnostics.AddWarning("The credential stays at bunq",
		"bunq has no call to revoke a credential. Credential "+m.ID.ValueString()+" and its API key stay valid for the permitted addresses. The key is no "+
			"longer in this state; older versions of the state still hold it. "+endLater+"\n\n"+
			"To end keys together with their credential, set deactivate_on_destroy = true and apply that before you destroy or replace.")
}
