package onboarding

import (
	"context"
	"encoding/json"

	"github.com/hashicorp/terraform-plugin-framework/diag"

	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
	"github.com/openpsd2/terraform-provider-bunq/internal/session"
)

// keyFacts is the private state of a credential: what bunq says of its key and
// no attribute holds.
type keyFacts struct {
	// Used says that the key was used, whatever the status in state.
	Used bool `json:"used,omitempty"`
	// Dead says that the key ended: unused in time, or by a status of bunq's.
	Dead bool `json:"dead,omitempty"`
	// Refused says that bunq refuses a key that was in use, or this address.
	Refused bool `json:"refused,omitempty"`
	// Open says that bunq permits every address to the key. It is asked only where
	// the addresses are to be set inactive one day.
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

// What a refresh tells the plan of the same run about a credential, by its id.
// The state outlives the run, and what bunq said then may be over.
type (
	// refusedKey holds the error with which bunq refused a key that was in use.
	refusedKey string
	// waitingKey says that the key waits for its first use.
	waitingKey string
)

// noteCredentialID is the note which credential the key of an API context belongs
// to. bunq does not tell it by the key, and a device may be given the key alone.
const noteCredentialID = "credential"

// noteCredential notes the credential of a key for the device that uses it.
func (r *CredentialResource) noteCredential(ctx context.Context, installation providerdata.InstallationModel, m *credentialModel) {
	ac, diags := installation.Context(m.APIKey).Parse(installationPath)
	if diags.HasError() {
		return // whoever uses it says so
	}
	source := r.Data.Sessions.For(ac)
	if noted, _ := source.Noted(ctx, noteCredentialID); noted != m.ID.ValueString() {
		source.Note(ctx, noteCredentialID, m.ID.ValueString())
	}
}

// credentialOf returns the credential of the key of an API context; 0 where it was
// not noted.
func credentialOf(ctx context.Context, source *session.Source) int64 {
	noted, _ := source.Noted(ctx, noteCredentialID)
	id, err := providerdata.ParseID(noted)
	if err != nil {
		return 0
	}
	return id
}
