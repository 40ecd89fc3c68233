package qseal

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

func TestParsePrivateKey_readsEveryWrappingOfTheSameKey(t *testing.T) {
	const passphrase = "correct horse"
	seal := certificate(t, "seal.pem")
	for _, tt := range []struct {
		name, file, passphrase string
	}{
		{"PKCS#8", "qseal.key", ""},
		{"PKCS#1", "qseal-pkcs1.key", ""},
		{"a passphrase that is not needed", "qseal.key", passphrase},
		{"PKCS#8 with AES-256", "qseal-pkcs8-aes256.key", passphrase},
		{"PKCS#8 with 3DES and SHA-1", "qseal-pkcs8-des3.key", passphrase},
		{"a bundle with certificates", "bundle.pem", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			key, err := ParsePrivateKey(vector(t, tt.file), tt.passphrase)
			if err != nil {
				t.Fatal(err)
			}
			if !seal.HasKey(&key.PublicKey) {
				t.Error("not the key of the certificate")
			}
			indented := "  " + strings.ReplaceAll(strings.ReplaceAll(vector(t, tt.file), "\n", "\r\n  "), "  \r\n", "\r\n")
			if again, err := ParsePrivateKey(indented, tt.passphrase); err != nil || !again.Equal(key) {
				t.Errorf("indented, with CRLF: %v", err)
			}
		})
	}
}

func TestParsePrivateKey_saysWhatIsWrong(t *testing.T) {
	const passphrase = "correct horse"
	damage := func(file string) string {
		b, _ := pem.Decode([]byte(vector(t, file)))
		b.Bytes = b.Bytes[:len(b.Bytes)-8]
		return string(pem.EncodeToMemory(b))
	}
	for _, tt := range []struct {
		name, text, passphrase string
		want                   error
		says                   string
	}{
		{"PKCS#8 without its passphrase", vector(t, "qseal-pkcs8-aes256.key"), "", ErrPassphraseNeeded, "its passphrase is needed"},
		{"PKCS#8 with another passphrase", vector(t, "qseal-pkcs8-aes256.key"), "battery staple", ErrWrongPassphrase, ""},
		{"PKCS#8 with SHA-512", vector(t, "qseal-pkcs8-sha512.key"), passphrase, ErrUnsupportedEncryption, "openssl pkcs8 -topk8"},
		{"PKCS#8 of the former way", vector(t, "qseal-pkcs8-pbes1.key"), passphrase, ErrUnsupportedEncryption, "openssl pkcs8 -topk8"},
		{"PKCS#8 with scrypt", vector(t, "qseal-pkcs8-scrypt.key"), passphrase, ErrUnsupportedEncryption, "openssl pkcs8 -topk8"},
		{"OpenSSL's old format", vector(t, "qseal-legacy-des3.key"), passphrase, ErrUnsupportedEncryption, "openssl pkcs8 -topk8"},
		{"the same without a passphrase", vector(t, "qseal-legacy-aes256.key"), "", ErrUnsupportedEncryption, "openssl pkcs8 -topk8"},
		{"the same on one line", strings.ReplaceAll(vector(t, "qseal-legacy-aes256.key"), "\n", ""), passphrase, ErrUnsupportedEncryption, "Proc-Type"},
		{"an elliptic curve key with its parameters", vector(t, "ec.key"), "", signing.ErrNotRSA, "RSA"},
		{"an elliptic curve key as PKCS#8", vector(t, "ec-pkcs8.key"), "", signing.ErrNotRSA, ""},
		{"an encrypted elliptic curve key", vector(t, "ec-pkcs8-aes256.key"), passphrase, signing.ErrNotRSA, "RSA"},
		{"a public key", vector(t, "qseal.pub"), "", signing.ErrWrongPEMType, "public key, which cannot sign"},
		{"a PKCS#1 public key", vector(t, "qseal-pkcs1.pub"), "", signing.ErrWrongPEMType, "public key, which cannot sign"},
		{"a certificate", vector(t, "seal.pem"), "", signing.ErrWrongPEMType, "two files"},
		{"a request", vector(t, "request.csr"), "", signing.ErrWrongPEMType, "CERTIFICATE REQUEST"},
		{"an OpenSSH key", "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n", "", signing.ErrWrongPEMType, "ssh-keygen"},
		{"two keys", vector(t, "qseal.key", "client.key"), "", signing.ErrWrongPEMType, "2 private keys"},
		{"a path", "~/qseal.key", "", signing.ErrNotPEM, "file("},
		{"a key that was cut off", vector(t, "qseal.key")[:400], "", signing.ErrDamagedPEM, "END line"},
		{"a damaged key", damage("qseal.key"), "", signing.ErrMalformedKey, ""},
		{"a damaged PKCS#8 encryption", damage("qseal-pkcs8-aes256.key"), passphrase, signing.ErrMalformedKey, "damaged"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			key, err := ParsePrivateKey(tt.text, tt.passphrase)
			if !errors.Is(err, tt.want) || key != nil {
				t.Fatalf("error %v, want %v", err, tt.want)
			}
			if !strings.Contains(err.Error(), tt.says) {
				t.Errorf("the error does not say %q: %v", tt.says, err)
			}
			mustNotShow(t, err, append(secretParts(t), "battery staple"))
		})
	}
}

