package qseal

import (
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"github.com/youmark/pkcs8"

	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

const typeEncryptedKey = "ENCRYPTED PRIVATE KEY"

// reencrypt is the next step for an encryption that is not supported.
const reencrypt = "encrypt the key again with `openssl pkcs8 -topk8 -v2 aes-256-cbc -in FILE -out NEWFILE`"

// maxScryptWork is in bytes of memory, times lanes: sixteen times what OpenSSL writes, and about a
// second of work.
const maxScryptWork = 1 << 28

var (
	oidPBES2  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}
	oidPBKDF2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}
	oidScrypt = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11591, 4, 11}

	oidHMACSHA1   = asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 7}
	oidHMACSHA256 = asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 9}

	// cbcBlockSizes are the supported ciphers, with the size of their blocks in bytes.
	cbcBlockSizes = map[string]int{
		"1.2.840.113549.3.7":      8,  // 3DES
		"2.16.840.1.101.3.4.1.2":  16, // AES-128
		"2.16.840.1.101.3.4.1.22": 16, // AES-192
		"2.16.840.1.101.3.4.1.42": 16, // AES-256
	}
)

type encryptedKeyInfo struct {
	Algorithm pkix.AlgorithmIdentifier
	Data      []byte
}

type pbes2Params struct {
	KDF    pkix.AlgorithmIdentifier
	Cipher pkix.AlgorithmIdentifier
}

type pbkdf2Params struct {
	Salt       []byte
	Iterations int
	KeyLength  int                      `asn1:"optional"`
	PRF        pkix.AlgorithmIdentifier `asn1:"optional"`
}

type scryptParams struct {
	Salt            []byte
	N, R, P, KeyLen int `asn1:"optional"`
}

// decryptPKCS8 decrypts a PKCS#8 EncryptedPrivateKeyInfo. It first checks for what the pkcs8 module
// cannot do, because the module panics on damaged lengths, and its errors do not distinguish a
// wrong passphrase from a format that it does not know.
func decryptPKCS8(der []byte, passphrase string) (*rsa.PrivateKey, error) {
	if err := checkEncryption(der); err != nil {
		return nil, err
	}

	key, err := pkcs8.ParsePKCS8PrivateKey(der, []byte(passphrase))
	if err != nil {
		// The cause is not wrapped: it describes bytes of what may be the decrypted key.
		return nil, fmt.Errorf("%w, or a damaged key", ErrWrongPassphrase)
	}

	rsaKey, ok := key.(*rsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%w: the encrypted key uses another algorithm; bunq registers RSA keys only", signing.ErrNotRSA)
	}
	return rsaKey, nil
}

// checkEncryption checks that an EncryptedPrivateKeyInfo is complete, and encrypted in a way that
// the pkcs8 module reads.
func checkEncryption(der []byte) error {
	var info encryptedKeyInfo
	if unmarshal(der, &info) != nil {
		return fmt.Errorf("%w: the %s block is damaged", signing.ErrMalformedKey, typeEncryptedKey)
	}
	if !info.Algorithm.Algorithm.Equal(oidPBES2) {
		return fmt.Errorf("%w: the key is encrypted with an old scheme of PKCS#5 or PKCS#12 (%s); %s",
			ErrUnsupportedEncryption, info.Algorithm.Algorithm, reencrypt)
	}

	var params pbes2Params
	if unmarshal(info.Algorithm.Parameters.FullBytes, &params) != nil {
		return fmt.Errorf("%w: the parameters of its encryption are damaged", signing.ErrMalformedKey)
	}

	size, ok := cbcBlockSizes[params.Cipher.Algorithm.String()]
	if !ok {
		return fmt.Errorf("%w: cipher %s; %s", ErrUnsupportedEncryption, params.Cipher.Algorithm, reencrypt)
	}

	var iv []byte
	if unmarshal(params.Cipher.Parameters.FullBytes, &iv) != nil || len(iv) != size || len(info.Data) == 0 || len(info.Data)%size != 0 {
		return fmt.Errorf("%w: the %s block is damaged", signing.ErrMalformedKey, typeEncryptedKey)
	}
	return checkKDF(params.KDF)
}

func checkKDF(kdf pkix.AlgorithmIdentifier) error {
	damaged := fmt.Errorf("%w: the parameters of its key derivation are damaged", signing.ErrMalformedKey)

	switch der := kdf.Parameters.FullBytes; {
	case kdf.Algorithm.Equal(oidPBKDF2):
		var p pbkdf2Params
		if unmarshal(der, &p) != nil || p.Iterations < 1 {
			return damaged
		}
		if p.Iterations > MaxRounds {
			return fmt.Errorf("%w: it asks for %d rounds of key derivation, and at most %d are computed", signing.ErrMalformedKey, p.Iterations, MaxRounds)
		}
		prf := p.PRF.Algorithm
		if p.KeyLength != 0 || len(prf) > 0 && !prf.Equal(oidHMACSHA1) && !prf.Equal(oidHMACSHA256) {
			return fmt.Errorf("%w: unsupported parameters of PBKDF2; %s", ErrUnsupportedEncryption, reencrypt)
		}
		return nil
	case kdf.Algorithm.Equal(oidScrypt):
		var p scryptParams
		// By division, which no number in a damaged file makes overflow.
		if unmarshal(der, &p) != nil || p.N < 2 || p.R < 1 || p.P < 1 || p.R > 1024 || p.P > 1024 || p.N > maxScryptWork/(128*p.R*p.P) {
			return damaged
		}
		return nil
	default:
		return fmt.Errorf("%w: key derivation %s; %s", ErrUnsupportedEncryption, kdf.Algorithm, reencrypt)
	}
}

// decryptLegacy decrypts a block encrypted according to RFC 1423, as `openssl genrsa` wrote it
// before OpenSSL 3.
func decryptLegacy(b *pem.Block, passphrase string) (*rsa.PrivateKey, error) {
	mode, iv, _ := strings.Cut(b.Headers["DEK-Info"], ",")
	switch mode {
	case "DES-CBC", "DES-EDE3-CBC", "AES-128-CBC", "AES-192-CBC", "AES-256-CBC":
	default:
		return nil, fmt.Errorf("%w: a cipher other than DES, 3DES or AES in CBC mode; %s", ErrUnsupportedEncryption, reencrypt)
	}

	if raw, err := hex.DecodeString(iv); err != nil || len(raw) == 0 {
		return nil, fmt.Errorf("%w: the DEK-Info line of the key is damaged", signing.ErrMalformedKey)
	}

	//nolint:staticcheck // deprecated because the format is weak; the user's key file has it all the same, and nothing is encrypted so here
	der, err := x509.DecryptPEMBlock(b, []byte(passphrase))
	if errors.Is(err, x509.IncorrectPasswordError) {
		return nil, ErrWrongPassphrase
	}
	if err != nil {
		return nil, fmt.Errorf("%w: the encrypted %s block is damaged", signing.ErrMalformedKey, b.Type)
	}

	// The format has no checksum: sometimes a wrong passphrase gets this far and yields noise. It
	// is not quoted.
	if key, err := x509.ParsePKCS1PrivateKey(der); err == nil {
		return key, nil
	}
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("%w, or a damaged key", ErrWrongPassphrase)
	}
	rsaKey, ok := key.(*rsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%w: the encrypted key uses another algorithm; bunq registers RSA keys only", signing.ErrNotRSA)
	}
	return rsaKey, nil
}
