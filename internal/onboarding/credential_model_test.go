package onboarding

import (
	"testing"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
)

func TestCredentialModel_fromAPI(t *testing.T) {
	until := time.Date(2026, 3, 1, 13, 0, 0, 0, time.FixedZone("CET", 3600))
	text, null := types.StringValue, types.StringNull()
	tests := []struct {
		name   string
		before types.String
		api    bunq.Credential
		apiKey types.String
		expiry types.String
	}{
		{"a new key is taken", types.StringUnknown(), bunq.Credential{TokenValue: "new", ExpiryTime: &until}, text("new"), text("2026-03-01T12:00:00Z")},
		{"a key in the state is never replaced with nothing", text("kept"), bunq.Credential{}, text("kept"), null},
		{"nor with another one", text("kept"), bunq.Credential{TokenValue: "other"}, text("kept"), null},
		{"a key that bunq does not show is null, not unknown", types.StringUnknown(), bunq.Credential{}, null, null},
		{"a key that was missing is taken when bunq shows it", null, bunq.Credential{TokenValue: "late"}, text("late"), null},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := credentialModel{APIKey: tt.before, APIKeyExpiryTime: text("stale")}
			tt.api.ID, tt.api.Status = 42, bunq.StatusActive
			m.fromAPI(&tt.api)
			if !m.APIKey.Equal(tt.apiKey) || !m.APIKeyExpiryTime.Equal(tt.expiry) {
				t.Errorf("API key %v, expiry %v, want %v, %v", m.APIKey, m.APIKeyExpiryTime, tt.apiKey, tt.expiry)
			}
			if m.ID.ValueString() != "42" || m.Status.ValueString() != "ACTIVE" {
				t.Errorf("id %v, status %v", m.ID, m.Status)
			}
		})
	}
}

func TestCredentialModel_expiry(t *testing.T) {
	for text, want := range map[string]time.Time{
		"2026-03-01T12:00:00Z": time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
		"":                     {},
		"tomorrow":             {},
	} {
		m := credentialModel{APIKeyExpiryTime: types.StringValue(text)}
		if got := m.expiry(); !got.Equal(want) {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// A credential whose key bunq did not return has no context to end it with: it leaves the state, with
// a warning, or no apply could replace it.
func TestCredentialResource_Delete_withoutKey(t *testing.T) {
	r := &CredentialResource{base: base{Base: providerdata.Base{Data: &providerdata.Data{Environment: bunq.Sandbox}}}}
	var described resource.SchemaResponse
	r.Schema(t.Context(), resource.SchemaRequest{}, &described)

	var diags diag.Diagnostics
	m := credentialModel{
		ID: types.StringValue("7"), DeactivateOnDestroy: types.BoolValue(true), Roles: types.ListNull(types.StringType),
		Installation: objectOf(t.Context(), installationAttribute(""), providerdata.InstallationModel{}, &diags),
	}
	state := tfsdk.State{Schema: described.Schema}
	diags.Append(state.Set(t.Context(), &m)...)
	if diags.HasError() {
		t.Fatal(diags)
	}

	resp := resource.DeleteResponse{State: state}
	r.Delete(t.Context(), resource.DeleteRequest{State: state}, &resp)
	if d := resp.Diagnostics; d.HasError() || len(d) != 1 || d[0].Summary() != "The credential stays at bunq" {
		t.Errorf("got %v", d)
	}
}
