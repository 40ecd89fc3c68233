package signing_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

// The vectors come from openssl; testdata/README.md has the commands.
func TestSign_givesWhatOpenSSLGives(t *testing.T) {
	key, err := signing.ParsePrivateKey(read(t, "key_pkcs8.pem"))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ message, want string }{
		"a body with escaped slashes": {read(t, "message.bin"), read(t, "signature.b64")},
		"no body":                     {"", read(t, "signature_empty.b64")},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := signing.Sign(key, []byte(c.message))
			if err != nil {
				t.Fatal(err)
			}
			if got != c.want {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
}

func TestVerify(t *testing.T) {
	key, err := signing.ParsePublicKey(read(t, "public.pem"))
	if err != nil {
		t.Fatal(err)
	}
	message, signature := read(t, "message.bin"), read(t, "signature.b64")
	if err := signing.Verify(key, []byte(message), signature); err != nil {
		t.Fatalf("openssl's signature is refused: %v", err)
	}
	other, err := signing.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := signing.Sign(other, []byte(message))
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ message, signature string }{
		"one byte more":                      {message + "\n", signature},
		"slashes unescaped by a JSON parser": {strings.ReplaceAll(message, `\/`, "/"), signature},
		"another key's signature":            {message, foreign},
		"an empty signature":                 {message, ""},
		"not base64":                         {message, "?" + signature[1:]},
		"wrapped with a trailing blank":      {message, signature + " "},
		"a shortened signature":              {message, signature[:len(signature)-8] + "=="},
	} {
		t.Run(name, func(t *testing.T) {
			if err := signing.Verify(key, []byte(c.message), c.signature); !errors.Is(err, signing.ErrInvalidSignature) {
				t.Errorf("got %v", err)
			}
		})
	}
	if err := signing.Verify(nil, []byte(message), signature); !errors.Is(err, signing.ErrInvalidSignature) {
		t.Errorf("without a key: got %v", err)
	}
}

func TestSign_refusesNoKey(t *testing.T) {
	if _, err := signing.Sign(nil, nil); !errors.Is(err, signing.ErrMalformedKey) {
		t.Errorf("got %v", err)
	}
}
