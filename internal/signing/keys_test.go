package signing_test

import (
	"crypto/rsa"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

func read(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// oneLine takes the line breaks out of the body only.
func oneLine(pemText string) string {
	lines := strings.Split(strings.TrimSpace(pemText), "\n")
	last := len(lines) - 1
	return lines[0] + "\n" + strings.Join(lines[1:last], "") + "\n" + lines[last]
}

func flat(pemText string) string { return strings.ReplaceAll(pemText, "\n", "") }

func TestParsePrivateKey(t *testing.T) {
	want, err := signing.ParsePrivateKey(read(t, "key_pkcs8.pem"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"PKCS#1":                                    read(t, "key_pkcs1.pem"),
		"a body on one line":                        oneLine(read(t, "key_pkcs8.pem")),
		"everything on one line":                    flat(read(t, "key_pkcs1.pem")),
		"blanks in place of line breaks":            strings.ReplaceAll(strings.ReplaceAll(read(t, "key_pkcs8.pem"), "\n", " "), "- ", "-\n"),
		"Windows line ends":                         strings.ReplaceAll(read(t, "key_pkcs8.pem"), "\n", "\r\n"),
		"no final line feed":                        strings.TrimSpace(read(t, "key_pkcs8.pem")),
		"text before and after, as openssl prints":  "Bag Attributes\n    friendlyName: x\n" + read(t, "key_pkcs8.pem") + "\nbye\n",
		"indented as in a heredoc or a YAML scalar": "  " + strings.ReplaceAll(read(t, "key_pkcs8.pem"), "\n", "\n  "),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := signing.ParsePrivateKey(text)
			if err != nil {
				t.Fatal(err)
			}
			if !got.Equal(want) {
				t.Error("it is another key")
			}
		})
	}
}

func TestParsePrivateKey_refuses(t *testing.T) {
	pkcs8 := read(t, "key_pkcs8.pem")
	_, ecKey, _ := strings.Cut(read(t, "ec_sec1.pem"), "-----END EC PARAMETERS-----")
	for name, c := range map[string]struct {
		text string
		want error
		says string
	}{
		"nothing":                                {"", signing.ErrNotPEM, ""},
		"a path in place of the content":         {"/etc/keys/bunq.pem", signing.ErrNotPEM, ""},
		"bare base64":                            {strings.Join(strings.Split(pkcs8, "\n")[1:5], "\n"), signing.ErrNotPEM, ""},
		"a key cut off at its end":               {pkcs8[:len(pkcs8)-40], signing.ErrDamagedPEM, "END"},
		"a key cut off in its middle":            {pkcs8[:100] + "\n-----END PRIVATE KEY-----\n", signing.ErrDamagedPEM, ""},
		"a body that is not base64":              {"-----BEGIN PRIVATE KEY-----\n%%%%\n-----END PRIVATE KEY-----\n", signing.ErrDamagedPEM, "base64"},
		"an empty body":                          {"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n", signing.ErrDamagedPEM, ""},
		"two keys, as nothing tells which":       {pkcs8 + pkcs8, signing.ErrMalformedKey, "more than one"},
		"an EC key as PKCS#8":                    {read(t, "ec_pkcs8.pem"), signing.ErrNotRSA, ""},
		"an EC key by its own type":              {ecKey, signing.ErrNotRSA, "EC PRIVATE KEY"},
		"an EC key after its parameters":         {read(t, "ec_sec1.pem"), signing.ErrNotRSA, "EC"},
		"a PKCS#8 key under a passphrase":        {read(t, "key_encrypted.pem"), signing.ErrEncrypted, "openssl pkcs8"},
		"a PKCS#1 key under a passphrase":        {read(t, "key_encrypted_legacy.pem"), signing.ErrEncrypted, ""},
		"the same on one line":                   {flat(read(t, "key_encrypted_legacy.pem")), signing.ErrEncrypted, ""},
		"the public half":                        {read(t, "public.pem"), signing.ErrWrongPEMType, `"PUBLIC KEY"`},
		"a certificate":                          {"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", signing.ErrWrongPEMType, `"CERTIFICATE"`},
		"PKCS#1 content under the name of PKCS8": {strings.ReplaceAll(read(t, "key_pkcs1.pem"), "RSA ", ""), signing.ErrMalformedKey, "PKCS#8"},
		"BEGIN and END that differ":              {strings.Replace(pkcs8, "END PRIVATE", "END RSA PRIVATE", 1), signing.ErrDamagedPEM, "END"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := signing.ParsePrivateKey(c.text)
			if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
				t.Fatalf("got %v, want %v that says %q", err, c.want, c.says)
			}
			for _, line := range strings.Split(c.text, "\n") {
				if len(line) == 64 && strings.Contains(err.Error(), line[:20]) {
					t.Errorf("the error shows key material: %v", err)
				}
			}
		})
	}
}

