package signing_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

// Every text gives a key that survives a round trip, or one of the package's errors.

func FuzzParsePrivateKey(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, text string) {
		key, err := signing.ParsePrivateKey(text)
		if err != nil {
			wantTyped(t, err)
			return
		}
		again, err := signing.MarshalPrivateKey(key)
		if err != nil {
			t.Fatal(err)
		}
		same, err := signing.ParsePrivateKey(again)
		if err != nil || !same.Equal(key) {
			t.Fatalf("the key does not survive: %v", err)
		}
	})
}

func FuzzParsePublicKey(f *testing.F) {
	seed(f)
	f.Fuzz(func(t *testing.T, text string) {
		key, err := signing.ParsePublicKey(text)
		if err != nil {
			wantTyped(t, err)
			return
		}
		again, err := signing.MarshalPublicKey(key)
		if err != nil {
			t.Fatal(err)
		}
		same, err := signing.ParsePublicKey(strings.ReplaceAll(again, "\n", ""))
		if err != nil || !same.Equal(key) {
			t.Fatalf("the key does not survive: %v", err)
		}
	})
}

func seed(f *testing.F) {
	for _, name := range []string{
		"key_pkcs8.pem", "key_pkcs1.pem", "public.pem", "public_pkcs1.pem",
		"key_encrypted.pem", "key_encrypted_legacy.pem", "ec_pkcs8.pem", "ec_sec1.pem", "ec_public.pem",
	} {
		f.Add(read(f, name))
		f.Add(flat(read(f, name)))
	}
	f.Add("-----BEGIN -----END -----")
	f.Add("-----BEGIN PRIVATE KEY-----:\n:-----END PRIVATE KEY-----")
}

func wantTyped(t *testing.T, err error) {
	t.Helper()
	for _, known := range []error{
		signing.ErrNotPEM, signing.ErrDamagedPEM, signing.ErrWrongPEMType, signing.ErrNotRSA, signing.ErrEncrypted, signing.ErrMalformedKey,
	} {
		if errors.Is(err, known) {
			return
		}
	}
	t.Errorf("an error of no type: %v", err)
}
