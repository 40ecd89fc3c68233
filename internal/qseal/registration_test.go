package qseal

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

func TestRegistrationPayload_isWhatOpenSSLSigned(t *testing.T) {
	key, err := signing.ParsePublicKey(vector(t, "client.pub"))
	if err != nil {
		t.Fatal(err)
	}
	payload, err := RegistrationPayload(key, vector(t, "token.txt"))
	if err != nil {
		t.Fatal(err)
	}
	if payload != vector(t, "payload.txt") || len(payload) != 515 {
		t.Errorf("%d bytes: %q", len(payload), payload)
	}
	for _, token := range []string{"", "token\n", " token", "to ken"} {
		if _, err := RegistrationPayload(key, token); err == nil {
			t.Errorf("token %q was taken", token)
		}
	}
	if _, err := RegistrationPayload(nil, "token"); !errors.Is(err, signing.ErrMalformedKey) {
		t.Errorf("without a key: %v", err)
	}
}

// PKCS #1 v1.5 signatures are deterministic: ours must be OpenSSL's to the byte.
func TestSignRegistration_isOpenSSLsSignature(t *testing.T) {
	key, err := ParsePrivateKey(vector(t, "qseal.key"), "")
	if err != nil {
		t.Fatal(err)
	}
	signature, err := SignRegistration(key, vector(t, "payload.txt"))
	if err != nil {
		t.Fatal(err)
	}
	if signature != vector(t, "payload.sig") {
		t.Errorf("got %s", signature)
	}
}

func TestCertificate_VerifyRegistration(t *testing.T) {
	good := vector(t, "payload.sig")
	raw, err := base64.StdEncoding.DecodeString(good)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name      string
		signature string
		want      error
		says      string
	}{
		{name: "the QSEAL key's", signature: good},
		{"nothing", "", ErrNotBase64, "empty"},
		{"no base64", "signature!", ErrNotBase64, "openssl base64 -A"},
		{"base64url", base64.URLEncoding.EncodeToString(raw), ErrNotBase64, "base64url"},
		{"bits left over in the last character", good[:len(good)-3] + "B==", ErrNotBase64, ""},
		{"no padding", strings.TrimRight(good, "="), ErrNotBase64, ""},
		{"wrapped", vector(t, "payload-wrapped.sig"), ErrWrappedBase64, "openssl base64 -A"},
		{"a newline at its end", good + "\n", ErrWrappedBase64, "trimspace("},
		{"hexadecimal", hex.EncodeToString(raw), ErrWrongSignature, "hexadecimal"},
		{"cut off", base64.StdEncoding.EncodeToString(raw[:255]), ErrWrongSignature, "255 bytes"},
		{"the client key's", vector(t, "payload-clientkey.sig"), ErrWrongSignature, "another key"},
		{"over the payload and a newline", vector(t, "payload-newline.sig"), ErrWrongSignature, "newline after it"},
		{"over key and token run together", vector(t, "payload-joined.sig"), ErrWrongSignature, "without the newline between"},
		{"over the digest of the digest", vector(t, "payload-twice.sig"), ErrWrongSignature, "hashed twice"},
		{"PSS", vector(t, "payload-pss.sig"), ErrWrongSignature, "RSASSA-PSS"},
		{"SHA-512", vector(t, "payload-sha512.sig"), ErrWrongSignature, "another hash"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := certificate(t, "seal.pem").VerifyRegistration(vector(t, "payload.txt"), tt.signature)
			if !errors.Is(err, tt.want) {
				t.Fatalf("error %v, want %v", err, tt.want)
			}
			if err != nil && !strings.Contains(err.Error(), tt.says) {
				t.Errorf("the error does not say %q: %v", tt.says, err)
			}
		})
	}
	t.Run("over the payload of another installation", func(t *testing.T) {
		other := strings.Replace(vector(t, "payload.txt"), vector(t, "token.txt"), strings.Repeat("0", 64), 1)
		if err := certificate(t, "seal.pem").VerifyRegistration(other, good); !errors.Is(err, ErrWrongSignature) {
			t.Errorf("error %v", err)
		}
	})
}