func TestParsePublicKey(t *testing.T) {
	key, err := signing.ParsePrivateKey(read(t, "key_pkcs8.pem"))
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"SubjectPublicKeyInfo":   read(t, "public.pem"),
		"a body on one line":     oneLine(read(t, "public.pem")),
		"everything on one line": flat(read(t, "public.pem")),
	} {
		t.Run(name, func(t *testing.T) {
			got, err := signing.ParsePublicKey(text)
			if err != nil {
				t.Fatal(err)
			}
			if !got.Equal(&key.PublicKey) {
				t.Error("it is another key")
			}
		})
	}
}

// named is a PEM block whose type has n characters.
func named(n int) string {
	name := strings.Repeat("N", n)
	return "-----BEGIN " + name + "-----\nAAAA\n-----END " + name + "-----\n"
}

func TestParsePublicKey_refuses(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		want error
		says string
	}{
		"nothing":                         {"", signing.ErrNotPEM, ""},
		"PKCS#1, with the remedy":         {read(t, "public_pkcs1.pem"), signing.ErrWrongPEMType, "openssl rsa -RSAPublicKey_in -pubout"},
		"a private key":                   {read(t, "key_pkcs8.pem"), signing.ErrWrongPEMType, `"PRIVATE KEY"`},
		"an EC key":                       {read(t, "ec_public.pem"), signing.ErrNotRSA, ""},
		"a body of something else":        {"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", signing.ErrMalformedKey, ""},
		"a first line without an end":     {"-----BEGIN PUBLIC KEY", signing.ErrDamagedPEM, ""},
		"a name of 64 characters":         {named(64), signing.ErrWrongPEMType, strings.Repeat("N", 64)},
		"a longer name, which may be key": {named(65), signing.ErrDamagedPEM, "first line of block 1 is damaged"},
		"headers without anything else":   {"-----BEGIN PUBLIC KEY-----\nA: b\n-----END PUBLIC KEY-----\n", signing.ErrDamagedPEM, ""},
		"base64 with bits past its end":   {"-----BEGIN PUBLIC KEY-----\nAB==\n-----END PUBLIC KEY-----\n", signing.ErrDamagedPEM, "base64"},
		"a name with a line break in it":  {"-----BEGIN PUBLIC\nKEY-----\nAAAA\n-----END PUBLIC\nKEY-----\n", signing.ErrDamagedPEM, ""},
		"PKCS#1 content under the SPKI's": {strings.ReplaceAll(read(t, "public_pkcs1.pem"), "RSA ", ""), signing.ErrMalformedKey, "SubjectPublicKeyInfo"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := signing.ParsePublicKey(c.text); !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.says) {
				t.Fatalf("got %v, want %v that says %q", err, c.want, c.says)
			}
		})
	}
}

// bunq's registration signature is over these very bytes: 451 of them.
func TestMarshalPublicKey_givesTheCanonicalForm(t *testing.T) {
	want := read(t, "public.pem") // as openssl writes it
	for _, text := range []string{want, oneLine(want), flat(want)} {
		key, err := signing.ParsePublicKey(text)
		if err != nil {
			t.Fatal(err)
		}
		got, err := signing.MarshalPublicKey(key)
		if err != nil {
			t.Fatal(err)
		}
		if got != want || len(got) != 451 {
			t.Errorf("got %d bytes, want the 451 of openssl:\n%s", len(got), got)
		}
	}
}

func TestMarshalPrivateKey_givesWhatOpenSSLGives(t *testing.T) {
	want := read(t, "key_pkcs8.pem")
	key, err := signing.ParsePrivateKey(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := signing.MarshalPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	if got != want {
		t.Error("the PKCS#8 PEM differs from openssl's")
	}
}

func TestMarshal_refusesNoKey(t *testing.T) {
	if _, err := signing.MarshalPrivateKey(nil); !errors.Is(err, signing.ErrMalformedKey) {
		t.Errorf("private: got %v", err)
	}
	if _, err := signing.MarshalPublicKey(nil); !errors.Is(err, signing.ErrMalformedKey) {
		t.Errorf("public: got %v", err)
	}
	if _, err := signing.MarshalPublicKey(&rsa.PublicKey{}); !errors.Is(err, signing.ErrMalformedKey) {
		t.Errorf("empty: got %v", err)
	}
}

func TestGenerateKey(t *testing.T) {
	one, err := signing.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	other, err := signing.GenerateKey()
	if err != nil {
		t.Fatal(err)
	}
	if one.N.BitLen() != 2048 || one.Equal(other) {
		t.Errorf("got %d bits, the same key twice: %v", one.N.BitLen(), one.Equal(other))
	}
}
