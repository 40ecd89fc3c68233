package qseal

import (
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"math/bits"
	"strings"
	"testing"

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
		{"PKCS#8 with scrypt", "qseal-pkcs8-scrypt.key", passphrase},
		{"legacy with 3DES", "qseal-legacy-des3.key", passphrase},
		{"legacy with AES-256", "qseal-legacy-aes256.key", passphrase},
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
	header := func(from, to string) string { return strings.Replace(vector(t, "qseal-legacy-des3.key"), from, to, 1) }
	for _, tt := range []struct {
		name, text, passphrase string
		want                   error
		says                   string
	}{
		{"PKCS#8 without its passphrase", vector(t, "qseal-pkcs8-aes256.key"), "", ErrPassphraseNeeded, "its passphrase is needed"},
		{"legacy without its passphrase", vector(t, "qseal-legacy-des3.key"), "", ErrPassphraseNeeded, "its passphrase is needed"},
		{"PKCS#8 with another passphrase", vector(t, "qseal-pkcs8-aes256.key"), "battery staple", ErrWrongPassphrase, ""},
		{"PKCS#8 with scrypt and another passphrase", vector(t, "qseal-pkcs8-scrypt.key"), "battery staple", ErrWrongPassphrase, ""},
		{"legacy with another passphrase", vector(t, "qseal-legacy-des3.key"), "battery staple", ErrWrongPassphrase, ""},
		{"legacy AES with another passphrase", vector(t, "qseal-legacy-aes256.key"), "battery staple", ErrWrongPassphrase, ""},
		{"PKCS#8 with SHA-512", vector(t, "qseal-pkcs8-sha512.key"), passphrase, ErrUnsupportedEncryption, "openssl pkcs8 -topk8"},
		{"PKCS#8 of the former way", vector(t, "qseal-pkcs8-pbes1.key"), passphrase, ErrUnsupportedEncryption, "openssl pkcs8 -topk8"},
		{"legacy with Camellia", vector(t, "qseal-legacy-camellia.key"), passphrase, ErrUnsupportedEncryption, "openssl pkcs8 -topk8"},
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
		{"a key that was cut off", vector(t, "qseal.key")[:400], "", signing.ErrNotPEM, "END line"},
		{"a damaged key", damage("qseal.key"), "", signing.ErrMalformedKey, ""},
		{"a damaged PKCS#8 encryption", damage("qseal-pkcs8-aes256.key"), passphrase, signing.ErrMalformedKey, "damaged"},
		{"a damaged legacy encryption", damage("qseal-legacy-aes256.key"), passphrase, signing.ErrMalformedKey, "damaged"},
		{"legacy with no start value", header("DES-EDE3-CBC,", "DES-EDE3-CBC;"), passphrase, ErrUnsupportedEncryption, ""},
		{"legacy with a start value of no digits", header("DES-EDE3-CBC,", "DES-EDE3-CBC,x"), passphrase, signing.ErrMalformedKey, "DEK-Info"},
		{"legacy with a start value of another length", header("DES-EDE3-CBC,", "DES-EDE3-CBC,00"), passphrase, signing.ErrMalformedKey, "damaged"},
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

// OpenSSL reads PKCS#8 in the encryption of RFC 1423, though it writes PKCS#1 only.
func TestParsePrivateKey_readsPKCS8InTheFormerEncryption(t *testing.T) {
	encrypted := func(file string) string {
		t.Helper()
		block, _ := pem.Decode([]byte(vector(t, file)))
		//nolint:staticcheck // deprecated because the format is weak; that it is read is the point
		block, err := x509.EncryptPEMBlock(rand.Reader, block.Type, block.Bytes, []byte("correct horse"), x509.PEMCipherAES256)
		if err != nil {
			t.Fatal(err)
		}
		return string(pem.EncodeToMemory(block))
	}

	key, err := ParsePrivateKey(encrypted("qseal.key"), "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	if !certificate(t, "seal.pem").HasKey(&key.PublicKey) {
		t.Error("not the key of the certificate")
	}

	if _, err := ParsePrivateKey(encrypted("ec-pkcs8.key"), "correct horse"); !errors.Is(err, signing.ErrNotRSA) {
		t.Errorf("an elliptic curve key: %v", err)
	}
}

// The pkcs8 module panics or works for hours on such parameters; they must not reach it.
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
		{"no rounds", func(_ *encryptedKeyInfo, _ *pbes2Params, k *pbkdf2Params) { k.Iterations = 0 }, signing.ErrMalformedKey},
		{"two thousand million rounds", func(_ *encryptedKeyInfo, _ *pbes2Params, k *pbkdf2Params) { k.Iterations = 2_000_000_000 }, signing.ErrMalformedKey},
		{"a length of the key, which the module passes over", func(_ *encryptedKeyInfo, _ *pbes2Params, k *pbkdf2Params) { k.KeyLength = 32 }, ErrUnsupportedEncryption},
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
			read(info.Algorithm.Parameters.FullBytes, &params)
			read(params.KDF.Parameters.FullBytes, &kdf)
			tt.change(&info, &params, &kdf)
			params.KDF.Parameters.FullBytes = write(kdf)
			info.Algorithm.Parameters.FullBytes = write(params)
			_, err := decryptPKCS8(write(info), "correct horse")
			if !errors.Is(err, tt.want) {
				t.Errorf("error %v, want %v", err, tt.want)
			}
		})
	}
}

