package providerdata

import (
	"crypto/rand"
	"crypto/rsa"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/bunq"
)

func TestMarshalContext_comesBackAsItWas(t *testing.T) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	server, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	was := bunq.APIContext{
		Environment: bunq.Production, APIKey: "key",
		Installation: bunq.Installation{Token: "token", PrivateKey: key, ServerPublicKey: &server.PublicKey},
	}

	text, err := MarshalContext(was)
	if err != nil {
		t.Fatal(err)
	}
	is, err := UnmarshalContext(text)
	if err != nil {
		t.Fatal(err)
	}
	if is.Fingerprint() != was.Fingerprint() || !is.Installation.ServerPublicKey.Equal(was.Installation.ServerPublicKey) || is.Environment != was.Environment {
		t.Error("another context came back")
	}

	if _, err := UnmarshalContext([]byte(`{}`)); err == nil {
		t.Error("nothing was read as a context")
	}
}
