package qseal

import (
	"crypto/rsa"
	"encoding/pem"
	"fmt"
	"slices"

	"github.com/openpsd2/terraform-provider-bunq/internal/signing"
)

// ParsePrivateKey reads the RSA key of a QSEAL certificate: PKCS#8 or PKCS#1, plain, or encrypted
// as PKCS#8 ("ENCRYPTED PRIVATE KEY"). Certificates next to the one key, as `openssl pkcs12` writes them, are ignored; so
// is a passphrase for a key that is not encrypted.
//
// The error wraps signing.ErrNotPEM, signing.ErrDamagedPEM, signing.ErrWrongPEMType, ErrPassphraseNeeded,
// ErrWrongPassphrase, ErrUnsupportedEncryption, signing.ErrNotRSA or signing.ErrMalformedKey, and
// holds nothing of the key or the passphrase.
func ParsePrivateKey(pemText, passphrase string) (*rsa.PrivateKey, error) {
	all, err := blocks(pemText)
	if err != nil {
		return nil, err
	}

	keys := slices.DeleteFunc(slices.Clone(all), func(b *pem.Block) bool { return !isPrivateKey(b) })
	switch len(keys) {
	case 0:
		return nil, fmt.Errorf("%w: found %q where a private key belongs%s", signing.ErrWrongPEMType, all[0].Type, keyRemedy(all[0].Type))
	case 1:
	default:
		return nil, fmt.Errorf("%w: %d private keys found; keep the one of the certificate", signing.ErrWrongPEMType, len(keys))
	}

	b := keys[0]
	switch {
	case len(b.Headers) > 0:
		return nil, fmt.Errorf("%w: OpenSSL's old format (Proc-Type: 4,ENCRYPTED); %s", ErrUnsupportedEncryption, reencrypt)
	case b.Type == typeEncryptedKey && passphrase == "":
		return nil, fmt.Errorf("%w: its passphrase is needed", ErrPassphraseNeeded)
	case b.Type == typeEncryptedKey:
		return decryptPKCS8(b.Bytes, passphrase)
	}

	return signing.ParsePrivateKey(string(pem.EncodeToMemory(b)))
}

// keyRemedy says what a PEM block is that is not a private key, and what to do.
func keyRemedy(blockType string) string {
	switch blockType {
	case "PUBLIC KEY", "RSA PUBLIC KEY":
		return "; this is the public key, which cannot sign: use the private key with which the certificate was requested"
	case typeCertificate:
		return "; certificate and key are two files: use the private key with which the certificate was requested"
	default:
		return ""
	}
}

// HasKey reports whether key is the public key of the certificate.
func (c *Certificate) HasKey(key *rsa.PublicKey) bool { return c.key.Equal(key) }
