package onboarding

import (
	"context"
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/session"
)

// keyFacts is the private state of a credential: what is known about its key and no attribute
// holds.
type keyFacts struct {
	// Used: the key was used, whatever status the state holds.
	Used bool `json:"used,omitempty"`
	// Dead: the key was not used in time, or bunq lists it with a final status.
	Dead bool `json:"dead,omitempty"`
	// Refused: bunq refuses a key that was in use, or this address.
	Refused bool `json:"refused,omitempty"`
	// Open: bunq permits every address for the key. Only read if the addresses are to be set
	// inactive one day.
	Open bool `json:"open,omitempty"`
}

const keyFactsName = "key"

func keyFactsOf(ctx context.Context, p privateReader, diags *diag.Diagnostics) keyFacts {
	raw, more := p.GetKey(ctx, keyFactsName)
	diags.Append(more...)
	var f keyFacts
	if len(raw) > 0 && json.Unmarshal(raw, &f) != nil {
		return keyFacts{}
	}
	return f
}

func (f keyFacts) store(ctx context.Context, p privateWriter, diags *diag.Diagnostics) {
	raw, err := json.Marshal(f)
	if err != nil || f == (keyFacts{}) {
		raw = nil
	}
	diags.Append(p.SetKey(ctx, keyFactsName, raw)...)
}

// What a refresh reports to the plan of the same run about a credential, by its id. It is not kept
// in the state, which outlives the run.
type (
	// refusedKey holds the error with which bunq refused a key that was in use.
	refusedKey string
	// waitingKey marks a key that waits for its first use.
	waitingKey string
)

// noteCredentialID names the note that holds the credential to which the key of an API context
// belongs. bunq does not return it for a key, and a device may be given the key alone.
const noteCredentialID = "credential"

// noteCredential notes the credential of a key for the device that uses it.
func (r *CredentialResource) noteCredential(ctx context.Context, installation providerdata.InstallationModel, m *credentialModel) {
	ac, diags := installation.Context(m.APIKey).Parse(installationPath)
	if diags.HasError() {
		return // reported where the key is used
	}
	source := r.Data.Sessions.For(ac)
	if noted, _ := source.Noted(ctx, noteCredentialID); noted != m.ID.ValueString() {
		source.Note(ctx, noteCredentialID, m.ID.ValueString())
	}
}

// credentialOf returns the credential to which the key of an API context belongs; 0 if it was not
// noted.
func credentialOf(ctx context.Context, source *session.Source) int64 {
	noted, _ := source.Noted(ctx, noteCredentialID)
	id, err := providerdata.ParseID(noted)
	if err != nil {
		return 0
	}
	return id
}
