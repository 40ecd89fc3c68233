package onboarding

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

func TestInstallationModel(t *testing.T) {
	key, err := signing.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	public, err := signing.MarshalPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	private, err := signing.MarshalPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("a key that was made here is filled in", func(t *testing.T) {
		m := installationModel{PrivateKeyPEM: types.StringUnknown()}
		if err := m.setKey(key); err != nil || m.PrivateKeyPEM.ValueString() != private || m.PublicKeyPEM.ValueString() != public {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a key that the user gave stays as written", func(t *testing.T) {
		m := installationModel{PrivateKeyPEM: types.StringValue("as written")}
		if err := m.setKey(key); err != nil || m.PrivateKeyPEM.ValueString() != "as written" || m.PublicKeyPEM.ValueString() != public {
			t.Errorf("got %v", err)
		}
	})
	t.Run("the payload is the public key with its final newline, then the token", func(t *testing.T) {
		m := installationModel{PublicKeyPEM: types.StringValue(public)}
		m.fromAPI(bunq.Production, &bunq.CreatedInstallation{ID: 7, Token: "token", ServerPublicKeyPEM: "server"})
		if m.RegistrationPayload.ValueString() != public+"token" {
			t.Errorf("payload %q", m.RegistrationPayload)
		}
		if m.ID.ValueString() != "7" || m.Token.ValueString() != "token" || m.ServerPublicKeyPEM.ValueString() != "server" || m.Environment.ValueString() != "production" {
			t.Errorf("got %+v", m)
		}
	})
}
