package oauthapp

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/providerdata"
)

func TestClientModel_fromAPI(t *testing.T) {
	t.Parallel()
	m := clientModel{object: newObject("1", ""), AdoptExisting: types.BoolValue(true), DeletionProtection: types.BoolValue(true)}
	m.fromAPI(&bunq.OAuthClient{ID: 633, Status: "ACTIVE", ClientID: "abc", Secret: "def"})
	want := clientModel{
		object: newObject("1", "633"), AdoptExisting: types.BoolValue(true),
		DeletionProtection: types.BoolValue(true), ClientID: types.StringValue("abc"), ClientSecret: types.StringValue("def"),
		Status: types.StringValue("ACTIVE"),
	}
	if !same(m, want) {
		t.Errorf("got %+v", m)
	}

	// Absence has one form: null.
	m.fromAPI(&bunq.OAuthClient{ID: 633, Status: "ACTIVE"})
	want.ClientID, want.ClientSecret = types.StringNull(), types.StringNull()
	if !same(m, want) {
		t.Errorf("without client_id and secret: %+v", m)
	}
}

func same(a, b clientModel) bool {
	return a.ID.Equal(b.ID) && a.UserID.Equal(b.UserID) && a.APIContext.Equal(b.APIContext) && a.AdoptExisting.Equal(b.AdoptExisting) &&
		a.DeletionProtection.Equal(b.DeletionProtection) && a.ClientID.Equal(b.ClientID) && a.ClientSecret.Equal(b.ClientSecret) && a.Status.Equal(b.Status)
}

func TestClientModel_cancelled(t *testing.T) {
	for status, want := range map[string]bool{
		"ACTIVE": false, "CANCELLED": true, "CANCELLED_PENDING": true,
		// What is not known is not taken for an end: a client is not made again for a word.
		"": false, "SUSPENDED": false, "cancelled": false,
	} {
		t.Run(status, func(t *testing.T) {
			t.Parallel()
			m := clientModel{Status: providerdata.StringOrNull(status)}
			if m.cancelled() != want {
				t.Errorf("%q: %v", status, !want)
			}
		})
	}
}

func TestCallbackModel_fromAPI(t *testing.T) {
	t.Parallel()
	m := newCallbackModel("1", "633", "")
	m.fromAPI(bunq.CallbackURL{ID: 693, URL: "https://app.example.com/"})
	if m.ID.ValueString() != "693" || m.URL.ValueString() != "https://app.example.com/" || m.OAuthClientID.ValueString() != "633" {
		t.Errorf("got %+v", m)
	}
}