// The command that an error names makes a key of each kind that is refused one that is read.
func TestParsePrivateKey_namesACommandThatWorks(t *testing.T) {
	t.Parallel()
	seal := certificate(t, "seal.pem")
	for _, name := range []string{"qseal-legacy-aes256.key", "qseal-legacy-des3.key", "qseal-pkcs8-pbes1.key", "qseal-pkcs8-scrypt.key", "qseal-pkcs8-sha512.key"} {
		t.Run(name, func(t *testing.T) {
			_, err := ParsePrivateKey(vector(t, name), "correct horse")
			if err == nil {
				t.Fatal("it is read")
			}
			_, rest, _ := strings.Cut(err.Error(), "`openssl ")
			line, _, found := strings.Cut(rest, "`")
			if !found {
				t.Fatalf("no command in %v", err)
			}
			file := filepath.Join(t.TempDir(), "new.key")
			args := strings.Fields(strings.NewReplacer("NEWFILE", file, "FILE", filepath.Join("testdata", name)).Replace(line))
			// In place of the questions for both passphrases.
			args = append(args, "-passin", "pass:correct horse", "-passout", "pass:battery staple", "-provider", "legacy", "-provider", "default")
			if out, err := exec.CommandContext(t.Context(), "openssl", args...).CombinedOutput(); err != nil { //nolint:gosec // our own command
				t.Fatalf("openssl: %v\n%s", err, out)
			}
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			key, err := ParsePrivateKey(string(text), "battery staple")
			if err != nil || !seal.HasKey(&key.PublicKey) {
				t.Errorf("not the key of the certificate: %v", err)
			}
		})
	}
}

// pbkdf2Params is with the length of the key, which the pkcs8 module passes over.
type pbkdf2Params struct {
	Salt       []byte
	Iterations int
	KeyLength  int                      `asn1:"optional"`
	PRF        pkix.AlgorithmIdentifier `asn1:"optional"`
}

