package functions

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"github.com/openpsd2/terraform-provider-bunq/internal/qseal"
)

const passphrase = "correct horse"

// inBase64 is a file of testdata as filebase64 gives it.
func inBase64(t *testing.T, name string) types.String {
	t.Helper()
	return text(base64.StdEncoding.EncodeToString([]byte(vector(t, name))))
}

func pkcs12Result(certificate, key string, chain types.String) types.Object {
	return types.ObjectValueMust(pkcs12Types(), map[string]attr.Value{
		"certificate_pem": text(certificate), "certificate_chain_pem": chain, "private_key_pem": text(key),
	})
}

// What comes out is what OpenSSL put in: the very texts.
func TestPKCS12Decode(t *testing.T) {
	seal, key, none := vector(t, "several.pem"), vector(t, "seal.key"), types.StringNull()
	chain := vector(t, "intermediate.pem") + vector(t, "root.pem")
	for name, tc := range map[string]struct {
		passphrase types.String
		want       types.Object
	}{
		"modern":         {text(passphrase), pkcs12Result(seal, key, text(chain))},
		"legacy":         {text(passphrase), pkcs12Result(seal, key, text(chain))},
		"legacy-rc2-128": {text(passphrase), pkcs12Result(seal, key, none)},
		"aes128-sha512":  {text(passphrase), pkcs12Result(seal, key, none)},
		"not-encrypted":  {text(passphrase), pkcs12Result(seal, key, none)},
		"no-chain":       {text(passphrase), pkcs12Result(seal, key, none)},
		"leaf-last":      {text(passphrase), pkcs12Result(seal, key, text(vector(t, "root.pem")+vector(t, "intermediate.pem")))},
		"pbmac1":         {text(passphrase), pkcs12Result(seal, key, none)},
		"ec":             {text(passphrase), pkcs12Result(vector(t, "ec.pem"), vector(t, "ec.key"), none)},
		"not-ascii":      {text("Pässwörter für 5 €"), pkcs12Result(seal, key, none)},
		"empty":          {text(""), pkcs12Result(seal, key, none)},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, mustCall(t, NewPKCS12Decode(), inBase64(t, name+".p12"), tc.passphrase)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}

	t.Run("null is the empty passphrase", func(t *testing.T) {
		if diff := cmp.Diff(pkcs12Result(seal, key, none), mustCall(t, NewPKCS12Decode(), inBase64(t, "empty.p12"), types.StringNull())); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
	t.Run("wrapped base64", func(t *testing.T) {
		wrapped := "  " + strings.Join(strings.SplitAfter(inBase64(t, "no-chain.p12").ValueString(), "A"), "\r\n") + "\n"
		if diff := cmp.Diff(pkcs12Result(seal, key, none), mustCall(t, NewPKCS12Decode(), text(wrapped), text(passphrase))); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

// What is not known yet leaves the result unknown, and hides no mistake in the file.
func TestPKCS12Decode_unknown(t *testing.T) {
	for name, arguments := range map[string][]attr.Value{
		"file": {unknown, text(passphrase)}, "passphrase": {inBase64(t, "modern.p12"), unknown}, "both": {unknown, unknown},
	} {
		if got := mustCall(t, NewPKCS12Decode(), arguments...); !got.IsUnknown() {
			t.Errorf("%s unknown: got %v", name, got)
		}
	}
	if _, err := call(t, NewPKCS12Decode(), text("seal.p12"), unknown); err == nil || err.FunctionArgument == nil || *err.FunctionArgument != 0 {
		t.Errorf("a path beside an unknown passphrase: %v", err)
	}
}

func TestPKCS12Decode_messages(t *testing.T) {
	file := func(name string) badCall {
		return badCall{name, []attr.Value{inBase64(t, name+".p12"), text(passphrase)}}
	}
	given := func(name, base64Text string) badCall {
		return badCall{name, []attr.Value{text(base64Text), text(passphrase)}}
	}
	phrase := func(name, phrase string) badCall {
		return badCall{name, []attr.Value{inBase64(t, "modern.p12"), text(phrase)}}
	}
	encoded := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	modern := vector(t, "modern.p12")
	indefinite := append([]byte{0x30, 0x80, 0x02, 0x01, 0x03, 0x30, 0x80}, []byte(modern)[7:]...)
	root, _ := pem.Decode([]byte(vector(t, "root.pem")))
	messages(t, NewPKCS12Decode(), "pkcs12_decode.golden", []string{passphrase, "5ecret"}, []badCall{
		given("nothing", ""),
		given("the path of a file", "certs/5ecret.p12"),
		given("text", "5ecret 5ecret, and again"),
		given("base64 of something else", encoded("5ecret")),
		given("PEM", vector(t, "several.pem")),
		given("PEM in base64", encoded(vector(t, "several.pem"))),
		given("a certificate in DER", encoded(string(root.Bytes))),
		given("base64 twice", encoded(encoded(modern))),
		given("BER", encoded(string(indefinite))),
		given("cut off", encoded(modern[:len(modern)/2])),
		given("more rounds than a plan can wait for", encoded(withIterations(t, modern, qseal.MaxRounds+1))),
		file("many-rounds"),
		given("less than one round", encoded(withIterations(t, modern, 0))),
		given("more rounds of PBMAC1", encoded(withPBMAC1Iterations(t, vector(t, "pbmac1.p12"), qseal.MaxRounds+1))),
		phrase("a wrong passphrase", "5ecret"),
		phrase("a passphrase with a line end", passphrase+"\n"),
		phrase("no passphrase", ""),
		phrase("a passphrase that cannot be", "5ecret 🔑"),
		file("two-keys"),
		file("no-key"),
		file("no-certificate"),
		file("foreign-key"),
		file("no-mac"),
		file("camellia"),
	})
}

// withIterations is a PKCS#12 file that asks for another number of rounds of its MAC.
func withIterations(t *testing.T, file string, iterations int) string {
	t.Helper()
	var p pfx
	if _, err := asn1.Unmarshal([]byte(file), &p); err != nil {
		t.Fatal(err)
	}
	p.MAC.Iterations = iterations
	der, err := asn1.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return string(der)
}

// pbmac1Params and pbkdf2Params are the parameters of a MAC as OpenSSL 3.4 and newer can write it
// (RFC 9579), which has its own number of rounds.
type pbmac1Params struct{ KDF, Scheme pkix.AlgorithmIdentifier }

type pbkdf2Params struct {
	Salt       asn1.RawValue
	Iterations int
}

// withPBMAC1Iterations is the same for a file whose MAC has parameters of its own.
func withPBMAC1Iterations(t *testing.T, file string, iterations int) string {
	t.Helper()
	var p pfx
	var mac pbmac1Params
	var kdf pbkdf2Params
	_, outer := asn1.Unmarshal([]byte(file), &p)
	_, middle := asn1.Unmarshal(p.MAC.Digest.Algorithm.Parameters.FullBytes, &mac)
	_, inner := asn1.Unmarshal(mac.KDF.Parameters.FullBytes, &kdf)
	kdf.Iterations = iterations
	var writing [3]error
	mac.KDF.Parameters.FullBytes, writing[0] = asn1.Marshal(kdf)
	p.MAC.Digest.Algorithm.Parameters.FullBytes, writing[1] = asn1.Marshal(mac)
	der, last := asn1.Marshal(p)
	if err := errors.Join(outer, middle, inner, writing[0], writing[1], last); err != nil {
		t.Fatal(err)
	}
	return string(der)
}

// A file may ask for its work inside of the encryption, where nobody sees it before.
func TestDecodeChain_endsInTime(t *testing.T) {
	t.Parallel()
	begun := time.Now()
	_, _, err := decodeChain([]byte(vector(t, "many-rounds.p12")), passphrase, time.Millisecond)
	if took := time.Since(begun); err == nil || !strings.Contains(err.Error(), tooMuchWork) || took > time.Second {
		t.Errorf("after %s: %v", took, err)
	}
}

// Whatever the file, it gives an error or an object, and soon.
func FuzzPKCS12Decode(f *testing.F) {
	for _, name := range []string{"modern.p12", "legacy.p12", "two-keys.p12", "no-mac.p12"} {
		f.Add([]byte(vector(f, name)), passphrase)
	}
	f.Add([]byte(vector(f, "empty.p12")), "")
	f.Fuzz(func(t *testing.T, file []byte, phrase string) {
		got, err := call(t, NewPKCS12Decode(), text(base64.StdEncoding.EncodeToString(file)), text(phrase))
		if err == nil && (got.IsNull() || got.IsUnknown()) {
			t.Error("neither error nor result")
		}
	})
}