// What the strongest tools write is far below the bounds; the bounds themselves are still taken.
func TestCheckKDF_takesItsBounds(t *testing.T) {
	salt := []byte("salt")
	for name, kdf := range map[string]pkix.AlgorithmIdentifier{
		"one round of PBKDF2":                  derivation(t, oidPBKDF2, pbkdf2Params{Salt: salt, Iterations: 1}),
		"as many rounds of PBKDF2 as take 5 s": derivation(t, oidPBKDF2, pbkdf2Params{Salt: salt, Iterations: MaxRounds}),
		"the least scrypt":                     derivation(t, oidScrypt, scryptParams{Salt: salt, N: 2, R: 1, P: 1}),
		"scrypt with all memory in its cost":   derivation(t, oidScrypt, scryptParams{Salt: salt, N: 1 << 21, R: 1, P: 1}),
		"scrypt with large blocks":             derivation(t, oidScrypt, scryptParams{Salt: salt, N: 2, R: 1024, P: 1}),
		"scrypt with many lanes":               derivation(t, oidScrypt, scryptParams{Salt: salt, N: 2, R: 1, P: 1024}),
		"scrypt with blocks and lanes":         derivation(t, oidScrypt, scryptParams{Salt: salt, N: 1 << 17, R: 8, P: 2}),
	} {
		t.Run(name, func(t *testing.T) {
			if err := checkKDF(kdf); err != nil {
				t.Error(err)
			}
		})
	}
}

func derivation(t *testing.T, algorithm asn1.ObjectIdentifier, parameters any) pkix.AlgorithmIdentifier {
	t.Helper()
	der, err := asn1.Marshal(parameters)
	if err != nil {
		t.Fatal(err)
	}
	return pkix.AlgorithmIdentifier{Algorithm: algorithm, Parameters: asn1.RawValue{FullBytes: der}}
}

func TestParsePrivateKey_refusesScryptOfADamagedFile(t *testing.T) {
	for name, p := range map[string]scryptParams{
		"too much memory":                      {Salt: []byte("salt"), N: 1 << 24, R: 8, P: 1},
		"too many lanes":                       {Salt: []byte("salt"), N: 1 << 10, R: 8, P: 1 << 20},
		"one lane more than there is room for": {Salt: []byte("salt"), N: 1 << 18, R: 8, P: 2},
		"a cost that no number of bytes holds": {Salt: []byte("salt"), N: 1 << (bits.UintSize - 2), R: 8, P: 1},
		"no cost":                              {Salt: []byte("salt"), N: 1, R: 8, P: 1},
		"no blocks":                            {Salt: []byte("salt"), N: 1 << 10, R: 0, P: 1},
	} {
		t.Run(name, func(t *testing.T) {
			if err := checkKDF(derivation(t, oidScrypt, p)); !errors.Is(err, signing.ErrMalformedKey) {
				t.Errorf("error %v", err)
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