// The pkcs8 module panics or works for hours on such parameters.
func TestParsePrivateKey_refusesParametersOfADamagedFile(t *testing.T) {
	block, _ := pem.Decode([]byte(vector(t, "qseal-pkcs8-aes256.key")))
	for _, tt := range []struct {
		name   string
		change func(*encryptedKeyInfo, *pbes2Params, *pbkdf2Params)
		want   error
	}{
		{"nothing changed", func(*encryptedKeyInfo, *pbes2Params, *pbkdf2Params) {}, nil},
		{"no data", func(i *encryptedKeyInfo, _ *pbes2Params, _ *pbkdf2Params) { i.Data = nil }, signing.ErrMalformedKey},
		{"half a block", func(i *encryptedKeyInfo, _ *pbes2Params, _ *pbkdf2Params) { i.Data = i.Data[1:] }, signing.ErrMalformedKey},
		{"a short start value", func(_ *encryptedKeyInfo, p *pbes2Params, _ *pbkdf2Params) {
			p.Cipher.Parameters.FullBytes = []byte{4, 1, 0}
		}, signing.ErrMalformedKey},
		{"a start value that is none", func(_ *encryptedKeyInfo, p *pbes2Params, _ *pbkdf2Params) {
			p.Cipher.Parameters.FullBytes = []byte{5, 0}
		}, signing.ErrMalformedKey},
		{"no rounds", func(_ *encryptedKeyInfo, _ *pbes2Params, k *pbkdf2Params) { k.Iterations = 0 }, ErrWrongPassphrase},
		{"one round more than are computed", func(_ *encryptedKeyInfo, _ *pbes2Params, k *pbkdf2Params) { k.Iterations = MaxRounds + 1 }, signing.ErrMalformedKey},
		{"two thousand million rounds", func(_ *encryptedKeyInfo, _ *pbes2Params, k *pbkdf2Params) { k.Iterations = 2_000_000_000 }, signing.ErrMalformedKey},
		{"a length of the key, which the module passes over", func(_ *encryptedKeyInfo, _ *pbes2Params, k *pbkdf2Params) { k.KeyLength = 32 }, ErrWrongPassphrase},
		{"another cipher", func(_ *encryptedKeyInfo, p *pbes2Params, _ *pbkdf2Params) {
			p.Cipher.Algorithm = asn1.ObjectIdentifier{1, 2, 3}
		}, ErrUnsupportedEncryption},
		{"another derivation", func(_ *encryptedKeyInfo, p *pbes2Params, _ *pbkdf2Params) {
			p.KDF.Algorithm = asn1.ObjectIdentifier{1, 2, 3}
		}, ErrUnsupportedEncryption},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var info encryptedKeyInfo
			var params pbes2Params
			var kdf pbkdf2Params
			read := func(der []byte, into any) {
				t.Helper()
				if err := unmarshal(der, into); err != nil {
					t.Fatal(err)
				}
			}
			write := func(v any) []byte {
				t.Helper()
				der, err := asn1.Marshal(v)
				if err != nil {
					t.Fatal(err)
				}
				return der
			}
			read(block.Bytes, &info)
			read(info.Scheme.Parameters.FullBytes, &params)
			read(params.KDF.Parameters.FullBytes, &kdf)
			tt.change(&info, &params, &kdf)
			params.KDF.Parameters.FullBytes = write(kdf)
			info.Scheme.Parameters.FullBytes = write(params)
			_, err := decryptPKCS8(write(info), "correct horse")
			if !errors.Is(err, tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
			if errors.Is(err, ErrWrongPassphrase) && !strings.Contains(err.Error(), "if the passphrase is right, "+reencrypt) {
				t.Errorf("the error has no way out: %v", err)
			}
		})
	}
}

func TestCertificate_HasKey_notAnother(t *testing.T) {
	key, err := ParsePrivateKey(vector(t, "client.key"), "")
	if err != nil {
		t.Fatal(err)
	}
	if certificate(t, "seal.pem").HasKey(&key.PublicKey) {
		t.Error("another key counts as that of the certificate")
	}
}

func TestCertificate_HasKey(t *testing.T) {
	for name, want := range map[string]bool{"qseal.pub": true, "client.pub": false} {
		key, err := signing.ParsePublicKey(vector(t, name))
		if err != nil {
			t.Fatal(err)
		}
		if got := certificate(t, "seal.pem").HasKey(key); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// Whatever an encrypted key asks for, it is a key or an error, and soon.
func FuzzDecryptPKCS8(f *testing.F) {
	for _, name := range []string{"qseal-pkcs8-aes256.key", "qseal-pkcs8-des3.key", "qseal-pkcs8-sha512.key", "qseal-pkcs8-scrypt.key", "qseal-pkcs8-pbes1.key"} {
		block, _ := pem.Decode([]byte(vector(f, name)))
		f.Add(block.Bytes)
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		if Rounds(der) > 100_000 { // a test has the bound
			return
		}
		begun := time.Now()
		key, err := decryptPKCS8(der, "correct horse")
		if (key == nil) == (err == nil) {
			t.Errorf("key %v, error %v", key != nil, err)
		}
		if took := time.Since(begun); took > 2*time.Second {
			t.Errorf("it took %s", took)
		}
	})
}
