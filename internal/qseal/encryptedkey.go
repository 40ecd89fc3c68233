package qseal

import (
	"crypto/rsa"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"strings"

	"github.com/youmark/pkcs8"

	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

const typeEncryptedKey = "ENCRYPTED PRIVATE KEY"

// reencrypt is the next step for an encryption that is not read here.
const reencrypt = "encrypt the key again with `openssl pkcs8 -topk8 -v2 aes-256-cbc -in FILE -out NEWFILE`"

var (
	oidPBES2  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}
	oidPBKDF2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}
)

// encryptedKeyInfo is a PKCS#8 EncryptedPrivateKeyInfo, as far as it is the same for all schemes.
type encryptedKeyInfo struct {
	Scheme pkix.AlgorithmIdentifier
	Data   []byte
}

type pbes2Params struct {
	KDF, Cipher pkix.AlgorithmIdentifier
}

// decryptPKCS8 decrypts a PKCS#8 EncryptedPrivateKeyInfo: PBES2 with PBKDF2, as OpenSSL has written
// it by default since 1.1. Others are refused before the pkcs8 module sees them, as it does not bound
// the memory of scrypt.
func decryptPKCS8(der []byte, passphrase string) (_ *rsa.PrivateKey, err error) {
	var info encryptedKeyInfo
	var params pbes2Params
	switch {
	case unmarshal(der, &info) != nil, len(info.Data) == 0:
		return nil, errDamagedEncryption()
	case !info.Scheme.Algorithm.Equal(oidPBES2):
		return nil, fmt.Errorf("%w: an old scheme of PKCS#5 or PKCS#12 (%s); %s", ErrUnsupportedEncryption, info.Scheme.Algorithm, reencrypt)
	case unmarshal(info.Scheme.Parameters.FullBytes, &params) != nil:
		return nil, errDamagedEncryption()
	case !params.KDF.Algorithm.Equal(oidPBKDF2):
		return nil, fmt.Errorf("%w: key derivation %s; %s", ErrUnsupportedEncryption, params.KDF.Algorithm, reencrypt)
	case Rounds(der) > MaxRounds:
		return nil, fmt.Errorf("%w: it asks for %d rounds of key derivation, and at most %d are computed", signing.ErrMalformedKey, Rounds(der), MaxRounds)
	}

	// The module panics on damaged lengths.
	defer func() {
		if recover() != nil {
			err = errDamagedEncryption()
		}
	}()
	key, err := pkcs8.ParsePKCS8PrivateKey(der, []byte(passphrase))
	switch {
	// The module's errors have no types. Other causes are not wrapped: they describe bytes of what may
	// be the decrypted key.
	case err != nil && strings.HasPrefix(err.Error(), "pkcs8: unsupported"):
		return nil, fmt.Errorf("%w: %s; %s", ErrUnsupportedEncryption, strings.TrimPrefix(err.Error(), "pkcs8: "), reencrypt)
	case err != nil && strings.HasPrefix(err.Error(), "pkcs8: invalid"):
		return nil, errDamagedEncryption()
	case err != nil:
		return nil, fmt.Errorf("%w, or a damaged key; if the passphrase is right, %s", ErrWrongPassphrase, reencrypt)
	}

	rsaKey, ok := key.(*rsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("%w: the encrypted key uses another algorithm; bunq registers RSA keys only", signing.ErrNotRSA)
	}
	return rsaKey, nil
}

func errDamagedEncryption() error {
	return fmt.Errorf("%w: the %s block is damaged", signing.ErrMalformedKey, typeEncryptedKey)
}
